extension Expander {
    /// The path to the stored state of that number, and one step more if `broken` is not empty.
    @usableFromInline
    func path(to number: Int, _ visited: Visited<M.State>, lastStepBreaks broken: PropertySet) throws(SearchError) -> Path {
        let numbers = visited.numbers(to: number)
        return try path(
            along: numbers.count, isStored: { place, state in visited.holds(numbers[place], state) }, lastStepBreaks: broken)
    }

    /// The path along stored states, in the model's own states: what is stored may be a canonical form, and steps may lie
    /// between two of them.
    ///
    /// - Parameters:
    ///   - count: stored states along the path, the initial one included.
    ///   - isStored: whether the stored state at that place of the path stands for a state.
    ///   - broken: the properties that a last step must break, one of them at least; 0 for none.
    @usableFromInline
    func path(
        along count: Int, isStored: (Int, M.State) -> Bool, lastStepBreaks broken: PropertySet
    ) throws(SearchError) -> Path {
        let initial = model.initialStates
        guard let first = initial.indices.first(where: { isStored(0, representative(initial[$0])) }) else {
            throw .pathNotReproduced(step: 0)
        }
        var path = Path(initialState: first, steps: [])
        var actual = initial[first]
        var stored = representative(actual)
        for place in 1..<max(count, 1) {
            guard
                let segment = segments(from: stored).first(where: { segment in
                    segment.states.last.map { isStored(place, $0) } ?? false
                }),
                follow(segment, &actual, &path, lastStepBreaks: 0)
            else { throw .pathNotReproduced(step: path.steps.count) }
            stored = segment.states.last ?? stored
        }
        if broken != 0 {
            guard
                let segment = segments(from: stored).first(where: { $0.breaks & broken != 0 }),
                follow(segment, &actual, &path, lastStepBreaks: broken)
            else { throw .pathNotReproduced(step: path.steps.count) }
        }
        return path
    }

    /// Takes the steps of `segment` from `actual`.
    @usableFromInline
    func follow(
        _ segment: Segment<M.State>, _ actual: inout M.State, _ path: inout Path, lastStepBreaks broken: PropertySet
    ) -> Bool {
        for (place, state) in segment.states.enumerated() {
            let isLast = place == segment.states.count - 1
            guard
                let step = model.steps(from: actual).first(where: { step in
                    representative(step.next) == state && (!isLast || broken == 0 || step.breaks & broken != 0)
                })
            else { return false }
            actual = step.next
            path.steps.append(step.id)
        }
        return true
    }
}
