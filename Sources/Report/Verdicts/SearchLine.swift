public import Verdicts

/// The line that is drawn over itself while a search goes on: states, rate, depth, and how long it will take where that can be said.
public struct SearchLine: Sendable {
    private let subject: String
    private var lastDrawn: Duration?

    /// - Parameters:
    ///   - subject: What is searched.
    ///   - number: Its place among `total`, from 1.
    public init(_ subject: String, number: Int = 1, of total: Int = 1) {
        self.subject = (total > 1 ? "[\(number) of \(total)] " : "") + subject
    }

    /// The line after `elapsed`, with the codes that draw it over the one before; nil if the last one was drawn less than a tenth
    /// of a second ago.
    public mutating func line(_ progress: ExploreProgress, elapsed: Duration, width: Int) -> String? {
        if let lastDrawn, elapsed - lastDrawn < .milliseconds(100) { return nil }
        lastDrawn = elapsed
        // A line that is wrapped could not be drawn over.
        return "\r\u{1B}[K" + text(progress, elapsed: elapsed).prefix(max(width - 1, 1))
    }

    /// Takes the line off the terminal; empty if none was drawn.
    public var erasure: String { lastDrawn == nil ? "" : "\r\u{1B}[K" }

    func text(_ progress: ExploreProgress, elapsed: Duration) -> String {
        let seconds = elapsed.seconds
        var text = "\(subject): \(grouped(progress.states)) states"
        guard seconds > 0 else { return text }
        let perSecond = Double(progress.states) / seconds
        text += ", \(rate(perSecond)) a second, depth \(progress.depth)"
        if progress.queued > 0 { text += ", \(grouped(progress.queued)) queued" }
        if let estimate = progress.estimate, estimate > progress.states, perSecond > 0 {
            text += ", about \(Self.time(Double(estimate - progress.states) / perSecond)) left"
        }
        return text
    }

    private static func time(_ seconds: Double) -> String {
        guard seconds < 360_000 else { return "days" }
        let whole = Int(seconds.rounded(.up))
        if whole < 90 { return "\(whole) s" }
        return whole < 5400 ? "\(whole / 60) min" : "\(whole / 3600) h \(whole % 3600 / 60) min"
    }
}
