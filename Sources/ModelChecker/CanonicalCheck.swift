extension Model {
    /// Checks in every visited state that `canonical` is idempotent and keeps steps, breaks and endings.
    @inlinable
    func checkCanonical(_ visited: Visited<State>) throws(SearchError) {
        for number in 0..<visited.bound where visited.contains(number) {
            let state = visited[number]
            let form = canonical(state)
            if form == state { continue }
            guard canonical(form) == form else { throw .wrongDeclaration("canonical is not idempotent\(describe(state))") }
            guard broken(in: state) == broken(in: form) else {
                throw .wrongDeclaration("canonical changes which invariants are broken\(describe(state))")
            }
            let own = outcomes(of: state)
            guard own == outcomes(of: form) else {
                throw .wrongDeclaration("the canonical form has other steps\(describe(state))")
            }
            guard !own.isEmpty || brokenByEnding(in: state) == brokenByEnding(in: form) else {
                throw .wrongDeclaration("canonical changes which properties an ending breaks\(describe(state))")
            }
        }
    }

    /// What the steps of `state` lead to, as far as it can be told.
    @usableFromInline
    func outcomes(of state: State) -> Set<Step<State>> {
        Set(steps(from: state).map { Step(next: canonical($0.next), id: 0, breaks: $0.breaks) })
    }

    /// For a message: the state's words.
    @usableFromInline
    func describe(_ state: State) -> String {
        " (state " + (0..<State.wordCount).map { "0x" + String(state[word: $0], radix: 16) }.joined(separator: " ") + ")"
    }
}
