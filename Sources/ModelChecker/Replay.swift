/// Why a path cannot be taken.
public enum ReplayError: Error, Equatable, Sendable, CustomStringConvertible {
    /// A step that could be taken instead.
    public struct Enabled: Equatable, Hashable, Sendable {
        public var step: StepID
        public var name: String
        public init(step: StepID, name: String) {
            self.step = step
            self.name = name
        }
    }
    case noInitialState(Int, count: Int)
    /// - Parameters: `at`: the place in the path, 0 the first step.
    case notEnabled(step: StepID, at: Int, enabled: [Enabled])
    /// The steps of the cycle lead to another state than they start from.
    case cycleStaysOpen

    public var description: String {
        switch self {
        case .noInitialState(let index, let count):
            "the path starts in initial state \(index), the model has \(count): it was saved for another model or other bounds"
        case .notEnabled(let step, let place, let enabled):
            "step \(place + 1) of the path (number \(step)) cannot be taken there: "
                + (enabled.isEmpty
                    ? "no step can" : "these can: " + enabled.map { "\($0.step) \($0.name)" }.joined(separator: ", "))
        case .cycleStaysOpen: "the cycle does not lead back to the state where it starts: the model has changed since"
        }
    }
}

/// A path, taken in the model.
public struct Replay<State: PackedState>: Equatable, Sendable {
    /// The initial state, then the state after each step, those of the cycle included.
    public var states: [State]
    /// Invariants broken along the way, and what the last state breaks if it has no step.
    public var broken: PropertySet
    /// The last state has no step.
    public var isEnding: Bool
}

extension Model {
    /// Takes `path` step by step.
    public func replay(_ path: Path) throws(ReplayError) -> Replay<State> {
        let initial = initialStates
        guard initial.indices.contains(path.initialState) else {
            throw .noInitialState(path.initialState, count: initial.count)
        }
        var state = initial[path.initialState]
        var replay = Replay(states: [state], broken: broken(in: state), isEnding: false)
        for (place, id) in (path.steps + path.cycle).enumerated() {
            let enabled = steps(from: state)
            guard let step = enabled.first(where: { $0.id == id }) else {
                throw .notEnabled(
                    step: id, at: place, enabled: enabled.map { .init(step: $0.id, name: name(of: $0.id, in: state)) })
            }
            state = step.next
            replay.states.append(state)
            replay.broken |= step.breaks | broken(in: state)
        }
        if !path.cycle.isEmpty, replay.states[path.steps.count] != state { throw .cycleStaysOpen }
        replay.isEnding = steps(from: state).isEmpty
        if replay.isEnding { replay.broken |= brokenByEnding(in: state) }
        return replay
    }

    /// A shorter path that still breaks property `index`, an invariant or an ending; `path` itself if none is found, or for
    /// another kind of property.
    ///
    /// Parts of the schedule are dropped as long as what is left of it breaks the property (delta debugging: Zeller and
    /// Hildebrandt 2002); then a breadth-first search of at most `stateLimit` states looks for a shorter one still.
    @inlinable
    public func minimised(_ path: Path, breaking index: Int, stateLimit: Int = 1 << 20) throws(SearchError) -> Path {
        guard properties.indices.contains(index), [.invariant, .ending].contains(properties[index].kind) else { return path }
        let property: PropertySet = 1 << PropertySet(index)
        guard var best = lenientReplay(path, until: property) else { return path }
        var chunk = best.steps.count / 2
        while chunk > 0 {
            var start = 0
            while start < best.steps.count {
                var shorter = best
                shorter.steps.removeSubrange(start..<min(start + chunk, best.steps.count))
                if let found = lenientReplay(shorter, until: property), found.steps.count < best.steps.count {
                    best = found
                } else {
                    start += chunk
                }
            }
            chunk /= 2
        }
        var search = Search(self)
        search.options.goal = property
        search.options.depthLimit = best.steps.count
        search.options.stateLimit = stateLimit
        search.options.stopWhen = .firstViolation
        if let found = try search.run().violation(of: index)?.path, found.steps.count < best.steps.count { best = found }
        return best
    }

    /// The part of `path` up to where it breaks `property`, without the steps that cannot be taken; nil if it does not.
    @inlinable
    func lenientReplay(_ path: Path, until property: PropertySet) -> Path? {
        var state = initialStates[path.initialState]
        var taken = Path(initialState: path.initialState, steps: [])
        if broken(in: state) & property != 0 { return taken }
        for id in path.steps {
            guard let step = steps(from: state).first(where: { $0.id == id }) else { continue }
            taken.steps.append(id)
            state = step.next
            if (step.breaks | broken(in: state)) & property != 0 { return taken }
            if step.breaks & endingExecution != 0 { return nil }
        }
        return steps(from: state).isEmpty && brokenByEnding(in: state) & property != 0 ? taken : nil
    }
}
