/// Decides "from every state an ending that breaks nothing can be reached": backward reachability over a finished search.
///
/// No edge is stored at first. Sweeps over the states from the last found to the first take the steps again and mark every state
/// with a marked successor; most successors were found later, so the first sweep marks nearly all. When a sweep marks nothing, what
/// is left is stuck; when little is left, or sweeps go on marking, the rest is settled over stored edges.
@usableFromInline
struct Finishing<E: Expander> {
    @usableFromInline typealias State = E.M.State
    @usableFromInline let expander: E
    @usableFromInline let visited: Visited<State>
    @usableFromInline var marked: NumberSet
    @usableFromInline let endingExecution: PropertySet

    /// - Parameter cut: states that were not expanded, because what follows them is undefined: nothing is claimed of them.
    @usableFromInline
    init(_ expander: E, _ visited: Visited<State>, cut: [UInt32]) {
        self.expander = expander
        self.visited = visited
        endingExecution = expander.model.endingExecution
        marked = NumberSet(bound: visited.bound)
        for number in cut { marked.insert(Int(number)) }
    }

    /// The number of the nearest state from which no good ending can be reached.
    @inlinable
    mutating func firstStuck() -> Int? {
        var left = sweep(within: nil)
        var sweeps = 1
        while !left.isEmpty {
            let count = left.count
            left = sweep(within: left)
            sweeps += 1
            // Nothing new: what is left is stuck.
            if left.count == count { break }
            if left.count < 100_000 || sweeps == 8 {
                left = settle(left)
                break
            }
        }
        return visited.nearest(left)
    }

    /// Looks at every unmarked state once, from the last to the first.
    /// - Returns: the states that are still unmarked, from the last to the first.
    @inlinable
    mutating func sweep(within numbers: [Int]?) -> [Int] {
        var sink = EdgeSink<State>(endingExecution: endingExecution)
        defer { sink.batch.deallocate() }
        var left: [Int] = []
        if let numbers {
            for number in numbers { visit(number, &sink) }
            flush(&sink)
            for number in numbers where !marked.contains(number) { left.append(number) }
        } else {
            let bound = visited.bound
            for number in stride(from: bound - 1, through: 0, by: -1) where visited.contains(number) { visit(number, &sink) }
            flush(&sink)
            for number in stride(from: bound - 1, through: 0, by: -1) where visited.contains(number) && !marked.contains(number) {
                left.append(number)
            }
        }
        return left
    }

    @inlinable @inline(__always)
    mutating func visit(_ number: Int, _ sink: inout EdgeSink<State>) {
        if marked.contains(number) { return }
        sink.parent = UInt32(truncatingIfNeeded: number)
        sink.steps = 0
        sink.cut = 0
        let state = visited[number]
        expander.expand(state, into: &sink)
        if sink.cut != 0 || (sink.steps == 0 && expander.model.brokenByEnding(in: state) == 0) { marked.insert(number) }
        if sink.batch.count >= 128 { flush(&sink) }
    }

    @inlinable
    mutating func flush(_ sink: inout EdgeSink<State>) {
        for i in 0..<sink.batch.count { visited.prefetch(sink.batch.hashes[i]) }
        for i in 0..<sink.batch.count {
            let parent = Int(sink.batch.parents[i])
            if marked.contains(parent) { continue }
            if let next = visited.find(sink.batch.states + i, sink.batch.hashes[i]), marked.contains(next) {
                marked.insert(parent)
            }
        }
        sink.batch.count = 0
    }

    /// - Parameter numbers: unmarked states, from the last to the first.
    @inlinable
    mutating func settle(_ numbers: [Int]) -> [Int] {
        let sorted = Array(numbers.reversed())
        var sink = EdgeSink<State>(endingExecution: endingExecution)
        defer { sink.batch.deallocate() }
        var predecessors: [Int: [Int]] = [:]
        var work: [Int] = []
        for number in sorted {
            sink.parent = UInt32(truncatingIfNeeded: number)
            expander.expand(visited[number], into: &sink)
            for i in 0..<sink.batch.count {
                guard let next = visited.find(sink.batch.states + i, sink.batch.hashes[i]) else { continue }
                if marked.contains(next) { work.append(number) } else { predecessors[next, default: []].append(number) }
            }
            sink.batch.count = 0
        }
        while let number = work.popLast() {
            if marked.contains(number) { continue }
            marked.insert(number)
            for predecessor in predecessors[number] ?? [] where !marked.contains(predecessor) { work.append(predecessor) }
        }
        return sorted.filter { !marked.contains($0) }
    }
}

/// Takes successors into a batch without looking for new ones.
@usableFromInline
struct EdgeSink<State: PackedState>: StepSink {
    @usableFromInline var batch = Batch<State>(capacity: 512)
    @usableFromInline var parent: UInt32 = 0
    /// Steps of the state that is being expanded, and those of them that are not followed.
    @usableFromInline var steps = 0
    @usableFromInline var cut = 0
    @usableFromInline let endingExecution: PropertySet
    /// The step of each entry, where it is wanted.
    @usableFromInline var stepIDs: [StepID] = []
    @usableFromInline var cutIDs: [StepID] = []
    @usableFromInline let keepsSteps: Bool

    @usableFromInline
    init(endingExecution: PropertySet, keepsSteps: Bool = false) {
        self.endingExecution = endingExecution
        self.keepsSteps = keepsSteps
    }

    @inlinable @inline(__always)
    mutating func add(_ next: State, step: StepID, breaks: PropertySet) {
        steps &+= 1
        if breaks & endingExecution != 0 {
            cut &+= 1
            if keepsSteps { cutIDs.append(step) }
            return
        }
        batch.add(next, parent: parent)
        if keepsSteps { stepIDs.append(step) }
    }
}
