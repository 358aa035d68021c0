import Cases
import Foundation
import Report
import Testing

@Suite("JSON")
struct JSONTests {
    private func object(_ text: String) throws -> [String: Any] {
        try #require(try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any])
    }

    @Test("a run is one object with the header's fields, the totals, the seconds and the results")
    func run() throws {
        let run = try object(Sample.mixed.json)
        #expect(run["backend"] as? String == "emulation" && run["abi"] as? String == "none")
        #expect(run["kernel"] as? String == "Linux 6.1.0 x86_64" && run["cpu"] as? String == Sample.header.cpu)
        #expect(run["reasons"] as? [String] == Sample.header.reasons)
        #expect(run["totals"] as? [String: Int] == ["all": 3, "passed": 1, "failed": 1, "skipped": 1])
        #expect(run["seconds"] as? Double == 0.412)
        let results = try #require(run["results"] as? [[String: Any]])
        #expect(results.map { $0["id"] as? String } == ["testui.cf", "senduipi.index", "apic.eoi"])
        #expect(results.map { $0["verdict"] as? String } == ["passed", "failed", "skipped"])
        #expect(results.map { $0["message"] as? String } == ["", "step 3, expect uirr 0x8: expected 0x8, found 0x0", "no CPL 0 here"])
        #expect(results[1]["step"] as? Int == 2 && results[1]["ids"] as? [String] == ["S-8"])
        #expect(results[1]["claim"] as? String == "An index above UITTSZ raises #GP.")
        #expect(results[1]["source"] as? String == "SDM Vol. 2, SENDUIPI")
    }

    @Test("the list of cases reads back as the same cases")
    func list() throws {
        let cases = try JSONDecoder().decode([Case].self, from: Data(CaseList(Case.all).json.utf8))
        #expect(cases == Case.all)
    }

    @Test("a probe is one object with backend, abi, kernel, cpu and reasons")
    func probe() throws {
        let probe = try object(
            ProbeReport(
                header: Sample.header, finding: "no-processor", requestedABI: nil, numa: "One node.", hotplug: "No file.",
                next: [.init("uintr check", "runs the suite.")]
            ).json)
        #expect(probe["backend"] as? String == "emulation" && probe["abi"] as? String == "none")
        #expect(probe["kernel"] as? String == "Linux 6.1.0 x86_64" && probe["cpu"] as? String == Sample.header.cpu)
        #expect(probe["reasons"] as? [String] == Sample.header.reasons)
    }
}
