/// Which locations' steps can be in conflict with which others' futures, computed once from the footprints. A *place* is a
/// process at a location; places are numbered through.
///
/// The *future* of a place is what its process may read and write from there on as long as a given set of locks stays with
/// somebody else: the union of the footprints of all locations that it can reach without passing one that needs such a lock.
///
/// Invariant of the unsafe code: `conflicts` has `placeCount` rows of `rowWords` words, `enables` as many rows for each of
/// `lockSets`; `firstPlace` has `processCount` entries, `dead` and `isInner` have `placeCount`. All are written in `init` only.
@usableFromInline
final class Dependence<State: PackedState>: @unchecked Sendable {
    @usableFromInline let processCount: Int
    /// Number of the first place of each process.
    @usableFromInline let firstPlace: UnsafeMutablePointer<Int>
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
    /// A state where this place's step is chosen is expanded in full: each cycle of a process's locations has such a place, and
    /// where a transaction begins with a right mover is one.
    @usableFromInline let needsEveryone: [Bool]
    @usableFromInline let dead: UnsafeMutablePointer<State>
    @usableFromInline let hasDead: Bool
    /// Inside a transaction.
    @usableFromInline let isInner: UnsafeMutablePointer<Bool>
    /// Processes that have transactions, one bit for each.
    @usableFromInline let withTransactions: UInt64

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
        firstPlace = Self.copy(first)
        placeCount = count
        rowWords = (count + 63) / 64
        dead = Self.copy(footprints.map(\.dead))
        hasDead = footprints.contains { !$0.dead.isZero }
        lockSets = Array(Set(footprints.map(\.holds))).sorted()
        let sets = lockSets
        lockSetOfPlace = footprints.map { sets.firstIndex(of: $0.holds) ?? 0 }
        let inner = footprints.map { transactions && $0.phase != .outside }
        isInner = Self.copy(inner)
        withTransactions = zip(inner, processOf).reduce(0) { $0 | ($1.0 ? 1 << UInt64($1.1) : 0) }
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
        var needsEveryone = [Bool](repeating: false, count: count)
        let (rows, width) = (conflicts, rowWords)
        for process in 0..<processes {
            let own = first[process]..<first[process] + model.locationCount(of: process)
            let weights = own.map { place in
                inner[place] ? -1 : (0..<width).reduce(0) { $0 + rows[place * width + $1].nonzeroBitCount }
            }
            needsEveryone.replaceSubrange(own, with: Self.cut(own.map { footprints[$0].next }, weight: weights))
            for place in own where Self.beginsWithRightMover(footprints[place], footprints[own], inner[own]) {
                needsEveryone[place] = true
            }
        }
        self.needsEveryone = needsEveryone
    }

    /// Read for every step of a search: without bounds checks, and without a count of references.
    static func copy<T: BitwiseCopyable>(_ values: [T]) -> UnsafeMutablePointer<T> {
        let copy = UnsafeMutablePointer<T>.allocate(capacity: max(values.count, 1))
        copy.initialize(from: values, count: values.count)
        return copy
    }

    deinit {
        firstPlace.deallocate()
        dead.deallocate()
        isInner.deallocate()
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

    /// Locations such that each cycle of the graph has one of them. There is a choice, and those come first whose steps are in
    /// conflict with the most: a state there is seldom reduced anyway.
    static func cut(_ next: [[Int]], weight: [Int]) -> [Bool] {
        var isCut = [Bool](repeating: false, count: next.count)
        func isOnCycle(_ start: Int) -> Bool {
            var seen = [Bool](repeating: false, count: next.count)
            var work = [start]
            while let location = work.popLast(), !isCut[location] {
                for target in next[location] {
                    if target == start { return true }
                    if !seen[target], !isCut[target] {
                        seen[target] = true
                        work.append(target)
                    }
                }
            }
            return false
        }
        for location in next.indices.sorted(by: { weight[$0] > weight[$1] }) where isOnCycle(location) {
            isCut[location] = true
        }
        return isCut
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
