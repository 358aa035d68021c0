import Cases
import Foundation
import Testing

@Suite("The thread's claims")
struct ThreadClaimTests {
    @Test("every id of every series has one claim, in order, and there is no other")
    func complete() {
        #expect(ThreadClaim.all.map(\.id) == ThreadClaim.requiredIDs)
        #expect(ThreadClaim.series.map { "\($0.prefix)\($0.count)" } == ["A14", "B1", "C11", "W12", "S8"])
    }

    @Test("every claim is a sentence, has its message, and a place where it is settled", arguments: ThreadClaim.all)
    func settled(_ claim: ThreadClaim) {
        #expect(claim.claim.hasSuffix("."))
        #expect(!claim.author.isEmpty && !claim.message.isEmpty)
        #expect(!claim.settlements.isEmpty)
        for settlement in claim.settlements where settlement.kind != .test {
            #expect(settlement.text.hasSuffix("."), "\(settlement.text)")
        }
    }

    @Test("every id that a case names is a claim", arguments: Case.all)
    func caseIDsExist(_ testCase: Case) {
        for id in testCase.ids { #expect(ThreadClaim.requiredIDs.contains(id), "\(testCase.id) names \(id)") }
    }

    @Test("a test that settles a claim is in the sources by that name")
    func namedTestsExist() throws {
        let tests = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        let sources = try #require(FileManager.default.enumerator(at: tests, includingPropertiesForKeys: nil))
            .compactMap { $0 as? URL }.filter { $0.pathExtension == "swift" }
            .map { try String(contentsOf: $0, encoding: .utf8) }
        #expect(sources.contains { $0.contains("a test that settles a claim is in the sources by that name") })
        for claim in ThreadClaim.all {
            for settlement in claim.settlements where settlement.kind == .test {
                #expect(sources.contains { $0.contains("\"\(settlement.text)\"") }, "\(claim.id): \(settlement.text)")
            }
        }
    }
}
