/// This program's own search, as a child like pan.
struct Explorer {
    /// This executable.
    let program: String
    let work: String

    enum Mode: String {
        case everyStep
        case reduced = "--reduce"
        /// Every step, and whether the model's declarations are right in every state.
        case check = "--check"
    }

    /// - Parameter expected: about how many states there are, as SPIN's -w; 0: not known.
    func run(
        _ sizes: Sizes, mutant: Int = 0, _ mode: Mode = .everyStep, threads: Int = 1, expected: Int = 0, pinned: [String]
    ) throws(Complaint) -> Measurement {
        var arguments =
            pinned + [
                program, "search", "--cpus", "\(sizes.cpus)", "--senders", "\(sizes.senders)", "--messages", "\(sizes.messages)",
                "--preemptions", "\(sizes.preemptions)", "--mutant", "\(mutant)", "--threads", "\(threads)", "--expect", "\(expected)",
            ]
        if mode != .everyStep { arguments.append(mode.rawValue) }
        // SPIN too stops at the first error.
        if mutant > 0, mode != .check { arguments.append("--first") }
        let usage = try ChildProcess.run(arguments, in: work)
        guard usage.exitStatus == 0 else {
            throw .failed("\(arguments.joined(separator: " ")): status \(usage.exitStatus)\n\(usage.output)")
        }
        var measurement = Measurement(usage)
        for line in usage.output.split(separator: "\n") {
            let words = line.split(separator: " ")
            guard words.count >= 2 else { continue }
            switch words[0] {
            case "states": measurement.states = Int(words[1]) ?? 0
            case "transitions": measurement.transitions = Int(words[1]) ?? 0
            case "violated": measurement.violated = words[1] == "1"
            case "ending": if let ending = UInt64(words[1], radix: 16) { measurement.endings.insert(Ending.normalised(ending)) }
            default: break
            }
        }
        return measurement
    }
}
