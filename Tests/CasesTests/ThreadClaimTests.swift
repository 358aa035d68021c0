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
        for settlement in claim.settlements where !settlement.kind.namesTest {
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
            for settlement in claim.settlements where settlement.kind.namesTest {
                let holders = settlement.kind == .test ? tests : programs
                let name = settlement.kind == .test ? "@Test(\"\(settlement.text)\"" : "\"\(settlement.text)\" }"
                #expect(holders.contains { $0.contains(name) }, "\(claim.id): \(settlement.text)")
            }
        }
    }

    @Test("what waits, switches or faults has a verdict of the explorer, or a reason why not", arguments: ThreadClaim.all)
    func explored(_ claim: ThreadClaim) {
        guard ["C-", "W-", "S-"].contains(where: claim.id.hasPrefix) else { return }
        #expect(claim.settlements.contains { $0.kind == .explorer || $0.kind == .unexplored })
    }

    @Test("a verdict stands with its command, and nowhere else", arguments: ThreadClaim.all)
    func verdicts(_ claim: ThreadClaim) {
        for settlement in claim.settlements { #expect((settlement.verdict != nil) == (settlement.kind == .explorer)) }
    }

    @Test("what docs/uapi.md decides of a claim stands there under the claim's id")
    func decisions() throws {
        let package = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        let document = try String(contentsOf: package.appending(path: "docs/uapi.md"), encoding: .utf8)
        let words = Set(document.split { !($0.isLetter || $0.isNumber || $0 == "-") }.map(String.init))
        for claim in ThreadClaim.all where claim.settlements.contains(where: { $0.kind == .uapi }) {
            #expect(words.contains(claim.id), "\(claim.id): uapi.md does not name it")
        }
    }

    private func sources(in folder: URL, ending: String) throws -> [String] {
        try #require(FileManager.default.enumerator(at: folder, includingPropertiesForKeys: nil))
            .compactMap { $0 as? URL }.filter { $0.pathExtension == ending }
            .map { try String(contentsOf: $0, encoding: .utf8) }
    }
}
