public import Verdicts

/// How the replay of a saved trace went.
public struct ReplayReport: Sendable {
    private let recorded: TraceFile
    private let outcome: Replay
    private let file: String

    public init(_ recorded: TraceFile, _ outcome: Replay, file: String) {
        self.recorded = recorded
        self.outcome = outcome
        self.file = file
    }

    /// The run as the model makes it; nil where a step is not enabled.
    public var trace: Trace? {
        if case .done(let trace, _) = outcome { return trace }
        return nil
    }

    /// 0 if the steps end as they did.
    public var exitStatus: Int32 {
        if case .done(_, recorded.verdict) = outcome { return 0 }
        return 1
    }

    /// Columns, as the exploration printed them.
    public func text(_ layout: TextLayout) -> String { trace.map { TraceColumns($0, layout).text } ?? "" }

    /// For the other formats: the answer that the trace is.
    public var exploreReport: ExploreReport {
        var verdict = recorded.verdict
        if case .done(_, let found) = outcome { verdict = found }
        let steps = trace?.steps.count ?? 0
        let answer = Answer(
            question: recorded.question, verdict: verdict, states: UInt64(steps + 1), transitions: UInt64(steps), seconds: 0,
            coverage: "one path, replayed from a file", trace: trace)
        return ExploreReport([AnswerRecord(answer)], showsTimes: false, traceFile: file)
    }

    /// How it went, for standard error.
    public var sentence: String {
        switch outcome {
        case .notEnabled(let index, let enabled):
            let step = recorded.trace.steps.indices.contains(index) ? recorded.trace.steps[index] : nil
            let name = step.map { "\($0.cpu.map { "CPU \($0): " } ?? "")\(oneLine($0.text))" } ?? "past the end"
            let can = enabled.isEmpty ? "Nothing is enabled there." : "Enabled there: \(enabled.map(oneLine).joined(separator: "; "))."
            return "\(file): step \(index + 1) of \(recorded.trace.steps.count) (\(name)) is not enabled after those before it. \(can) The file was changed, or another model made it: \(recorded.question.command) --trace FILE."
        case .done(let trace, let verdict):
            let claim = "\(recorded.question.subject): \(recorded.question.claim.rawValue)"
            guard verdict == recorded.verdict else {
                return "\(file): not reproduced. The file says that \(claim) is \(recorded.verdict.state), and after these \(count(trace.steps.count, "step")) it is \(verdict.state)."
            }
            let differs = trace == recorded.trace ? "" : " What the file says beside the steps differs from the model's own words, which are shown."
            return "\(file): reproduced: \(claim) is \(verdict.state) after \(count(trace.steps.count, "step")).\(differs)"
        }
    }
}

extension Answer.Verdict {
    fileprivate var state: String {
        switch self {
        case .holds: "not violated"
        case .violated: "violated"
        case .incomplete: "undecided"
        }
    }
}
