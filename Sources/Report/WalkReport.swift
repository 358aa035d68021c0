public import Conformance

/// The outcome of random walks: over the core, and through its decoder.
public struct WalkReport: Sendable {
    public var seed: UInt64
    public var walk: (report: RandomWalk.Report, duration: Duration)?
    public var decoder: (report: DecoderWalk.Report, duration: Duration)?

    public init(seed: UInt64) { self.seed = seed }

    /// True if nothing was found that does not hold.
    public var holds: Bool { walk?.report.violation == nil && decoder?.report.violation == nil }

    /// One of the two, in the words of both formats.
    private struct Part {
        var name: String
        var counts: [(name: String, value: Int)]
        var duration: Duration
        var holds: String
        var violation: String?
        var next: String
    }

    private var parts: [Part] {
        var parts: [Part] = []
        if let (report, duration) = walk {
            parts.append(
                Part(
                    name: "walk",
                    counts: [
                        ("instructions", report.instructions), ("steps", report.steps), ("sent", report.sent),
                        ("delivered", report.delivered), ("notifications", report.notifications),
                        ("stale", report.staleNotifications), ("switches", report.switches), ("faults", report.faults),
                    ], duration: duration,
                    holds: "PIR, UIRR and ON agreed with the ledger after every step: nothing lost, nothing invented.",
                    violation: report.violation,
                    next: "uintr walk --seed \(report.seed) --instructions \(report.instructions) --strings 0"))
        }
        if let (report, duration) = decoder {
            parts.append(
                Part(
                    name: "decoder",
                    counts: [
                        ("strings", report.strings), ("accepted", report.instructions), ("truncated", report.truncated),
                        ("too long", report.tooLong),
                    ], duration: duration, holds: "What was accepted is one of the five encodings behind legal prefixes.",
                    violation: report.violation,
                    next: "uintr walk --seed \(report.seed) --instructions 0 --strings \(report.strings)"))
        }
        return parts
    }

    public func text(_ layout: TextLayout) -> String {
        var lines = [layout.styled("Random walks on the emulator core, seed \(seed)", .bold)]
        for part in parts {
            lines += ["", layout.styled(part.name, .bold)]
            for count in part.counts { lines.append("  " + padded(count.name, 13) + right(grouped(count.value), 12)) }
            lines.append("  " + padded("seconds", 13) + right(fixed(part.duration.seconds, decimals: 1), 12))
            if let violation = part.violation {
                lines += layout.entry("VIOLATED", violation, style: .red) + layout.entry("next", part.next)
            } else {
                lines += layout.wrapped(part.holds, lead: "  ", style: .green)
            }
        }
        return lines.joined(separator: "\n") + "\n"
    }

    public var json: String {
        render(
            Document(
                seed: seed,
                parts: Dictionary(
                    uniqueKeysWithValues: parts.map { part in
                        (
                            part.name,
                            Document.Part(
                                counts: Dictionary(uniqueKeysWithValues: part.counts.map { ($0.name, $0.value) }),
                                seconds: part.duration.seconds, verdict: part.violation == nil ? "holds" : "violated",
                                message: part.violation ?? "")
                        )
                    })))
    }

    private struct Document: Encodable {
        struct Part: Encodable {
            var counts: [String: Int]
            var seconds: Double
            var verdict, message: String
        }
        /// The walks run on the core and nowhere else.
        var backend = "emulation"
        var seed: UInt64
        var parts: [String: Part]
    }
}

/// Digits in threes: `10,000,000`.
func grouped(_ number: Int) -> String {
    let digits = Array(String(number))
    return String(digits.enumerated().flatMap { index, digit in
        index > 0 && (digits.count - index).isMultiple(of: 3) ? [",", digit] : [digit]
    })
}
