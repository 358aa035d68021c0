import Architecture
import CBareMetal
import Cases

/// One case at a time, on up to four processors: only one of them acts, the others wait.
enum Runner {
    /// The vector that stands for the kernel's in cases at CPL 3.
    static let kernelVector: UInt8 = 0xEC

    nonisolated(unsafe) static var processors: [Processor] = []
    nonisolated(unsafe) static var current = 0
    nonisolated(unsafe) static var inFlight: [(vector: UInt8, destination: UInt32, x2APIC: Bool)] = []
    nonisolated(unsafe) static var taken: TakenInterrupt?
    nonisolated(unsafe) static var result: UInt64 = 0
    nonisolated(unsafe) static var cpuid = bm_cpuid()
    nonisolated(unsafe) static var delivered: [UInt8] = []
    nonisolated(unsafe) static var frame: RecordedFrame?
    nonisolated(unsafe) static var connections = 0

    /// What a processor is asked to do.
    enum Request {
        case step(Step, next: Step?)
        case settle
        case reset(Level)
        case observe
    }

    nonisolated(unsafe) private static var request = Request.settle
    nonisolated(unsafe) private static var answer = Outcome.done
    nonisolated(unsafe) private static var worked = false
    nonisolated(unsafe) static var observed: [UInt64?] = []

    /// Has `request` done on processor `number`.
    @discardableResult static func ask(_ number: Int, _ request: Request) -> Outcome {
        Runner.request = request
        if number == 0 {
            perform(on: processors[0])
        } else {
            bm_ask(processors[number].cpu)
        }
        return answer
    }

    /// On the processor that was asked.
    static func perform(on processor: Processor) {
        switch request {
        case .step(let step, let next): answer = perform(step, next, on: processor)
        case .settle: (worked, answer) = processor.settle()
        case .reset(let level):
            processor.reset(level)
            answer = .done
        case .observe:
            observed = Observed.fields.map { field in
                processor.value(field).map { field == .rflags ? $0 & ~Observed.hiddenFlags : $0 }
            }
            answer = .done
        }
    }

    static func reset(_ testCase: BinaryCase) {
        CaseMemory.clear()
        for number in processors.indices {
            ask(number, .reset(number < testCase.processors ? testCase.level : .cpl0))
        }
        current = 0
        inFlight = []
        taken = nil
        result = 0
        cpuid = bm_cpuid()
        delivered = []
        frame = nil
        connections = 0
    }

    /// One step of the case, on the current processor.
    static func perform(_ step: Step, next: Step?) -> Outcome {
        switch step {
        case .processor(let number):
            guard number < processors.count else { return .failure("there are \(processors.count) processors") }
            current = number
            return .done
        case .settle: return settle()
        default: return ask(current, .step(step, next: next))
        }
    }

    private static func settle() -> Outcome {
        for _ in 0..<1000 {
            var any = false
            while !inFlight.isEmpty {
                ask(current, .step(.arrive, next: nil))
                any = true
            }
            for number in processors.indices {
                let outcome = ask(number, .settle)
                guard outcome == .done else { return outcome }
                any = any || worked
            }
            if !any { return .done }
        }
        return .failure("still not settled after 1000 rounds")
    }

    private static func perform(_ step: Step, _ next: Step?, on processor: Processor) -> Outcome {
        switch step {
        case .set(let field, let value): return processor.set(field, value)
        case .store(let address, let value):
            return CaseMemory.poke(address, value) ? .done : .failure("nothing is mapped at \(hex(address))")
        case .connect(let vector):
            let entry = UITTEntry(uv: vector, upidaddr: Layout.upid(processor.index)).octaword
            _ = CaseMemory.poke(Layout.uittEntry(connections), entry.low)
            _ = CaseMemory.poke(Layout.uittEntry(connections) + 8, entry.high)
            connections += 1
            return .done
        case .execute(let bytes): return processor.execute(bytes, next: next)
        case .wrmsr(let msr, let value):
            return processor.executeAside([0x0F, 0x30], [(1, UInt64(msr)), (0, value & 0xFFFF_FFFF), (2, value >> 32)]).outcome
        case .rdmsr(let msr):
            let read = processor.executeAside([0x0F, 0x32], [(1, UInt64(msr))])
            if read.outcome == .done { result = read.rdx << 32 | read.rax & 0xFFFF_FFFF }
            return read.outcome
        case .xsaves(let area, let mask): return extended([0x48, 0x0F, 0xC7, 0x2F], area, mask, on: processor)
        case .xrstors(let area, let mask): return extended([0x48, 0x0F, 0xC7, 0x1F], area, mask, on: processor)
        case .cpuid(let leaf, let subleaf):
            cpuid = bm_cpuid(leaf, subleaf)
            return .done
        case .send(let vector, let destination, let x2APIC):
            inFlight.append((vector, destination, x2APIC))
            return .done
        case .arrive: return arrive()
        case .takeInterrupt:
            let (taken, outcome) = processor.takeInterrupt()
            Runner.taken = taken
            return outcome
        case .deliver: return processor.deliver()
        case .endOfInterrupt:
            APIC.write(APIC.endOfInterrupt, 0)
            return .done
        default: return check(step, on: processor)
        }
    }

    /// XSAVES64 or XRSTORS64 with its operand at RDI.
    private static func extended(_ bytes: [UInt8], _ area: UInt64, _ mask: UInt64, on processor: Processor) -> Outcome {
        processor.executeAside(bytes, [(7, area), (0, mask & 0xFFFF_FFFF), (2, mask >> 32)]).outcome
    }

    /// The oldest message is really sent. Those of SENDUIPI went out by themselves.
    private static func arrive() -> Outcome {
        guard !inFlight.isEmpty else { return .done }
        let message = inFlight.removeFirst()
        let mode = APIC.mode
        guard mode != .disabled else { return .skip("the sender's local APIC is disabled") }
        var destination = message.destination
        if message.x2APIC != (mode == .x2APIC) {
            if message.destination == (message.x2APIC ? 0xFFFF_FFFF : 0xFF) {
                destination = mode == .x2APIC ? 0xFFFF_FFFF : 0xFF
            } else if destination >= 0xFF {
                return .skip("the sender's local APIC is in another mode")
            }
        }
        let wasPending = APIC.contains(APIC.requests, message.vector)
        // Fixed, edge, asserted, physical.
        APIC.send(1 << 14 | UInt32(message.vector), to: destination)
        guard destination == APIC.id, !wasPending else { return .done }
        // To oneself it is seen to arrive; on another processor the steps between take longer than an IPI.
        for _ in 0..<1000 where !APIC.contains(APIC.requests, message.vector) { bm_pause() }
        return .done
    }

    private static func compare(_ what: String, _ expected: UInt64, _ found: UInt64) -> Outcome {
        expected == found ? .done : .failure("\(what): expected \(hex(expected)), found \(hex(found))")
    }

    /// The steps that expect something.
    private static func check(_ step: Step, on processor: Processor) -> Outcome {
        switch step {
        case .expect(.rflags, let expected):
            return compare("rflags", expected & ~Observed.hiddenFlags, processor.rflags & ~Observed.hiddenFlags)
        case .expect(let field, let expected):
            guard let found = processor.value(field) else { return .skip("\(field.rawValue) cannot be read here") }
            return compare(field.rawValue, expected, found)
        case .expectMemory(let address, let expected):
            guard let found = CaseMemory.peek(address) else { return .failure("nothing is mapped at \(hex(address))") }
            return compare("memory at \(hex(address))", expected, found)
        case .expectResult(let expected): return compare("the result", expected, result)
        case .expectCPUID(let register, let mask, let expected):
            let found =
                switch register {
                case .eax: cpuid.eax
                case .ebx: cpuid.ebx
                case .ecx: cpuid.ecx
                case .edx: cpuid.edx
                }
            return compare(register.rawValue, UInt64(expected), UInt64(found & mask))
        case .expectNotification: return expectTaken(.notification)
        case .expectOrdinary(let vector): return expectTaken(.ordinary(vector: vector))
        case .expectNoInterrupt: return expectTaken(nil)
        case .expectDelivered(let vectors):
            defer { delivered = [] }
            return delivered == vectors ? .done : .failure("expected \(list(vectors)), found \(list(delivered))")
        case .expectFrameRSP(let expected): return checkFrame { compare("the frame's RSP", expected, $0.rsp) }
        case .expectFrameRFLAGS(let mask, let expected):
            return checkFrame {
                compare("the frame's RFLAGS", expected & ~Observed.hiddenFlags, $0.rflags & mask & ~Observed.hiddenFlags)
            }
        case .expectEntryRSP(let expected): return checkFrame { compare("RSP at entry", expected, $0.entryRSP) }
        default: return .skip("the core alone can take the step \(step.words.joined(separator: " "))")
        }
    }

    private static func list(_ vectors: [UInt8]) -> String {
        "[" + vectors.map { "\($0)" }.joined(separator: ", ") + "]"
    }

    private static func expectTaken(_ expected: TakenInterrupt?) -> Outcome {
        if taken == expected { return .done }
        switch taken {
        case nil: return .failure("found no interrupt")
        case .notification: return .failure("found a notification")
        case .ordinary(let vector): return .failure("found an ordinary interrupt, vector \(hex(UInt64(vector)))")
        }
    }

    private static func checkFrame(_ check: (RecordedFrame) -> Outcome) -> Outcome {
        guard let frame else { return .failure("no frame was recorded") }
        return check(frame)
    }
}

@c(bm_perform_request)
func performRequest(_ cpu: UnsafeMutablePointer<bm_cpu>) {
    Runner.perform(on: Runner.processors[Int(cpu.pointee.index)])
}
