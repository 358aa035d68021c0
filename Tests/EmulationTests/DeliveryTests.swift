import CEmulationBackend
import CEmulationRuntime
import Glibc
import Synchronization
import Testing
@testable import Emulation

let count: emulation_handler = { context, _, vector in
    let cells = context!.assumingMemoryBound(to: Atomic<UInt64>.self)
    let depth = cells[64].wrappingAdd(1, ordering: .relaxed).newValue
    if depth > cells[65].load(ordering: .relaxed) { cells[65].store(depth, ordering: .relaxed) }
    // What was sent before: the sender writes it, then sends.
    let vector = Int(truncatingIfNeeded: vector)
    cells[128 &+ vector].store(cells[192 &+ vector].load(ordering: .sequentiallyConsistent), ordering: .sequentiallyConsistent)
    cells[vector].wrappingAdd(1, ordering: .sequentiallyConsistent)
    cells[64].wrappingSubtract(1, ordering: .relaxed)
}

/// A deadline in a minute: nothing here takes so long.
func inAMinute() -> UInt64 { runtime_monotonic() + 60_000_000_000 }

/// Waits. False if it was the deadline that ended it, though something may be pending by then.
func woken() -> Bool {
    let deadline = inAMinute()
    return EmulatedProcess.wait(until: deadline) == 0 && runtime_monotonic() < deadline
}

/// Spins until `condition`; false after a minute.
func spin(until condition: () -> Bool) -> Bool {
    let deadline = inAMinute()
    while !condition() {
        if runtime_monotonic() > deadline { return false }
        sched_yield()
    }
    return true
}

/// A connection of the calling thread to one of its own vectors.
func connectToSelf(vector: UInt64) -> UInt64 {
    let descriptor = EmulatedProcess.descriptor(vector: vector)
    defer { close(descriptor) }
    let index = EmulatedProcess.registerSender(descriptor: descriptor)
    guard descriptor >= 0, index >= 0 else { abort() }
    return UInt64(index)
}

extension EmulationTests {
@Suite("delivers between threads")
struct DeliveryTests {
    /// Runs `receive` on a thread with a handler, and `send` on `senders` threads that are connected to vectors 0, 1, …
    private func run(
        senders: Int, _ counters: Counters, _ handler: @escaping emulation_handler = count,
        receive: @escaping @Sendable () -> Void, send: @escaping @Sendable (_ sender: Int, _ index: UInt64) -> Void
    ) {
        let descriptors = Counters()
        together(senders + 1) { place in
            if place == 0 {
                guard EmulatedProcess.registerHandler(handler, context: counters.cells) == 0 else { abort() }
                for vector in 0..<senders {
                    descriptors[vector] = UInt64(EmulatedProcess.descriptor(vector: UInt64(vector))) + 1
                }
                receive()
                guard EmulatedProcess.unregisterHandler() == 0 else { abort() }
            } else {
                while descriptors[place - 1] == 0 { sched_yield() }
                let descriptor = CInt(descriptors[place - 1] - 1)
                let index = EmulatedProcess.registerSender(descriptor: descriptor)
                guard index >= 0 else { abort() }
                close(descriptor)
                send(place - 1, UInt64(index))
                guard EmulatedProcess.unregisterSender(index: index) == 0 else { abort() }
            }
        }
    }

    @Test("no notification is lost under concurrent SENDUIPI", arguments: [2, 3, 4])
    func concurrentSenders(senders: Int) {
        let counters = Counters(), events: UInt64 = 30_000
        run(senders: senders, counters) {
            EmulatedProcess.stui()
            while !(0..<senders).allSatisfy({ counters[128 + $0] == events }) {
                EmulatedProcess.clui()
                if !(0..<senders).allSatisfy({ counters[128 + $0] == events }) {
                    if !woken() {
                        counters[66] = 1
                        return
                    }
                }
                EmulatedProcess.stui()
            }
        } send: { sender, index in
            for event in 1...events {
                counters[192 + sender] = event
                EmulatedProcess.senduipi(index)
            }
        }
        #expect(counters[66] == 0, "a wait slept on")
        for sender in 0..<senders {
            #expect(counters[128 + sender] == events)
            #expect((1...events).contains(counters[sender]))
        }
        #expect(counters[65] == 1)
    }

    @Test("signals that come during CLUI, STUI and TESTUI sequences change nothing that the thread sees")
    func signalsDuringSequences() {
        let seed = UInt64.random(in: 1 ... .max)
        print("seed of the sequences: \(seed)")
        let counters = Counters(), events: UInt64 = 40_000
        run(senders: 2, counters) {
            var random = seed
            var uif = false
            while counters[128] != events || counters[129] != events {
                // xorshift64 (Marsaglia 2003).
                random ^= random << 13
                random ^= random >> 7
                random ^= random << 17
                switch random % 4 {
                case 0:
                    EmulatedProcess.clui()
                    uif = false
                case 1:
                    EmulatedProcess.stui()
                    uif = true
                case 2:
                    if EmulatedProcess.testui() != uif { counters[66] += 1 }
                default:
                    let before = counters[0] + counters[1]
                    for _ in 0..<(random >> 60) { _ = counters[0] }
                    // With UIF = 0 no handler runs.
                    if !uif, counters[0] + counters[1] != before { counters[67] += 1 }
                }
            }
        } send: { sender, index in
            for event in 1...events {
                counters[192 + sender] = event
                EmulatedProcess.senduipi(index)
            }
        }
        #expect(counters[66] == 0, "TESTUI differed from the last CLUI or STUI")
        #expect(counters[67] == 0, "a handler ran with UIF = 0")
        #expect(counters[65] == 1, "a handler was interrupted by another")
        #expect(counters[0] <= events && counters[1] <= events)
    }

    /// One event a round: the sender lets a random time pass after the receiver has said that it goes to `meet` it.
    ///
    /// - Parameter meet: returns false if the event of the round did not come within a minute.
    private func meet(rounds: UInt64, meet: @escaping @Sendable (Counters, UInt64) -> Bool) -> (lost: UInt64, handled: UInt64) {
        let seed = UInt64.random(in: 1 ... .max)
        print("seed of the delays: \(seed)")
        let counters = Counters()
        // xorshift64 (Marsaglia 2003).
        @Sendable func pause(_ random: inout UInt64, _ most: UInt64) {
            random ^= random << 13
            random ^= random >> 7
            random ^= random << 17
            for _ in 0..<(random % most) { _ = counters[66] }
        }
        run(senders: 1, counters) {
            EmulatedProcess.stui()
            var random = seed &* 3 | 1
            for round in 1...rounds {
                counters[66] = round
                // A signal takes many microseconds to the other CPU: the receiver has to let time pass too.
                pause(&random, 2048)
                if !meet(counters, round) {
                    counters[67] = round
                    break
                }
            }
            counters[68] = 1
        } send: { _, index in
            var random = seed
            for round in 1...rounds {
                while counters[66] < round, counters[68] == 0 { sched_yield() }
                pause(&random, 64)
                EmulatedProcess.senduipi(index)
            }
        }
        return (counters[67], counters[0])
    }

    @Test("an interrupt that comes as the receiver goes to sleep ends the wait", arguments: [false, true])
    func meetsTheWait(signalsAreBlocked: Bool) {
        let rounds: UInt64 = 5_000
        let end = meet(rounds: rounds) { counters, round in
            EmulatedProcess.clui()
            defer { EmulatedProcess.stui() }
            let mask = signalsAreBlocked ? runtime_signals_block() : 0
            defer { if signalsAreBlocked { runtime_signals_restore(mask) } }
            while counters[0] < round {
                if !woken() { return false }
                EmulatedProcess.stui()
                EmulatedProcess.clui()
            }
            return true
        }
        #expect(end.lost == 0, "the wait of this round slept on")
        #expect(end.handled == rounds)
    }

    @Test("an interrupt that comes during CLUI, TESTUI or STUI is delivered without a further call")
    func meetsTheInstructions() {
        let rounds: UInt64 = 10_000
        let end = meet(rounds: rounds) { counters, round in
            for _ in 0..<4 {
                EmulatedProcess.clui()
                _ = EmulatedProcess.testui()
                EmulatedProcess.stui()
            }
            return spin { counters[0] >= round }
        }
        #expect(end.lost == 0, "the interrupt of this round stayed pending")
        #expect(end.handled == rounds)
    }

    @Test("a notification that comes while signals are blocked waits until they are not, and no longer")
    func blockedMeanwhile() {
        let counters = Counters()
        run(senders: 1, counters) {
            EmulatedProcess.stui()
            let mask = runtime_signals_block()
            counters[66] = 1
            while counters[67] == 0 { sched_yield() }
            counters[68] = counters[0]
            runtime_signals_restore(mask)
            counters[69] = counters[0]
        } send: { _, index in
            while counters[66] == 0 { sched_yield() }
            EmulatedProcess.senduipi(index)
            counters[67] = 1
        }
        #expect(counters[68] == 0 && counters[69] == 1)
    }

    @Test("what comes during a handler is delivered after it, without a further call")
    func duringTheHandler() {
        // 66: the handler runs; 67: the other has sent.
        let counters = Counters()
        run(senders: 2, counters, { context, frame, vector in
            let cells = context!.assumingMemoryBound(to: Atomic<UInt64>.self)
            count(context, frame, vector)
            cells[66].store(1, ordering: .sequentiallyConsistent)
            while cells[67].load(ordering: .sequentiallyConsistent) == 0 {}
        }) {
            EmulatedProcess.stui()
            _ = spin { counters[0] == 1 && counters[1] == 1 }
        } send: { sender, index in
            if sender == 1 { while counters[66] == 0 { sched_yield() } }
            EmulatedProcess.senduipi(index)
            if sender == 1 { counters[67] = 1 }
        }
        #expect(counters[0] == 1 && counters[1] == 1)
        #expect(counters[65] == 1)
    }

    @Test("no delivery writes over another on an alternate stack, however many come")
    func alternateStack() {
        let counters = Counters(), events: UInt64 = 20_000, stack = SharedMemory(1 << 16)
        run(senders: 2, counters) {
            guard EmulatedProcess.alternateStack(base: stack.address, size: 1 << 16) == 0 else { abort() }
            EmulatedProcess.stui()
            // What it computes in vector registers is wrong if one of them is.
            var sum = 0.0, terms = 0.0
            while counters[128] != events || counters[129] != events {
                for _ in 0..<100 {
                    terms += 1
                    sum += terms * 0.5
                }
            }
            if sum != terms * (terms + 1) / 4 { counters[66] = 1 }
        } send: { sender, index in
            for event in 1...events {
                counters[192 + sender] = event
                EmulatedProcess.senduipi(index)
            }
        }
        #expect(counters[65] == 1)
        #expect(counters[66] == 0, "the interrupted code came to another result")
    }

    @Test("code that allocates and locks all the time may be interrupted anywhere")
    func withinTheAllocator() {
        let counters = Counters(), events: UInt64 = 30_000
        run(senders: 2, counters) {
            EmulatedProcess.stui()
            var kept: [String: [Int]] = [:]
            var round = 0
            while counters[128] != events || counters[129] != events {
                round += 1
                kept["\(round & 31)", default: []].append(round)
                if round & 1023 == 0 { kept = [:] }
            }
        } send: { sender, index in
            for event in 1...events {
                counters[192 + sender] = event
                EmulatedProcess.senduipi(index)
            }
        }
        #expect(counters[65] == 1)
    }

    @Test("threads that come and go while they are sent to end without a fault", arguments: [200])
    func comeAndGo(times: Int) {
        let counters = Counters()
        let descriptors = Mutex<[CInt]>([])
        together(3) { place in
            if place == 0 {
                for round in 0..<UInt64(times) {
                    together(1) { _ in
                        _ = EmulatedProcess.registerHandler(count, context: counters.cells)
                        EmulatedProcess.stui()
                        let descriptor = EmulatedProcess.descriptor(vector: round & 63)
                        // Closed at the end only: meanwhile other tests would be given the number.
                        descriptors.withLock { $0.append(descriptor) }
                        counters[70] = UInt64(descriptor) + 1
                        let before = counters.runs
                        for _ in 0..<200 where counters.runs == before { sched_yield() }
                    }
                }
                counters[71] = 1
            } else {
                while counters[71] == 0 {
                    guard counters[70] > 0 else { continue }
                    // Its receiver may have ended since the number was read.
                    let index = EmulatedProcess.registerSender(descriptor: CInt(counters[70] - 1))
                    guard index >= 0 else { continue }
                    for _ in 0..<10 { EmulatedProcess.senduipi(UInt64(index)) }
                    guard EmulatedProcess.unregisterSender(index: index) == 0 else { abort() }
                }
            }
        }
        descriptors.withLock { $0.forEach { close($0) } }
        #expect((0..<64).contains { counters[$0] > 0 })
        #expect(counters[65] == 1)
    }
}
}
