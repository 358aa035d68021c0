import Conformance

extension RunReport {
    /// JUnit XML, as CI servers read it: one test suite, the header as its properties, the topic as the class name.
    public var junit: String {
        let totals = totals
        let counts =
            "tests=\"\(totals.all)\" failures=\"\(totals.failed)\" errors=\"0\" skipped=\"\(totals.skipped)\" time=\"\(secondsText)\""
        var lines = [
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>",
            "<testsuites name=\"uintr check\" \(counts)>",
            "  <testsuite name=\"uintr check\" \(counts)>",
            "    <properties>",
        ]
        for (name, value) in header.fields + header.reasons.map({ ("reason", $0) }) {
            lines.append("      <property name=\"\(name)\" value=\"\(Self.escaped(value))\"/>")
        }
        lines.append("    </properties>")
        for result in results { lines += Self.testCase(result) }
        lines += ["  </testsuite>", "</testsuites>"]
        return lines.joined(separator: "\n") + "\n"
    }

    private static func testCase(_ result: CaseResult) -> [String] {
        let start = "    <testcase classname=\"uintr.\(escaped(result.topic))\" name=\"\(escaped(result.caseID))\""
        switch result.verdict {
        case .passed: return [start + "/>"]
        case .skipped(let reason): return [start + ">", "      <skipped message=\"\(escaped(reason))\"/>", "    </testcase>"]
        case .failed(_, let message):
            let body = [
                "claim: " + result.claim, "source: " + result.source, "found: " + message, "next: " + nextCommand(result),
            ]
            return [
                start + ">",
                "      <failure type=\"claim\" message=\"\(escaped(message))\">"
                    + body.map(escaped).joined(separator: "\n") + "</failure>",
                "    </testcase>",
            ]
        }
    }

    /// Text for an attribute or an element. XML 1.0 has no way to write most control characters: they become U+FFFD.
    static func escaped(_ text: String) -> String {
        var escaped = ""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "&": escaped += "&amp;"
            case "<": escaped += "&lt;"
            case ">": escaped += "&gt;"
            case "\"": escaped += "&quot;"
            case "'": escaped += "&apos;"
            case "\n", "\t", "\r": escaped += "&#\(scalar.value);"
            case "\u{0}"..."\u{1F}", "\u{FFFE}", "\u{FFFF}": escaped += "\u{FFFD}"
            default: escaped.unicodeScalars.append(scalar)
            }
        }
        return escaped
    }
}
