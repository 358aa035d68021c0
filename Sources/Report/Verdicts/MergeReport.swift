public import Verdicts
import KernelModel

/// What `uintr merge` prints: what several runs covered, and where two of them disagree.
public struct MergeReport: Sendable {
    private let joined: JoinedResults
    private let report: ExploreReport

    public init(_ joined: JoinedResults, showsTimes: Bool = true, command: String = "uintr merge") {
        self.joined = joined
        report = ExploreReport(joined.records, showsTimes: showsTimes, command: command)
    }

    /// The answers, one for each question, as `uintr explore` prints them: they can be merged again.
    public var json: String { report.json }

    public var html: String { report.html }

    /// The matrix, then what was covered.
    public var markdown: String {
        guard !joined.groups.isEmpty else { return "# Nothing was merged\n\n" + unusableLines.map { "- \($0)\n" }.joined() }
        var lines = [report.matrixMarkdown, "## What was covered", ""]
        lines.append("| design | claim | bounds | search | file | verdict | states |")
        lines.append("|---|---|---|---|---|---|--:|")
        for group in joined.groups {
            for run in group.runs {
                let question = group.question
                lines.append(
                    "| \(cellText(question.subject)) | `\(question.claim.rawValue)` | \(question.bounds.text) | \(search(run)) | \(cellText(run.file)) | \(run.record.answer.verdict.rawValue) | \(grouped(run.record.answer.states)) |"
                )
            }
        }
        lines += [""] + remarks.map { "- \(oneLine($0))" }
        return lines.joined(separator: "\n") + "\n"
    }

    public func text(_ layout: TextLayout) -> String {
        var lines = [layout.styled("What the runs covered", .bold)]
        for subject in joined.coverage { lines += coverage(subject, layout) }
        let disagreements = joined.groups.filter { $0.disagreement != nil }
        for group in disagreements {
            lines += ["", layout.styled("DISAGREE", .red) + "  " + layout.styled(name(group.question), .bold)]
            lines += layout.entry("bounds", group.question.bounds.text) + layout.entry("found", group.disagreement ?? "")
            lines += layout.entry("next", group.question.command + " --no-reductions --threads 1")
        }
        for group in joined.groups where group.verdict == .violated {
            guard let best = group.best else { continue }
            lines += ["", layout.styled("VIOLATED", .red) + "  " + layout.styled(name(group.question), .bold)]
            lines += layout.entry("bounds", group.question.bounds.text)
            if let trace = best.record.answer.trace {
                lines += layout.entry("steps", "\(trace.steps.count), in \(best.file). \(trace.conclusion)")
            }
            lines += layout.entry("next", group.question.command + " --trace trace.json")
        }
        lines.append("")
        let status = joined.exitStatus
        for remark in remarks { lines += layout.wrapped(remark, style: status == 0 ? .green : status == 1 ? .red : .yellow) }
        return lines.joined(separator: "\n") + "\n"
    }

    private func name(_ question: Question) -> String { "\(question.subject): \(question.claim.rawValue)" }

    private func search(_ run: JoinedResults.Run) -> String { run.record.search?.text ?? "not said" }

    /// One design and claim: its runs, and the bounds within which it holds.
    private func coverage(_ subject: JoinedResults.Coverage, _ layout: TextLayout) -> [String] {
        var lines = ["", layout.styled(name(subject.question), .bold)]
        for bounds in subject.holds { lines += layout.entry("holds", "within \(bounds.text)", column: 12, style: .green) }
        for bounds in subject.violated { lines += layout.entry("violated", "within \(bounds.text)", column: 12, style: .red) }
        for bounds in subject.incomplete { lines += layout.entry("incomplete", "within \(bounds.text)", column: 12, style: .yellow) }
        if subject.violated.isEmpty, !subject.holds.contains(subject.union) {
            lines += layout.entry("open", "no complete run took in all at once: \(subject.union.text)", column: 12, style: .yellow)
        }
        for group in joined.groups where Self.isSame(group.question, subject.question) {
            for run in group.runs {
                let answer = run.record.answer
                lines += layout.entry(
                    "run", "\(run.file): \(answer.verdict.rawValue), \(search(run)), \(grouped(answer.states)) states, \(secondsText(answer.seconds)); \(shortBounds(group.question))",
                    column: 12)
            }
        }
        return lines
    }

    private func shortBounds(_ question: Question) -> String {
        let argument = question.bounds.argument(in: question.scenario)
        return argument.isEmpty ? "the usual bounds" : argument
    }

    /// Apart from the bounds.
    private static func isSame(_ a: Question, _ b: Question) -> Bool {
        var a = a
        a.bounds = b.bounds
        return a == b
    }

    private var unusableLines: [String] { joined.unusable.map { "\($0.file) \($0.sentence)" } }

    private var remarks: [String] {
        var remarks = unusableLines
        if joined.repeated > 0 {
            remarks.append("\(count(joined.repeated, "row was", plural: "rows were")) given twice, and counted once.")
        }
        let runs = joined.groups.reduce(0) { $0 + $1.runs.count }
        let states = joined.groups.reduce(UInt64(0)) { sum, group in
            group.runs.reduce(sum) { $0.addingReportingOverflow($1.record.answer.states).partialValue }
        }
        func number(_ verdict: Answer.Verdict) -> Int { joined.groups.count { $0.verdict == verdict } }
        remarks.append(
            "\(count(runs, "run")) of \(count(joined.groups.count, "question")), \(grouped(states)) states stored in all (those that two runs share are counted twice): \(number(.holds)) hold, \(number(.violated)) violated, \(number(.incomplete)) incomplete, \(joined.groups.count { $0.disagreement != nil }) with runs that disagree."
        )
        return remarks
    }
}
