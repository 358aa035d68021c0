/// A line that is drawn over itself on a terminal while a run goes on: count, rate, estimate.
public struct Progress: Sendable {
    private let total: Int
    private let unit: String
    private var lastDrawn: Duration?

    /// - Parameter unit: What is counted, in the plural: `cases`.
    public init(total: Int, unit: String) {
        self.total = total
        self.unit = unit
    }

    /// The line for `done` after `elapsed`, with the codes that draw it over the one before; nil if the last one was drawn less
    /// than a tenth of a second ago.
    public mutating func line(done: Int, elapsed: Duration) -> String? {
        if let lastDrawn, elapsed - lastDrawn < .milliseconds(100) { return nil }
        lastDrawn = elapsed
        return "\r\u{1B}[K" + text(done: done, elapsed: elapsed)
    }

    /// Takes the line off the terminal; empty if none was drawn.
    public var erasure: String { lastDrawn == nil ? "" : "\r\u{1B}[K" }

    func text(done: Int, elapsed: Duration) -> String {
        let seconds = elapsed.seconds
        var text = "\(done) of \(total) \(unit)"
        guard done > 0, seconds > 0 else { return text }
        let rate = Double(done) / seconds
        text += ", \(fixed(rate, decimals: rate < 10 ? 1 : 0)) a second"
        if done < total { text += ", about \(Self.time(Double(total - done) / rate)) left" }
        return text
    }

    private static func time(_ seconds: Double) -> String {
        let whole = Int(seconds.rounded(.up))
        return whole < 90 ? "\(whole) s" : "\(whole / 60) min \(whole % 60) s"
    }
}
