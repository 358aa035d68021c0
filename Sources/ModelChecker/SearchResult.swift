/// A way through a model: where it starts and which steps it takes.
public struct Path: Equatable, Hashable, Sendable, Codable {
    /// Place in `Model.initialStates`.
    public var initialState: Int
    public var steps: [StepID]
    /// For an idle cycle: the steps that lead from the end of `steps` back to that state, again and again.
    public var cycle: [StepID]

    public init(initialState: Int = 0, steps: [StepID], cycle: [StepID] = []) {
        self.initialState = initialState
        self.steps = steps
        self.cycle = cycle
    }
}

/// A property that does not hold, and the path that shows it.
public struct Violation: Equatable, Hashable, Sendable {
    /// Place in `Model.properties`.
    public var property: Int
    /// The last step breaks an invariant; or the path leads to the ending, to the state from which no good ending can be
    /// reached, or to a state of the cycle.
    public var path: Path

    public init(property: Int, path: Path) {
        self.property = property
        self.path = path
    }
}

/// Bytes at the peak, by what they are for.
public struct MemoryUse: Equatable, Hashable, Sendable {
    /// The visited set: states (or fingerprints) and the index over them.
    public var table = 0
    /// What is kept only until it has been expanded, and buffers. A state in the visited set is its own frontier entry.
    public var frontier = 0
    /// Links to predecessors, from which paths are rebuilt.
    public var parents = 0
    public var total: Int { table + frontier + parents }

    public init() {}
}

/// What a search found.
public struct SearchResult<State: PackedState>: Sendable {
    public enum Stop: Equatable, Hashable, Sendable {
        /// Every reachable state (with reductions: every one that needs to be) was expanded.
        case exhausted
        /// What was asked for was found before that.
        case decided
        case depthLimit, stateLimit, memoryLimit
        /// A random strategy has done its walks.
        case walksDone
    }

    /// Distinct states stored.
    public var states = 0
    /// Steps taken.
    public var transitions = 0
    /// The greatest number of steps from an initial state (with reductions: of stored states along the path).
    public var depth = 0
    /// States without steps.
    public var endings = 0
    public var stop = Stop.exhausted
    /// One sentence: what was covered, and what was not.
    public var coverage = ""
    /// At most one for each property, in the order of their places.
    public var violations: [Violation] = []
    /// Properties of interest that are neither violated nor shown to hold.
    public var undecided: PropertySet = 0
    /// With fingerprints: an upper bound of the probability that any state was taken for another one.
    public var omissionOdds: Double?
    public var memory = MemoryUse()
    public var seconds = 0.0

    public init() {}

    /// `path` breaks `properties`.
    @usableFromInline
    mutating func add(_ path: Path, for properties: PropertySet) {
        for place in 0..<32 where properties & 1 << PropertySet(place) != 0 {
            violations.append(Violation(property: place, path: path))
        }
    }

    public var isComplete: Bool { stop == .exhausted }
    /// The path that breaks property `index`, if one was found.
    public func violation(of index: Int) -> Violation? { violations.first { $0.property == index } }
}

/// How far a search is.
public struct Progress: Equatable, Sendable {
    public var states: Int
    public var transitions: Int
    /// States stored per second since the start.
    public var rate: Double
    public var depth: Int
    /// States found and not yet expanded.
    public var frontier: Int
    /// An estimate of all states: once the levels shrink, each by about the factor of the one before, the rest of that series.
    /// nil while they grow: nothing honest can be said then.
    public var estimate: Int?
    public var seconds: Double
}
