import Architecture
import CBareMetal
import Cases

// Setting and reading a processor by the names of `Field`.

/// What one step did.
enum Outcome: Equatable {
    case done
    case fault(Fault)
    /// An exception that user interrupts do not raise.
    case exception(vector: UInt8, code: UInt64)
    case failure(String)
    /// This machine cannot take the step: the reason.
    case skip(String)
}

extension Processor {
    private static let userCETRegister: UInt32 = 0x6A0
    static let userSSPRegister: UInt32 = 0x6A7
    private static let xssRegister: UInt32 = 0xDA0

    func value(_ field: Field) -> UInt64? {
        func bit(_ condition: Bool) -> UInt64 { condition ? 1 : 0 }
        func register(_ register: UINTRRegister) -> UInt64? { RunnerFlags.hasUINTR ? bm_rdmsr(register.rawValue) : nil }
        switch field {
        case .rip: return rip
        case .rflags: return rflags
        case .cpl: return UInt64(cpl)
        case .cr0AM: return bit(bm_read_cr0() & 1 << 18 != 0)
        case .cr4UINTR: return bit(bm_read_cr4() & CR4.uintr != 0)
        case .cr4OSXSAVE: return bit(bm_read_cr4() & CR4.osxsave != 0)
        case .cr4LA57: return bit(bm_read_cr4() & CR4.la57 != 0)
        case .cr4CET: return bit(bm_read_cr4() & CR4.cet != 0)
        case .eferLMA, .csL: return 1
        case .enclave, .activity, .shadow: return 0
        case .uirr: return register(.rr)
        case .uihandler: return register(.handler)
        case .uistackadjust: return register(.stackadjust)
        case .uittsz: return register(.misc).map { $0 & 0xFFFF_FFFF }
        case .uinv: return register(.misc).map { $0 >> 32 }
        case .upidaddr: return register(.pd)
        case .uitt: return register(.tt)
        case .uif: return RunnerFlags.hasUINTR ? bit(uif) : nil
        case .xcr0: return bm_read_cr4() & CR4.osxsave != 0 ? bm_read_xcr0() : nil
        case .xss: return tryReadMSR(Processor.xssRegister)
        case .userCET: return RunnerFlags.hasCET ? bm_rdmsr(Processor.userCETRegister) : nil
        case .supervisorCET: return supervisorCET
        case .ssp: return ssp
        case .apicMode: return UInt64(APIC.mode.rawValue)
        case .apicID: return UInt64(APIC.id)
        case .apicEnabled: return APIC.mode == .disabled ? nil : UInt64(APIC.read(APIC.spurious) >> 8 & 1)
        case .apicTPR: return APIC.mode == .disabled ? nil : UInt64(APIC.read(APIC.taskPriority))
        case .apicPPR: return APIC.mode == .disabled ? nil : UInt64(APIC.read(APIC.processorPriority))
        case .apicSentIllegal: return UInt64(APIC.takeErrors() >> 5 & 1)
        case .apicReceivedIllegal: return UInt64(APIC.takeErrors() >> 6 & 1)
        case .apicIRR: return APIC.mode == .disabled ? nil : UInt64(APIC.highest(APIC.requests))
        case .apicISR: return APIC.mode == .disabled ? nil : UInt64(APIC.highest(APIC.inService))
        default: return field.registerNumber.map { gpr[Int($0)] }
        }
    }

    func set(_ field: Field, _ value: UInt64) -> Outcome {
        switch field {
        case .rip: rip = value
        case .rflags: rflags = value
        case .cpl: cpl = UInt8(truncatingIfNeeded: value & 3)
        case .ssp: ssp = value
        case .supervisorCET:
            guard RunnerFlags.hasCET else { return .skip("CPUID enumerates no CET") }
            supervisorCET = value
        case .cr0AM: bm_write_cr0(value != 0 ? bm_read_cr0() | 1 << 18 : bm_read_cr0() & ~(1 << 18))
        case .cr4UINTR: return setCR4(CR4.uintr, value != 0)
        case .cr4OSXSAVE: return setCR4(CR4.osxsave, value != 0)
        case .cr4CET:
            guard RunnerFlags.hasCET else { return .skip("CPUID enumerates no CET") }
            return setCR4(CR4.cet, value != 0)
        case .xss: return tryWriteMSR(Processor.xssRegister, value) ? .done : .fault(.generalProtection)
        case .xcr0: return tryWriteXCR0(value) ? .done : refused(field)
        case .uirr: return setRegister(.rr, value, field)
        case .uihandler: return setRegister(.handler, value, field)
        case .uistackadjust: return setRegister(.stackadjust, value, field)
        case .uittsz: return setRegister(.misc, bm_rdmsr(0x988) & ~0xFFFF_FFFF | value & 0xFFFF_FFFF, field)
        case .uinv: return setRegister(.misc, bm_rdmsr(0x988) & 0xFFFF_FFFF | value << 32, field)
        case .upidaddr: return setRegister(.pd, value, field)
        case .uitt: return setRegister(.tt, value, field)
        case .uif: uif = value != 0
        case .userCET: return tryWriteMSR(Processor.userCETRegister, value) ? .done : refused(field)
        case .apicMode:
            guard let mode = LocalAPIC.Mode(rawValue: UInt8(truncatingIfNeeded: value)) else { return refused(field) }
            guard mode != .x2APIC || APIC.supportsX2APIC else { return .skip("CPUID enumerates no x2APIC") }
            APIC.setMode(mode)
        case .apicEnabled: APIC.setEnabled(value != 0)
        case .apicTPR: APIC.write(APIC.taskPriority, UInt32(truncatingIfNeeded: value))
        default:
            guard let number = field.registerNumber else { return refused(field) }
            gpr[Int(number)] = value
        }
        return .done
    }

    private func refused(_ field: Field) -> Outcome { .skip("this machine refuses the value of \(field.rawValue)") }

    private func setRegister(_ register: UINTRRegister, _ value: UInt64, _ field: Field) -> Outcome {
        tryWriteMSR(register.rawValue, value) ? .done : refused(field)
    }

    private func setCR4(_ mask: UInt64, _ bit: Bool) -> Outcome {
        let cr4 = bm_read_cr4()
        return tryWriteCR4(bit ? cr4 | mask : cr4 & ~mask) ? .done : .fault(.generalProtection)
    }

    /// The state that a case of `level` starts from: the core's `CoreMachine.init` says the same.
    func reset(_ level: Level) {
        CaseMemory.load()
        bm_write_cr4(RunnerFlags.cr4)
        bm_write_cr0(bm_read_cr0() & ~(1 << 18))
        if RunnerFlags.hasUINTR {
            uif = false
            for register: UInt32 in 0x985...0x98A { bm_wrmsr(register, 0) }
            bm_wrmsr(Processor.xssRegister, XSAVEArea.uintrComponent)
        }
        if RunnerFlags.hasXSAVE { _ = tryWriteXCR0(3) }
        if RunnerFlags.hasCET {
            bm_wrmsr(Processor.userCETRegister, 0)
            bm_wrmsr(Processor.userSSPRegister, 0)
        }
        resetAPIC()
        gpr = [UInt64](repeating: 0, count: 16)
        gpr[4] = Layout.stackTop
        rip = 0
        rflags = 2
        cpl = 0
        ssp = 0
        supervisorCET = 0
        alsoTaken = []
        deliveryFault = nil
        isAtHandler = false
        if level == .cpl3 {
            bm_wrmsr(UINTRRegister.handler.rawValue, Layout.handler)
            bm_wrmsr(UINTRRegister.stackadjust.rawValue, 128)
            bm_wrmsr(UINTRRegister.misc.rawValue, UInt64(Runner.kernelVector) << 32 | 255)
            bm_wrmsr(UINTRRegister.pd.rawValue, Layout.upid(index))
            bm_wrmsr(UINTRRegister.tt.rawValue, Layout.uitt | 1)
            rflags = 0x202
            cpl = 3
            let ndst = APIC.mode == .xAPIC ? APIC.id << 8 : APIC.id
            _ = CaseMemory.poke(Layout.upid(index), UPID(nv: Runner.kernelVector, ndst: ndst).control)
        }
    }

    /// x2APIC where there is one, enabled, nothing requested and nothing in service. UINV is 0: whatever is taken is ordinary.
    private func resetAPIC() {
        APIC.setMode(APIC.supportsX2APIC ? .x2APIC : .xAPIC)
        APIC.setUp()
        for _ in 0..<512 {
            let inService = APIC.highest(APIC.inService)
            if inService != 0 {
                // Bochs takes no EOI for the spurious vector: it is another one for that long.
                if inService == APIC.spuriousVector { APIC.setEnabled(true, spurious: inService ^ 0x10) }
                APIC.write(APIC.endOfInterrupt, 0)
                APIC.setEnabled(true)
            } else if APIC.highest(APIC.requests) != 0 {
                _ = attempt(bm_try_nothing_address(), interrupts: true)
            } else {
                return
            }
        }
    }
}
