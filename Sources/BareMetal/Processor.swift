import Architecture
import CBareMetal
import Cases

/// How control came back from a case.
enum Exit {
    /// The instructions under test are behind: the INT3 after them, a single step, or a fetch from where there is no code. `rip` is
    /// the next instruction's address.
    case regained
    /// An interrupt from the local APIC; its ISR bit is set.
    case interrupt(UInt8)
    /// An exception, with its error code and CR2.
    case exception(vector: UInt8, code: UInt64, address: UInt64)
    /// IRETQ itself refused RIP or RFLAGS.
    case notEntered
}

/// One processor of a case. What the runner needs for itself between two steps is kept here and loaded only for the instruction
/// under test; all other state is the processor's own.
final class Processor {
    let cpu: UnsafeMutablePointer<bm_cpu>
    let index: Int
    var gpr = [UInt64](repeating: 0, count: 16)
    var rip: UInt64 = 0
    var rflags: UInt64 = 2
    var cpl: UInt8 = 0
    var ssp: UInt64 = 0
    /// IA32_S_CET: in force only while a case runs at CPL 0–2.
    var supervisorCET: UInt64 = 0
    /// Interrupts that came together with another that `takeInterrupt` reported.
    var alsoTaken: [UInt8] = []
    /// A fault of the delivery that followed an instruction: `settle` or `deliver`, which come next, report it.
    var deliveryFault: Outcome?
    /// True when that delivery was made and recorded already.
    var isAtHandler = false

    init(_ cpu: UnsafeMutablePointer<bm_cpu>) {
        self.cpu = cpu
        index = Int(cpu.pointee.index)
    }

    /// Runs from `rip` on at `cpl`, until control comes back; registers in and out through `gpr`, `rip` and `rflags`.
    func enter(at start: UInt64, cpl: UInt8, _ rflags: UInt64, _ registers: inout [UInt64]) -> (exit: Exit, rip: UInt64, rflags: UInt64) {
        guard let gprs = bm_gprs(cpu) else { return (.notEntered, start, rflags) }
        for number in 0..<16 { gprs[number] = registers[number] }
        cpu.pointee.context.rip = start
        cpu.pointee.context.rflags = rflags
        cpu.pointee.context.cs = Descriptors.codeSelector(cpl)
        cpu.pointee.context.ss = Descriptors.stackSelector(cpl)
        bm_enter(cpu)
        // The spurious interrupt (SDM Vol. 3A, 11.9) sets no ISR bit: a request that the raised task priority now holds back.
        while cpu.pointee.context.vector == UInt64(APIC.spuriousVector)
            && !APIC.contains(APIC.inService, APIC.spuriousVector)
        {
            bm_enter(cpu)
        }
        let context = cpu.pointee.context
        guard context.rip != bm_iretq_address() else { return (.notEntered, start, rflags) }
        for number in 0..<16 { registers[number] = gprs[number] }
        let vector = UInt8(truncatingIfNeeded: context.vector)
        // INT3 and its like push RF as they found it, faults push 1: RF is not to be seen this way.
        let flags = context.rflags & ~Observed.hiddenFlags
        if vector >= 32 || vector >= 16 && APIC.contains(APIC.inService, vector) {
            return (.interrupt(vector), context.rip, flags)
        }
        switch vector {
        case 3: return (.regained, context.rip &- 1, flags)
        case 1: return (.regained, context.rip, flags)
        case 14 where context.error & 1 << 4 != 0 && context.cr2 == context.rip && context.rip != start:
            return (.regained, context.rip, flags)
        case 14 where context.error & 1 << 4 != 0 && context.cr2 == start && CaseMemory.physical(start) == nil:
            return (.regained, context.rip, flags)
        case 21 where context.error == 3: return (.regained, context.rip, flags)
        default: return (.exception(vector: vector, code: context.error, address: context.cr2), context.rip, flags)
        }
    }

    /// Tries one instruction of the runner's own at CPL 0 (`bm_try_…`).
    /// - Returns: the registers after it, or nil where it raised an exception.
    func attempt(_ address: UInt64, rax: UInt64 = 0, rcx: UInt64 = 0, rdx: UInt64 = 0, interrupts: Bool = false)
        -> (rax: UInt64, rdx: UInt64, exit: Exit)
    {
        var registers = [UInt64](repeating: 0, count: 16)
        registers[0] = rax
        registers[1] = rcx
        registers[2] = rdx
        let result = enter(at: address, cpl: 0, interrupts ? 0x202 : 2, &registers)
        return (registers[0], registers[2], result.exit)
    }

    /// WRMSR. False: it raised an exception.
    func tryWriteMSR(_ msr: UInt32, _ value: UInt64) -> Bool {
        regained(
            attempt(bm_try_wrmsr_address(), rax: value & 0xFFFF_FFFF, rcx: UInt64(msr), rdx: value >> 32).exit)
    }

    func tryReadMSR(_ msr: UInt32) -> UInt64? {
        let result = attempt(bm_try_rdmsr_address(), rcx: UInt64(msr))
        return regained(result.exit) ? result.rdx << 32 | result.rax & 0xFFFF_FFFF : nil
    }

    func tryWriteCR4(_ value: UInt64) -> Bool { regained(attempt(bm_try_cr4_address(), rax: value).exit) }

    func tryWriteXCR0(_ value: UInt64) -> Bool {
        guard bm_read_cr4() & CR4.osxsave != 0 else { return false }
        return regained(attempt(bm_try_xsetbv_address(), rax: value & 0xFFFF_FFFF, rdx: value >> 32).exit)
    }

    private func regained(_ exit: Exit) -> Bool {
        if case .regained = exit { return true }
        return false
    }

    /// UIF, which has no MSR: by TESTUI, CLUI and STUI, for which CR4.UINTR is 1 for a moment.
    var uif: Bool {
        get {
            var value = false
            withUINTR { value = bm_testui() != 0 }
            return value
        }
        set { withUINTR { newValue ? bm_stui() : bm_clui() } }
    }

    private func withUINTR(_ body: () -> Void) {
        guard RunnerFlags.hasUINTR else { return }
        let cr4 = bm_read_cr4()
        if cr4 & CR4.uintr == 0 { bm_write_cr4(cr4 | CR4.uintr) }
        body()
        if cr4 & CR4.uintr == 0 { bm_write_cr4(cr4) }
    }
}

/// What every processor of the machine has in common.
enum RunnerFlags {
    nonisolated(unsafe) static var hasUINTR = false
    nonisolated(unsafe) static var hasCET = false
    nonisolated(unsafe) static var flexibleUIRET = false
    nonisolated(unsafe) static var width = 48
    /// PAE, OSFXSR, OSXMMEXCPT, and what a case begins with.
    static var cr4: UInt64 { 0x620 | (hasXSAVE ? CR4.osxsave : 0) | (hasUINTR ? CR4.uintr : 0) }
    nonisolated(unsafe) static var hasXSAVE = false

    static func detect() {
        let top = bm_cpuid(0, 0).eax
        hasXSAVE = bm_cpuid(1, 0).ecx & 1 << 26 != 0
        if top >= 7 {
            let seven = bm_cpuid(7, 0)
            hasUINTR = seven.edx & 1 << 5 != 0
            hasCET = seven.ecx & 1 << 7 != 0
            // Leaf 7 answers 0 for a sub-leaf that it has not (SDM Vol. 2, CPUID), so EAX of sub-leaf 0 need not be asked.
            flexibleUIRET = bm_cpuid(7, 1).edx & 1 << 17 != 0
        }
        width = Int(bm_cpuid(0x8000_0008, 0).eax >> 8 & 0xFF)
    }
}
