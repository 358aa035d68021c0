import Cases
import Conformance
import Lab

/// The cases on the core and on the machine, side by side.
public struct LabCheck: Sendable {
    public var machine: MachineDescription
    public var comparisons: [CaseComparison]

    public init(machine: MachineDescription, comparisons: [CaseComparison]) {
        self.machine = machine
        self.comparisons = comparisons
    }

    public func count(_ outcome: CaseComparison.Outcome) -> Int { comparisons.count { $0.outcome == outcome } }

    /// 0: no unexplained disagreement; 1: one or more; 4: nothing could be compared.
    public var exitStatus: Int32 {
        if count(.disagrees) > 0 { return 1 }
        return count(.agrees) + count(.explained) == 0 ? 4 : 0
    }

    /// The entries of `KnownDisagreement.all` that no case showed, where all the cases ran: they are out of date.
    public var unseen: [KnownDisagreement] {
        KnownDisagreement.all.filter { known in !comparisons.contains { $0.explanation == known } }
    }

    /// Runs `cases` on both, and compares them step by step.
    public static func run(
        _ cases: [Case], on oracle: Oracle, progress: @Sendable (Int) -> Void = { _ in }
    ) async throws(LabError) -> LabCheck {
        // What leaves x2APIC mode runs last: where the way back fails (lab/bochs/0017), nothing that follows is spoilt.
        let order = cases.indices.filter { !leavesX2APIC(cases[$0]) } + cases.indices.filter { leavesX2APIC(cases[$0]) }
        let answer = try await oracle.ask(order.map { cases[$0] }, options: .observeSteps, progress: progress)
        var comparisons: [(place: Int, one: CaseComparison)] = []
        for (index, place) in order.enumerated() { comparisons.append((place, compare(cases[place], number: index + 1, answer))) }
        return LabCheck(
            machine: answer.machine, comparisons: comparisons.sorted { $0.place < $1.place }.map(\.one))
    }

    private static func leavesX2APIC(_ testCase: Case) -> Bool {
        testCase.steps.contains { if case .set(.apicMode, let mode) = $0 { mode != 2 } else { false } }
    }

    private static func compare(_ testCase: Case, number: Int, _ answer: Oracle.Answer) -> CaseComparison {
        let core = CoreSuite.run(testCase).verdict
        let machine = answer.verdicts[number] ?? .ended("the image gave no verdict")
        var lines: [String] = []
        // A case that the image does not begin has no lines to compare, on a processor that it is not about.
        let begun = answer.steps[number] ?? []
        if !begun.isEmpty || machine == .passed {
            lines = CoreObservation.lines(of: testCase, number: number, features: answer.machine.features)
        }
        let disagreement = CaseComparison.compare(
            testCase, coreVerdict: core, coreLines: lines, machineVerdict: machine, machineLines: begun)
        return CaseComparison(
            testCase: testCase, core: core, machine: machine, disagreement: disagreement,
            explanation: disagreement.flatMap { KnownDisagreement.explaining($0, in: testCase) })
    }
}
