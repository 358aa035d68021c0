// quanta [--driver uintr|polling] [--backend auto|hardware|emulation] [--quantum MICROSECONDS] [--tasks N] [--seed N]
//
// Short jobs arrive among long ones and share a thread, once to completion and once in quanta. Every job must compute the same.
// Exit 0; 1 if anything is wrong; 4 where the hardware was asked for and is missing; 64 wrong usage.
import Glibc
import Support
import UserInterrupts

@main struct Quanta {
    let driver: Driver
    let backend: String
    let microseconds, count: Int
    let seed: UInt64

    var length: UInt64 { UInt64(microseconds) * 1000 }

    static func main() {
        let options = Options(
            CommandLine.arguments, valued: ["driver", "backend", "quantum", "tasks", "seed"],
            usage: "quanta [--driver uintr|polling] [--backend auto|hardware|emulation] [--quantum MICROSECONDS] [--tasks N] [--seed N]")
        guard let driver = Driver(rawValue: options["driver", default: "uintr"]) else {
            end("--driver takes \(Driver.allCases.map(\.rawValue).joined(separator: " or "))", Status.usage)
        }
        let command = Quanta(
            driver: driver, backend: options["backend", default: "auto"],
            microseconds: options.number("quantum", default: 50, in: 1...1_000_000),
            count: options.number("tasks", default: 1000, in: 1...1_000_000),
            seed: UInt64(options.number("seed", default: 1, in: 0...Int.max)))
        do {
            exit(try command.run().isEmpty ? Status.passed : Status.failed)
        } catch {
            end("quanta: \(error)", status(of: error))
        }
    }

    /// One in twenty is long: fifty quanta. The others take half a quantum. They fill half of the thread's time.
    func makeJobs() -> [Job] {
        let speeds = Job.Kind.allCases.map { ($0, Job.stepsPerMicrosecond($0)) }
        let gap = Double(length) * (0.95 * 0.5 + 0.05 * 50) * 2 * 2
        var state = seed
        var time = 0.0
        func next() -> UInt64 {
            state &+= 0x9e37_79b9_7f4a_7c15
            return mix(state)
        }
        return (0..<count).map { number in
            let (kind, speed) = speeds[Int(next() % UInt64(speeds.count))]
            let isShort = number % 20 != 0
            let steps = 1 + Int(speed * Double(microseconds) * (isShort ? 0.5 : 50))
            defer { time += gap * Double(next() &>> 11) * 0x1p-53 }
            return Job(kind, steps: steps, seed: next(), arrival: UInt64(time), isShort: isShort)
        }
    }

    /// Nearest rank, in quanta.
    func percentile(_ percent: Int, of jobs: [Job]) -> Double {
        let latencies = jobs.filter(\.isShort).compactMap { job in job.finished.map { Double($0 &- job.arrival) } }.sorted()
        guard !latencies.isEmpty else { return 0 }
        return latencies[max(0, (latencies.count * percent + 99) / 100 - 1)] / Double(length)
    }

    /// To two places.
    func text(_ value: Double) -> String {
        let hundredths = Int((value * 100).rounded())
        return "\(hundredths / 100).\(hundredths % 100 < 10 ? "0" : "")\(hundredths % 100)"
    }

    /// What was violated.
    func run() throws -> [String] {
        let backend = try selectBackend(backend)
        let quantum = UnsafeMutablePointer<Quantum>.allocate(capacity: 1)
        quantum.initialize(to: Quantum())
        defer {
            quantum.deinitialize(count: 1)
            quantum.deallocate()
        }
        let jobs = makeJobs()
        var whole = Scheduler(jobs)
        whole.run(quantum.pointee)
        let parted = try runPreempted(jobs, by: driver, on: backend, length: length, quantum)

        var violations: [String] = []
        for (number, (one, other)) in zip(whole.jobs, parted.jobs).enumerated() where one.state != other.state || other.finished == nil {
            violations.append("job \(number) (\(one.kind)) computed \(other.state), and \(one.state) when it ran to completion")
        }
        let (sent, taken) = (quantum.pointee.sent.load(ordering: .relaxed), quantum.pointee.taken.load(ordering: .relaxed))
            if parted.preemptions > sent { violations.append("\(sent) quanta ended, and jobs were preempted \(parted.preemptions) times") }
        if driver == .uintr, taken > sent { violations.append("\(sent) user interrupts were sent, and \(taken) taken") }

        print("quanta: \(driver.rawValue), backend \(backend.kind.rawValue)\(backend.abi.map { " by \($0.rawValue)" } ?? ""), quantum \(microseconds) us, \(count) jobs, seed \(seed)")
        for percent in [50, 99] {
            let (before, after) = (percentile(percent, of: whole.jobs), percentile(percent, of: parted.jobs))
            print("  short jobs, percentile \(percent): \(text(before)) quanta to completion, \(text(after)) in quanta, ratio \(text(after / before))")
        }
        print("  jobs per CPU time, to completion = 1: \(text(Double(whole.cpuTime) / Double(parted.cpuTime)))")
        print("  \(parted.preemptions) preemptions; \(sent) ends sent, \(driver == .uintr ? "\(taken) taken by the handler" : "by the flag")")
        for violation in violations.prefix(10) { print("  VIOLATED: \(violation)") }
        return violations
    }
}
