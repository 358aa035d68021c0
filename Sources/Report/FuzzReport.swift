public import Fidelity
import Cases

/// `uintr lab fuzz`, for people and programs.
public struct FuzzReport {
    public var run: FuzzRun
    /// Wall-clock time, for a person only: the formats hold nothing that differs from run to run.
    public var duration: Duration

    public init(_ run: FuzzRun, duration: Duration) {
        self.run = run
        self.duration = duration
    }

    public func text(_ layout: TextLayout) -> String {
        var lines = [layout.styled("Random cases on the core and on Bochs", .bold)]
        lines += layout.entry("seed", "\(run.seed)") + layout.entry("cases", "\(run.count)")
        for finding in run.findings {
            let one = finding.comparison
            if let known = one.explanation {
                lines += ["", layout.styled("EXPLAINED", .yellow) + "  " + layout.styled(known.name, .bold) + " (\(known.kind.rawValue))"]
                lines += layout.entry("why", known.explanation) + layout.entry("cases", "\(finding.ids.count), the first: \(finding.ids[0])")
            } else {
                lines += ["", layout.styled("DISAGREES", .red) + "  " + layout.styled(finding.ids[0], .bold)]
                if finding.ids.count > 1 { lines += layout.entry("alike", "\(finding.ids.count - 1) more") }
                lines += one.details.flatMap { layout.entry($0.name, $0.text) }
                lines.append("  the case, made small:")
                lines += one.testCase.steps.enumerated().map { "    \(right("\($0 + 1)", 3))  \($1.words.joined(separator: " "))" }
            }
        }
        for (reason, count) in run.skipped.sorted(by: { ($1.value, $0.key) < ($0.value, $1.key) }) {
            lines += ["", layout.styled("SKIPPED", .yellow) + "  " + layout.styled("\(count) cases", .bold)] + layout.entry("reason", reason)
        }
        let explained = run.findings.filter { $0.comparison.explanation != nil }.reduce(0) { $0 + $1.ids.count }
        let unexplained = run.unexplained.reduce(0) { $0 + $1.ids.count }
        let rate = duration > .zero ? fixed(Double(run.count) / duration.seconds, decimals: 0) : "-"
        lines.append("")
        lines += layout.wrapped(
            "\(run.agreeing) of \(run.count) random cases end alike on the core and on Bochs; \(explained) disagree and are explained, "
                + "\(unexplained) disagree without an explanation, \(run.skipped.values.reduce(0, +)) could not be run to their end "
                + "(\(fixed(duration.seconds, decimals: 1)) s, \(rate) a second; seed \(run.seed)).",
            style: run.exitStatus == 0 ? .green : .red)
        return lines.joined(separator: "\n") + "\n"
    }

    /// One JSON object: seed, totals, and each finding with its case, which reads like those of `uintr check --list --format json`.
    public var json: String {
        struct Document: Encodable {
            struct Finding: Encodable {
                var cases: [String]
                var testCase: Case
                var step: Int?
                var core, machine: String
                var explanation: String?
            }
            var seed: UInt64
            var count, agree: Int
            var skipped: [String: Int]
            var findings: [Finding]
        }
        return render(
            Document(
                seed: run.seed, count: run.count, agree: run.agreeing, skipped: run.skipped,
                findings: run.findings.map { finding in
                    .init(
                        cases: finding.ids, testCase: finding.comparison.testCase, step: finding.comparison.disagreement?.step,
                        core: finding.comparison.disagreement?.core ?? "", machine: finding.comparison.disagreement?.machine ?? "",
                        explanation: finding.comparison.explanation?.explanation)
                }))
    }
}
