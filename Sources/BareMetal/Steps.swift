import Architecture
import CBareMetal
import Cases

// The steps that execute something.
//
// A step of the core is one thing: an instruction and no delivery behind it, a delivery and no interrupt before it. A processor
// that runs at CPL 3 with IF = 1 does all that is due. So, for one instruction, UIRR is put aside (nothing is delivered then) and
// the task priority raised to 15 (no interrupt is taken then); RFLAGS is the case's own. Only where `settle` or `deliver` comes
// next, and nothing was due before, does the processor go on by itself: then the boundary behind STUI, UIRET or SENDUIPI is the
// real one.

extension Processor {
    /// Where the runner puts instructions of its own: the end of the code page.
    private static let scratch = Layout.code + 0xF00
    private static let codeEnd = Layout.code + 0x1000
    private static let uiret: [UInt8] = [0xF3, 0x0F, 0x01, 0xEC]

    private func place(_ bytes: [UInt8], at address: UInt64) {
        for (offset, byte) in bytes.enumerated() where address + UInt64(offset) < Processor.codeEnd {
            _ = CaseMemory.pokeByte(address + UInt64(offset), byte)
        }
    }

    private func unplace(_ bytes: [UInt8], at address: UInt64) {
        place([UInt8](repeating: 0xCC, count: bytes.count), at: address)
    }

    private var interruptsEnabled: Bool { rflags & 0x200 != 0 }

    private var uirr: UInt64 {
        get { RunnerFlags.hasUINTR ? bm_rdmsr(UINTRRegister.rr.rawValue) : 0 }
        set { if RunnerFlags.hasUINTR { bm_wrmsr(UINTRRegister.rr.rawValue, newValue) } }
    }

    /// Runs `body` with no ordinary interrupt and no notification coming in.
    private func holdingInterrupts<Result>(_ body: () -> Result) -> Result {
        guard APIC.mode != .disabled, interruptsEnabled else { return body() }
        let priority = APIC.read(APIC.taskPriority)
        APIC.write(APIC.taskPriority, 0xFF)
        defer { APIC.write(APIC.taskPriority, priority) }
        return body()
    }

    /// Runs `body` with nothing to deliver.
    private func holdingDelivery<Result>(_ body: () -> Result) -> Result {
        let held = cpl == 3 ? uirr : 0
        if held != 0 { uirr = 0 }
        defer { if held != 0 { uirr |= held } }
        return body()
    }

    /// Enters with the case's registers at `start`. The user shadow stack's pointer goes by IA32_PL3_SSP.
    private func run(at start: UInt64) -> Exit {
        let usesShadowStack =
            cpl == 3 && bm_read_cr4() & CR4.cet != 0 && bm_rdmsr(0x6A0) & 1 != 0
            && tryWriteMSR(Processor.userSSPRegister, ssp)
        let result = enter(at: start, cpl: cpl, rflags, &gpr)
        if usesShadowStack { ssp = bm_rdmsr(Processor.userSSPRegister) }
        rip = result.rip
        rflags = result.rflags
        return result.exit
    }

    private func outcome(vector: UInt8, code: UInt64, address: UInt64) -> Outcome {
        let hasCode = vector == 14 || vector == 21
        guard let fault = Fault(vector: UInt64(vector), address, code), hasCode || code == 0 else {
            return .exception(vector: vector, code: code)
        }
        return .fault(fault)
    }

    /// The one instruction in `bytes`. Before `settle` whatever is due behind it may come, before `deliver` a delivery.
    func execute(_ bytes: [UInt8], next: Step?) -> Outcome {
        if rip == 0 { rip = Layout.code }
        guard rip >= Layout.code, rip < Processor.codeEnd else { return .skip("RIP is outside the code page") }
        guard cpl == 3 || supervisorCET == 0 || bm_read_cr4() & CR4.cet == 0 else {
            return .skip("the runner has no CET of its own at CPL \(cpl)")
        }
        if bytes.suffix(2) == [0x01, 0xEC], let target = CaseMemory.peek(gpr[4]), target >= rip, target < rip + UInt64(bytes.count) {
            return .skip("UIRET leads back into its own bytes, and would run again")
        }
        let nothingDue = (uirr == 0 || !uif) && (!interruptsEnabled || APIC.highest(APIC.requests) == 0)
        // Where the handler begins within the bytes it would run them.
        let handler = value(.uihandler) ?? 0
        let apart = handler < rip || handler >= rip + UInt64(bytes.count)
        if nothingDue && apart {
            if next == .settle { return step(bytes, alone: false) }
            if next == .deliver { return holdingInterrupts { step(bytes, alone: false) } }
        }
        return holdingInterrupts { holdingDelivery { step(bytes, alone: true) } }
    }

    private func step(_ bytes: [UInt8], alone: Bool) -> Outcome {
        let start = rip
        let before = rflags
        place(bytes, at: start)
        defer { unplace(bytes, at: start) }
        switch run(at: start) {
        case .notEntered: return .skip("IRETQ refuses RIP or RFLAGS")
        case .regained:
            if !alone, rip == value(.uihandler), cpl == 3, !uif, rip != start + UInt64(bytes.count) {
                recordFrame()
                isAtHandler = true
            }
        case .interrupt(let vector):
            APIC.write(APIC.endOfInterrupt, 0)
            if rip == start { return .failure("interrupt \(vector) came before the instruction") }
        case .exception(let vector, let code, let address):
            let found = outcome(vector: vector, code: code, address: address)
            if rip == start {
                rflags = before
                return found
            }
            guard !alone else { return .failure("an exception at \(hex(rip)), behind the instruction: \(describe(found))") }
            deliveryFault = found
        }
        return .done
    }

    /// An instruction of the runner's choice at the case's CPL: it changes nothing of RIP, RFLAGS and the registers.
    func executeAside(_ bytes: [UInt8], _ registers: [(number: Int, value: UInt64)]) -> (outcome: Outcome, rax: UInt64, rdx: UInt64) {
        let saved = (gpr, rip, rflags)
        defer { (gpr, rip, rflags) = saved }
        for (number, value) in registers { gpr[number] = value }
        rip = Processor.scratch
        let outcome = holdingInterrupts { holdingDelivery { step(bytes, alone: true) } }
        return (outcome, gpr[0], gpr[2])
    }

    /// Takes the highest interrupt. Where lower classes are pending too they wait: the task priority is raised to just below.
    func takeInterrupt() -> (taken: TakenInterrupt?, outcome: Outcome) {
        if !alsoTaken.isEmpty { return (.ordinary(vector: alsoTaken.removeFirst()), .done) }
        guard APIC.mode != .disabled, interruptsEnabled else { return (nil, .done) }
        let highest = APIC.highest(APIC.requests)
        guard highest >= 16 else { return (nil, .done) }
        let wasUIF = uif
        if wasUIF { uif = false }
        defer { if wasUIF { uif = true } }
        let priority = APIC.read(APIC.taskPriority)
        let below = (UInt32(highest) >> 4 - 1) << 4
        if below > priority { APIC.write(APIC.taskPriority, below) }
        defer { if below > priority { APIC.write(APIC.taskPriority, priority) } }

        let vector = UInt8(truncatingIfNeeded: value(.uinv) ?? 0)
        let wasPending = APIC.contains(APIC.requests, vector)
        let start = rip
        let exit = run(at: start)
        rip = start
        let notified = wasPending && !APIC.contains(APIC.requests, vector) && !APIC.contains(APIC.inService, vector)
        switch exit {
        case .regained: return (notified ? .notification : nil, .done)
        case .notEntered: return (nil, .skip("IRETQ refuses RIP or RFLAGS"))
        case .interrupt(let ordinary):
            guard notified else { return (.ordinary(vector: ordinary), .done) }
            alsoTaken.append(ordinary)
            return (.notification, .done)
        case .exception(let vector, let code, let address):
            return (notified ? .notification : nil, outcome(vector: vector, code: code, address: address))
        }
    }

    /// Delivers what is due, and stops at the handler's first instruction.
    func deliver() -> Outcome {
        if isAtHandler {
            isAtHandler = false
            return .done
        }
        if let fault = deliveryFault {
            deliveryFault = nil
            return fault
        }
        guard cpl == 3, uif else { return .done }
        let start = rip
        switch holdingInterrupts({ run(at: start) }) {
        case .regained:
            if !uif { recordFrame() }
            return .done
        case .notEntered: return .skip("IRETQ refuses RIP or RFLAGS")
        case .interrupt(let vector):
            alsoTaken.append(vector)
            return .done
        case .exception(let vector, let code, let address):
            return outcome(vector: vector, code: code, address: address)
        }
    }

    private func recordFrame() {
        let entry = gpr[4]
        func slot(_ index: UInt64) -> UInt64 { CaseMemory.peek(entry &+ index * 8) ?? 0 }
        Runner.delivered.append(UInt8(truncatingIfNeeded: slot(0)))
        Runner.frame = RecordedFrame(rflags: slot(2), rsp: slot(3), entryRSP: entry)
    }

    /// Takes and delivers what is due, returns from each handler by UIRET, and goes on until nothing comes.
    /// - Returns: whether anything was done.
    func settle() -> (worked: Bool, outcome: Outcome) {
        if let fault = deliveryFault {
            deliveryFault = nil
            return (true, fault)
        }
        var worked = isAtHandler
        var returning = isAtHandler
        isAtHandler = false
        for _ in 0..<1000 {
            let start = returning ? Processor.scratch : rip
            if returning {
                gpr[4] = gpr[4] &+ 8
                place(Processor.uiret, at: start)
            }
            let uifBefore = returning || uif
            let before = (uirr, APIC.mode == .disabled ? 0 : APIC.highest(APIC.requests))
            let exit = run(at: start)
            if returning { unplace(Processor.uiret, at: start) }
            switch exit {
            case .notEntered: return (worked, .skip("IRETQ refuses RIP or RFLAGS"))
            case .interrupt:
                APIC.write(APIC.endOfInterrupt, 0)
                worked = true
                // UIRET was not reached: once more, with the vector still popped.
                if returning && rip == start { gpr[4] = gpr[4] &- 8 } else { returning = false }
            case .exception(let vector, let code, let address):
                return (true, outcome(vector: vector, code: code, address: address))
            case .regained:
                if uifBefore && !uif && cpl == 3 && rip == value(.uihandler) {
                    recordFrame()
                    returning = true
                    worked = true
                } else {
                    let after = (uirr, APIC.mode == .disabled ? 0 : APIC.highest(APIC.requests))
                    return (worked || returning || before != after, .done)
                }
            }
        }
        return (true, .failure("still not settled after 1000 rounds"))
    }
}

struct RecordedFrame {
    var rflags: UInt64 = 0
    var rsp: UInt64 = 0
    var entryRSP: UInt64 = 0
}

func describe(_ outcome: Outcome) -> String {
    switch outcome {
    case .done: "no fault"
    case .fault(let fault): fault.words.joined(separator: " ")
    case .exception(let vector, let code): "exception \(vector) with error code \(hex(code))"
    case .failure(let sentence), .skip(let sentence): sentence
    }
}
