/// One run of one search.
struct Measurement {
    var states = 0
    var transitions = 0
    var violated = false
    /// Each state without steps, as `WaitModel.ending` packs it.
    var endings: Set<UInt64> = []
    var wallSeconds: Double
    var cpuSeconds: Double
    var peakBytes: Int

    init(_ usage: Usage) {
        wallSeconds = usage.wallSeconds
        cpuSeconds = usage.cpuSeconds
        peakBytes = usage.peakBytes
    }

    var bytesPerState: Double { Double(peakBytes) / Double(states) }
}

/// The runs of one program on one model, taken in turn with another's.
struct Series {
    var name: String
    var runs: [Measurement] = []

    init(_ name: String) { self.name = name }

    var first: Measurement? { runs.first }

    func median(_ value: (Measurement) -> Double) -> Double { Series.median(runs.map(value)) }

    /// The median of one round's quotients: both of a round met about the same machine.
    static func ratio(_ a: Series, over b: Series, _ value: (Measurement) -> Double) -> Double {
        median(zip(a.runs, b.runs).map { value($0) / value($1) })
    }

    private static func median(_ values: [Double]) -> Double {
        let sorted = values.sorted()
        guard let last = sorted.last else { return .nan }
        let middle = sorted.count / 2
        return sorted.count % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + (middle < sorted.count ? sorted[middle] : last)) / 2
    }
}
