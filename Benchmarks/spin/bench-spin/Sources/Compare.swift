import Glibc

/// The runs of one size, and what they must agree on.
struct Comparison {
    var size: String
    var sizes: Sizes
    var spin = Series("SPIN -DNOREDUCE")
    var ours = Series("explorer")
    var growing = Series("explorer, count not known before")
    var collapse = Series("SPIN -DNOREDUCE -DCOLLAPSE")
    var spinReduced = Series("SPIN, its reductions")
    var spinFused = Series("SPIN, fused by hand")
    var oursReduced = Series("explorer, its reductions")
    var twoThreads = Series("explorer, 2 threads")
    var oneThread = Series("explorer, 1 thread beside it")
    /// What does not agree; empty when all is well.
    var disagreements: [String] = []

    /// Those that were run, in the order of the table.
    var series: [Series] {
        [spin, ours, growing, collapse, spinReduced, spinFused, oursReduced, oneThread, twoThreads].filter { !$0.runs.isEmpty }
    }

    init(_ size: String, _ sizes: Sizes) { (self.size, self.sizes) = (size, sizes) }

    /// The wall time of one thread over that of two, the best of each.
    var speedUp: Double {
        (oneThread.runs.map(\.wallSeconds).min() ?? .nan) / (twoThreads.runs.map(\.wallSeconds).min() ?? .nan)
    }

    mutating func check(_ condition: Bool, _ complaint: @autoclosure () -> String) {
        if !condition { disagreements.append(complaint()) }
    }

    /// Equal counts without reduction, equal endings and verdicts with and without.
    mutating func judge() {
        guard let spin = spin.first, let ours = ours.first, let collapse = collapse.first else {
            disagreements.append("there are no runs")
            return
        }
        check(ours.states == spin.states, "SPIN stores \(spin.states) states and the explorer \(ours.states)")
        check(collapse.states == spin.states, "SPIN stores \(spin.states) states, and \(collapse.states) with -DCOLLAPSE")
        for series in series {
            for run in series.runs {
                check(
                    run.endings == spin.endings,
                    "\(series.name) ends in \(run.endings.count) ways and SPIN -DNOREDUCE in \(spin.endings.count), or in others")
                check(!run.violated, "\(series.name) finds a lost wakeup in the design that has none")
            }
        }
        for run in twoThreads.runs {
            check(run.states == ours.states, "two threads store \(run.states) states and one \(ours.states)")
        }
    }

}

/// `compare SIZE --sources FOLDER [--rounds N] [--no-mutants] [--json]`
/// - Returns: true if everything agrees.
func compare(_ arguments: inout Arguments) throws(Complaint) -> Bool {
    var wanted: [(name: String, sizes: Sizes)] = []
    var sources = "."
    var rounds: Int?
    var json = false
    var mutants = true
    var reduces = true
    while let word = arguments.next() {
        switch word {
        case "--sources":
            guard let folder = arguments.next() else { throw .usage("--sources takes the folder of wait.pml") }
            sources = folder
        case "--rounds": rounds = try arguments.number(after: word, in: 1...99)
        case "--json": json = true
        case "--no-mutants": mutants = false
        case "--unreduced-only": reduces = false
        default:
            guard let size = Sizes.named.first(where: { $0.name == word }) else {
                throw .usage("run small|medium|large… [--rounds N] [--json] [--no-mutants] [--unreduced-only]")
            }
            wanted.append(size)
        }
    }
    if wanted.isEmpty { wanted = [Sizes.named[0]] }
    guard let resolved = realpath(sources, nil), let own = realpath("/proc/self/exe", nil) else {
        throw .failed("cannot resolve \(sources): \(String(cString: strerror(errno)))")
    }
    defer { free(resolved); free(own) }
    var template = Array("/tmp/bench-spin-XXXXXX".utf8CString)
    guard let folder = mkdtemp(&template) else {
        throw .failed("cannot make a folder in /tmp: \(String(cString: strerror(errno)))")
    }
    let work = String(cString: folder)
    let bench = Bench(
        sources: String(cString: resolved), work: work, explorer: Explorer(program: String(cString: own), work: work), reduces: reduces)
    defer { _ = try? ChildProcess.run(["rm", "-rf", work], in: "/tmp") }

    var comparisons: [Comparison] = []
    for (name, sizes) in wanted {
        let count = rounds ?? 3
        comparisons.append(try bench.comparison(name, sizes, rounds: count))
    }
    let verdicts = mutants ? try bench.mutants() : []
    let agreed = comparisons.allSatisfy { $0.disagreements.isEmpty } && verdicts.allSatisfy { $0.agrees }
    if json {
        printJSON(comparisons, verdicts)
    } else {
        for comparison in comparisons { printTable(comparison) }
        printTable(verdicts)
    }
    for complaint in comparisons.flatMap(\.disagreements) { print("bench-spin: \(complaint)", to: &standardError) }
    return agreed
}

/// A mutant's verdict by each program.
struct MutantVerdict {
    var mutant: Int
    /// True: it loses a wakeup. By program, in the order of the table.
    var violated: [String: Bool] = [:]
    var agrees: Bool { Set(violated.values).count == 1 }
}

struct Bench {
    let sources: String
    let work: String
    let explorer: Explorer
    let reduces: Bool

    /// One processor for what is compared; nothing where taskset is missing.
    static let pin: [String] = access("/usr/bin/taskset", X_OK) == 0 ? ["taskset", "-c", "\(sysconf(Int32(_SC_NPROCESSORS_ONLN)) - 1)"] : []

    func pan(_ kind: Pan.Kind, _ sizes: Sizes) throws(Complaint) -> Pan {
        try Pan(kind, sizes, sources: sources, work: work)
    }

    func say(_ text: String) { print("bench-spin: \(text)", to: &standardError) }

    func comparison(_ name: String, _ sizes: Sizes, rounds: Int) throws(Complaint) -> Comparison {
        var comparison = Comparison(name, sizes)
        say("\(name): \(sizes)")
        let unreduced = try pan(.unreduced, sizes)
        // The count of this run sizes SPIN's hash table and the explorer's index.
        let first = try explorer.run(sizes, pinned: Bench.pin)
        let states = first.states
        comparison.growing.runs.append(first)
        for round in 1...rounds {
            say("\(name): unreduced, round \(round) of \(rounds), \(states) states")
            comparison.spin.runs.append(try unreduced.run(states: states, pinned: Bench.pin))
            comparison.ours.runs.append(try explorer.run(sizes, expected: states, pinned: Bench.pin))
        }
        say("\(name): -DCOLLAPSE, once")
        comparison.collapse.runs.append(try pan(.collapse, sizes).run(states: states, pinned: Bench.pin))
        if reduces {
            let reduced = try pan(.reduced, sizes)
            let fused = try pan(.fused, sizes)
            var sizeOfReduced = states
            var sizeOfFused = states / 16
            for round in 1...rounds {
                say("\(name): reduced, round \(round) of \(rounds)")
                let ofSpin = try reduced.run(states: sizeOfReduced, pinned: Bench.pin)
                let ofFused = try fused.run(states: sizeOfFused, pinned: Bench.pin)
                (sizeOfReduced, sizeOfFused) = (ofSpin.states, ofFused.states)
                comparison.spinReduced.runs.append(ofSpin)
                comparison.spinFused.runs.append(ofFused)
                comparison.oursReduced.runs.append(try explorer.run(sizes, .reduced, pinned: Bench.pin))
            }
        }
        if sysconf(Int32(_SC_NPROCESSORS_ONLN)) > 1 {
            for round in 1...rounds {
                say("\(name): two threads, round \(round) of \(rounds)")
                comparison.oneThread.runs.append(try explorer.run(sizes, expected: states, pinned: []))
                comparison.twoThreads.runs.append(try explorer.run(sizes, threads: 2, expected: states, pinned: []))
            }
        }
        comparison.judge()
        return comparison
    }

    /// Every mutant by every program.
    func mutants() throws(Complaint) -> [MutantVerdict] {
        var verdicts: [MutantVerdict] = []
        for mutant in Sizes.mutants {
            say("mutant \(mutant) of \(Sizes.mutants.upperBound)")
            var verdict = MutantVerdict(mutant: mutant)
            for kind in [Pan.Kind.unreduced, .reduced, .fused] where reduces || kind == .unreduced {
                let run = try Pan(kind, Sizes.ofMutants, mutant: mutant, optimised: false, sources: sources, work: work)
                    .run(states: 1 << 20, pinned: [])
                verdict.violated["SPIN, \(kind.rawValue)"] = run.violated
            }
            verdict.violated["explorer"] = try explorer.run(Sizes.ofMutants, mutant: mutant, pinned: []).violated
            if reduces {
                verdict.violated["explorer, reduced"] =
                    try explorer.run(Sizes.ofMutants, mutant: mutant, .reduced, pinned: []).violated
                // Ends with an error if a declaration that the reductions rest on is wrong anywhere.
                _ = try explorer.run(Sizes.ofChecks, mutant: mutant, .check, pinned: [])
            }
            verdicts.append(verdict)
        }
        return verdicts
    }
}
