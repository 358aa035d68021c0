public import Conformance

/// The outcome of a random walk on the core.
public struct WalkReport: Equatable, Sendable {
    private var walk: RandomWalk.Report
    private var duration: Duration

    public init(_ walk: RandomWalk.Report, duration: Duration) {
        self.walk = walk
        self.duration = duration
    }

    private var counts: [(name: String, value: Int)] {
        [
            ("instructions", walk.instructions), ("steps", walk.steps), ("sent", walk.sent), ("delivered", walk.delivered),
            ("notifications", walk.notifications), ("stale", walk.staleNotifications), ("switches", walk.switches),
            ("faults", walk.faults),
        ]
    }

    public func text(_ layout: TextLayout) -> String {
        var lines = [layout.styled("Random walk on the emulator core", .bold)]
        lines += layout.entry("seed", "\(walk.seed)", column: 15)
        for count in counts { lines += layout.entry(count.name, grouped(count.value), column: 15) }
        lines += layout.entry("time", fixed(duration.seconds, decimals: 1) + " s", column: 15) + [""]
        if let violation = walk.violation {
            lines.append(layout.styled("VIOLATED", .red))
            lines += layout.entry("found", violation)
            lines += layout.entry("next", "uintr walk --seed \(walk.seed) --instructions \(walk.instructions)")
        } else {
            lines += layout.wrapped("PIR, UIRR and ON agreed with the ledger after every step: nothing lost, nothing invented.", style: .green)
        }
        return lines.joined(separator: "\n") + "\n"
    }

    public var json: String {
        render(
            Document(
                seed: walk.seed, seconds: duration.seconds,
                counts: Dictionary(uniqueKeysWithValues: counts.map { ($0.name, $0.value) }),
                verdict: walk.violation == nil ? "holds" : "violated", message: walk.violation ?? ""))
    }

    private struct Document: Encodable {
        /// The walk runs on the core and nowhere else.
        var backend = "emulation"
        var seed: UInt64
        var seconds: Double
        var counts: [String: Int]
        var verdict, message: String
    }
}

/// Digits in threes: `10,000,000`.
func grouped(_ number: Int) -> String {
    let digits = Array(String(number))
    return String(digits.enumerated().flatMap { index, digit in
        index > 0 && (digits.count - index).isMultiple(of: 3) ? [",", digit] : [digit]
    })
}
