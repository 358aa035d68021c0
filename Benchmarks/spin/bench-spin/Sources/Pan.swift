import Glibc

/// A verifier that SPIN writes and gcc compiles.
struct Pan {
    enum Kind: String, CaseIterable {
        /// wait.pml, every reduction off, also those that spin makes before pan: -o1 dead variables, -o2 unread ones, -o3 merging.
        case unreduced
        /// The same with the states' components kept apart.
        case collapse
        /// wait.pml with SPIN's own reductions, as it comes.
        case reduced
        /// wait-fused.pml, the same way.
        case fused

        var file: String { self == .fused ? "wait-fused.pml" : "wait.pml" }
        var spinOptions: [String] { self == .unreduced || self == .collapse ? ["-o1", "-o2", "-o3"] : [] }
        var panOptions: [String] {
            switch self {
            case .unreduced: ["-DNOREDUCE"]
            case .collapse: ["-DNOREDUCE", "-DCOLLAPSE"]
            case .reduced, .fused: []
            }
        }
    }

    let kind: Kind
    let folder: String

    /// Builds in a new folder below `work`.
    /// - Parameter optimised: as for measuring; what only gives a verdict is compiled in a fifth of the time without.
    init(
        _ kind: Kind, _ sizes: Sizes, mutant: Int = 0, optimised: Bool = true, sources: String, work: String
    ) throws(Complaint) {
        self.kind = kind
        folder = "\(work)/\(kind.rawValue)-\(sizes.cpus)\(sizes.senders)\(sizes.messages)\(sizes.preemptions)-\(mutant)"
        guard mkdir(folder, 0o755) == 0 || errno == EEXIST else {
            throw .failed("cannot make \(folder): \(String(cString: strerror(errno)))")
        }
        let definitions = [
            "-DCPUS=\(sizes.cpus)", "-DS=\(sizes.senders)", "-DM=\(sizes.messages)", "-DP=\(sizes.preemptions)",
            "-DMUTANT=\(mutant)",
        ]
        // spin puts pan.* where it stands, and knows the file's #includes by the file's own folder.
        try Pan.succeed(["spin", "-a"] + kind.spinOptions + definitions + ["\(sources)/\(kind.file)"], in: folder)
        let megabytes = sysconf(Int32(_SC_PHYS_PAGES)) / 256 * 9 / 10
        try Pan.succeed(
            ["gcc", optimised ? "-O2" : "-O0", "-DSAFETY"] + kind.panOptions + ["-DMEMLIM=\(megabytes)", "-I\(sources)", "-w", "-o", "pan", "pan.c"],
            in: folder)
    }

    /// - Parameter states: about as many as there are; the hash table has the power of two nearest to it of places.
    func run(states: Int, pinned: [String]) throws(Complaint) -> Measurement {
        var bits = 18
        while 3 << (bits - 1) < states { bits += 1 }
        let usage = try ChildProcess.run(pinned + ["./pan", "-w\(bits)"], in: folder)
        var measurement = Measurement(usage)
        var hasStates = false
        for line in usage.output.split(separator: "\n") {
            let words = line.split(separator: " ")
            if words.count == 2, words[0] == "ending", let ending = UInt64(words[1], radix: 16) {
                measurement.endings.insert(Ending.normalised(ending))
            } else if words.count == 3, words[1...] == ["states,", "stored"], let states = Int(words[0]) {
                measurement.states = states
                hasStates = true
            } else if words.count > 2, words[1] == "transitions", let transitions = Double(words[0]) {
                // pan writes large numbers as 3.5890922e+08.
                measurement.transitions = Int(transitions)
            } else if let place = words.firstIndex(of: "errors:"), place + 1 < words.count {
                measurement.violated = words[place + 1] != "0"
            }
        }
        // What ended early for another reason than an error has no verdict.
        let early = usage.output.contains("max search depth too small") || usage.output.contains("memory bound")
        guard usage.exitStatus == 0, hasStates, !early else {
            throw .failed("pan (\(kind.rawValue)) did not finish, status \(usage.exitStatus):\n\(usage.output.suffix(2000))")
        }
        return measurement
    }

    private static func succeed(_ arguments: [String], in folder: String) throws(Complaint) {
        let usage = try ChildProcess.run(arguments, in: folder)
        // spin reports some errors with status 0.
        guard usage.exitStatus == 0, !usage.output.contains("Error:") else {
            throw .failed("\(arguments.joined(separator: " ")) failed:\n\(usage.output)")
        }
    }
}
