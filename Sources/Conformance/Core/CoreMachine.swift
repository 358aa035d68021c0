import Architecture
import Cases

/// The emulator core as a machine for cases.
struct CoreMachine: CaseMachine {
    var machine: Machine<CaseMemory>
    var cpu = 0
    var taken: TakenInterrupt?
    var result: UInt64 = 0
    var cpuid = CPUIDResult()
    var deliveries = Deliveries()
    var connections = 0

    /// The vector that stands for the kernel's in cases at CPL 3.
    static let kernelVector: UInt8 = 0xEC

    /// The state that a case starts from: user interrupts enabled, all of the UINTR state 0, local APICs in x2APIC mode with the
    /// IDs 0, 1, …; at CPL 3, what a kernel sets up when a thread registers its handler.
    init(_ testCase: Case, features: Features) {
        machine = Machine(count: testCase.processors, memory: CaseMemory(), features: features)
        for cpu in 0..<testCase.processors {
            machine[cpu].gpr.rsp = Layout.stackTop
            var cr4 = CR4.osxsave
            if features.uintr {
                cr4 |= CR4.uintr
                // The value is one that writeXSS allows, as CPUID enumerates the component.
                try? machine[cpu].writeXSS(XSAVEArea.uintrComponent)
            }
            try? machine[cpu].writeCR4(cr4)
            if testCase.level == .cpl3 {
                machine[cpu].uintr = UserInterruptState(
                    uihandler: Layout.handler, uistackadjust: 128, uittsz: 255, uinv: CoreMachine.kernelVector,
                    upidaddr: Layout.upid(cpu), uitt: Layout.uitt | 1)
                machine[cpu].rflags.insert(.interruptEnable)
                machine[cpu].cpl = 3
                let upid = UPID(nv: CoreMachine.kernelVector, ndst: UInt32(cpu))
                _ = machine.memory.poke(Layout.upid(cpu), upid.control)
            }
        }
    }

    mutating func perform(_ step: Step) -> StepOutcome {
        switch step {
        case .processor(let number):
            guard number < machine.count else { return .failure("the case has \(machine.count) processors") }
            cpu = number
        case .set(let field, let value): return set(field, value)
        case .store(let address, let value):
            guard machine.memory.poke(address, value) else { return .failure("nothing is mapped at \(hex(address))") }
        case .connect(let vector):
            let entry = UITTEntry(uv: vector, upidaddr: Layout.upid(cpu)).octaword
            _ = machine.memory.poke(Layout.uittEntry(connections), entry.low)
            _ = machine.memory.poke(Layout.uittEntry(connections) + 8, entry.high)
            connections += 1
        case .cpuid(let leaf, let subleaf): cpuid = machine[cpu].features.cpuid(leaf, subleaf)
        case .send(let vector, let destination, let x2APIC):
            let message = InterruptMessage(vector: vector, destination: destination, isX2APIC: x2APIC)
            guard machine.inFlight.append(message) else { return .failure("32 messages are in flight already") }
        case .arrive: machine.arrive(0)
        case .arriveNewest: machine.arrive(machine.inFlight.count &- 1)
        case .identify: taken = machine[cpu].takeInterrupt()
        case .endOfInterrupt: machine[cpu].apic.endOfInterrupt()
        case .initialize: machine[cpu].initialize()
        default:
            if let outcome = performFaulting(step) { return outcome }
            return check(step)
        }
        return .done
    }

    /// The steps that can fault; nil for all others.
    private mutating func performFaulting(_ step: Step) -> StepOutcome? {
        do throws(Fault) {
            switch step {
            case .execute(let bytes): return try execute(bytes)
            case .wrmsr(let msr, let value):
                if let register = UINTRRegister(rawValue: msr) {
                    try machine[cpu].wrmsr(register, value)
                } else if msr == 0xDA0 {
                    try machine[cpu].writeXSS(value)
                } else {
                    return .failure("the core has no MSR \(hex(UInt64(msr)))")
                }
            case .rdmsr(let msr):
                if let register = UINTRRegister(rawValue: msr) {
                    result = try machine[cpu].rdmsr(register)
                } else {
                    return .failure("the core has no MSR \(hex(UInt64(msr)))")
                }
            case .xsaves(let area, let mask): try withMemory { cpu, memory throws(Fault) in
                try cpu.xsaves(area, mask: mask, memory: &memory)
            }
            case .xrstors(let area, let mask): try withMemory { cpu, memory throws(Fault) in
                try cpu.xrstors(area, mask: mask, memory: &memory)
            }
            case .clearOutstanding: try withMemory { cpu, memory throws(Fault) in
                try cpu.uintr.clearOutstandingNotification(paging: cpu.paging, memory: &memory)
            }
            case .takeRequests: try withMemory { cpu, memory throws(Fault) in
                try cpu.uintr.takePostedRequests(paging: cpu.paging, memory: &memory)
            }
            case .takeInterrupt: try takeInterrupt()
            case .deliver: if try deliver() { return .done }
            case .settle: return try settle()
            default: return nil
            }
            return .done
        } catch {
            return .fault(error)
        }
    }

    /// Runs `body` on this processor, with its memory apart.
    private mutating func withMemory(
        _ body: (inout LogicalProcessor, inout CaseMemory) throws(Fault) -> Void
    ) throws(Fault) {
        var processor = machine[cpu]
        defer { machine[cpu] = processor }
        try body(&processor, &machine.memory)
    }

    private mutating func execute(_ bytes: [UInt8]) throws(Fault) -> StepOutcome {
        if machine[cpu].rip == 0 { machine[cpu].rip = Layout.code }
        do throws(Machine<CaseMemory>.Stop) {
            try machine.execute(InstructionBytes(bytes), on: cpu)
        } catch {
            switch error {
            case .fault(let fault): throw fault
            case .notOurs: return .other
            case .messagesInFlightFull: return .failure("32 messages are in flight already")
            }
        }
        return .done
    }

    /// What was taken stands even where processing faults: it is dismissed by then.
    private mutating func takeInterrupt() throws(Fault) {
        taken = machine[cpu].takeInterrupt()
        guard taken == .notification else { return }
        try withMemory { cpu, memory throws(Fault) in
            try cpu.uintr.processNotification(paging: cpu.paging, memory: &memory)
        }
    }

    /// Delivers what is due, and records the frame; the handler is entered.
    private mutating func deliver() throws(Fault) -> Bool {
        guard try machine.deliverUserInterrupt(cpu) != nil else { return false }
        let entry = machine[cpu].gpr.rsp
        func slot(_ index: UInt64) -> UInt64 { machine.memory.peek(entry &+ index * 8) ?? 0 }
        deliveries.append(
            RecordedFrame(vector: UInt8(truncatingIfNeeded: slot(0)), rip: slot(1), rflags: slot(2), rsp: slot(3), entryRSP: entry))
        return true
    }

    private mutating func settle() throws(Fault) -> StepOutcome {
        let current = cpu
        defer { cpu = current }
        for _ in 0..<1000 {
            var worked = false
            while machine.inFlight.count > 0 {
                machine.arrive(0)
                worked = true
            }
            for number in 0..<machine.count {
                cpu = number
                if let taken = try machine.takeInterrupt(number) {
                    worked = true
                    if case .ordinary = taken { machine[number].apic.endOfInterrupt() }
                } else if try deliver() {
                    worked = true
                    machine[number].gpr.rsp &+= 8
                    if case .failure(let sentence) = try execute([0xF3, 0x0F, 0x01, 0xEC]) { return .failure(sentence) }
                }
            }
            if !worked { return .done }
        }
        return .failure("still not settled after 1000 rounds")
    }
}
