/// What a step sets or expects in one processor, by the manual's name. The raw value is its name in JSON and in messages.
public enum Field: String, Equatable, Hashable, Sendable, CaseIterable {
    case rax, rcx, rdx, rbx, rsp, rbp, rsi, rdi, r8, r9, r10, r11, r12, r13, r14, r15
    case rip, rflags
    /// CPL, 0–3.
    case cpl
    /// CR0.AM: 0 or 1.
    case cr0AM = "cr0.am"
    /// CR4's bits: 0 or 1.
    case cr4UINTR = "cr4.uintr"
    case cr4OSXSAVE = "cr4.osxsave"
    case cr4LA57 = "cr4.la57"
    case cr4CET = "cr4.cet"
    /// IA32_EFER.LMA and CS.L: 0 or 1.
    case eferLMA = "efer.lma"
    case csL = "cs.l"
    /// 1 inside an enclave.
    case enclave
    /// 0 active, 1 halted (HLT), 2 UMWAIT or TPAUSE, 3 wait for start-up.
    case activity
    /// 0 none, 1 after STI, 2 after MOV SS or POP SS.
    case shadow
    case uirr, uihandler, uistackadjust, uittsz, uinv, upidaddr
    /// IA32_UINTR_TT: UITTADDR in bits 63:4, the SENDUIPI enable in bit 0.
    case uitt
    case uif
    case xcr0, xss
    case userCET = "u_cet"
    case supervisorCET = "s_cet"
    case ssp
    /// 0 disabled, 1 xAPIC, 2 x2APIC.
    case apicMode = "apic.mode"
    case apicID = "apic.id"
    /// SVR[8]: 0 or 1.
    case apicEnabled = "apic.enabled"
    case apicTPR = "apic.tpr"
    case apicPPR = "apic.ppr"
    /// ESR[5] and ESR[6]: 0 or 1.
    case apicSentIllegal = "apic.esr.send-illegal"
    case apicReceivedIllegal = "apic.esr.receive-illegal"
    /// The highest vector in IRR or ISR; 0 for none.
    case apicIRR = "apic.irr.highest"
    case apicISR = "apic.isr.highest"

    /// The general register with an instruction's number, 0–15.
    public static func register(_ number: UInt8) -> Field {
        let all: [Field] = [
            .rax, .rcx, .rdx, .rbx, .rsp, .rbp, .rsi, .rdi, .r8, .r9, .r10, .r11, .r12, .r13, .r14, .r15,
        ]
        return all[Int(number & 15)]
    }

    /// The number of a general register, or nil.
    public var registerNumber: UInt8? {
        for number: UInt8 in 0..<16 where Field.register(number) == self { return number }
        return nil
    }
}
