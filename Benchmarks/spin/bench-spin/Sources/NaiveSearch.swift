import ModelChecker

/// A search with a Set, to measure nothing and to err in other ways than the engine.
struct NaiveSearch<State: WaitState>: StepSink {
    var seen: Set<State> = []
    var queue: [State] = []
    var transitions = 0
    var endings: [State] = []

    mutating func add(_ next: State, step: StepID, breaks: PropertySet) {
        transitions += 1
        if seen.insert(next).inserted { queue.append(next) }
    }

    init(_ model: WaitModel<State>) {
        for state in model.initialStates where seen.insert(state).inserted { queue.append(state) }
        while let state = queue.popLast() {
            let before = transitions
            model.steps(from: state, into: &self)
            if transitions == before { endings.append(state) }
        }
    }
}
