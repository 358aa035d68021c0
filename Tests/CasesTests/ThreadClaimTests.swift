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
        for settlement in claim.settlements where !settlement.kind.exists {
            #expect(settlement.text.hasSuffix("."), "\(settlement.text)")
        }
    }

    @Test("every id that a case names is a claim", arguments: Case.all)
    func caseIDsExist(_ testCase: Case) {
        for id in testCase.ids { #expect(ThreadClaim.requiredIDs.contains(id), "\(testCase.id) names \(id)") }
    }

    @Test("what the processor alone decides has a case", arguments: ["A-6", "C-4", "S-8"])
    func processorsPart(_ id: String) {
        #expect(Case.all.contains { $0.ids.contains(id) })
    }

    @Test("a test or selftest that settles a claim is in the sources by that name")
    func namedTestsExist() throws {
        let package = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        let tests = try sources(in: package.appending(path: "Tests"), ending: "swift")
        let programs = try sources(in: package.appending(path: "kselftest"), ending: "c")
        for claim in ThreadClaim.all {
            for settlement in claim.settlements where settlement.kind.exists {
                let holders = settlement.kind == .test ? tests : programs
                let name = settlement.kind == .test ? "@Test(\"\(settlement.text)\"" : "\"\(settlement.text)\" }"
                #expect(holders.contains { $0.contains(name) }, "\(claim.id): \(settlement.text)")
            }
        }
    }

    private func sources(in folder: URL, ending: String) throws -> [String] {
        try #require(FileManager.default.enumerator(at: folder, includingPropertiesForKeys: nil))
            .compactMap { $0 as? URL }.filter { $0.pathExtension == ending }
            .map { try String(contentsOf: $0, encoding: .utf8) }
    }
}
