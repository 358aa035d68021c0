/// A state of a model, packed into a fixed number of 64-bit words.
///
/// The state whose words are all 0 is the visited set's mark for an empty place: no model may reach it.
public protocol PackedState: BitwiseCopyable, Hashable, Sendable {
    /// How many words a state has: 1–8.
    static var wordCount: Int { get }
    /// All words 0.
    init()
    /// Word `index`, 0 ..< `wordCount`.
    subscript(word index: Int) -> UInt64 { get set }
}

/// The model's own number for a step: a trace is a list of them, so a number means the same step in every run.
public typealias StepID = UInt16

/// A set of properties by their places in `Model.properties`, one bit for each: at most 32.
public typealias PropertySet = UInt32

/// A property of a model, as the search reports it.
public struct Property: Equatable, Hashable, Sendable {
    public enum Kind: Equatable, Hashable, Sendable {
        /// Broken by a step (`StepSink.add`) or by a state (`Model.broken`).
        case invariant
        /// Broken by a state without steps (`Model.brokenByEnding`).
        case ending
        /// From every state an ending that breaks nothing can be reached.
        case canFinish
        /// There is no cycle in which every process that could move all along does move.
        case noIdleCycle
    }

    public var name: String
    public var kind: Kind
    /// What follows a step that breaks it is undefined: the search does not go on from there.
    public var endsExecution: Bool

    public init(_ name: String, _ kind: Kind, endsExecution: Bool = false) {
        self.name = name
        self.kind = kind
        self.endsExecution = endsExecution
    }
}

/// What takes the steps that a model enables in a state.
public protocol StepSink<State> {
    associatedtype State: PackedState
    /// - Parameters:
    ///   - next: the state after the step.
    ///   - step: the step's number; two steps of one state may share it only if they lead to the same state.
    ///   - breaks: the invariants that this step breaks.
    mutating func add(_ next: State, step: StepID, breaks: PropertySet)
}

/// A system as initial states and steps. It is a value: two searches may run on copies of it at once.
public protocol Model: Sendable {
    associatedtype State: PackedState

    /// At least one.
    var initialStates: [State] { get }
    /// At most 32; their places are the bits of a `PropertySet`.
    var properties: [Property] { get }
    /// Hands every step that is enabled in `state` to `sink`.
    func steps<Sink: StepSink<State>>(from state: State, into sink: inout Sink)
    /// The invariants that `state` breaks by what it is.
    func broken(in state: State) -> PropertySet
    /// The properties of kind `ending` that `state`, which has no step, breaks. For `canFinish`, an ending that breaks nothing
    /// is a good one.
    func brokenByEnding(in state: State) -> PropertySet
    /// One state for all that cannot be told apart: dead fields reset, identical parts sorted. Must be idempotent, and must
    /// keep steps and properties; the search can check that.
    func canonical(_ state: State) -> State
    /// The step's name for a reader, in the state in which it is taken.
    func name(of step: StepID, in state: State) -> String
}

extension Model {
    @inlinable public func broken(in state: State) -> PropertySet { 0 }
    @inlinable public func brokenByEnding(in state: State) -> PropertySet { 0 }
    @inlinable public func canonical(_ state: State) -> State { state }
}
