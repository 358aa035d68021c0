/// How the explorer searches. Two searches of one question may differ in these, and never in a verdict other than `incomplete`.
public struct ExploreOptions: Codable, Equatable, Hashable, Sendable {
    public enum Strategy: String, CaseIterable, Codable, Hashable, Sendable {
        /// Level by level: the first violation found is one of the shortest.
        case breadthFirst = "breadth-first"
        case depthFirst = "depth-first"
        /// Walks that take any enabled step with equal odds. Never complete.
        case random
        /// Walks by random priorities with a few changes: Burckhardt, Kothari, Musuvathi and Nagarakatte, ASPLOS 2010. Never complete.
        case pct
    }

    public var strategy = Strategy.breadthFirst
    /// Skip interleavings that differ from a searched one in nothing that a claim sees.
    public var reductions = true
    /// Store 64-bit fingerprints in place of states; breadth-first alone can.
    public var fingerprints = false
    /// Of the random strategies, and of what else is drawn. Nil: nothing is drawn.
    public var seed: UInt64?
    /// Bytes that the search may use; nil: the engine's choice.
    public var memory: UInt64?
    /// Threads that search, breadth-first; nil: one for each CPU. With one, the same search finds the same trace.
    public var threads: Int?

    public init() {}
}

extension ExploreOptions.Strategy {
    /// True if it draws its way, and so needs a seed and never covers everything.
    public var isRandom: Bool { self == .random || self == .pct }
}

/// How far a search is.
public struct ExploreProgress: Equatable, Sendable {
    /// Distinct states stored.
    public var states: UInt64
    /// Steps from the initial state; with walks, the longest.
    public var depth: Int
    /// States that wait to be expanded; with walks, 0.
    public var queued: UInt64
    /// How many states there will be, if there is a ground to say so.
    public var estimate: UInt64?

    public init(states: UInt64, depth: Int, queued: UInt64 = 0, estimate: UInt64? = nil) {
        self.states = states
        self.depth = depth
        self.queued = queued
        self.estimate = estimate
    }
}
