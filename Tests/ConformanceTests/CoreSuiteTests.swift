import Cases
import Conformance
import Testing

@Suite("Every case of the suite")
struct CoreSuiteTests {
    @Test("holds on the core", arguments: Case.all)
    func holdsOnTheCore(_ testCase: Case) {
        let result = CoreSuite.run(testCase)
        #expect(result.verdict == .passed, "\(testCase.id): \(testCase.claim)")
    }
}
