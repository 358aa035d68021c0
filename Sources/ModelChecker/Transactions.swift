/// Transactions: what follows from the declared phases, and whether the phases are right.
///
/// Before a commit the steps move right and after it left, so every execution has the same ending as one in which no transaction
/// is interrupted. Two things must not be mixed with that: the persistent set at a state where a transaction begins with a right
/// mover has everybody in it, because the others' steps that could be taken inside the transaction are taken before it; and a cycle
/// of locations must pass a state that is expanded in full, though the step that closes it may be inside a transaction.
extension Dependence {
    /// From this location, outside, a transaction may begin with a right mover.
    static func beginsWithRightMover(
        _ place: Footprint<State>, _ own: ArraySlice<Footprint<State>>, _ isInner: ArraySlice<Bool>
    ) -> Bool {
        place.phase == .outside
            && place.next.contains { isInner[isInner.startIndex + $0] && own[own.startIndex + $0].phase == .beforeCommit }
    }
}

extension DeclarationCheck {
    /// What can be said of the phases without a state.
    @usableFromInline
    func checkTransactions() throws(SearchError) {
        for process in footprints.indices {
            for (location, own) in footprints[process].enumerated() {
                let inner = own.next.filter { footprints[process][$0].phase != .outside }
                let name = "process \(process) at location \(location)"
                if own.phase == .afterCommit, let next = inner.first(where: { footprints[process][$0].phase == .beforeCommit }) {
                    throw .wrongDeclaration("\(name) is after the commit, and leads to \(next), which is before it")
                }
                let isMover = own.phase == .afterCommit || inner.contains { footprints[process][$0].phase == .beforeCommit }
                if isMover, own.writes.intersects(model.observed) {
                    throw .wrongDeclaration("\(name) is said to move and writes what `broken(in:)` looks at")
                }
                if own.phase != .outside, reachesItself(location, in: footprints[process]) {
                    throw .wrongDeclaration("\(name) is in a cycle of locations without one outside transactions")
                }
            }
        }
    }

    @usableFromInline
    func reachesItself(_ start: Int, in own: [Footprint<State>]) -> Bool {
        var seen: Set<Int> = []
        var open = [start]
        while let place = open.popLast() {
            for next in own[place].next where own[next].phase != .outside && seen.insert(next).inserted {
                if next == start { return true }
                open.append(next)
            }
        }
        return false
    }

    /// Whether the steps of `process` move as its phases say, past every step that another process can take in `state`.
    @inlinable
    func checkMovers(_ process: Int, _ places: [Int], _ steps: [[Step<State>]], _ state: State) throws(SearchError) {
        let own = footprints[process]
        for step in steps[process] where own[model.location(of: process, in: step.next)].phase == .beforeCommit {
            for other in footprints.indices where other != process {
                for late in model.steps(of: other, from: step.next) {
                    guard canSwap(first: step, then: late, in: state, other, process) else {
                        throw wrong(
                            "\(place(process, places)) \"\(model.name(of: step.id, in: state))\" does not move right past"
                                + " \"\(model.name(of: late.id, in: step.next))\"", state)
                    }
                }
            }
        }
        guard own[places[process]].phase == .afterCommit else { return }
        guard !steps[process].isEmpty else { throw wrong("\(place(process, places)) is after the commit and has no step", state) }
        for other in footprints.indices where other != process {
            for early in steps[other] {
                for step in model.steps(of: process, from: early.next) {
                    guard canSwap(first: early, then: step, in: state, process, other) else {
                        throw wrong(
                            "\(place(process, places)) \"\(model.name(of: step.id, in: early.next))\" does not move left past"
                                + " \"\(model.name(of: early.id, in: state))\"", state)
                    }
                }
            }
        }
    }

    /// `first` and `then`, taken from `state`, lead where a step of process `one` and then one of process `two` lead as well.
    @inlinable
    func canSwap(first: Step<State>, then: Step<State>, in state: State, _ one: Int, _ two: Int) -> Bool {
        let goal = withoutDead(then.next)
        return model.steps(of: one, from: state).contains { a in
            model.steps(of: two, from: a.next).contains { b in
                withoutDead(b.next) == goal && a.breaks | b.breaks == first.breaks | then.breaks
            }
        }
    }

    @inlinable
    func withoutDead(_ state: State) -> State {
        var result = state
        for process in footprints.indices {
            result = result.subtracting(footprints[process][model.location(of: process, in: state)].dead)
        }
        return result
    }
}
