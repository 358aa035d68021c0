/// Locks, one bit each.
public typealias LockSet = UInt32

/// What the steps of a process may do while it is at one control location. Everything that a reduction assumes is declared here
/// and can be checked (`Reductions.checkDeclarations`). Masks have the shape of a state.
public struct Footprint<State: PackedState>: Sendable {
    /// Bits on which the steps depend: whether they are enabled, where they lead, what they break. The bits that hold the
    /// location itself are among them.
    public var reads: State
    /// Bits that the steps may change.
    public var writes: State
    /// Bits that decide alone whether the process has a step here at all; among `reads`. nil: all of `reads`.
    public var enabling: State?
    /// Bits that no step of any process reads before it writes them while the process is here, and no property looks at.
    public var dead = State()
    /// Locks that the process holds here.
    public var holds: LockSet = 0
    /// Locks that every step from here needs and that only one process can hold: while another holds one, there is no step.
    public var acquires: LockSet = 0
    /// Locations where a step from here may lead.
    public var next: [Int]
    /// Whether other processes need to move while this one is here.
    public var phase = TransactionPhase.outside

    public init(
        reads: State, writes: State, enabling: State? = nil, dead: State = State(), holds: LockSet = 0, acquires: LockSet = 0,
        next: [Int]
    ) {
        self.reads = reads
        self.writes = writes
        self.enabling = enabling
        self.dead = dead
        self.holds = holds
        self.acquires = acquires
        self.next = next
    }
}

/// Where a location stands in a transaction: steps of one process that may be taken as one (Lipton 1975).
///
/// A transaction is a path of locations `outside`, `beforeCommit` …, `afterCommit` …, `outside`. In the two inner phases only this
/// process moves, as long as it can. On every path an `outside` location must come again.
public enum TransactionPhase: Sendable {
    case outside
    /// Every step that leads here is a right mover: whatever another process does next, it could have done before that step, to
    /// the same effect. Taking a lock is one.
    case beforeCommit
    /// Every step from here is a left mover: it could have been taken before whatever another process did last, to the same
    /// effect; and there always is one. Releasing a lock is one.
    case afterCommit
}

/// A model made of processes, each at a control location, that declares what the steps from there touch. From this a search
/// derives which steps commute; a model that is not split like this can be searched, but not reduced.
///
/// A process's location changes by its own steps only.
public protocol ProcessModel: FairModel {
    /// Locations of `process` are 0 ..< this.
    func locationCount(of process: Int) -> Int
    func location(of process: Int, in state: State) -> Int
    /// Must not depend on anything but its arguments.
    func footprint(of process: Int, at location: Int) -> Footprint<State>
    /// Hands every step of `process` that is enabled in `state` to `sink`.
    func steps<Sink: StepSink<State>>(of process: Int, from state: State, into sink: inout Sink)
    /// Bits that `broken(in:)` looks at; all 0 if it always returns 0. (What a *step* breaks depends on what that step reads.)
    var observed: State { get }
}

extension ProcessModel {
    @inlinable
    public func steps<Sink: StepSink<State>>(from state: State, into sink: inout Sink) {
        for process in 0..<processCount { steps(of: process, from: state, into: &sink) }
    }

    /// The steps of `process` that are enabled in `state`.
    @inlinable
    public func steps(of process: Int, from state: State) -> [Step<State>] {
        var list = StepList<State>()
        steps(of: process, from: state, into: &list)
        return list.steps
    }
}

/// States as masks.
extension PackedState {
    @inlinable
    func combined(_ other: Self, _ operation: (UInt64, UInt64) -> UInt64) -> Self {
        var result = self
        for word in 0..<Self.wordCount { result[word: word] = operation(self[word: word], other[word: word]) }
        return result
    }
    @inlinable func union(_ other: Self) -> Self { combined(other, |) }
    @inlinable func intersection(_ other: Self) -> Self { combined(other, &) }
    @inlinable func difference(_ other: Self) -> Self { combined(other, ^) }
    @inlinable func subtracting(_ other: Self) -> Self { combined(other) { $0 & ~$1 } }
    @inlinable
    func intersects(_ other: Self) -> Bool {
        for word in 0..<Self.wordCount where self[word: word] & other[word: word] != 0 { return true }
        return false
    }
    @inlinable
    var isZero: Bool {
        for word in 0..<Self.wordCount where self[word: word] != 0 { return false }
        return true
    }
    /// Bits of `self` where `mask` is 1, of `other` elsewhere.
    @inlinable func choosing(_ mask: Self, else other: Self) -> Self { intersection(mask).union(other.subtracting(mask)) }
}
