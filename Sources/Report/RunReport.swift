public import Conformance

/// The outcome of a run of the conformance suite: what every format is rendered from.
public struct RunReport: Equatable, Sendable {
    public var header: RunHeader
    public var results: [CaseResult]
    public var duration: Duration

    public init(header: RunHeader, results: [CaseResult], duration: Duration) {
        self.header = header
        self.results = results
        self.duration = duration
    }

    public var totals: Totals { Totals(results) }

    /// What the process exits with, as kselftest does: 1 if a case failed, 4 if none ran, else 0.
    public var exitStatus: Int32 {
        let totals = totals
        return totals.failed > 0 ? 1 : totals.passed == 0 ? 4 : 0
    }

    /// What a user types to look at one case again.
    static func nextCommand(_ result: CaseResult) -> String {
        "uintr check --filter \(result.caseID) --format json"
    }

    /// Seconds with three decimals: `0.412`.
    var secondsText: String { fixed(duration.seconds, decimals: 3) }
}

/// How many cases passed, failed and were skipped.
public struct Totals: Equatable, Sendable {
    public var passed = 0
    public var failed = 0
    public var skipped = 0

    public init(_ results: some Sequence<CaseResult>) {
        for result in results {
            switch result.verdict {
            case .passed: passed += 1
            case .failed: failed += 1
            case .skipped: skipped += 1
            }
        }
    }

    public var all: Int { passed + failed + skipped }
}

extension CaseResult {
    /// The part of the id before the first dot: what the table and JUnit group by.
    public var topic: String { String(caseID.prefix { $0 != "." }) }
}

extension Duration {
    var seconds: Double {
        let (seconds, attoseconds) = components
        return Double(seconds) + Double(attoseconds) / 1e18
    }
}

/// A number of `decimals` digits after the point, rounded, without the locale.
func fixed(_ value: Double, decimals: Int) -> String {
    var scale = 1
    for _ in 0..<decimals { scale *= 10 }
    let scaled = Int((value * Double(scale)).rounded())
    guard decimals > 0 else { return "\(scaled)" }
    let fraction = String(scaled % scale)
    return "\(scaled / scale)." + String(repeating: "0", count: decimals - fraction.count) + fraction
}

/// One line: line breaks, tabs and other control characters become spaces, so that no text can forge a line of a format.
func oneLine(_ text: String) -> String {
    String(String.UnicodeScalarView(text.unicodeScalars.map { $0.value < 0x20 || $0.value == 0x7F ? " " : $0 }))
}
