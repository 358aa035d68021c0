import Cases
import Conformance

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

extension RunReport {
    /// One JSON object: the header's fields, `totals`, `seconds` and `results`.
    public var json: String {
        let totals = totals
        return render(
            Document(
                backend: header.backend, abi: header.abi, kernel: header.kernel, cpu: header.cpu, reasons: header.reasons,
                totals: Document.Totals(
                    all: totals.all, passed: totals.passed, failed: totals.failed, skipped: totals.skipped),
                seconds: duration.seconds, results: results.map(Document.Result.init)))
    }

    private struct Document: Encodable {
        struct Totals: Encodable { var all, passed, failed, skipped: Int }
        struct Result: Encodable {
            var id, claim, source: String
            var ids: [String]
            var verdict: String
            /// Why it failed or was skipped; empty for a case that passed.
            var message = ""
            /// The step that failed, from 0, as an index into the case's `steps` (`uintr check --list --format json`).
            var step: Int?

            init(_ result: CaseResult) {
                id = result.caseID
                claim = result.claim
                source = result.source
                ids = result.ids
                switch result.verdict {
                case .passed: verdict = "passed"
                case .failed(let step, let message):
                    verdict = "failed"
                    self.message = message
                    self.step = step
                case .skipped(let reason):
                    verdict = "skipped"
                    message = reason
                }
            }
        }
        var backend, abi, kernel, cpu: String
        var reasons: [String]
        var totals: Totals
        var seconds: Double
        var results: [Result]
    }
}

extension CaseList {
    /// The cases themselves, with their steps, as a JSON array.
    public var json: String { render(cases) }
}

/// Renders one value, with its keys sorted, so that two runs can be compared line by line.
func render(_ value: some Encodable) -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    do {
        return String(decoding: try encoder.encode(value), as: UTF8.self) + "\n"
    } catch {
        // Only a number that JSON does not have could get here, and no document of this module holds one.
        preconditionFailure("a report that JSON cannot hold: \(error)")
    }
}
