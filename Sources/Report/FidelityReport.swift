public import Fidelity
import Cases
import Conformance

/// `uintr lab check`, for people and programs.
public struct FidelityReport {
    public var check: LabCheck
    /// True where all cases ran: then what is known and was not seen is worth a word.
    public var isWhole: Bool

    public init(_ check: LabCheck, isWhole: Bool) {
        self.check = check
        self.isWhole = isWhole
    }

    var summary: String {
        let parts: [(Int, String)] = [
            (check.count(.agrees), "agree step by step"), (check.count(.explained), "disagree and are explained"),
            (check.count(.disagrees), "disagree without an explanation"), (check.count(.skipped), "cannot run there"),
        ]
        return "\(check.comparisons.count) cases on the core and on Bochs: "
            + parts.filter { $0.0 > 0 || $0.1.hasPrefix("agree") }.map { "\($0.0) \($0.1)" }.joined(separator: ", ") + "."
    }

    var machineLine: String {
        let m = check.machine
        return "Bochs 3.0 with the project's fixes (lab/README.md); \(m.processors) processor\(m.processors == 1 ? "" : "s"), "
            + "\(m.linearAddressWidth)-bit linear addresses, UIRET that \(m.flexibleUIRET ? "loads" : "sets") UIF"
    }

    /// What a person reads: counts by topic, every disagreement, the reasons of what was skipped.
    public func table(_ layout: TextLayout) -> String {
        var lines = [layout.styled("The core beside Bochs", .bold)]
        lines += layout.entry("machine", machineLine) + [""]
        let topics = Topics(check.comparisons)
        let column = max(topics.names.map(\.count).max() ?? 0, 5) + 2
        func row(_ name: String, _ cases: [CaseComparison]) -> String {
            func cell(_ outcome: CaseComparison.Outcome, _ style: TextLayout.Style) -> String {
                let count = cases.count { $0.outcome == outcome }
                return layout.styled(right(count == 0 ? "-" : "\(count)", 11), count == 0 ? .dim : style)
            }
            return "  " + padded(name, column) + cell(.agrees, .green) + cell(.explained, .yellow) + cell(.disagrees, .red)
                + cell(.skipped, .dim)
        }
        lines.append(
            layout.styled(
                "  " + padded("topic", column) + ["agree", "explained", "disagree", "skipped"].map { right($0, 11) }.joined(), .dim))
        for name in topics.names { lines.append(row(name, topics.cases(name))) }
        if topics.names.count > 1 { lines.append(row("all", check.comparisons)) }
        lines += disagreementLines(layout) + explanationLines(layout) + skipLines(layout)
        lines += [""] + layout.wrapped(summary, style: check.exitStatus == 1 ? .red : check.exitStatus == 0 ? .green : .yellow)
        return lines.joined(separator: "\n") + "\n"
    }

    private func disagreementLines(_ layout: TextLayout) -> [String] {
        check.comparisons.filter { $0.outcome == .disagrees }.flatMap { one -> [String] in
            ["", layout.styled("DISAGREES", .red) + "  " + layout.styled(one.testCase.id, .bold)]
                + layout.entry("claim", one.testCase.claim) + layout.entry("source", one.testCase.source)
                + one.details.flatMap { layout.entry($0.name, $0.text) }
                + layout.entry("next", "uintr lab check --filter \(one.testCase.id) --format json")
        }
    }

    private func explanationLines(_ layout: TextLayout) -> [String] {
        var lines: [String] = []
        for known in KnownDisagreement.all {
            let ids = check.comparisons.filter { $0.explanation == known }.map(\.testCase.id)
            if ids.isEmpty { continue }
            lines += ["", layout.styled("EXPLAINED", .yellow) + "  " + layout.styled(known.name, .bold) + " (\(known.kind.rawValue))"]
            lines += layout.entry("why", known.explanation) + layout.entry("cases", some(ids))
        }
        if isWhole && check.exitStatus == 0 && check.machine.processors > 1 {
            for known in check.unseen where !known.cases.isEmpty {
                lines += ["", layout.styled("NOT SEEN", .yellow) + "  " + layout.styled(known.name, .bold)]
                lines += layout.entry("next", "no case showed it: take it out of Sources/Fidelity/KnownDisagreements.swift")
            }
        }
        return lines
    }

    private func skipLines(_ layout: TextLayout) -> [String] {
        skipReasons.flatMap { reason, ids -> [String] in
            ["", layout.styled("SKIPPED", .yellow) + "  " + layout.styled(ids.count == 1 ? ids[0] : "\(ids.count) cases", .bold)]
                + layout.entry("reason", reason) + (ids.count == 1 ? [] : layout.entry("cases", some(ids)))
        }
    }

    /// Each reason once, in the order of the cases.
    var skipReasons: [(reason: String, ids: [String])] {
        var all: [(reason: String, ids: [String])] = []
        for one in check.comparisons {
            guard one.outcome == .skipped, case .skipped(let reason) = one.machine else { continue }
            // Where only the step's number and words differ, it is one matter.
            let general = reason.hasPrefix("step ") ? reason.firstRange(of: ": ").map { String(reason[$0.upperBound...]) } ?? reason : reason
            if let index = all.firstIndex(where: { $0.reason == general }) {
                all[index].ids.append(one.testCase.id)
            } else {
                all.append((general, [one.testCase.id]))
            }
        }
        return all
    }

    private func some(_ ids: [String]) -> String {
        ids.count <= 4 ? ids.joined(separator: ", ") : ids.prefix(3).joined(separator: ", ") + " and \(ids.count - 3) more"
    }

    /// KTAP version 1. What is explained passes, with the explanation's name; what cannot run there is skipped.
    public var ktap: String {
        var lines = ["KTAP version 1", "# machine: \(oneLine(machineLine))", "1..\(check.comparisons.count)"]
        for (index, one) in check.comparisons.enumerated() {
            let head = "\(index + 1) \(one.testCase.id)"
            switch one.outcome {
            case .agrees: lines.append("ok \(head)")
            case .explained: lines.append("ok \(head) # explained: \(one.explanation?.name ?? "")")
            case .skipped:
                guard case .skipped(let reason) = one.machine else { continue }
                lines.append("ok \(head) # SKIP \(oneLine(reason))")
            case .disagrees:
                lines += ["# claim: \(oneLine(one.testCase.claim))", "# source: \(oneLine(one.testCase.source))"]
                lines += one.details.map { "# \($0.name): \(oneLine($0.text))" }
                lines.append("not ok \(head)")
            }
        }
        lines.append(
            "# Totals: pass:\(check.count(.agrees) + check.count(.explained)) fail:\(check.count(.disagrees)) xfail:0 xpass:0 "
                + "skip:\(check.count(.skipped)) error:0")
        return lines.joined(separator: "\n") + "\n"
    }

    /// One JSON object: the machine, the totals, and each case with both verdicts and the first disagreement.
    public var json: String {
        struct Document: Encodable {
            struct Machine: Encodable {
                var processors, linearAddressWidth: Int
                var flexibleUIRET: Bool
            }
            struct Totals: Encodable { var all, agree, explained, disagree, skipped: Int }
            struct Result: Encodable {
                struct Found: Encodable {
                    /// From 0, as an index into the case's steps.
                    var step: Int?
                    var core, machine: String
                }
                var id, claim, source, outcome, core, machine: String
                var disagreement: Found?
                var explanation, kind: String?
                var steps: [[String]]?
            }
            var machine: Machine
            var totals: Totals
            var results: [Result]
        }
        let m = check.machine
        return render(
            Document(
                machine: .init(processors: m.processors, linearAddressWidth: m.linearAddressWidth, flexibleUIRET: m.flexibleUIRET),
                totals: .init(
                    all: check.comparisons.count, agree: check.count(.agrees), explained: check.count(.explained),
                    disagree: check.count(.disagrees), skipped: check.count(.skipped)),
                results: check.comparisons.map { one in
                    Document.Result(
                        id: one.testCase.id, claim: one.testCase.claim, source: one.testCase.source,
                        outcome: "\(one.outcome)", core: one.coreWords, machine: one.machineWords,
                        disagreement: one.disagreement.map { .init(step: $0.step, core: $0.core, machine: $0.machine) },
                        explanation: one.explanation?.explanation, kind: one.explanation?.kind.rawValue,
                        steps: one.disagreement == nil ? nil : one.testCase.steps.map(\.words))
                }))
    }
}

/// Cases by the word before the dot, in the order of their first.
struct Topics {
    private(set) var names: [String] = []
    private var byName: [String: [CaseComparison]] = [:]

    init(_ comparisons: [CaseComparison]) {
        for one in comparisons {
            let name = String(one.testCase.id.prefix { $0 != "." })
            if byName[name] == nil { names.append(name) }
            byName[name, default: []].append(one)
        }
    }

    func cases(_ name: String) -> [CaseComparison] { byName[name] ?? [] }
}

extension CaseComparison {
    var coreWords: String {
        switch core {
        case .passed: "passed"
        case .failed(_, let sentence): "failed: \(sentence)"
        case .skipped(let reason): "skipped: \(reason)"
        }
    }

    var machineWords: String {
        switch machine {
        case .passed: "passed"
        case .failed(let step, let sentence):
            "failed: step \(step + 1), \(testCase.steps.indices.contains(step) ? testCase.steps[step].words.joined(separator: " ") : "?"): \(sentence)"
        case .skipped(let reason): "skipped: \(reason)"
        case .ended(let how): "ended: \(how)"
        }
    }

    /// The first disagreement, a name and a text for each line.
    var details: [(name: String, text: String)] {
        guard let disagreement else { return [] }
        var lines: [(name: String, text: String)] = []
        if let step = disagreement.step, testCase.steps.indices.contains(step) {
            lines.append(("step", "\(step + 1), \(testCase.steps[step].words.joined(separator: " "))"))
        }
        lines.append(("core", disagreement.core.isEmpty ? "did not come to this step" : disagreement.core))
        lines.append(("Bochs", disagreement.machine.isEmpty ? "did not come to this step" : disagreement.machine))
        return lines
    }
}
