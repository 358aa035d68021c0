/// One logical processor: as much of it as user interrupts read or change.
///
/// Not here: segments, paging (a `Memory` decides what faults), debug exceptions, transactions, virtual-machine extensions.
@frozen public struct LogicalProcessor: Equatable, Sendable {
    /// What instructions and interrupts wait for.
    public enum Activity: UInt8, Equatable, Hashable, Sendable {
        case active
        /// After HLT: an ordinary interrupt ends it; a user interrupt does not (9.4.2).
        case halted
        /// In UMWAIT or TPAUSE: either ends it.
        case userWait
        /// After INIT: nothing ends it but a start-up IPI.
        case waitForStartup
    }

    /// What the last instruction keeps back for one boundary.
    public enum Shadow: UInt8, Equatable, Hashable, Sendable {
        case none
        /// STI: ordinary interrupts wait.
        case sti
        /// MOV SS or POP SS: ordinary and user interrupts wait (9.4.2).
        case movSS
    }

    public let features: Features
    public var gpr = GeneralRegisters()
    public var rip: UInt64 = 0
    public var rflags: RFLAGS = .fixed
    /// CPL, 0–3.
    public var cpl: UInt8 = 0
    /// CR0.AM, bit 18: at CPL 3 with RFLAGS.AC = 1, misaligned accesses raise #AC.
    public var alignmentMask = false
    /// CR4; the bits that count here have names below. `writeCR4` checks, as MOV to CR4 does.
    public var cr4: UInt64 = 0
    /// IA32_EFER.LMA, bit 10: IA-32e mode is active.
    public var longModeActive = true
    /// CS.L: 64-bit mode rather than compatibility mode.
    public var codeSegment64 = true
    /// True inside an enclave: the five instructions raise #UD there.
    public var inEnclave = false
    public var activity = Activity.active
    public var shadow = Shadow.none
    /// XCR0, user state components.
    public var xcr0: UInt64 = 3
    /// IA32_XSS, supervisor state components.
    public internal(set) var xss: UInt64 = 0
    public var uintr = UserInterruptState()
    public var apic: LocalAPIC
    /// IA32_U_CET, for CPL 3.
    public var userCET = ControlFlowEnforcement()
    /// IA32_S_CET, for CPL 0–2.
    public var supervisorCET = ControlFlowEnforcement()
    /// SSP, the shadow-stack pointer of the current privilege level.
    public var ssp: UInt64 = 0

    @inlinable public init(features: Features = Features(), apic: LocalAPIC = LocalAPIC(id: 0)) {
        self.features = features
        self.apic = apic
    }
}

/// CR4's bits that count here (SDM Vol. 3A, 2.5).
public enum CR4 {
    /// LA57, bit 12: 5-level paging.
    public static var la57: UInt64 { 1 << 12 }
    /// OSXSAVE, bit 18.
    public static var osxsave: UInt64 { 1 << 18 }
    /// CET, bit 23.
    public static var cet: UInt64 { 1 << 23 }
    /// UINTR, bit 25.
    public static var uintr: UInt64 { 1 << 25 }
}

extension LogicalProcessor {
    /// EFER.LMA = 1 and CS.L = 1.
    @inlinable public var in64BitMode: Bool { longModeActive && codeSegment64 }
    /// The width of linear addresses in the paging mode in use: what accesses, delivery and UIRET check against.
    @inlinable public var paging: LinearAddressWidth { cr4 & CR4.la57 != 0 ? .bits57 : .bits48 }
    /// CR4.UINTR, bit 25.
    @inlinable public var uintrEnabled: Bool { cr4 & CR4.uintr != 0 }
    /// CR4.UINTR = EFER.LMA = 1: notifications are identified (9.5.1).
    @inlinable public var identifiesNotifications: Bool { uintrEnabled && longModeActive }

    @inlinable var usesShadowStack: Bool {
        cr4 & CR4.cet != 0 && (cpl == 3 ? userCET.shadowStack : supervisorCET.shadowStack)
    }

    /// MOV to CR4.
    /// - Throws: `Fault.generalProtection` at CPL > 0, for UINTR or LA57 where CPUID does not enumerate them.
    public mutating func writeCR4(_ value: UInt64) throws(Fault) {
        guard cpl == 0 else { throw .generalProtection }
        if value & CR4.uintr != 0, !features.uintr { throw .generalProtection }
        if value & CR4.la57 != 0, features.linearAddressWidth != .bits57 { throw .generalProtection }
        cr4 = value
    }

    /// RDMSR of a UINTR register. CR4.UINTR plays no part (9.3.2).
    /// - Throws: `Fault.generalProtection` at CPL > 0, or where CPUID does not enumerate user interrupts.
    public func rdmsr(_ register: UINTRRegister) throws(Fault) -> UInt64 {
        guard cpl == 0, features.uintr else { throw .generalProtection }
        return uintr.read(register)
    }

    /// WRMSR of a UINTR register. CR4.UINTR plays no part (9.3.2).
    /// - Throws: `Fault.generalProtection` as RDMSR, and for what the register refuses.
    public mutating func wrmsr(_ register: UINTRRegister, _ value: UInt64) throws(Fault) {
        guard cpl == 0, features.uintr else { throw .generalProtection }
        try uintr.write(register, value, maximum: features.linearAddressWidth)
    }

    /// WRMSR of IA32_XSS (DA0H).
    /// - Throws: `Fault.generalProtection` at CPL > 0, or for a component other than those of CPUID.(0DH,1):EDX:ECX; of the
    ///   supervisor components only 14 is enumerated here.
    public mutating func writeXSS(_ value: UInt64) throws(Fault) {
        let allowed = features.uintr ? XSAVEArea.uintrComponent : 0
        guard cpl == 0, value & ~allowed == 0 else { throw .generalProtection }
        xss = value
    }

    /// INIT (SDM Vol. 3A, 10.1.1 and table 10-1): CR4, EFER.LMA, CPL and the local APIC's requests are reset; MSRs stay.
    ///
    /// What INIT does to UIF the manual leaves open; it stays here.
    public mutating func initialize() {
        cr4 = 0
        longModeActive = false
        codeSegment64 = false
        cpl = 0
        rflags = .fixed
        shadow = .none
        activity = .waitForStartup
        apic.initialize()
    }
}
