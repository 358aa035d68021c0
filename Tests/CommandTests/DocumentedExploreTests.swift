import Foundation
import KernelModel
import Testing

@Suite("What the documents say of uintr explore")
struct DocumentedExploreTests {
    private func document(_ path: String) throws -> [String] {
        let package = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        return try String(contentsOf: package.appending(path: path), encoding: .utf8)
            .split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
    }

    @Test("the trace in the README is the one that the command prints, with nothing but left-out lines between")
    func readme() async throws {
        let lines = try document("README.md")
        let start = try #require(lines.firstIndex(of: "rfc-v1, scenario hotplug: the claim lost-wakeup is violated"))
        let shown = lines[start...].prefix { $0 != "```" }
        let printed = try await Command.run("explore", "--design", "rfc-v1", "--scenario", "hotplug").output
            .split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
        #expect(shown.count > 30)
        var place = 0
        for line in shown {
            if line.drop(while: { $0 == " " }) == "…" { continue }
            let found = try #require(printed[place...].firstIndex(of: line), "not printed, or not in this order: \(line)")
            place = found + 1
        }
    }

    @Test("each repair of vector that docs/explorer.md leaves out breaks a claim within the bounds beside it")
    func repairs() async throws {
        let names = WaitDesign.rfcV1.repairs.map(\.name)
        let rows = try document("docs/explorer.md").compactMap { line -> (left: String, bounds: String, claim: String)? in
            guard let left = names.first(where: { line.hasPrefix("| `\($0)` (") }) else { return nil }
            let bounds = line.split(separator: "|").last.map { $0.filter { $0 != "`" && $0 != " " } } ?? ""
            return (left, bounds, left == "cleanup" ? "signal-leftovers" : "lost-wakeup")
        }
        #expect(rows.map(\.left) == names)
        for row in rows {
            let others = names.filter { $0 != row.left }.joined(separator: ",")
            let outcome = try await Command.run(
                "explore", "--design", "rfc-v1", "--repairs", others, "--claim", row.claim, "--bounds", row.bounds)
            #expect(outcome.status == 1, "without \(row.left), within \(row.bounds): \(outcome.output.suffix(600)) \(outcome.error)")
        }
    }
}
