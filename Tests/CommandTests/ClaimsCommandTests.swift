import Cases
import Foundation
import Report
import Testing

@Suite("uintr claims")
struct ClaimsCommandTests {
    private func withFile<R>(_ text: String, _ body: (String) async throws -> R) async throws -> R {
        let url = FileManager.default.temporaryDirectory.appending(path: "claims-\(UUID().uuidString).md")
        try text.write(to: url, atomically: true, encoding: .utf8)
        defer { try? FileManager.default.removeItem(at: url) }
        return try await body(url.path)
    }

    @Test("prints the document, which then passes its own check")
    func fresh() async throws {
        let printed = try await Command.run("claims")
        #expect(printed.status == 0 && printed.output == ClaimsDocument().markdown)
        let checked = try await withFile(printed.output) { try await Command.run("claims", "--check", $0) }
        #expect(checked.status == 0 && checked.output.isEmpty && checked.error.isEmpty)
    }

    @Test("--check exits 1 and names what is missing or stale, and how to write it anew")
    func stale() async throws {
        let text = ClaimsDocument().markdown
        for (found, word) in [(text.replacing("### W-5\n", with: ""), "W-5: missing"), (text + "more\n", "stale")] {
            let outcome = try await withFile(found) { try await Command.run("claims", "--check", $0) }
            #expect(outcome.status == 1 && outcome.output.isEmpty)
            #expect(outcome.error.contains(word) && outcome.error.contains("uintr claims > "))
        }
    }

    @Test("--ids names ids that must have a claim")
    func ids() async throws {
        try await withFile(ClaimsDocument().markdown) { document in
            let missing = try await withFile("S-1 and S-9") { try await Command.run("claims", "--check", document, "--ids", $0) }
            #expect(missing.status == 1 && missing.error.contains("S-9: no claim") && !missing.error.contains("S-1:"))
            let complete = try await withFile("S-1 and A-14") { try await Command.run("claims", "--check", document, "--ids", $0) }
            #expect(complete.status == 0)
            let empty = try await withFile("none") { try await Command.run("claims", "--check", document, "--ids", $0) }
            #expect(empty.status == 1 && empty.error.contains("names no id"))
        }
        #expect(try await Command.run("claims", "--ids", "x").status == 64)
    }

    @Test("a file that cannot be read is named, with what to do")
    func unreadable() async throws {
        let outcome = try await Command.run("claims", "--check", "/no/such/claims.md")
        #expect(outcome.status == 1 && outcome.error.contains("/no/such/claims.md: cannot be read"))
    }
}
