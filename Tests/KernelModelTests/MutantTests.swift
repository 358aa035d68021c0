import KernelModel
import ModelChecker
import Testing

@Suite("Mutants of fault") struct MutantTests {
    @Test("each mutant of fault is caught by a claim", arguments: Mutant.ofFault.indices)
    func caught(_ index: Int) throws {
        let mutant = Mutant.ofFault[index]
        for situation in Situation.all {
            let model = try #require(situation.model(mutant), "\(mutant.name): fault has no such place")
            if try !model.judged([]).broken.isEmpty { return }
        }
        Issue.record("nothing catches \(mutant.name): \(mutant.summary)")
    }

    @Test("there are at least 25") func count() { #expect(Mutant.ofFault.count >= 25) }

    @Test("their names differ") func names() {
        let all = Mutant.ofFault + Mutant.harmless
        #expect(Set(all.map(\.name)).count == all.count)
    }

    @Test("those called harmless break nothing", arguments: Mutant.harmless.indices)
    func harmless(_ index: Int) throws {
        let mutant = Mutant.harmless[index]
        for situation in Situation.all {
            let model = try #require(situation.model(mutant), "\(mutant.name): fault has no such place")
            #expect(try model.judged([]).broken == [], "\(situation.name)")
        }
    }
}
