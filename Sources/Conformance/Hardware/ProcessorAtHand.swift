internal import CUserInterrupts

/// What decides whether a case at CPL 3 can run on a processor.
package struct ProcessorAtHand {
    package enum Trial: Equatable {
        case executes
        /// CR4.UINTR is 0.
        case invalidOpcode
        /// The errno of what kept the guard from being set up; 0: it raised another fault.
        case untried(errno: CInt)
    }

    /// CPUID.(7,0):EDX[5].
    package var uintr: Bool
    /// CPUID.(7,1):EDX[17].
    package var flexibleUIRET: Bool
    /// CPUID.80000008H:EAX[15:8]: 48 or 57.
    package var linearAddressWidth: Int
    /// What TESTUI does.
    package var testui: Trial

    package init(uintr: Bool, flexibleUIRET: Bool, linearAddressWidth: Int, testui: Trial) {
        self.uintr = uintr
        self.flexibleUIRET = flexibleUIRET
        self.linearAddressWidth = linearAddressWidth
        self.testui = testui
    }

    /// The processor that this runs on.
    package static var this: ProcessorAtHand {
        var uif = false
        var fault = uintr_fault()
        let result = uintr_try_testui(&uif, &fault)
        let trial: Trial =
            switch result {
            case 0: .executes
            case 1: fault.exception == UINTR_EXCEPTION_UD ? .invalidOpcode : .untried(errno: 0)
            default: .untried(errno: -result)
            }
        return ProcessorAtHand(
            uintr: uintr_cpuid_uintr(), flexibleUIRET: uintr_cpuid_flexible_uiret(),
            linearAddressWidth: Int(uintr_cpuid_known(0x8000_0008, 0).eax >> 8 & 0xFF), testui: trial)
    }
}
