/// Checks footprints in visited states. What a step changes, where it leads and who holds a lock is checked outright; that
/// nothing else is *read* is sampled: bits that are not declared are taken from another visited state, so that every field keeps
/// a value that it can have, and neither enabledness nor effect may differ.
@usableFromInline
struct DeclarationCheck<M: ProcessModel> {
    @usableFromInline typealias State = M.State
    @usableFromInline let model: M
    @usableFromInline let visited: Visited<State>
    @usableFromInline var generator: SeededGenerator
    @usableFromInline let footprints: [[Footprint<State>]]

    @usableFromInline
    init(_ model: M, _ visited: Visited<State>, seed: UInt64) {
        self.model = model
        self.visited = visited
        generator = SeededGenerator(seed: seed)
        footprints = (0..<model.processCount).map { process in
            (0..<model.locationCount(of: process)).map { model.footprint(of: process, at: $0) }
        }
    }

    @inlinable
    mutating func run() throws(SearchError) {
        try checkTransactions()
        let bound = visited.bound
        for number in 0..<bound where visited.contains(number) {
            try check(visited[number], other: visited[anyNumber(below: bound)])
        }
    }

    @inlinable
    mutating func anyNumber(below bound: Int) -> Int {
        while true {
            let number = Int.random(in: 0..<bound, using: &generator)
            if visited.contains(number) { return number }
        }
    }

    @inlinable
    func check(_ state: State, other: State) throws(SearchError) {
        let processes = 0..<model.processCount
        let places = processes.map { model.location(of: $0, in: state) }
        var steps: [[Step<State>]] = []
        for process in processes {
            guard footprints[process].indices.contains(places[process]) else {
                throw wrong("location \(places[process]) of process \(process) is not declared", state)
            }
            steps.append(model.steps(of: process, from: state))
        }
        guard Set(steps.joined()) == Set(model.steps(from: state)) else {
            throw wrong("steps(from:) and the steps of the processes differ", state)
        }
        for process in processes {
            let own = footprints[process][places[process]]
            for step in steps[process] { try check(step, of: process, own, places, from: state) }
            for holder in processes where holder != process && !steps[process].isEmpty {
                if footprints[holder][places[holder]].holds & own.acquires != 0 {
                    throw wrong("\(place(process, places)) has a step while process \(holder) holds the lock it acquires", state)
                }
            }
            try checkReads(process, own, places, steps[process], state, other)
            try checkMovers(process, places, steps, state)
        }
        try checkDead(state, places)
        let mixed = state.choosing(model.observed, else: other)
        if model.broken(in: mixed) != model.broken(in: state) {
            throw wrong("broken(in:) looks at bits that are not in `observed`", state)
        }
    }

    @inlinable
    func check(
        _ step: Step<State>, of process: Int, _ own: Footprint<State>, _ places: [Int], from state: State
    ) throws(SearchError) {
        guard model.process(of: step.id) == process else {
            throw wrong("step \(step.id) is of process \(model.process(of: step.id)), but process \(process) takes it", state)
        }
        let undeclared = state.difference(step.next).subtracting(own.writes)
        guard undeclared.isZero else {
            throw wrong(
                "\(place(process, places)) \"\(model.name(of: step.id, in: state))\" changes bits that it does not declare:"
                    + model.describe(undeclared), state)
        }
        for other in 0..<model.processCount where other != process {
            guard model.location(of: other, in: step.next) == places[other] else {
                throw wrong("\(place(process, places)) moves process \(other)", state)
            }
        }
        let next = model.location(of: process, in: step.next)
        guard own.next.contains(next) else {
            throw wrong("\(place(process, places)) leads to location \(next), which is not declared", state)
        }
    }

    @inlinable
    func checkReads(
        _ process: Int, _ own: Footprint<State>, _ places: [Int], _ steps: [Step<State>], _ state: State, _ other: State
    ) throws(SearchError) {
        let mixed = state.choosing(own.reads, else: other)
        guard model.location(of: process, in: mixed) == places[process] else {
            throw wrong("\(place(process, places)) does not declare that it reads its own location", state)
        }
        let same = model.steps(of: process, from: mixed)
        guard same.map(\.id) == steps.map(\.id), same.map(\.breaks) == steps.map(\.breaks) else {
            throw wrong(
                "\(place(process, places)) has other steps when bits that it does not read differ:"
                    + model.describe(mixed.difference(state)), state)
        }
        for (a, b) in zip(steps, same) {
            // Equal, or left alone in both.
            let different = a.next.difference(b.next)
            let changed = a.next.difference(state).union(b.next.difference(mixed))
            guard !different.intersection(own.writes).intersects(changed) else {
                throw wrong(
                    "\(place(process, places)) \"\(model.name(of: a.id, in: state))\" has another effect when bits that it does"
                        + " not read differ:" + model.describe(mixed.difference(state)), state)
            }
        }
        guard let enabling = own.enabling, steps.isEmpty else { return }
        let waiting = state.choosing(enabling, else: other)
        guard model.location(of: process, in: waiting) == places[process],
            model.steps(of: process, from: waiting).isEmpty
        else { throw wrong("\(place(process, places)) is enabled by bits that are not in `enabling`", state) }
    }

    @inlinable
    func checkDead(_ state: State, _ places: [Int]) throws(SearchError) {
        var dead = State()
        for (process, place) in places.enumerated() { dead = dead.union(footprints[process][place].dead) }
        let reset = state.subtracting(dead)
        if reset == state { return }
        func outcomes(_ state: State) -> Set<Step<State>> {
            Set(
                model.steps(from: state).map { step in
                    var next = step.next
                    for process in 0..<model.processCount {
                        let location = model.location(of: process, in: step.next)
                        if footprints[process].indices.contains(location) {
                            next = next.subtracting(footprints[process][location].dead)
                        }
                    }
                    return Step(next: model.canonical(next), id: step.id, breaks: step.breaks)
                })
        }
        guard outcomes(state) == outcomes(reset), model.broken(in: state) == model.broken(in: reset) else {
            throw wrong("bits that are declared dead are read:" + model.describe(dead.intersection(state)), state)
        }
        guard !model.steps(from: state).isEmpty || model.brokenByEnding(in: state) == model.brokenByEnding(in: reset) else {
            throw wrong("bits that are declared dead decide what an ending breaks", state)
        }
    }

    @usableFromInline
    func place(_ process: Int, _ places: [Int]) -> String { "process \(process) at location \(places[process])" }

    @usableFromInline
    func wrong(_ what: String, _ state: State) -> SearchError { .wrongDeclaration(what + model.describe(state)) }
}
