/// The comparison as a table in Markdown, for people and for the README.
func printTable(_ comparison: Comparison) {
    print("\n### \(comparison.size): \(comparison.sizes)\n")
    print("| | states | states/s (CPU) | bytes a state | CPU s | wall s |")
    print("|---|---:|---:|---:|---:|---:|")
    for series in comparison.series {
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

/// One object: every run of every size, then the verdicts.
func printJSON(_ comparisons: [Comparison], _ verdicts: [MutantVerdict]) {
    func object(_ fields: [(String, String)]) -> String {
        "{" + fields.map { "\"\($0.0)\": \($0.1)" }.joined(separator: ", ") + "}"
    }
    func array(_ values: [String]) -> String { "[" + values.joined(separator: ", ") + "]" }
    func run(_ run: Measurement) -> String {
        object([
            ("states", "\(run.states)"), ("transitions", "\(run.transitions)"), ("violated", "\(run.violated)"),
            ("wallSeconds", "\(run.wallSeconds)"), ("cpuSeconds", "\(run.cpuSeconds)"), ("peakBytes", "\(run.peakBytes)"),
        ])
    }
    // No text below has a character that JSON would have to escape but these.
    func text(_ text: String) -> String {
        "\"" + text.map { $0 == "\"" || $0 == "\\" ? "\\\($0)" : "\($0)" }.joined() + "\""
    }
    let sizes = comparisons.map { c in
        object([
            ("size", text(c.size)),
            (
                "bounds",
                object([
                    ("cpus", "\(c.sizes.cpus)"), ("senders", "\(c.sizes.senders)"), ("messages", "\(c.sizes.messages)"),
                    ("preemptions", "\(c.sizes.preemptions)"),
                ])
            ),
            ("series", array(c.series.map { object([("name", text($0.name)), ("runs", array($0.runs.map(run)))]) })),
            ("targets", array(targets(c).map { text($0) })), ("disagreements", array(c.disagreements.map { text($0) })),
        ])
    }
    let mutants = verdicts.map { verdict in
        object(
            [("mutant", "\(verdict.mutant)"), ("agrees", "\(verdict.agrees)")]
                + verdict.violated.sorted { $0.key < $1.key }.map { (key, value) in ("\(key)", "\(value)") })
    }
    print(object([("comparisons", array(sizes)), ("mutants", array(mutants))]))
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
