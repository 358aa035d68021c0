import Conformance

extension RunReport {
    /// KTAP version 1 (Documentation/dev-tools/ktap.rst), with the totals line of kselftest.h.
    ///
    /// The diagnostics of a case stand before its result line: kunit.py gives the lines before a result to that result.
    public var ktap: String {
        var lines = ["KTAP version 1"]
        lines += header.fields.map { "# \($0.name): \(oneLine($0.value))" }
        lines += header.reasons.map { "# reason: \(oneLine($0))" }
        lines.append("1..\(results.count)")
        for (index, result) in results.enumerated() { lines += Self.ktap(result, number: index + 1) }
        let totals = totals
        lines.append(
            "# Totals: pass:\(totals.passed) fail:\(totals.failed) xfail:0 xpass:0 skip:\(totals.skipped) error:0")
        return lines.joined(separator: "\n") + "\n"
    }

    private static func ktap(_ result: CaseResult, number: Int) -> [String] {
        let claim = diagnostic(result.claim)
        switch result.verdict {
        case .passed: return ["ok \(number) \(result.caseID) # \(claim)"]
        case .skipped(let reason): return ["ok \(number) \(result.caseID) # SKIP \(oneLine(reason))"]
        case .failed(_, let message):
            return [
                "# \(result.caseID): \(oneLine(message))",
                "# source: \(oneLine(result.source))",
                "# next: \(nextCommand(result))",
                "not ok \(number) \(result.caseID) # \(claim)",
            ]
        }
    }

    /// A claim as the text after `# `, where a parser takes some first words for directives.
    private static func diagnostic(_ claim: String) -> String {
        let text = oneLine(claim)
        let first = text.prefix { $0 != " " && $0 != ":" && $0 != "," }.uppercased()
        return ["SKIP", "TODO", "XFAIL", "TIMEOUT", "ERROR"].contains(first) ? "claim: " + text : text
    }
}
