import Cases
import Conformance
import Testing

@Suite("A filter")
struct CaseFilterTests {
    private let cases = ["senduipi.index", "senduipi.reserved", "uiret.canonical"].map {
        Case($0, "It holds.", source: "SDM", ids: $0 == "uiret.canonical" ? ["S-8"] : [], steps: [])
    }

    private func ids(_ patterns: String...) throws -> [String] {
        try CaseFilter.select(patterns.map(CaseFilter.init), from: cases).map(\.id)
    }

    @Test("picks by a part of the id, by a glob over all of it, or by the thread's id")
    func picks() throws {
        #expect(try ids("index") == ["senduipi.index"])
        #expect(try ids("senduipi.*") == ["senduipi.index", "senduipi.reserved"])
        #expect(try ids("*.inde?") == ["senduipi.index"])
        #expect(try ids("*re*") == ["senduipi.reserved", "uiret.canonical"])
        #expect(try ids("*c*n?n*l") == ["uiret.canonical"])
        #expect(try ids("S-8") == ["uiret.canonical"])
    }

    @Test("given several times picks what any of them picks, each case once, in the suite's order")
    func union() throws {
        #expect(try ids("uiret", "index", "senduipi.i*") == ["senduipi.index", "uiret.canonical"])
        #expect(try ids() == cases.map(\.id))
    }

    @Test("that picks nothing is an error with the nearest ids, also beside one that picks something")
    func nothing() {
        #expect(throws: CaseFilter.NothingMatches(
            pattern: "sendupi.index", near: ["senduipi.index"])
        ) { try ids("uiret", "sendupi.index") }
        #expect(throws: CaseFilter.NothingMatches(pattern: "index*", near: ["senduipi.index"])) { try ids("index*") }
        #expect(throws: CaseFilter.NothingMatches(pattern: "hotplug", near: [])) { try ids("hotplug") }
    }
}
