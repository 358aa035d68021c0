import Glibc
import Synchronization

/// Threads that work in phases: all do the same phase, then all wait for each other. The calling thread is one of them.
@usableFromInline
final class Crew: Sendable {
    @usableFromInline let count: Int
    private let arrived = Atomic<Int>(0)
    private let phase = Atomic<Int>(0)
    /// The next piece of work of the present phase.
    private let next = Atomic<Int>(0)

    @usableFromInline init(count: Int) { self.count = count }

    /// Runs `body` on every thread, with the thread's number, and returns when all have returned.
    @usableFromInline
    func run(_ body: @escaping @Sendable (Int) -> Void) {
        final class Start: Sendable {
            let number: Int
            let body: @Sendable (Int) -> Void
            init(_ number: Int, _ body: @escaping @Sendable (Int) -> Void) {
                self.number = number
                self.body = body
            }
        }
        var threads: [pthread_t] = []
        for number in 1..<max(count, 1) {
            var thread = pthread_t()
            let start = Unmanaged.passRetained(Start(number, body))
            let error = pthread_create(
                &thread, nil,
                { argument in
                    guard let argument else { return nil }
                    let start = Unmanaged<Start>.fromOpaque(argument).takeRetainedValue()
                    start.body(start.number)
                    return nil
                }, start.toOpaque())
            // The phases need every thread: one that cannot be had is a system without memory or within a limit of threads.
            guard error == 0 else { fatalError("cannot start thread \(number) (errno \(error)): search with fewer threads") }
            threads.append(thread)
        }
        body(0)
        for thread in threads { pthread_join(thread, nil) }
    }

    /// Waits until all threads are here. The last one does `alone` while the others wait, and starts the next phase's pieces
    /// from 0.
    @usableFromInline
    func meet(alone: () -> Void = {}) {
        let current = phase.load(ordering: .acquiring)
        if arrived.add(1, ordering: .acquiringAndReleasing).newValue == count {
            alone()
            arrived.store(0, ordering: .relaxed)
            next.store(0, ordering: .relaxed)
            phase.store(current &+ 1, ordering: .releasing)
            return
        }
        var spins = 0
        while phase.load(ordering: .acquiring) == current {
            spins += 1
            // On a machine with other work the one that is waited for may need this processor.
            if spins > 2000 { sched_yield() }
            if spins > 2100 { usleep(50) }
        }
    }

    /// A piece of work that no other thread has.
    @usableFromInline
    func claim() -> Int { next.add(1, ordering: .relaxed).oldValue }
}
