/// Decides "there is no cycle in which every process that could move all along does move": strongly connected components
/// (Tarjan 1972) over stored edges, each judged under weak fairness.
///
/// A component has such a cycle exactly if for every process that is enabled in all of its states one of its steps stays inside:
/// the walk through all its edges is one then. A process that is always enabled and never steps inside is so in every part of
/// the component too, so no part of an unfair component has to be looked at.
@usableFromInline
struct IdleCycle<E: Expander> {
    @usableFromInline typealias State = E.M.State
    @usableFromInline let expander: E
    @usableFromInline let visited: Visited<State>
    @usableFromInline let fairness: any FairModel
    /// The states that may be on a cycle. In what follows a state is called by its place here.
    @usableFromInline let numbers: [Int]
    /// Edges of place n: `firstEdge[n] ..< firstEdge[n + 1]`; those that lead away from these states have no target.
    @usableFromInline var firstEdge: [Int] = []
    @usableFromInline var targets: [UInt32] = []
    @usableFromInline var movers: [UInt8] = []
    @usableFromInline static var noTarget: UInt32 { .max }

    /// - Parameter numbers: what `Peeling` left.
    @usableFromInline
    init(_ expander: E, _ visited: Visited<State>, fairness: any FairModel, numbers: [Int]) {
        self.expander = expander
        self.visited = visited
        self.fairness = fairness
        self.numbers = numbers
    }

    /// Bytes that the decision takes for so many states and transitions.
    @usableFromInline
    static func bytes(states: Int, transitions: Int) -> Int { transitions * 5 + states * (8 + 8 + 4 + 4 + 4 + 12) }

    /// A step of a cycle: whose it is, and the state after it.
    @usableFromInline typealias Move = (process: Int, number: Int)

    /// A fair cycle: the number of the state where it starts and ends, the nearest of all that are on such cycles, and its steps.
    @inlinable
    mutating func find() -> (start: Int, moves: [Move])? {
        storeEdges()
        var best: [Int] = []
        var start: Int?
        components { component in
            guard isFair(component), let least = visited.nearest(component.map { numbers[$0] }) else { return }
            if let known = start, visited.nearest([known, least]) == known { return }
            start = least
            best = component
        }
        guard let start, let place = best.first(where: { numbers[$0] == start }) else { return nil }
        return (start, walk(through: best, from: place).map { ($0.process, numbers[$0.number]) })
    }

    /// True if no walk comes back to where it was. Of states that stand for others this says the same of what they stand for:
    /// a cycle of those would be one of these.
    @inlinable
    mutating func isAcyclic() -> Bool {
        storeEdges()
        var acyclic = true
        components { _ in acyclic = false }
        return acyclic
    }

    @inlinable
    mutating func storeEdges() {
        firstEdge.reserveCapacity(numbers.count + 1)
        let ranks = Ranks(numbers, bound: visited.bound)
        var sink = EdgeSink<State>(endingExecution: expander.model.endingExecution, keepsSteps: true)
        defer { sink.batch.deallocate() }
        for number in numbers {
            firstEdge.append(targets.count)
            expander.expand(visited[number], into: &sink)
            for i in 0..<sink.batch.count { visited.prefetch(sink.batch.hashes[i]) }
            for i in 0..<sink.batch.count {
                let next = visited.find(sink.batch.states + i, sink.batch.hashes[i])
                targets.append(next.flatMap { ranks.rank(of: $0) } ?? Self.noTarget)
                movers.append(UInt8(truncatingIfNeeded: fairness.process(of: sink.stepIDs[i])))
            }
            for step in sink.cutIDs {
                targets.append(Self.noTarget)
                movers.append(UInt8(truncatingIfNeeded: fairness.process(of: step)))
            }
            sink.batch.count = 0
            sink.stepIDs.removeAll(keepingCapacity: true)
            sink.cutIDs.removeAll(keepingCapacity: true)
        }
        firstEdge.append(targets.count)
    }

    @inlinable
    func edges(of number: Int) -> Range<Int> { firstEdge[number]..<firstEdge[number + 1] }

    /// Hands every component that has an edge inside to `take`.
    @inlinable
    func components(_ take: ([Int]) -> Void) {
        let bound = firstEdge.count - 1
        // 0: not seen. `low` of a state whose component is complete: `done`.
        var order = [UInt32](repeating: 0, count: bound)
        var low = [UInt32](repeating: 0, count: bound)
        let done = UInt32.max
        var counter: UInt32 = 0
        var open: [UInt32] = []
        var calls: [(number: Int, edge: Int)] = []
        for root in 0..<bound where order[root] == 0 {
            calls.append((root, firstEdge[root]))
            counter += 1
            order[root] = counter
            low[root] = counter
            open.append(UInt32(root))
            while let (number, edge) = calls.last {
                if edge < firstEdge[number + 1] {
                    calls[calls.count - 1].edge += 1
                    guard targets[edge] != Self.noTarget else { continue }
                    let next = Int(targets[edge])
                    if order[next] == 0 {
                        counter += 1
                        order[next] = counter
                        low[next] = counter
                        open.append(UInt32(next))
                        calls.append((next, firstEdge[next]))
                    } else if low[next] != done {
                        low[number] = min(low[number], order[next])
                    }
                    continue
                }
                calls.removeLast()
                if let caller = calls.last?.number { low[caller] = min(low[caller], low[number]) }
                guard low[number] == order[number] else { continue }
                var component: [Int] = []
                while let last = open.popLast() {
                    component.append(Int(last))
                    low[Int(last)] = done
                    if Int(last) == number { break }
                }
                if component.count > 1 || edges(of: number).contains(where: { targets[$0] == UInt32(number) }) {
                    take(component)
                }
            }
        }
    }

    /// The processes that are enabled in all states of `component`, and those that have a step inside.
    @inlinable
    func isFair(_ component: [Int]) -> Bool {
        let inside = Set(component)
        var always = fairness.obliged
        var moving: UInt64 = 0
        for number in component {
            var enabled: UInt64 = 0
            for edge in edges(of: number) {
                enabled |= 1 << UInt64(movers[edge])
                if inside.contains(Int(targets[edge])) { moving |= 1 << UInt64(movers[edge]) }
            }
            always &= enabled
        }
        return always & ~moving == 0
    }

    /// A closed walk through `component` in which every process moves or is not enabled somewhere.
    @usableFromInline
    func walk(through component: [Int], from start: Int) -> [Move] {
        let inside = Set(component)
        var walk: [Move] = []
        func enabled(_ number: Int) -> UInt64 { edges(of: number).reduce(0) { $0 | 1 << UInt64(movers[$1]) } & fairness.obliged }
        // Who is enabled at the start must move, or be seen not enabled.
        var needed = enabled(start)
        while needed != 0 {
            let part = shortest(from: walk.last?.number ?? start, inside) { move in
                needed & 1 << UInt64(move.process) != 0 || needed & ~enabled(move.number) != 0
            }
            guard let part else { break }
            for move in part { needed &= ~(1 << UInt64(move.process)) & enabled(move.number) }
            walk += part
        }
        if walk.last?.number != start {
            walk += shortest(from: walk.last?.number ?? start, inside) { $0.number == start } ?? []
        }
        return walk
    }

    /// The shortest way inside that ends with a move for which `isGoal` is true.
    @usableFromInline
    func shortest(from start: Int, _ inside: Set<Int>, until isGoal: (Move) -> Bool) -> [Move]? {
        var came: [Int: (from: Int, process: Int)] = [:]
        var queue = [start]
        var head = 0
        while head < queue.count {
            let number = queue[head]
            head += 1
            for edge in edges(of: number) {
                guard targets[edge] != Self.noTarget, inside.contains(Int(targets[edge])) else { continue }
                let move = Move(process: Int(movers[edge]), number: Int(targets[edge]))
                if isGoal(move) {
                    var way = [move]
                    var current = number
                    while current != start, let step = came[current] {
                        way.append((step.process, current))
                        current = step.from
                    }
                    return way.reversed()
                }
                if move.number != start, came[move.number] == nil {
                    came[move.number] = (number, move.process)
                    queue.append(move.number)
                }
            }
        }
        return nil
    }
}
