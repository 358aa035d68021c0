import Foundation
import KernelModel
import Report
import Testing
import Verdicts

@Suite("An exploration's answer")
struct ExploreReportTests {
    private let violated = AnswerRecord(Sample.violated, search: ExploreOptions())

    private func rows(_ text: String) throws -> [[String: Any]] {
        try #require(try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [[String: Any]])
    }

    @Test("JSON is one array of rows that begin with design, repairs, claim, bounds, verdict, states, seconds, trace")
    func json() throws {
        let text = ExploreReport([violated]).json
        let row = try #require(try rows(text).first)
        let keys = ["design", "repairs", "claim", "bounds", "verdict", "states", "seconds", "trace"]
        #expect(keys.allSatisfy { row[$0] != nil })
        let places = try keys.map { key in try #require(text.firstRange(of: "\n    \"\(key)\": ")).lowerBound }
        #expect(places == places.sorted())
        let more = try #require(text.firstRange(of: "\n    \"scenario\": ")).lowerBound
        #expect(try #require(places.last) < more)
        #expect(row["design"] as? String == "rfc-v1" && row["verdict"] as? String == "violated" && row["claim"] as? String == "lost-wakeup")
        #expect((row["bounds"] as? [String: Int])?["offline"] == 1 && row["states"] as? Int == 412 && row["seconds"] as? Double == 0.031)
        #expect(((row["trace"] as? [String: Any])?["steps"] as? [Any])?.count == 11)
        let holds = try rows(ExploreReport([AnswerRecord(Sample.answer("fault", .delivered))]).json)
        #expect(holds[0]["trace"] is NSNull && holds[0]["repairs"] as? [String] == [])
    }

    @Test("rows read back as the answers that they were")
    func roundTrip() throws {
        var search = ExploreOptions()
        search.strategy = .pct
        search.seed = .max
        search.threads = 2
        var odd = Sample.answer("mail", .xrstors, .incomplete, repairs: ["await-on"], coverage: "quote \" backslash \\ tab \t < \u{2028} ü")
        odd.question.user = .naive
        let records = [violated, AnswerRecord(odd, search: search), AnswerRecord(Sample.answer("fault", .onePost, states: .max))]
        #expect(try AnswerRecord.read(Array(ExploreReport(records).json.utf8)) == records)
        #expect(try AnswerRecord.read(Array(ExploreReport([]).json.utf8)).isEmpty)
    }

    @Test("a trace file reads back as it was written")
    func traceFile() throws {
        let file = TraceFile(version: 3, question: Sample.hotplug, verdict: .violated, seed: 9, trace: Sample.arrows)
        #expect(try TraceFile.read(Array(file.json.utf8), version: 3) == file)
        let unseeded = TraceFile(version: 3, question: Sample.hotplug, verdict: .violated, trace: Sample.lostWakeup)
        #expect(try TraceFile.read(Array(unseeded.json.utf8), version: 3) == unseeded)
    }

    @Test("a violation prints its trace, what was searched, and the commands that follow")
    func text() {
        let text = ExploreReport([violated]).text(TextLayout(width: 100))
        #expect(text.contains("└✗ nothing answers"))
        #expect(text.contains("lost-wakeup is violated in 11 steps, within bounds: cpus=2, receivers=1,"))
        #expect(text.contains("412 states, 1,033 transitions, 0.031 s"))
        #expect(text.contains("uintr replay trace.json") && text.contains("--format html"))
        #expect(text.contains("uintr explore --design rfc-v1 --claim lost-wakeup --scenario hotplug --trace trace.json"))
        let saved = ExploreReport([violated], traceFile: "a b.json").text(TextLayout(width: 100))
        #expect(saved.contains("uintr replay 'a b.json'") && !saved.contains("--trace"))
    }

    @Test("a claim that holds says within which bounds, and one that is incomplete says what was covered")
    func holds() {
        let holds = ExploreReport([AnswerRecord(Sample.answer("fault", .lostWakeup))]).text(TextLayout(width: 100))
        #expect(holds.contains("fault: lost-wakeup holds within bounds: cpus=2, receivers=1, senders=1, messages=1."))
        let open = ExploreReport([
            AnswerRecord(Sample.answer("fault", .lostWakeup, .incomplete, coverage: "the memory limit was met at depth 9"))
        ]).text(TextLayout(width: 100))
        #expect(open.contains("is not all within bounds") && open.contains("the memory limit was met at depth 9") && open.contains("--memory"))
    }

    @Test("without times, two runs that differ in time alone print the same", arguments: ["text", "json", "markdown", "html"])
    func noTimes(_ format: String) {
        var slow = violated
        slow.answer.seconds = 99
        let other = Sample.answer("fault", .delivered)
        var slowOther = other
        slowOther.seconds = 99
        func print(_ records: [AnswerRecord]) -> String {
            let report = ExploreReport(records, showsTimes: false)
            return switch format {
            case "text": report.text(TextLayout())
            case "json": report.json
            case "markdown": report.markdown
            default: report.html
            }
        }
        #expect(print([violated]) == print([slow]))
        #expect(print([violated, AnswerRecord(other)]) == print([slow, AnswerRecord(slowOther)]))
    }

    @Test("a Mermaid diagram has a lifeline for each CPU, a note for each step and an arrow for each arrival")
    func mermaid() {
        let text = ExploreReport([violated]).mermaid
        let lines = text.split(separator: "\n").map(\.trimmed)
        #expect(lines.first == "sequenceDiagram")
        #expect(lines.contains("participant C0 as CPU 0") && lines.contains("participant C1 as CPU 1"))
        for number in 1...10 { #expect(lines.contains { $0.contains(": \(number). ") }) }
        #expect(lines.contains("C0--xC1: 11. nothing answers"))
        var arrows = Sample.violated
        arrows.trace = Sample.arrows
        let other = ExploreReport([AnswerRecord(arrows)]).mermaid
        #expect(other.contains("C2->>C0: 5. arrives: recognised") && other.contains("C0->>C2: 6. ") && other.contains("C1->>C1: 10. "))
    }

    @Test("no text of a trace ends a statement of Mermaid's or begins markup")
    func mermaidEscapes() {
        var answer = Sample.violated
        answer.trace?.steps[0].text = "a; b # <img src=x> \"q\" %% c\nd"
        answer.trace?.title = "x; y\nC0->>C1: forged"
        let text = ExploreReport([AnswerRecord(answer)]).mermaid
        #expect(text.contains("a#59; b #35; #60;img src=x#62; #34;q#34; #37;#37; c d"))
        #expect(!text.split(separator: "\n").contains { $0.trimmed.hasPrefix("C0->>C1: forged") })
    }

    @Test("where nothing is violated the diagram says so")
    func mermaidHolds() {
        let text = ExploreReport([AnswerRecord(Sample.answer("fault", .lostWakeup))]).mermaid
        #expect(text.hasPrefix("sequenceDiagram\n    participant C0 as CPU 0\n    Note over C0: fault: lost-wakeup holds within bounds"))
    }

    @Test("a word is quoted for the shell where it must be")
    func shell() {
        #expect(shellQuoted("cpus=2,offline=1") == "cpus=2,offline=1" && shellQuoted("a/b-c_d.json") == "a/b-c_d.json")
        #expect(shellQuoted("") == "''" && shellQuoted("a b") == "'a b'" && shellQuoted("it's") == "'it'\\''s'" && shellQuoted("$x`y`") == "'$x`y`'")
    }

    @Test("the progress line has states, rate, depth and estimate, is drawn ten times a second at most, and never wraps")
    func progress() {
        var line = SearchLine("rfc-v1, lost-wakeup", number: 2, of: 7)
        let now = ExploreProgress(states: 2_000_000, depth: 31, queued: 400, estimate: 3_000_000)
        let first = line.line(now, elapsed: .seconds(2), width: 200)
        #expect(first == "\r\u{1B}[K[2 of 7] rfc-v1, lost-wakeup: 2,000,000 states, 1.0 M a second, depth 31, 400 queued, about 1 s left")
        let soon = line.line(now, elapsed: .milliseconds(2050), width: 200)
        #expect(soon == nil)
        let narrow = line.line(now, elapsed: .seconds(3), width: 40)
        #expect(narrow?.count == 39 + "\r\u{1B}[K".count)
        #expect(SearchLine("x").erasure.isEmpty && line.erasure == "\r\u{1B}[K")
        var other = SearchLine("x")
        let open = other.line(ExploreProgress(states: 10, depth: 1), elapsed: .zero, width: 80)
        #expect(open == "\r\u{1B}[Kx: 10 states")
        let later = other.line(ExploreProgress(states: 10, depth: 1), elapsed: .seconds(1), width: 80) ?? ""
        #expect(later.contains("10 a second") && !later.contains("left"))
    }
}

@Suite("The matrix")
struct VerdictMatrixTests {
    private let records: [AnswerRecord] = {
        var violated = Sample.violated
        violated.question.scenario = .any
        violated.question.bounds = Bounds()
        let answers = [
            violated, Sample.answer("rfc-v1", .delivered, states: 12345), Sample.answer("fault", .lostWakeup, states: 6789),
            Sample.answer("fault", .delivered, .incomplete, coverage: "the memory limit was met"),
        ]
        return answers.map { AnswerRecord($0, search: ExploreOptions()) }
    }()

    @Test("Markdown: a row for each claim, a column for each design, and behind each violation its length and how to replay it")
    func markdown() {
        let text = ExploreReport(records, command: "uintr explore --all --format markdown").markdown
        #expect(text.contains("Generated by `uintr explore --all --format markdown`; do not edit."))
        #expect(text.contains("| claim | rfc-v1 | fault |\n|---|---|---|\n"))
        #expect(text.contains("| `lost-wakeup` | [**violated** in 11](#rfc-v1-lost-wakeup)<br>412 states, 0.031 s | holds<br>6,789 states, 0.250 s |"))
        #expect(text.contains("| `delivered` | holds<br>12,345 states, 0.250 s | [incomplete](#fault-delivered)"))
        #expect(text.contains("### <a id=\"rfc-v1-lost-wakeup\"></a>rfc-v1: lost-wakeup\n\n11 steps. Receiver A sleeps"))
        #expect(text.contains("    uintr explore --design rfc-v1 --claim lost-wakeup --trace trace.json\n    uintr replay trace.json"))
        #expect(text.contains("the memory limit was met"))
        #expect(text.contains("Bounds: cpus=2, receivers=1, senders=1, messages=1."))
        #expect(text.contains("4 verdicts: 2 hold, 1 violated, 1 incomplete."))
    }

    @Test("without times it has the states of complete searches alone, and every link leads somewhere")
    func noTimes() throws {
        let text = ExploreReport(records, showsTimes: false).markdown
        #expect(!text.contains(" s |") && !text.contains("412 states") && text.contains("holds<br>6,789 states |"))
        for match in text.matches(of: /\]\(#([^)]+)\)/) { #expect(text.contains("<a id=\"\(match.1)\">"), "\(match.1)") }
    }

    @Test("the mail's other ideas are a table of their own")
    func ideas() {
        let rows = [IdeaRow(idea: "mask | it", verdict: "useless", reason: "It is lost\nall the same.")]
        let report = ExploreReport(records, ideas: rows)
        #expect(report.markdown.contains("| idea | verdict | why |\n|---|---|---|\n| mask \\| it | useless | It is lost all the same. |"))
        #expect(report.text(TextLayout()).contains("useless: mask | it. It is lost all the same."))
        #expect(report.html.contains("<td>mask | it</td><td>useless</td>"))
    }

    @Test("as text it fits the terminal, in several parts where it must", arguments: [40, 60, 80, 120])
    func text(_ width: Int) {
        var wide = records
        for design in ["vector", "intel-receiver", "intel-sender", "mail"] { wide.append(AnswerRecord(Sample.answer(design, .lostWakeup))) }
        let text = ExploreReport(wide).text(TextLayout(width: width))
        for line in text.split(separator: "\n") where line.count > width {
            #expect(line.split(separator: " ").contains { $0.count > width - 14 }, "\(line)")
        }
        for name in ["rfc-v1", "fault", "vector", "intel-receiver", "intel-sender", "mail"] { #expect(text.contains(name)) }
        #expect(text.contains("violated in 11") && text.contains("VIOLATED  rfc-v1: lost-wakeup") && text.contains("INCOMPLETE  fault: delivered"))
    }

    @Test("repairs make columns of their own; situations make several answers of one cell, the worst of which it shows")
    func cells() throws {
        var more = records
        more.append(AnswerRecord(Sample.answer("rfc-v1", .lostWakeup, repairs: ["state-order"])))
        var bounds = Bounds()
        bounds.senders = 2
        var longer = Sample.lostWakeup
        longer.steps.append(longer.steps[0])
        more.append(AnswerRecord(Sample.answer("rfc-v1", .lostWakeup, .violated, bounds: bounds, trace: longer)))
        more.append(AnswerRecord(Sample.answer("fault", .lostWakeup, .incomplete, states: 77, bounds: bounds)))
        var hotplug = Sample.answer("fault", .lostWakeup)
        hotplug.question.scenario = .hotplug
        more.append(AnswerRecord(hotplug))
        let report = ExploreReport(more, showsTimes: false)
        let text = report.markdown
        #expect(text.contains("| claim | rfc-v1 | fault | rfc-v1 + state-order |"))
        #expect(text.contains("| `lost-wakeup` | [**violated** in 11](#rfc-v1-lost-wakeup) | [incomplete](#fault-lost-wakeup) | holds"))
        #expect(text.contains("## What was searched") && text.contains("[what was searched](#what-was-searched)"))
        #expect(text.contains("| cpus=2, receivers=1, senders=2, messages=1 | 1,000 | 77 (incomplete) |  |"))
        #expect(text.contains("| scenario hotplug; cpus=2, receivers=1, senders=1, messages=1 |  | 1,000 |  |"))
        let html = report.html
        #expect(html.contains("Each cell speaks of 3 situations") && html.contains("<td>77 (incomplete)</td>"))
        let words = report.text(TextLayout(width: 100))
        #expect(words.contains("  within    cpus=2, receivers=1, senders=1, messages=1\n            cpus=2, receivers=1, senders=2, messages=1\n"))
        #expect(words.contains("VIOLATED  rfc-v1: lost-wakeup\n  within    cpus=2, receivers=1, senders=1, messages=1\n"))
    }
}
