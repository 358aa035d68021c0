import Cases
import Conformance
import Report

/// Values to render: nothing here was run.
enum Sample {
    static let header = RunHeader(
        backend: "emulation", abi: "none", kernel: "Linux 6.1.0 x86_64", cpu: "Example <CPU> & \"Sons\"",
        reasons: ["CPUID has no user interrupts.", "So the backend is the emulation."])

    static func result(_ id: String, _ verdict: CaseResult.Verdict, claim: String = "It holds.", ids: [String] = []) -> CaseResult {
        CaseResult(Case(id, claim, source: "SDM Vol. 2, SENDUIPI", ids: ids, steps: []), verdict)
    }

    static let passed = result("testui.cf", .passed, claim: "TESTUI sets CF to UIF, or raises #UD.")
    static let failed = result(
        "senduipi.index", .failed(step: 2, "step 3, expect uirr 0x8: expected 0x8, found 0x0"), claim: "An index above UITTSZ raises #GP.",
        ids: ["S-8"])
    static let skipped = result("apic.eoi", .skipped("no CPL 0 here"))

    static func report(_ results: [CaseResult], header: RunHeader = Sample.header) -> RunReport {
        RunReport(header: header, results: results, duration: .milliseconds(412))
    }

    static let mixed = report([passed, failed, skipped])
}
