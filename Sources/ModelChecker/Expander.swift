/// What a search does with a state: which of the model's steps it takes, and how far it follows each before a state is stored.
@usableFromInline
protocol Expander<M>: Sendable {
    associatedtype M: Model
    var model: M { get }
    /// Hands every successor of `state` that must be stored to `sink`, and every break on the way there.
    func expand<Sink: StepSink<M.State>>(_ state: M.State, into sink: inout Sink)
    /// The same successors as `expand`, each with the states that lead to it.
    func segments(from state: M.State) -> [Segment<M.State>]
    /// The state that is stored for `state`.
    func representative(_ state: M.State) -> M.State
}

/// One or more steps from a stored state to the next one.
@usableFromInline
struct Segment<State: PackedState>: Sendable {
    /// The state after each step; the last is the one that is stored.
    @usableFromInline var states: [State]
    /// What the last step breaks.
    @usableFromInline var breaks: PropertySet

    @usableFromInline init(states: [State], breaks: PropertySet) {
        self.states = states
        self.breaks = breaks
    }
}

/// Every step, each to a state of its own.
@usableFromInline
struct EveryStep<M: Model>: Expander {
    @usableFromInline let model: M
    @usableFromInline init(model: M) { self.model = model }

    @inlinable @inline(__always)
    func expand<Sink: StepSink<M.State>>(_ state: M.State, into sink: inout Sink) {
        model.steps(from: state, into: &sink)
    }

    @inlinable
    func segments(from state: M.State) -> [Segment<M.State>] {
        model.steps(from: state).map { Segment(states: [$0.next], breaks: $0.breaks) }
    }

    @inlinable @inline(__always)
    func representative(_ state: M.State) -> M.State { state }
}

/// Every step, each to the canonical form of its state.
@usableFromInline
struct CanonicalSteps<M: Model>: Expander {
    @usableFromInline let model: M
    @usableFromInline init(model: M) { self.model = model }

    @inlinable @inline(__always)
    func expand<Sink: StepSink<M.State>>(_ state: M.State, into sink: inout Sink) {
        withUnsafeMutablePointer(to: &sink) { pointer in
            var canonical = CanonicalSink(model: model, sink: pointer)
            model.steps(from: state, into: &canonical)
        }
    }

    @inlinable
    func segments(from state: M.State) -> [Segment<M.State>] {
        model.steps(from: state).map { Segment(states: [model.canonical($0.next)], breaks: $0.breaks) }
    }

    @inlinable @inline(__always)
    func representative(_ state: M.State) -> M.State { model.canonical(state) }
}

/// Passes the canonical form of each state on.
@usableFromInline
struct CanonicalSink<M: Model, Sink: StepSink<M.State>>: StepSink {
    @usableFromInline let model: M
    @usableFromInline let sink: UnsafeMutablePointer<Sink>

    @inlinable init(model: M, sink: UnsafeMutablePointer<Sink>) {
        self.model = model
        self.sink = sink
    }

    @inlinable @inline(__always)
    mutating func add(_ next: M.State, step: StepID, breaks: PropertySet) {
        sink.pointee.add(model.canonical(next), step: step, breaks: breaks)
    }
}
