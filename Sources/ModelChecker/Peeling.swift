/// Finds the states that no cycle can be reached from, in one bit each: a state is *peeled* once all its successors are. Sweeps go
/// from the last state found to the first, because most successors were found later; what no sweep peels holds every cycle.
@usableFromInline
struct Peeling<E: Expander> {
    @usableFromInline typealias State = E.M.State
    @usableFromInline let expander: E
    @usableFromInline let visited: Visited<State>
    @usableFromInline var peeled: NumberSet
    @usableFromInline let endingExecution: PropertySet

    /// - Parameter cut: states that are not expanded.
    @usableFromInline
    init(_ expander: E, _ visited: Visited<State>, cut: [UInt32]) {
        self.expander = expander
        self.visited = visited
        endingExecution = expander.model.endingExecution
        peeled = NumberSet(bound: visited.bound)
        for number in cut { peeled.insert(Int(number)) }
    }

    /// - Returns: what is left when sweeps no longer peel much, from the first to the last.
    @inlinable
    mutating func run() -> [Int] {
        var sink = EdgeSink<State>(endingExecution: endingExecution)
        defer { sink.batch.deallocate() }
        let bound = visited.bound
        for number in stride(from: bound - 1, through: 0, by: -1) where visited.contains(number) { visit(number, &sink) }
        flush(&sink)
        var left: [Int] = []
        for number in stride(from: bound - 1, through: 0, by: -1) where visited.contains(number) && !peeled.contains(number) {
            left.append(number)
        }
        // Stored edges cost more than a few sweeps over what is left, but a sweep that peels little is for nothing.
        while left.count > 10_000 {
            let count = left.count
            for number in left { visit(number, &sink) }
            flush(&sink)
            left.removeAll { peeled.contains($0) }
            if left.count > count - count / 16 { break }
        }
        return left.reversed()
    }

    @inlinable @inline(__always)
    mutating func visit(_ number: Int, _ sink: inout EdgeSink<State>) {
        if peeled.contains(number) { return }
        sink.parent = UInt32(truncatingIfNeeded: number)
        let before = sink.batch.count
        expander.expand(visited[number], into: &sink)
        if sink.batch.count == before { peeled.insert(number) }
        if sink.batch.count >= 128 { flush(&sink) }
    }

    /// A batch holds all successors of a state or none.
    @inlinable
    mutating func flush(_ sink: inout EdgeSink<State>) {
        let count = sink.batch.count
        sink.batch.count = 0
        for i in 0..<count { visited.prefetch(sink.batch.hashes[i]) }
        var i = 0
        while i < count {
            let parent = sink.batch.parents[i]
            var isPeeled = true
            while i < count, sink.batch.parents[i] == parent {
                if isPeeled {
                    let next = visited.find(sink.batch.states + i, sink.batch.hashes[i])
                    isPeeled = next.map { peeled.contains($0) } ?? false
                }
                i += 1
            }
            if isPeeled { peeled.insert(Int(parent)) }
        }
    }
}

/// The places of some numbers among them.
@usableFromInline
struct Ranks: Sendable {
    @usableFromInline var members: NumberSet
    /// Members before each word.
    @usableFromInline var before: [UInt32] = []

    @usableFromInline
    init(_ numbers: [Int], bound: Int) {
        members = NumberSet(bound: bound)
        for number in numbers { members.insert(number) }
        before.reserveCapacity(members.words.count)
        var count: UInt32 = 0
        for word in members.words {
            before.append(count)
            count += UInt32(word.nonzeroBitCount)
        }
    }

    @inlinable @inline(__always)
    func rank(of number: Int) -> UInt32? {
        guard members.contains(number) else { return nil }
        let below = members.words[number >> 6] & (1 << UInt64(number & 63) - 1)
        return before[number >> 6] + UInt32(below.nonzeroBitCount)
    }
}
