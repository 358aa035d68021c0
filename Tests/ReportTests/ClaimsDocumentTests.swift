import Cases
import Report
import Testing

@Suite("docs/claims.md")
struct ClaimsDocumentTests {
    private let document = ClaimsDocument()

    @Test("what was just printed has no problem")
    func fresh() {
        #expect(document.problems(in: document.markdown) == [])
    }

    @Test("every claim has a section and a row")
    func complete() {
        let lines = document.markdown.split(separator: "\n")
        for id in ThreadClaim.requiredIDs {
            #expect(lines.contains("### \(id)"))
            #expect(lines.contains { $0.hasPrefix("| [\(id)](#\(id.lowercased())) |") })
        }
    }

    @Test("a section left out is named")
    func missing() {
        let text = document.markdown.replacing("### S-3\n", with: "")
        #expect(document.problems(in: text) == ["S-3: missing from the document."])
    }

    @Test("a line that was edited is named as stale, with what it must read")
    func stale() throws {
        let text = document.markdown.replacing("### W-5\n\nA SENDUIPI", with: "### W-5\n\nNo SENDUIPI")
        let problem = try #require(document.problems(in: text).first)
        #expect(problem.contains("is stale. It reads: No SENDUIPI") && problem.contains("It must read: A SENDUIPI"))
    }

    @Test("an id that must exist and does not is named")
    func unknown() {
        let problems = document.problems(in: document.markdown, requiredIDs: ["S-9"])
        #expect(problems == ["S-9: no claim has this id. Add it to Sources/Cases/Claims."])
    }

    @Test("a case is listed under the claim that it names, and one that names none of the thread's is a problem")
    func cases() {
        let known = Case("a.b", "It holds.", source: "SDM", ids: ["S-7"], steps: [])
        let markdown = ClaimsDocument(cases: [known]).markdown
        #expect(markdown.contains("### S-7\n") && markdown.contains("- Case: `a.b`."))
        let unknown = Case("a.c", "It holds.", source: "SDM", ids: ["S-77"], steps: [])
        let document = ClaimsDocument(cases: [unknown])
        #expect(document.problems(in: document.markdown) == ["S-77: no such claim, but these cases name it: a.c."])
    }

    @Test("ids are found in any text, and only as words of their own")
    func idsInText() {
        #expect(ClaimsDocument.ids(in: "C-3 (S-2 of W-1…), NV-2, UTF-8, A-0, B-1b, A-14. C-3 S_A-1") == ["C-3", "S-2", "W-1", "A-14"])
    }
}
