import Cases
import KernelModel
import Testing
import Verdicts

@Suite("Verdicts that settle claims of the thread")
struct ClaimVerdictTests {
    /// A claim of the thread, and a verdict that its page states.
    struct Stated: CustomTestStringConvertible, Sendable {
        var id: String
        var verdict: ExplorerVerdict
        var testDescription: String { "\(id): \(verdict.command)" }
    }

    static let all = ThreadClaim.all.flatMap { claim in claim.settlements.compactMap(\.verdict).map { Stated(id: claim.id, verdict: $0) } }

    private func question(_ verdict: ExplorerVerdict) throws -> Question {
        let scenario = try #require(Scenario(rawValue: verdict.scenario))
        let design = try WaitDesign.checked(verdict.design)
        return Question(
            design: design.name, repairs: try design.checkedRepairs(verdict.repairs), claim: try Claim.named(verdict.claim),
            scenario: scenario, user: try #require(UserSide(rawValue: verdict.user)),
            bounds: try Bounds.parse(verdict.bounds, scenario: scenario))
    }

    @Test("the explorer gives each verdict that a claim is settled by", arguments: all)
    func stands(_ stated: Stated) throws {
        let answer = try #require(try Explorer.engine.explore([question(stated.verdict)], ExploreOptions()) { _ in }.first)
        #expect(answer.verdict == (stated.verdict.holds ? .holds : .violated), "\(answer.states) states: \(answer.coverage)")
    }

    @Test("each command asks its question, and the shortest one that does", arguments: all)
    func command(_ stated: Stated) throws {
        var expected = try question(stated.verdict).command.split(separator: " ")
        var words = stated.verdict.command.split(separator: " ")
        // Bounds may be named in any order.
        if words.last?.contains("=") == true { words.append(contentsOf: words.removeLast().split(separator: ",").sorted()) }
        if expected.last?.contains("=") == true { expected.append(contentsOf: expected.removeLast().split(separator: ",").sorted()) }
        #expect(words == expected)
    }

    @Test("with fingerprints, fault-loop is decided by the code where that is enough, and else by a search of its own")
    func faultLoopWithFingerprints() throws {
        var options = ExploreOptions()
        options.fingerprints = true
        func answer(_ design: String) throws -> Answer {
            let question = Question(design: design, claim: .faultLoop, scenario: .badUPID, user: .spin)
            return try #require(try Explorer.engine.explore([question], options) { _ in }.first)
        }
        let shown = try answer("fault")
        #expect(shown.verdict == .holds)
        #expect(shown.coverage.contains("never returns to the same SENDUIPI"))
        let found = try answer("intel-sender")
        #expect(found.verdict == .violated)
        #expect(found.trace?.steps.count == 2)
    }

    @Test("at least one verdict of each design, holding or not, bears on the thread", arguments: WaitDesign.all.map(\.name))
    func everyDesign(_ design: String) {
        #expect(Self.all.contains { $0.verdict.design == design })
    }
}
