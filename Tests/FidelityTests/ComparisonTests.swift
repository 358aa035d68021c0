import Cases
import Conformance
import Testing

@testable import Fidelity

@Suite("Comparing step by step")
struct ComparisonTests {
    private let testCase = Case(
        "a.case", "A claim.", source: "SDM", steps: [.set(.uirr, 8), .execute([0xF3, 0x0F, 0x01, 0xEF]), .expect(.uif, 1)])

    private func compare(
        core: [String], machine: [String], _ coreVerdict: CaseResult.Verdict = .passed, _ machineVerdict: MachineVerdict = .passed
    ) -> Disagreement? {
        CaseComparison.compare(
            testCase, coreVerdict: coreVerdict, coreLines: core, machineVerdict: machineVerdict, machineLines: machine)
    }

    @Test("equal lines and equal verdicts agree")
    func agree() {
        let lines = ["@ 1 1 done uirr=0x8", "@ 1 2 done uif=0x1"]
        #expect(compare(core: lines, machine: lines) == nil)
    }

    @Test("the first line that differs is the disagreement, also where both verdicts are a pass")
    func firstDifference() {
        let found = compare(
            core: ["@ 1 1 done uirr=0x8", "@ 1 2 done uif=0x1", "@ 1 3 done"],
            machine: ["@ 1 1 done uirr=0x8", "@ 1 2 done uif=0x1 rax=0x1", "@ 1 3 failure"])
        #expect(found == Disagreement(step: 1, core: "done uif=0x1", machine: "done uif=0x1 rax=0x1"))
        #expect(found?.difference.machine == ["rax=0x1"])
        #expect(found?.signature == "done/done rax")
    }

    @Test("a line that one of the two lacks is a disagreement")
    func missing() {
        let found = compare(core: ["@ 1 1 done", "@ 1 2 done"], machine: ["@ 1 1 done"])
        #expect(found == Disagreement(step: 1, core: "done", machine: ""))
    }

    @Test("what a skipped step leaves unseen is not compared, what was seen before it is")
    func skipped() {
        let core = ["@ 1 1 done uirr=0x8", "@ 1 2 done uif=0x1"]
        #expect(compare(core: core, machine: ["@ 1 1 done uirr=0x8", "@ 1 2 skip"], .passed, .skipped("why")) == nil)
        #expect(compare(core: core, machine: ["@ 1 1 done", "@ 1 2 skip"], .passed, .skipped("why"))?.step == 0)
    }

    @Test("verdicts that differ are a disagreement, with the machine's sentence")
    func verdicts() {
        #expect(
            compare(core: [], machine: [], .passed, .failed(step: 2, "uif: expected 0x1, found 0x0"))
                == Disagreement(step: 2, core: "passed", machine: "uif: expected 0x1, found 0x0"))
        #expect(compare(core: [], machine: [], .failed(step: 1, "no"), .passed)?.machine == "passed")
        #expect(compare(core: [], machine: [], .passed, .ended("a panic"))?.machine == "a panic")
    }

    @Test("the signature leaves values out, so that faults at two addresses are one matter")
    func signature() {
        let a = Disagreement(step: 1, core: "#PF,0x1000,0x2 [0x10]=0x1", machine: "#PF,0x1000,0x0 [0x18]=0x1")
        let b = Disagreement(step: 4, core: "#PF,0x3000,0x2 [0x20]=0x7", machine: "#PF,0x3000,0x0 [0x28]=0x7")
        #expect(a.signature == b.signature)
        #expect(a.signature != Disagreement(step: 1, core: "#PF,0x1000,0x2", machine: "#GP").signature)
    }
}

@Suite("What is known")
struct KnownDisagreementTests {
    @Test("every entry names cases that there are, or is about random cases", arguments: KnownDisagreement.all)
    func cases(_ known: KnownDisagreement) {
        #expect(!known.cases.isEmpty || known.explainsRandomCases)
        for pattern in known.cases {
            #expect(Case.all.contains { CaseFilter(pattern).matches($0) }, "\(pattern) matches no case")
        }
        #expect(known.explanation.count > 40, "an explanation is a sentence, and says where it is to be read")
    }

    @Test("an entry that random cases go by says by which words", arguments: KnownDisagreement.all)
    func words(_ known: KnownDisagreement) {
        #expect(!known.explainsRandomCases || known.matches != nil)
    }
}
