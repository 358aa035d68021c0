import Cases
import Foundation
import Testing

@Suite("The cases as data")
struct CaseTests {
    @Test("every case round-trips through JSON", arguments: Case.all)
    func roundTrips(_ testCase: Case) throws {
        let data = try JSONEncoder().encode(testCase)
        #expect(try JSONDecoder().decode(Case.self, from: data) == testCase)
    }

    @Test("no two cases share an id")
    func idsAreUnique() {
        let ids = Case.all.map(\.id)
        #expect(Set(ids).count == ids.count)
    }

    @Test("every case can be taken by a machine of the level it names", arguments: Case.all)
    func levelsAreHonest(_ testCase: Case) {
        #expect(testCase.isExpressible(at: testCase.level))
    }

    @Test("a step that is misspelt, too short or too long is refused")
    func badStepsAreRefused() {
        for words in [[], ["sett", "uirr", "0x1"], ["set", "uirr"], ["set", "uirr", "0x1", "0x2"], ["set", "uir", "1"],
            ["execute", "f3f"], ["expect-fault", "#XX"], ["processor", "4"]] {
            #expect(Step(words: words) == nil, "\(words)")
        }
    }
}
