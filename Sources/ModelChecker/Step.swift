/// A step that a model enables in a state.
public struct Step<State: PackedState>: Equatable, Hashable, Sendable {
    public var next: State
    public var id: StepID
    /// The invariants that it breaks.
    public var breaks: PropertySet

    @inlinable
    public init(next: State, id: StepID, breaks: PropertySet) {
        self.next = next
        self.id = id
        self.breaks = breaks
    }
}

/// A sink that keeps what it is given.
@usableFromInline
struct StepList<State: PackedState>: StepSink {
    @usableFromInline var steps: [Step<State>] = []
    @usableFromInline init() {}
    @inlinable mutating func add(_ next: State, step: StepID, breaks: PropertySet) {
        steps.append(Step(next: next, id: step, breaks: breaks))
    }
}

extension Model {
    /// The steps that are enabled in `state`, in the model's order.
    @inlinable
    public func steps(from state: State) -> [Step<State>] {
        var list = StepList<State>()
        steps(from: state, into: &list)
        return list.steps
    }

    /// Those properties whose breaking ends an execution.
    @inlinable
    var endingExecution: PropertySet {
        var set: PropertySet = 0
        for (place, property) in properties.enumerated() where property.endsExecution { set |= 1 << place }
        return set
    }

    /// The properties of one of `kinds`.
    @inlinable
    func properties(of kind: Property.Kind) -> PropertySet {
        var set: PropertySet = 0
        for (place, property) in properties.enumerated() where property.kind == kind { set |= 1 << place }
        return set
    }
}
