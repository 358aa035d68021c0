import Glibc
import Support
import Synchronization
import UserInterrupts

/// What receiver, handler and timer share: at a fixed address, and atomics alone.
struct Quantum: ~Copyable {
    /// Looked at in every loop of a task. With user interrupts only the receiver's own thread writes it.
    let isOver = Atomic<Bool>(false)
    /// When the current quantum began, in nanoseconds of CLOCK_MONOTONIC. Every value is new; 0: none has begun.
    let began = Atomic<UInt64>(0)
    let sent = Atomic<UInt64>(0)
    let taken = Atomic<UInt64>(0)
    let timerStops = Atomic<Bool>(false)

    /// The handler: it neither allocates nor locks, so it may run between any two instructions of a task, also within malloc.
    ///
    /// It cannot switch to another task, as the scheduler in C does: Swift's runtime keeps what it knows of the running code on
    /// the thread (accesses in progress, the async task), and the interrupted code may hold a lock of the runtime's.
    static let handler: Handler = { context, _, _ in
        guard let context else { return }
        let quantum = context.assumingMemoryBound(to: Quantum.self)
        quantum.pointee.taken.add(1, ordering: .relaxed)
        quantum.pointee.isOver.store(true, ordering: .relaxed)
    }

    borrowing func begin() {
        let time = read(CLOCK_MONOTONIC)
        let last = began.load(ordering: .relaxed)
        isOver.store(false, ordering: .relaxed)
        began.store(max(time, last + 1), ordering: .releasing)
    }

    /// Waits for so many quanta to end, each at most 20 s: on a busy machine all jobs may be done before the timer's thread runs.
    borrowing func ends(times: Int) -> Bool {
        for _ in 0..<times {
            begin()
            let until = read(CLOCK_MONOTONIC) + 20_000_000_000
            while !isOver.load(ordering: .relaxed) {
                if read(CLOCK_MONOTONIC) > until { return false }
            }
        }
        return true
    }
}

/// How the end of a quantum reaches the receiver.
enum Driver: String, CaseIterable {
    /// SENDUIPI; the handler sets the flag.
    case uintr
    /// The timer's thread sets the flag.
    case polling
}

/// The thread that ends quanta.
final class Timer: Sendable {
    private nonisolated(unsafe) let quantum: UnsafeMutablePointer<Quantum>
    private let length: UInt64
    private let descriptor: VectorDescriptor?
    private let isReady = Atomic<Bool>(false)
    private let failure = Mutex<UserInterruptError?>(nil)

    /// - Parameter descriptor: what to send to; `nil`: the flag is set from here.
    init(_ quantum: UnsafeMutablePointer<Quantum>, length: UInt64, descriptor: consuming VectorDescriptor?) {
        (self.quantum, self.length) = (quantum, length)
        self.descriptor = descriptor
    }

    func start() throws -> pthread_t {
        let thread = startThread { self.run() }
        while !isReady.load(ordering: .acquiring) { sched_yield() }
        if let error = failure.withLock({ $0 }) { throw error }
        return thread
    }

    private func run() {
        // Where it is allowed, the timer goes before all that the machine does otherwise.
        var priority = sched_param()
        priority.sched_priority = 1
        pthread_setschedparam(pthread_self(), SCHED_FIFO, &priority)
        do throws(UserInterruptError) {
            switch descriptor {
            case .some(let target):
                // A sender belongs to the thread that made it.
                let sender = try Sender(to: target)
                loop { sender.send() }
                try sender.close()
            case .none:
                loop { quantum.pointee.isOver.store(true, ordering: .relaxed) }
            }
        } catch {
            failure.withLock { $0 = error }
            isReady.store(true, ordering: .releasing)
        }
    }

    private func loop(_ kick: () -> Void) {
        var kicked: UInt64 = 0
        isReady.store(true, ordering: .releasing)
        while !quantum.pointee.timerStops.load(ordering: .acquiring) {
            let began = quantum.pointee.began.load(ordering: .acquiring)
            let time = read(CLOCK_MONOTONIC)
            if began == kicked {
                sleep(until: time + length / 4)
            } else if time < began + length {
                sleep(until: began + length)
            } else {
                kicked = began
                quantum.pointee.sent.add(1, ordering: .relaxed)
                kick()
            }
        }
    }

    private func sleep(until time: UInt64) {
        var until = timespec(tv_sec: Int(time / 1_000_000_000), tv_nsec: Int(time % 1_000_000_000))
        clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, nil)
    }
}
