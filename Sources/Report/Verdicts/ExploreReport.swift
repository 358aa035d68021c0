public import Verdicts

/// What `uintr explore` prints: the answer to one question, or a matrix of many.
public struct ExploreReport: Sendable {
    public var records: [AnswerRecord]
    /// The mail's other ideas, with the whole matrix.
    public var ideas: [IdeaRow]
    /// False leaves out what differs from one run to the next: the seconds, and the states of a search that did not go to its end.
    public var showsTimes: Bool
    /// Where the trace was saved.
    public var traceFile: String?
    /// What was typed.
    public var command: String

    public init(
        _ records: [AnswerRecord], ideas: [IdeaRow] = [], showsTimes: Bool = true, traceFile: String? = nil, command: String = "uintr explore"
    ) {
        self.records = records
        self.ideas = ideas
        self.showsTimes = showsTimes
        self.traceFile = traceFile
        self.command = command
    }

    public var exitStatus: Int32 { records.map(\.answer).exitStatus }

    /// One array, one row for each question; the ideas are no answers and not in it.
    public var json: String {
        JSONText.array(records.map { JSONText($0, times: showsTimes) }).pretty() + "\n"
    }

    public func text(_ layout: TextLayout) -> String {
        if records.count == 1 { return single(records[0], layout).joined(separator: "\n") + "\n" }
        return matrixText(layout)
    }

    public var markdown: String {
        if records.count == 1 { return singleMarkdown(records[0]) }
        return matrixMarkdown
    }

    private func single(_ record: AnswerRecord, _ layout: TextLayout) -> [String] {
        let answer = record.answer
        var lines: [String] = []
        if let trace = answer.trace {
            lines += TraceColumns(trace, layout).text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
        }
        lines += layout.wrapped(sentence(answer), style: answer.verdict.style)
        lines += facts(record).flatMap { layout.entry($0.name, $0.text) }
        // A command that is broken over lines cannot be copied.
        for (index, command) in next(answer).enumerated() { lines.append("  " + padded(index == 0 ? "next" : "", 10) + command) }
        return lines
    }

    /// The verdict as a sentence.
    func sentence(_ answer: Answer) -> String {
        let question = answer.question
        switch answer.verdict {
        case .holds: return "\(question.subject): \(question.claim.rawValue) holds within bounds: \(question.bounds.text)."
        case .violated:
            let steps = answer.trace.map { " in \(count($0.steps.count, "step"))" } ?? ""
            return "\(question.subject): \(question.claim.rawValue) is violated\(steps), within bounds: \(question.bounds.text)."
        case .incomplete:
            return "\(question.subject): \(question.claim.rawValue) is not violated in what was searched, which is not all within bounds: \(question.bounds.text)."
        }
    }

    func facts(_ record: AnswerRecord) -> [(name: String, text: String)] {
        let answer = record.answer
        var facts = [("claim", answer.question.claim.summary)]
        if showsTimes || answer.verdict == .holds {
            var states = "\(grouped(answer.states)) states, \(grouped(answer.transitions)) transitions"
            if showsTimes {
                states += ", \(secondsText(answer.seconds))"
                if answer.seconds >= 0.1 { states += ", \(rate(Double(answer.states) / answer.seconds)) states a second" }
            }
            facts.append(("states", states))
        }
        if let search = record.search { facts.append(("search", search.text)) }
        if !answer.coverage.isEmpty { facts.append(("covered", answer.coverage)) }
        return facts
    }

    private func next(_ answer: Answer) -> [String] {
        let command = answer.question.command
        switch answer.verdict {
        case .violated:
            guard answer.trace != nil else { return [] }
            let file = traceFile ?? "trace.json"
            let save = traceFile == nil ? ["\(command) --trace \(file)"] : []
            return save + ["uintr replay \(shellQuoted(file))", "\(command) --format html > trace.html"]
        case .holds: return []
        case .incomplete: return ["\(command) --memory 8G", "\(command) --shards 100 --output jobs"]
        }
    }

    private func singleMarkdown(_ record: AnswerRecord) -> String {
        let answer = record.answer
        var lines = ["# \(answer.question.subject): \(answer.question.claim.rawValue)", "", sentence(answer), ""]
        lines += facts(record).map { "- \($0.name): \(oneLine($0.text))" } + [""]
        if let trace = answer.trace {
            lines += ["```", TraceColumns(trace, TextLayout(width: 100)).text + "```", ""]
            lines += next(answer).map { "    " + $0 } + [""]
        }
        lines.removeLast()
        return lines.joined(separator: "\n") + "\n"
    }
}

extension Answer.Verdict {
    var style: TextLayout.Style {
        switch self {
        case .holds: .green
        case .violated: .red
        case .incomplete: .yellow
        }
    }
}

/// `1 step`, `2 steps`.
func count(_ number: Int, _ noun: String) -> String { "\(grouped(number)) \(noun)\(number == 1 ? "" : "s")" }

func grouped(_ number: UInt64) -> String { Int(exactly: number).map { grouped($0) } ?? "\(number)" }

/// Three digits that mean something: `0.031 s`, `12.3 s`, `4,211 s`.
func secondsText(_ seconds: Double) -> String {
    guard seconds.isFinite, seconds < 1e9 else { return "? s" }
    if seconds < 10 { return fixed(seconds, decimals: seconds < 1 ? 3 : 2) + " s" }
    return seconds < 100 ? fixed(seconds, decimals: 1) + " s" : grouped(Int(seconds.rounded())) + " s"
}

/// `950`, `12 k`, `2.1 M`.
func rate(_ value: Double) -> String {
    guard value.isFinite, value < 1e15 else { return "?" }
    if value < 1000 { return fixed(value, decimals: 0) }
    if value < 1e6 { return fixed(value / 1e3, decimals: value < 1e4 ? 1 : 0) + " k" }
    return fixed(value / 1e6, decimals: value < 1e8 ? 1 : 0) + " M"
}

/// As a POSIX shell reads one word.
public func shellQuoted(_ word: String) -> String {
    let plain = word.unicodeScalars.allSatisfy { $0.isASCII && ($0.properties.isAlphabetic || ("0"..."9").contains($0) || "-_./,=+:@%".unicodeScalars.contains($0)) }
    return plain && !word.isEmpty ? word : "'" + word.split(separator: "'", omittingEmptySubsequences: false).joined(separator: "'\\''") + "'"
}
