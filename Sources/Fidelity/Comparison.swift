import Architecture
import Cases
import Conformance

/// Where the core and the machine part.
public struct Disagreement: Equatable, Sendable {
    /// The index of the step from 0; nil where all lines agree and only the verdicts differ.
    public var step: Int?
    /// What each observed, as `Observed` writes it, without the line's head: `done uirr=0x8`. Empty: no line.
    public var core: String
    public var machine: String

    public init(step: Int?, core: String, machine: String) {
        self.step = step
        self.core = core
        self.machine = machine
    }

    /// What only one of the two says, in the order of its line: the words by which they differ.
    public var difference: (core: [String], machine: [String]) {
        let a = core.split(separator: " ").map(String.init)
        let b = machine.split(separator: " ").map(String.init)
        return (a.filter { !b.contains($0) }, b.filter { !a.contains($0) })
    }

    /// What it is about, whatever the values: the outcomes, and the names of what differs. Two disagreements of one signature are
    /// taken for one matter.
    public var signature: String {
        func names(_ words: [String]) -> [String] {
            words.map { word in word.firstIndex(of: "=").map { String(word[..<$0]) } ?? word.split(separator: ",").first.map(String.init) ?? word }
        }
        let (a, b) = difference
        func place(_ name: String) -> String { name.hasPrefix("[") ? "memory" : name.hasPrefix("+") ? "delivered" : name }
        func outcome(_ line: String) -> String {
            line.split(separator: " ").first.map { String($0.split(separator: ",").first ?? $0) } ?? "nothing"
        }
        var about: [String] = []
        for name in names(a) + names(b) where !about.contains(place(name)) { about.append(place(name)) }
        return "\(outcome(core))/\(outcome(machine)) \(about.sorted().joined(separator: " "))"
    }
}

/// One case on the core and on the machine.
public struct CaseComparison: Equatable, Sendable {
    public var testCase: Case
    public var core: CaseResult.Verdict
    public var machine: MachineVerdict
    public var disagreement: Disagreement?
    /// The entry of `KnownDisagreement.all` that explains it.
    public var explanation: KnownDisagreement?

    public init(
        testCase: Case, core: CaseResult.Verdict, machine: MachineVerdict, disagreement: Disagreement?,
        explanation: KnownDisagreement?
    ) {
        self.testCase = testCase
        self.core = core
        self.machine = machine
        self.disagreement = disagreement
        self.explanation = explanation
    }

    public enum Outcome: Equatable, Sendable { case agrees, explained, disagrees, skipped }

    public var outcome: Outcome {
        if disagreement != nil { return explanation == nil ? .disagrees : .explained }
        if case .skipped = machine { return .skipped }
        return .agrees
    }

    /// Compares two sequences of lines `@ CASE STEP …`.
    /// - Parameter isCut: the machine could not go on: what the core has beyond the machine's lines is not compared.
    static func firstDifference(core: [String], machine: [String], isCut: Bool) -> Disagreement? {
        for index in 0..<max(core.count, machine.count) {
            let a = index < core.count ? core[index] : nil
            let b = index < machine.count ? machine[index] : nil
            if a == b { continue }
            if isCut, b.map({ outcome($0) == "skip" }) ?? true { return nil }
            let step = (b ?? a).flatMap(stepIndex)
            return Disagreement(step: step, core: a.map(withoutHead) ?? "", machine: b.map(withoutHead) ?? "")
        }
        return nil
    }

    /// Compares the verdicts, and before them what was observed step by step.
    static func compare(
        _ testCase: Case, coreVerdict: CaseResult.Verdict, coreLines: [String], machineVerdict: MachineVerdict,
        machineLines: [String]
    ) -> Disagreement? {
        var isCut = false
        if case .skipped = machineVerdict { isCut = true }
        if let found = firstDifference(core: coreLines, machine: machineLines, isCut: isCut) { return found }
        switch (coreVerdict, machineVerdict) {
        case (_, .skipped), (.passed, .passed), (.failed, .failed): return nil
        case (_, .ended(let how)): return Disagreement(step: nil, core: describe(coreVerdict), machine: how)
        case (_, .failed(let step, let sentence)):
            return Disagreement(step: step, core: describe(coreVerdict), machine: sentence)
        case (.failed(let step, _), .passed), (.failed(let step, _), _):
            return Disagreement(step: step, core: describe(coreVerdict), machine: "passed")
        case (.skipped, .passed): return Disagreement(step: nil, core: describe(coreVerdict), machine: "passed")
        }
    }

    private static func describe(_ verdict: CaseResult.Verdict) -> String {
        switch verdict {
        case .passed: "passed"
        case .failed(_, let sentence): sentence
        case .skipped(let reason): "skipped: \(reason)"
        }
    }

    private static func words(_ line: String) -> [Substring] { line.split(separator: " ", maxSplits: 3) }
    private static func outcome(_ line: String) -> String {
        let parts = words(line)
        return parts.count > 3 ? String(parts[3].prefix { $0 != " " }) : ""
    }
    private static func stepIndex(_ line: String) -> Int? {
        let parts = words(line)
        return parts.count > 2 ? Int(parts[2]).map { $0 - 1 } : nil
    }
    private static func withoutHead(_ line: String) -> String {
        let parts = words(line)
        return parts.count > 3 ? String(parts[3]) : ""
    }
}
