import FoundationEssentials

/// The comparison as a table in Markdown, for people and for the README.
func printTable(_ comparison: Comparison) {
    print("\n### \(comparison.size): \(comparison.sizes)\n")
    print("| | states | states/s (CPU) | bytes a state | CPU s | wall s |")
    print("|---|---:|---:|---:|---:|---:|")
    for series in [
        comparison.spin, comparison.ours, comparison.collapse, comparison.spinReduced, comparison.spinFused, comparison.oursReduced,
        comparison.oneThread, comparison.twoThreads,
    ] {
        guard let states = series.first?.states else { continue }
        let cells = [
            series.name, "\(states)", rounded(series.median { Double($0.states) / $0.cpuSeconds }, 0),
            rounded(series.median(\.bytesPerState), 1), rounded(series.median(\.cpuSeconds), 2),
            rounded(series.median(\.wallSeconds), 2),
        ]
        print("| " + cells.joined(separator: " | ") + " |")
    }
    print("")
    for line in targets(comparison) { print("- " + line) }
}

/// Each target of the issue, with what this run reached.
func targets(_ c: Comparison) -> [String] {
    let rate: (Measurement) -> Double = { Double($0.states) / $0.cpuSeconds }
    func line(_ what: String, _ value: Double, _ target: Double, atLeast: Bool, digits: Int = 1) -> String {
        let reached = atLeast ? value >= target : value <= target
        return "\(what): \(rounded(value, digits)) × (target \(atLeast ? "≥" : "≤") \(rounded(target, 2))): \(reached ? "reached" : "not reached")"
    }
    var lines = [
        line("states/s, unreduced", Series.ratio(c.ours, over: c.spin, rate), 8, atLeast: true),
        line("bytes a state, against SPIN", Series.ratio(c.ours, over: c.spin, \.bytesPerState), 0.25, atLeast: false, digits: 2),
        line(
            "bytes a state, against -DCOLLAPSE", Series.ratio(c.ours, over: c.collapse, \.bytesPerState), 0.5, atLeast: false, digits: 2),
    ]
    if c.spinReduced.first != nil {
        lines.append(line("states/s, SPIN with its reduction", Series.ratio(c.ours, over: c.spinReduced, rate), 3, atLeast: true))
        lines.append(
            line(
                "time to the verdict, against the Promela fused by hand", Series.ratio(c.spinFused, over: c.oursReduced, \.cpuSeconds), 10,
                atLeast: true))
    }
    if c.twoThreads.first != nil { lines.append(line("two threads, wall time", c.speedUp, 1.7, atLeast: true, digits: 2)) }
    return lines
}

func printTable(_ verdicts: [MutantVerdict]) {
    guard let first = verdicts.first else { return }
    let programs = first.violated.keys.sorted()
    print("\n### Mutants, \(Sizes.ofMutants)\n")
    print("| mutant | " + programs.joined(separator: " | ") + " |")
    print("|---|" + programs.map { _ in "---|" }.joined())
    for verdict in verdicts {
        let cells = programs.map { verdict.violated[$0] == true ? "lost wakeup" : "holds" }
        print("| \(verdict.mutant) | " + cells.joined(separator: " | ") + " |" + (verdict.agrees ? "" : " they disagree"))
    }
}

func printJSON(_ comparisons: [Comparison], _ verdicts: [MutantVerdict]) throws(Complaint) {
    struct Everything: Encodable {
        var comparisons: [Comparison]
        var mutants: [MutantVerdict]
    }
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys]
    do {
        print(String(decoding: try encoder.encode(Everything(comparisons: comparisons, mutants: verdicts)), as: UTF8.self))
    } catch {
        throw .failed("cannot write JSON: \(error)")
    }
}

func rounded(_ value: Double, _ digits: Int) -> String {
    guard value.isFinite else { return "–" }
    let scale = (0..<digits).reduce(1.0) { scale, _ in scale * 10 }
    let scaled = (value * scale).rounded()
    let whole = Int(scaled / scale)
    guard digits > 0 else { return "\(whole)" }
    let fraction = String(Int(scaled.magnitude) % Int(scale))
    return "\(whole)." + String(repeating: "0", count: digits - fraction.count) + fraction
}
