import Glibc
import Support

/// A task of the scheduler: a state that goes on where it stopped. Its result depends on steps and seed alone.
struct Job {
    enum Kind: CaseIterable {
        case integers
        /// Allocates and counts references in every step.
        case strings
        /// Arrays that are sorted.
        case sorting
    }

    let kind: Kind
    let isShort: Bool
    /// Nanoseconds of the receiver's time after the start.
    let arrival: UInt64
    private(set) var left: Int
    private(set) var state: UInt64
    private(set) var preemptions = 0
    private(set) var finished: UInt64?

    init(_ kind: Kind, steps: Int, seed: UInt64, arrival: UInt64 = 0, isShort: Bool = false) {
        (self.kind, left, state, self.arrival, self.isShort) = (kind, steps, seed, arrival, isShort)
    }

    /// Goes on until it is done or the quantum is over.
    mutating func run(in quantum: borrowing Quantum) {
        while left > 0 {
            state = step(state)
            left -= 1
            // The safepoint.
            if quantum.isOver.load(ordering: .relaxed) { break }
        }
        if left > 0 { preemptions += 1 }
    }

    mutating func finish(at time: UInt64) { finished = time }

    private func step(_ value: UInt64) -> UInt64 {
        switch kind {
        case .integers:
            return mix(mix(mix(value)))
        case .strings:
            return "\(value) \(value.byteSwapped)".utf8.reduce(value) { mix($0 &+ UInt64($1)) }
        case .sorting:
            var values = (0..<16).map { mix(value &+ $0) }
            values.sort()
            return values.reduce(value) { mix($0 ^ $1) }
        }
    }

    /// Steps of each kind that take a microsecond of CPU time here: the best of five, since others may run on the machine.
    static func stepsPerMicrosecond(_ kind: Kind) -> Double {
        let never = Quantum()
        return (0..<5).map { attempt in
            var job = Job(kind, steps: 2000, seed: UInt64(attempt))
            let start = read(CLOCK_THREAD_CPUTIME_ID)
            job.run(in: never)
            return 2000 / (Double(max(read(CLOCK_THREAD_CPUTIME_ID) - start, 1)) / 1000)
        }.max() ?? 1
    }
}

func mix(_ value: UInt64) -> UInt64 {
    var value = (value ^ value &>> 30) &* 0xbf58_476d_1ce4_e5b9
    value = (value ^ value &>> 27) &* 0x94d0_49bb_1331_11eb
    return value ^ value &>> 31
}
