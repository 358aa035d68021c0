/// Measures a search as it goes, and says when to report.
@usableFromInline
struct Meter: Sendable {
    /// States at each depth.
    @usableFromInline var levels: [Int] = []
    @usableFromInline let start = ContinuousClock.now
    @usableFromInline let interval: Double
    @usableFromInline var reported = 0.0
    @usableFromInline var lookAt = 0

    @usableFromInline init(interval: Double) { self.interval = interval }

    @usableFromInline var seconds: Double {
        let components = (ContinuousClock.now - start).components
        return Double(components.seconds) + Double(components.attoseconds) * 1e-18
    }

    @usableFromInline mutating func level(_ states: Int) { levels.append(states) }

    /// True every 65,536 expanded states: a look at the clock costs as much as a state.
    @inlinable @inline(__always)
    mutating func isDue(at expanded: Int) -> Bool {
        if expanded < lookAt { return false }
        lookAt = expanded + 1 << 16
        return true
    }

    @usableFromInline @inline(never)
    mutating func report(states: Int, transitions: Int, depth: Int, frontier: Int, to progress: (Progress) -> Void) {
        let now = seconds
        guard now - reported >= interval else { return }
        reported = now
        progress(
            Progress(
                states: states, transitions: transitions, rate: Double(states) / max(now, 1e-9), depth: depth,
                frontier: frontier, estimate: estimate, seconds: now))
    }

    /// The levels of a finite space grow, then shrink. Once the last three shrink, the rest is taken for a geometric series
    /// with the last ratio.
    @usableFromInline var estimate: Int? {
        guard levels.count >= 5 else { return nil }
        let last = levels.suffix(4).map(Double.init)
        guard last[0] > last[1], last[1] > last[2], last[2] > last[3] else { return nil }
        let ratio = last[3] / last[2]
        return levels.reduce(0, +) + Int(last[3] * ratio / (1 - ratio))
    }
}
