// pingpong [--backend auto|hardware|emulation] [--rounds N]
//
// Two receivers interrupt each other in turn, and block in between. Exit 0 if every interrupt came, 1 if not, 4 where the
// hardware was asked for and is missing, 64 wrong usage.
import Glibc
import Support
import Synchronization
import UserInterrupts

/// One of the two. Its handler counts, its thread looks.
struct Side: ~Copyable {
    let taken = Atomic<UInt64>(0)
    /// What the other side sends to; -1 until it is made. Whoever takes it closes it.
    let descriptor = Atomic<CInt>(-1)
}

struct Lost: Error, CustomStringConvertible {
    let description: String
}

@main struct PingPong {
    let backend: String
    let rounds: UInt64
    let patience: UInt64 = 20_000_000_000

    static func main() {
        let options = Options(
            CommandLine.arguments, valued: ["backend", "rounds"],
            usage: "pingpong [--backend auto|hardware|emulation] [--rounds N]")
        let game = PingPong(
            backend: options["backend", default: "auto"],
            rounds: UInt64(options.number("rounds", default: 20000, in: 1...1_000_000_000)))
        do {
            let time = try game.run()
            print("  \(game.rounds) rounds, all came; \(time / game.rounds) ns each")
        } catch {
            end("pingpong: \(error)", status(of: error))
        }
    }

    /// Waits until `side` has taken `count`; false after twenty seconds.
    func await(_ count: UInt64, _ side: UnsafeMutablePointer<Side>, _ receiver: borrowing Receiver) throws -> Bool {
        let until = read(CLOCK_MONOTONIC) + patience
        receiver.mask()
        defer { receiver.unmask() }
        while side.pointee.taken.load(ordering: .relaxed) < count {
            guard read(CLOCK_MONOTONIC) < until else { return false }
            if receiver.backend.hasTimedWait {
                // intel-6.0 may miss what was posted before the wait, so the wait ends by itself.
                _ = try receiver.wait(timeout: .milliseconds(1))
            } else {
                sched_yield()
            }
            receiver.unmask()
            receiver.mask()
        }
        return true
    }

    /// One side's game.
    func play(_ own: UnsafeMutablePointer<Side>, _ other: UnsafeMutablePointer<Side>, begins: Bool, _ receiver: borrowing Receiver) throws {
        own.pointee.descriptor.store(try receiver.makeDescriptor(for: UserVector(0)).release(), ordering: .releasing)
        var fd: CInt = -1
        while fd < 0 {
            fd = other.pointee.descriptor.load(ordering: .acquiring)
            if fd < 0 { sched_yield() }
        }
        let sender = try Sender(to: VectorDescriptor(adopting: fd, on: receiver.backend))
        receiver.unmask()
        for round in 1...rounds {
            if begins { sender.send() }
            guard try self.await(round, own, receiver), own.pointee.taken.load(ordering: .relaxed) == round else {
                throw Lost(description: "\(round) interrupts were sent to the \(begins ? "first" : "second") side, \(own.pointee.taken.load(ordering: .relaxed)) came")
            }
            if !begins { sender.send() }
        }
    }

    func run() throws -> UInt64 {
        let backend = try selectBackend(backend)
        // Reached by handler and thread through atomics alone; the process ends before they do.
        nonisolated(unsafe) let sides = UnsafeMutablePointer<Side>.allocate(capacity: 2)
        for side in 0..<2 { (sides + side).initialize(to: Side()) }
        let handler: Handler = { context, _, _ in
            guard let context else { return }
            context.assumingMemoryBound(to: Side.self).pointee.taken.add(1, ordering: .relaxed)
        }
        let start = read(CLOCK_MONOTONIC)
        let thread = startThread {
            do {
                try Receiver.run(on: backend, handler: handler, context: sides + 1) { receiver in
                    try play(sides + 1, sides, begins: false, receiver)
                }
            } catch {
                end("pingpong: \(error)", status(of: error))
            }
        }
        try Receiver.run(on: backend, handler: handler, context: sides) { receiver in
            try play(sides, sides + 1, begins: true, receiver)
        }
        pthread_join(thread, nil)
        print("pingpong: backend \(backend.kind.rawValue)\(backend.abi.map { " by \($0.rawValue)" } ?? "")")
        return read(CLOCK_MONOTONIC) - start
    }
}
