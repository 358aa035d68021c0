import Glibc
import Synchronization
import Testing
@testable import UserInterrupts

@Suite("No interrupt is lost and none is invented", .serialized)
struct DeliveryTests {
    /// Cells: 0–63 sequence numbers as sent, 64–127 the last that the handler saw, 128–191 handler runs.
    private static let seeing: Handler = { context, _, vector in
        let cells = context!.assumingMemoryBound(to: Cells.Cell.self)
        let vector = Int(truncatingIfNeeded: vector)
        let sent = cells[vector].load(ordering: .sequentiallyConsistent)
        cells[vector &+ 64].store(sent, ordering: .sequentiallyConsistent)
        cells[vector &+ 128].wrappingAdd(1, ordering: .sequentiallyConsistent)
    }

    @Test("120000 events of 4 threads: the last of each vector is seen, and no handler runs without a send", arguments: Backends.all)
    func manySenders(backend: Backend) throws {
        let senders = 4, events: UInt64 = 30_000
        let cells = Cells(192)
        try Receiver.run(on: backend, handler: Self.seeing, context: cells.context) { receiver in
            receiver.unmask()
            var threads: [TestThread] = []
            for vector in 0..<senders {
                let number = try receiver.makeDescriptor(for: UserVector(vector)).release()
                threads.append(TestThread {
                    let sender = try Sender(to: VectorDescriptor(adopting: number, on: backend))
                    for event in 1...events {
                        cells[vector] = event
                        sender.send()
                    }
                })
            }
            try waitMasked(receiver, "the last event of each vector") {
                (0..<senders).allSatisfy { cells[64 + $0] == events }
            }
            threads.forEach { $0.join() }
        }
        for vector in 0..<senders {
            #expect(cells[64 + vector] == events)
            #expect((1...events).contains(cells[128 + vector]))
        }
        #expect((senders..<64).allSatisfy { cells[128 + $0] == 0 })
    }

    @Test("a blocked receiver and its sender in lock step: every event is delivered exactly once", arguments: Backends.all)
    func lockStep(backend: Backend) throws {
        let events: UInt64 = 5_000
        let cells = Cells(192)
        try Receiver.run(on: backend, handler: Self.seeing, context: cells.context) { receiver in
            let number = try receiver.makeDescriptor(for: UserVector(63)).release()
            let thread = TestThread {
                let sender = try Sender(to: VectorDescriptor(adopting: number, on: backend))
                for event in 1...events {
                    cells[63] = event
                    sender.send()
                    try spin("event \(event)") { cells[128 + 63] >= event }
                    #expect(cells[128 + 63] == event)
                }
            }
            for event in 1...events {
                try waitMasked(receiver, "event \(event)") { cells[64 + 63] >= event }
            }
            thread.join()
        }
        #expect(cells[128 + 63] == events)
    }

    @Test("two receivers that answer each other from their bodies come to the end", arguments: Backends.all)
    func pingPong(backend: Backend) throws {
        let rounds: UInt64 = 3_000
        let ping = Cells(192), pong = Cells(192), numbers = Cells(2)
        @Sendable func play(_ own: Cells, _ other: Cells, _ place: Int) throws {
            try Receiver.run(on: backend, handler: Self.seeing, context: own.context) { receiver in
                receiver.unmask()
                numbers[place] = UInt64(try receiver.makeDescriptor(for: UserVector(0)).release()) + 1
                try spin("the other's descriptor") { numbers[1 - place] > 0 }
                let sender = try Sender(to: VectorDescriptor(adopting: CInt(numbers[1 - place] - 1), on: backend))
                for round in 1...rounds {
                    if place == 1 { try waitMasked(receiver, "ping \(round)") { own[64] >= round } }
                    other[0] = round
                    sender.send()
                    if place == 0 { try waitMasked(receiver, "pong \(round)") { own[64] >= round } }
                }
            }
        }
        let threads = [TestThread { try play(ping, pong, 0) }, TestThread { try play(pong, ping, 1) }]
        threads.forEach { $0.join() }
        #expect(ping[64] == rounds && pong[64] == rounds)
        #expect(ping[128] == rounds && pong[128] == rounds)
    }

    @Test("a receiver that masks and unmasks all the time misses nothing", arguments: Backends.all)
    func masking(backend: Backend) throws {
        let events: UInt64 = 20_000
        let cells = Cells(192)
        try Receiver.run(on: backend, handler: Self.seeing, context: cells.context) { receiver in
            let number = try receiver.makeDescriptor(for: UserVector(11)).release()
            let thread = TestThread {
                let sender = try Sender(to: VectorDescriptor(adopting: number, on: backend))
                for event in 1...events {
                    cells[11] = event
                    sender.send()
                }
            }
            try spin("the last event") {
                receiver.withMasked {
                    // The handler does not run in here.
                    let before = cells[128 + 11]
                    for _ in 0..<10 { _ = receiver.isUnmasked }
                    #expect(cells[128 + 11] == before)
                }
                receiver.unmask()
                return cells[64 + 11] == events
            }
            thread.join()
        }
        #expect(cells[128 + 11] <= events)
    }
}
