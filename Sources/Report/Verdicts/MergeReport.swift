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
        for comparison in subject.comparisons {
            let isWrong = comparison.meaning == .contradiction
            lines += layout.entry(isWrong ? "DISAGREE" : "means", comparison.sentence, column: 12, style: isWrong ? .red : nil)
        }
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

    private var unusableLines: [String] { joined.unusable.map { "\($0.file) \($0.sentence)" } + missingLines }

    private var missingLines: [String] {
        func list(_ state: JoinedResults.Missing.State, _ one: String, plural: String) -> [String] {
            let numbers = joined.missing.filter { $0.state == state }.map(\.job.number)
            return numbers.isEmpty ? [] : ["\(numbers.count == 1 ? "Job" : "Jobs") \(ranges(numbers)) \(numbers.count == 1 ? one : plural)"]
        }
        var lines = list(.notBegun, "has not begun.", plural: "have not begun.")
        lines += list(
            .notEnded, "has begun and not ended: it runs still, or was killed.",
            plural: "have begun and not ended: they run still, or were killed.")
        for missing in joined.missing {
            if case .failed(let reason) = missing.state { lines.append("Job \(missing.job.number) failed: \(reason)") }
        }
        if !joined.missing.isEmpty { lines.append("Give the jobs to parallel or sbatch again: only those without a result are run.") }
        return lines
    }

    private var remarks: [String] {
        var remarks = unusableLines
        if joined.repeated > 0 {
            remarks.append("\(count(joined.repeated, "row was", plural: "rows were")) given twice, and counted once.")
        }
        let runs = joined.groups.reduce(0) { $0 + $1.runs.count }
        let states = joined.groups.reduce(UInt64(0)) { sum, group in
            group.runs.reduce(sum) { $0.addingReportingOverflow($1.record.answer.states).partialValue }
        }
        let incomplete = joined.groups.flatMap(\.runs).filter { $0.record.answer.verdict == .incomplete }
        let samples = incomplete.count { $0.record.search?.strategy.isRandom == true }
        if samples > 0 { remarks.append("\(count(samples, "run was", plural: "runs were")) random: a sample that found no violation, and no proof.") }
        if incomplete.count > samples {
            remarks.append(
                "\(count(incomplete.count - samples, "run", plural: "runs")) ended at a limit before all was searched, which is a result and no failure: more --memory takes it further.")
        }
        func number(_ verdict: Answer.Verdict) -> Int { joined.groups.count { $0.verdict == verdict } }
        remarks.append(
            "\(count(runs, "run")) of \(count(joined.groups.count, "question")), \(grouped(states)) states stored in all (those that two runs share are counted twice): \(number(.holds)) hold, \(number(.violated)) violated, \(number(.incomplete)) incomplete, \(joined.groups.count { $0.disagreement != nil }) with runs that disagree."
        )
        return remarks
    }
}

extension JoinedResults.Comparison {
    /// What it means that the claim is violated here and holds there.
    var sentence: String {
        let places = "It is violated within \(violated.text), and holds within \(holds.text)."
        switch meaning {
        case .contradiction:
            return "\(places) Whatever happens within the first may happen within the second: one of the runs is wrong. Run the second again with --no-reductions and without --fingerprints."
        case .smallerSystem(let parts):
            return "\(places) The first is a smaller system (\(parts.joined(separator: ", "))), and not a part of the second: what is left over there, such as a receiver that nobody wakes, can be mended here by one more sender or message. Both can be right; the claim does not hold of the design."
        case .beyond(let names):
            return "\(places) The violation takes more than the second allows: \(names.joined(separator: ", ")). Both can be right; the claim does not hold of the design."
        }
    }
}

/// `1-3, 7`: ascending numbers.
func ranges(_ numbers: [Int]) -> String {
    var spans: [ClosedRange<Int>] = []
    for number in numbers {
        if let last = spans.last, last.upperBound + 1 == number {
            spans[spans.count - 1] = last.lowerBound...number
        } else {
            spans.append(number...number)
        }
    }
    return spans.map { $0.count == 1 ? "\($0.lowerBound)" : "\($0.lowerBound)-\($0.upperBound)" }.joined(separator: ", ")
}
