import Glibc
import Support
import UserInterrupts

/// Runs jobs in the order of their arrival, and round robin at the end of each quantum, on the calling thread.
///
/// Arrivals and ends are in the thread's own CPU time, of which what it would be idle is skipped: the figures are of the
/// scheduler and not of what else runs on the machine.
struct Scheduler {
    private(set) var jobs: [Job]
    /// Without what was skipped; nanoseconds.
    private(set) var cpuTime: UInt64 = 0

    init(_ jobs: [Job]) { self.jobs = jobs }

    var preemptions: Int { jobs.reduce(0) { $0 + $1.preemptions } }

    mutating func run(_ quantum: borrowing Quantum) {
        var start = read(CLOCK_THREAD_CPUTIME_ID)
        var skipped: UInt64 = 0
        var ready: [Int] = []
        var (next, arrived, left) = (0, 0, jobs.count)
        func time() -> UInt64 { read(CLOCK_THREAD_CPUTIME_ID) &- start }

        while left > 0 {
            if next == ready.count, jobs[arrived].arrival > time() {
                let gap = jobs[arrived].arrival - time()
                start &-= gap
                skipped += gap
            }
            while arrived < jobs.count, jobs[arrived].arrival <= time() {
                ready.append(arrived)
                arrived += 1
            }
            guard next < ready.count else { continue }
            let current = ready[next]
            next += 1
            quantum.begin()
            jobs[current].run(in: quantum)
            if jobs[current].left > 0 {
                ready.append(current)
            } else {
                jobs[current].finish(at: time())
                left -= 1
            }
        }
        cpuTime = time() - skipped
    }
}

/// The timer's sends do not reach the thread that runs the jobs.
struct NoQuantum: Error, CustomStringConvertible {
    let description = "no quantum ended within 20 s. The timer sends, and nothing comes: run \"uintr check\" on this backend."
}

/// The scheduler with quanta that end: by user interrupts to the thread that runs it, or by a flag.
func runPreempted(
    _ jobs: [Job], by driver: Driver, on backend: Backend, length: UInt64, _ quantum: UnsafeMutablePointer<Quantum>
) throws -> Scheduler {
    // Receiver, handler and timer reach it through atomics alone; it outlives them.
    nonisolated(unsafe) let quantum = quantum
    @Sendable func run(_ descriptor: consuming VectorDescriptor?) throws -> Scheduler {
        quantum.pointee.timerStops.store(false, ordering: .relaxed)
        let timer = Timer(quantum, length: length, descriptor: descriptor)
        let thread = try timer.start()
        defer {
            quantum.pointee.timerStops.store(true, ordering: .releasing)
            pthread_join(thread, nil)
        }
        guard quantum.pointee.ends(times: 3) else { throw NoQuantum() }
        var scheduler = Scheduler(jobs)
        scheduler.run(quantum.pointee)
        return scheduler
    }
    switch driver {
    case .polling:
        return try run(nil)
    case .uintr:
        return try Receiver.run(on: backend, handler: Quantum.handler, context: quantum) { receiver in
            let descriptor = try receiver.makeDescriptor(for: UserVector(0))
            receiver.unmask()
            defer { receiver.mask() }
            return try run(descriptor)
        }
    }
}
