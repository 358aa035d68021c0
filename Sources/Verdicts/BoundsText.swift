public import KernelModel

/// A bound's name, what it may be, and where it stands.
public struct BoundKey: Sendable {
    public var name: String
    public var range: ClosedRange<Int>
    public var summary: String
    public var path: any WritableKeyPath<Bounds, Int> & Sendable

    /// All, in the order of `Bounds`.
    public static let all: [BoundKey] = [
        BoundKey(name: "cpus", range: 1...3, summary: "CPUs; CPU 0 is never taken offline", path: \.cpus),
        BoundKey(name: "receivers", range: 1...2, summary: "tasks that receive", path: \.receivers),
        BoundKey(name: "senders", range: 1...3, summary: "tasks that send", path: \.senders),
        BoundKey(name: "messages", range: 0...3, summary: "SENDUIPIs of each sender", path: \.messages),
        BoundKey(name: "vectors", range: 1...2, summary: "user vectors of each receiver", path: \.vectors),
        BoundKey(name: "preemptions", range: 0...3, summary: "preemptions, over the whole execution", path: \.preemptions),
        BoundKey(name: "offline", range: 0...3, summary: "cycles of a CPU going offline and online", path: \.offline),
        BoundKey(name: "signals", range: 0...3, summary: "signals", path: \.signals),
        BoundKey(name: "timeouts", range: 0...3, summary: "expiries of uintr_wait()'s timeout", path: \.timeouts),
        BoundKey(name: "unregisters", range: 0...1, summary: "unregistrations of a handler", path: \.unregisters),
        BoundKey(name: "exits", range: 0...1, summary: "exits of a receiver", path: \.exits),
        BoundKey(name: "forks", range: 0...1, summary: "forks by a receiver", path: \.forks),
        BoundKey(name: "kthreads", range: 0...3, summary: "times that a kernel thread uses the FPU", path: \.kthreads),
    ]
}

extension Bounds {
    /// What is not named is so much. In the scenario `hotplug` one CPU goes offline, since nothing is posted before.
    public init(for scenario: Scenario) {
        self.init()
        if scenario == .hotplug { offline = 1 }
    }

    /// Reads `cpus=3,senders=2`. Bounds that are not named are those of `init(for:)`.
    ///
    /// - Throws: a sentence that names what is allowed and what is nearest.
    public static func parse(_ text: String, scenario: Scenario = .any) throws(UsageError) -> Bounds {
        var bounds = Bounds(for: scenario)
        var seen: Set<String> = []
        let names = BoundKey.all.map(\.name)
        for part in text.split(separator: ",", omittingEmptySubsequences: false) where !text.isEmpty {
            let sides = part.split(separator: "=", omittingEmptySubsequences: false).map { $0.filter { $0 != " " } }
            guard sides.count == 2, !sides[0].isEmpty, !sides[1].isEmpty else {
                throw UsageError("--bounds: \"\(part)\" is not name=number. Write for example --bounds cpus=3,senders=2.")
            }
            let (name, number) = (sides[0], sides[1])
            guard let key = BoundKey.all.first(where: { $0.name == name }) else {
                throw UsageError(
                    "--bounds: there is no bound \"\(name)\".\(suggestion(for: name, among: names)) The bounds are \(allowedText).")
            }
            guard seen.insert(name).inserted else {
                throw UsageError("--bounds: \(name) is given twice. Leave one out.")
            }
            guard let value = Int(number) else {
                throw UsageError("--bounds: \(name)=\(number) is not a number. \(name) is \(key.rangeText).")
            }
            guard key.range.contains(value) else {
                let near = min(max(value, key.range.lowerBound), key.range.upperBound)
                throw UsageError("--bounds: \(name)=\(value) is out of range. \(name) is \(key.rangeText); the nearest is \(name)=\(near).")
            }
            bounds[keyPath: key.path] = value
        }
        if let contradiction = bounds.contradiction(in: scenario) { throw UsageError("--bounds: \(contradiction)") }
        return bounds
    }

    /// Why nothing could be learnt within these bounds, if so.
    func contradiction(in scenario: Scenario) -> String? {
        if offline > 0 && cpus < 2 {
            return "offline=\(offline) with cpus=1: CPU 0 is never taken offline. Give cpus=2 or more, or offline=0."
        }
        if scenario == .hotplug && offline == 0 {
            return "offline=0 with --scenario hotplug: nothing is posted before a CPU is offline. Give offline=1 or more, or --scenario any."
        }
        return nil
    }

    private static var allowedText: String {
        BoundKey.all.map { "\($0.name) (\($0.range.lowerBound)-\($0.range.upperBound))" }.joined(separator: ", ")
    }

    /// The first four, and of the others those that are not at their least: `cpus=2, receivers=1, senders=1, messages=1, offline=1`.
    public var text: String {
        BoundKey.all.enumerated().compactMap { index, key in
            let value = self[keyPath: key.path]
            return index < 4 || value != key.range.lowerBound ? "\(key.name)=\(value)" : nil
        }.joined(separator: ", ")
    }

    /// What `--bounds` must say to get these: empty where they are the defaults.
    public func argument(in scenario: Scenario) -> String {
        let defaults = Bounds(for: scenario)
        return BoundKey.all.compactMap { key in
            let value = self[keyPath: key.path]
            return value == defaults[keyPath: key.path] ? nil : "\(key.name)=\(value)"
        }.joined(separator: ",")
    }

    /// True if every bound is at most `other`'s.
    public func isWithin(_ other: Bounds) -> Bool {
        BoundKey.all.allSatisfy { self[keyPath: $0.path] <= other[keyPath: $0.path] }
    }

    /// The larger of each bound.
    public func union(_ other: Bounds) -> Bounds {
        var result = self
        for key in BoundKey.all { result[keyPath: key.path] = max(self[keyPath: key.path], other[keyPath: key.path]) }
        return result
    }
}

extension BoundKey {
    var rangeText: String { "\(range.lowerBound) to \(range.upperBound)" }
}
