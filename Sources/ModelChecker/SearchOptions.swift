/// In which order a search takes the steps.
public enum Strategy: Equatable, Hashable, Sendable {
    /// Level by level: the first path that breaks a property is a shortest one.
    case breadthFirst
    /// Deep paths first.
    case depthFirst
    /// `walks` random executions of at most `depth` steps each.
    case randomWalk(seed: UInt64, walks: Int, depth: Int)
    /// `walks` executions of at most `depth` steps under random priorities with a few random changes (probabilistic concurrency
    /// testing: Burckhardt, Kothari, Musuvathi, Nagarakatte, ASPLOS 2010).
    case pct(seed: UInt64, walks: Int, depth: Int)
}

/// What may be left out because something else stands for it.
public struct Reductions: OptionSet, Hashable, Sendable {
    public let rawValue: UInt8
    @inlinable public init(rawValue: UInt8) { self.rawValue = rawValue }

    /// Of steps that commute, one order (persistent sets: Valmari 1989, Godefroid 1996).
    public static let partialOrder = Reductions(rawValue: 1)
    /// A state from which only one step needs to be taken is passed through without being stored.
    public static let chains = Reductions(rawValue: 2)
    /// `Model.canonical`: dead fields reset, symmetric parts sorted.
    public static let canonical = Reductions(rawValue: 4)
    /// No reduction, but every declaration that the reductions rest on is checked as the search goes.
    public static let checkDeclarations = Reductions(rawValue: 8)
    /// Inside a transaction that the model declares (`Footprint.phase`) only its process moves. Goes with `partialOrder`.
    public static let transactions = Reductions(rawValue: 16)
    public static let all: Reductions = [.partialOrder, .chains, .canonical, .transactions]
}

/// How to search.
public struct SearchOptions: Sendable {
    public enum StopWhen: Equatable, Hashable, Sendable {
        case firstViolation
        /// All properties of interest are violated, or the space is exhausted.
        case everyPropertyDecided
    }

    public var strategy = Strategy.breadthFirst
    /// Threads; breadth-first alone uses more than one.
    public var threads = 1
    /// Bytes that visited set, frontier and parent links may take together; nil: half of the machine's memory.
    public var memoryLimit: Int?
    /// Keep 64 bits of each state: less memory, and a small chance that a state is taken for another one.
    public var fingerprints = false
    public var reductions: Reductions = []
    /// The properties of interest.
    public var goal: PropertySet = .max
    public var stopWhen = StopWhen.everyPropertyDecided
    /// Steps from the initial states (with reductions: stored states along the path).
    public var depthLimit: Int?
    /// States stored.
    public var stateLimit: Int?
    /// About how many states there are, if that is known: the index then need not grow to it.
    public var expectedStates = 0
    /// Seconds between two reports of progress.
    public var progressInterval = 1.0
    /// Of the samples that `.checkDeclarations` takes.
    public var seed: UInt64 = 1

    public init() {}

    @usableFromInline var memoryBytes: Int { memoryLimit ?? physicalMemory() / 2 }
}
