/// Which locations' steps can be in conflict with which others' futures, computed once from the footprints. A *place* is a
/// process at a location; places are numbered through.
///
/// The *future* of a place is what its process may read and write from there on as long as a given set of locks stays with
/// somebody else: the union of the footprints of all locations that it can reach without passing one that needs such a lock.
///
/// Invariant of the unsafe code: `conflicts` has `placeCount` rows of `rowWords` words, `enables` as many rows for each of
/// `lockSets`; both are written in `init` only.
@usableFromInline
final class Dependence<State: PackedState>: @unchecked Sendable {
    @usableFromInline let processCount: Int
    /// Number of the first place of each process.
    @usableFromInline let firstPlace: [Int]
    @usableFromInline let placeCount: Int
    @usableFromInline let rowWords: Int
    /// Bit q of row p: a step from place p is in conflict with something in the future of place q (of another process), the
    /// locks held at p staying there.
    @usableFromInline let conflicts: UnsafeMutablePointer<UInt64>
    /// Bit q of row r, for a lock set: something in the future of place r may enable a step at place q.
    @usableFromInline let enables: UnsafeMutablePointer<UInt64>
    @usableFromInline let lockSets: [LockSet]
    /// The place's lock set, by its number in `lockSets`.
    @usableFromInline let lockSetOfPlace: [Int]
    /// A step from here may lead to a location that comes no later in the process's order: it may close a cycle.
    @usableFromInline let mayGoBack: [Bool]
    @usableFromInline let dead: [State]
    @usableFromInline let hasDead: Bool
    /// Inside a transaction.
    @usableFromInline let isInner: [Bool]
    @usableFromInline let hasInner: Bool

    /// - Parameter transactions: whether `Footprint.phase` is used.
    @usableFromInline
    init<M: ProcessModel>(_ model: M, transactions: Bool) where M.State == State {
        let processes = model.processCount
        var first: [Int] = []
        var footprints: [Footprint<State>] = []
        var processOf: [Int] = []
        for process in 0..<processes {
            first.append(footprints.count)
            for location in 0..<model.locationCount(of: process) {
                footprints.append(model.footprint(of: process, at: location))
                processOf.append(process)
            }
        }
        let count = footprints.count
        processCount = processes
        firstPlace = first
        placeCount = count
        rowWords = (count + 63) / 64
        dead = footprints.map(\.dead)
        hasDead = dead.contains { !$0.isZero }
        lockSets = Array(Set(footprints.map(\.holds))).sorted()
        let sets = lockSets
        lockSetOfPlace = footprints.map { sets.firstIndex(of: $0.holds) ?? 0 }
        let inner = footprints.map { transactions && $0.phase != .outside }
        isInner = inner
        hasInner = inner.contains(true)
        mayGoBack = (0..<processes).flatMap { process in
            let own = (0..<model.locationCount(of: process)).map { footprints[first[process] + $0] }
            let back = Self.backward(own.map(\.next))
            return transactions ? own.indices.map { Self.transactionGoesBack(from: $0, own, back) } : back
        }
        conflicts = .allocate(capacity: max(count * rowWords, 1))
        enables = .allocate(capacity: max(count * rowWords * sets.count, 1))
        conflicts.initialize(repeating: 0, count: count * rowWords)
        enables.initialize(repeating: 0, count: count * rowWords * sets.count)

        // What `broken(in:)` sees is read by an observer who may look at any time. A step that writes it is followed by such a
        // look, so it is in conflict with whatever else writes there.
        let observed = model.observed
        let now = footprints.map { footprint in
            (
                reads: footprint.writes.intersects(observed) ? footprint.reads.union(observed) : footprint.reads,
                writes: footprint.writes
            )
        }
        for (set, locks) in sets.enumerated() {
            let future = Self.futures(footprints, processOf, first, without: locks)
            for place in 0..<count {
                let holdsThese = lockSetOfPlace[place] == set
                for other in 0..<count where processOf[other] != processOf[place] {
                    if holdsThese,
                        future[other].writes.intersects(now[place].reads.union(now[place].writes))
                            || future[other].reads.intersects(now[place].writes)
                    {
                        conflicts[place * rowWords + other >> 6] |= 1 << UInt64(other & 63)
                    }
                    let enabling = footprints[other].enabling ?? footprints[other].reads
                    if future[place].writes.intersects(enabling) {
                        enables[(set * count + place) * rowWords + other >> 6] |= 1 << UInt64(other & 63)
                    }
                }
            }
        }
    }

    deinit {
        conflicts.deallocate()
        enables.deallocate()
    }

    static func futures(
        _ footprints: [Footprint<State>], _ processOf: [Int], _ first: [Int], without locks: LockSet
    ) -> [(reads: State, writes: State)] {
        var future: [(reads: State, writes: State)] = footprints.map { footprint in
            footprint.acquires & locks != 0 ? (State(), State()) : (footprint.reads, footprint.writes)
        }
        var changed = true
        while changed {
            changed = false
            for place in footprints.indices.reversed() where footprints[place].acquires & locks == 0 {
                var sum = future[place]
                for location in footprints[place].next {
                    let next = future[first[processOf[place]] + location]
                    sum = (sum.reads.union(next.reads), sum.writes.union(next.writes))
                }
                if sum.reads != future[place].reads || sum.writes != future[place].writes {
                    future[place] = sum
                    changed = true
                }
            }
        }
        return future
    }

    /// For each location whether one of its edges goes against the reverse postorder of a depth-first walk: each cycle of the
    /// graph has such an edge, and a graph without cycles none.
    static func backward(_ next: [[Int]]) -> [Bool] {
        var rank = [Int](repeating: -1, count: next.count)
        var seen = [Bool](repeating: false, count: next.count)
        var counter = next.count
        for root in next.indices where !seen[root] {
            seen[root] = true
            var calls = [(location: root, edge: 0)]
            while let (location, edge) = calls.last {
                if edge < next[location].count {
                    calls[calls.count - 1].edge += 1
                    let target = next[location][edge]
                    if !seen[target] {
                        seen[target] = true
                        calls.append((target, 0))
                    }
                } else {
                    counter -= 1
                    rank[location] = counter
                    calls.removeLast()
                }
            }
        }
        return next.indices.map { location in next[location].contains { rank[$0] <= rank[location] } }
    }

    @inlinable @inline(__always)
    func isConflict(_ place: Int, _ other: Int) -> Bool {
        conflicts[place * rowWords + other >> 6] >> UInt64(other & 63) & 1 != 0
    }

    @inlinable @inline(__always)
    func canEnable(_ place: Int, _ other: Int, lockSet: Int) -> Bool {
        enables[(lockSet * placeCount + place) * rowWords + other >> 6] >> UInt64(other & 63) & 1 != 0
    }
}
