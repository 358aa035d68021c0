import CModelChecker

/// Successors that wait to be looked up: written first, hashed and their lines prefetched, then looked up together, so that the
/// cache misses of a batch overlap.
///
/// Invariant: the buffers hold `capacity` entries, of which the first `count` are initialised. Its owner calls `deallocate`, and
/// makes no copy that outlives that (a sink is copyable, so this has to be).
@usableFromInline
struct Batch<State: PackedState> {
    @usableFromInline var states: UnsafeMutablePointer<State>
    @usableFromInline var hashes: UnsafeMutablePointer<UInt64>
    @usableFromInline var parents: UnsafeMutablePointer<UInt32>
    @usableFromInline var count = 0
    @usableFromInline var capacity: Int

    @usableFromInline
    init(capacity: Int) {
        self.capacity = capacity
        states = .allocate(capacity: capacity)
        hashes = .allocate(capacity: capacity)
        parents = .allocate(capacity: capacity)
    }

    @usableFromInline
    func deallocate() {
        states.deallocate()
        hashes.deallocate()
        parents.deallocate()
    }

    /// A state has more successors than there is room: twice the room.
    @usableFromInline @inline(never)
    mutating func enlarge() {
        let old = capacity
        capacity *= 2
        func moved<T>(_ buffer: UnsafeMutablePointer<T>) -> UnsafeMutablePointer<T> {
            let larger = UnsafeMutablePointer<T>.allocate(capacity: capacity)
            larger.moveInitialize(from: buffer, count: old)
            buffer.deallocate()
            return larger
        }
        states = moved(states)
        hashes = moved(hashes)
        parents = moved(parents)
    }

    @inlinable @inline(__always)
    mutating func add(_ state: State, parent: UInt32, prefetchingIn lines: UnsafeMutableRawPointer, lineCount: UInt64) {
        let hash = add(state, parent: parent)
        let line = Int(truncatingIfNeeded: hash.multipliedFullWidth(by: lineCount).high)
        mc_prefetch(lines + line * Store<State>.lineBytes)
    }

    /// - Returns: the state's hash.
    @inlinable @inline(__always)
    mutating func append(_ state: State, _ hash: UInt64, parent: UInt32) {
        if count == capacity { enlarge() }
        (states + count).initialize(to: state)
        hashes[count] = hash
        parents[count] = parent
        count &+= 1
    }

    @inlinable @inline(__always) @discardableResult
    mutating func add(_ state: State, parent: UInt32) -> UInt64 {
        if count == capacity { enlarge() }
        let place = states + count
        place.initialize(to: state)
        let hash = Store<State>.hash(of: place)
        hashes[count] = hash
        parents[count] = parent
        count &+= 1
        return hash
    }
}

extension Store {
    @inlinable @inline(__always)
    func prefetch(_ batch: Batch<State>) {
        for i in 0..<batch.count { mc_prefetch(lines + line(of: batch.hashes[i]) * Self.lineBytes) }
    }

    /// Adds the states of `batch` that are not here, and empties it.
    @inlinable
    mutating func insert(_ batch: inout Batch<State>) {
        let n = batch.count
        batch.count = 0
        prepare(for: n)
        if count + n > capacity {
            for i in 0..<n { insert(batch.states + i, batch.hashes[i], parent: batch.parents[i]) }
            return
        }
        let part = 256
        withUnsafeTemporaryAllocation(of: Waiting.self, capacity: part) { waiting in
            var start = 0
            while start < n {
                insert(batch, start..<min(start + part, n), waiting)
                start += part
            }
        }
    }

    /// In two rounds: the first finds in the prefetched lines which number an entry may have and prefetches that state, the
    /// second compares.
    @inlinable @inline(__always)
    mutating func insert(_ batch: Batch<State>, _ entries: Range<Int>, _ waiting: UnsafeMutableBufferPointer<Waiting>) {
        var waitingCount = 0
        for i in entries {
            let hash = batch.hashes[i]
            let line = lines + self.line(of: hash) * Self.lineBytes
            let equal = mc_tags_equal(line, Self.tag(of: hash))
            if equal != 0 {
                let candidate = number(line: line, slot: equal.trailingZeroBitCount)
                mc_prefetch(
                    keepsFingerprints
                        ? UnsafeRawPointer(fingerprints + Int(candidate)) : UnsafeRawPointer(states + Int(candidate)))
                waiting[waitingCount] = Waiting(entry: UInt32(truncatingIfNeeded: i), candidate: candidate)
                waitingCount &+= 1
                continue
            }
            let empty = mc_tags_equal(line, 0)
            if empty != 0 {
                fill(line, empty.trailingZeroBitCount, batch.states + i, hash, parent: batch.parents[i])
            } else {
                mc_prefetch(line + Self.lineBytes)
                waiting[waitingCount] = Waiting(entry: UInt32(truncatingIfNeeded: i), candidate: Self.none)
                waitingCount &+= 1
            }
        }
        for w in 0..<waitingCount {
            let i = Int(waiting[w].entry)
            let candidate = waiting[w].candidate
            if candidate != Self.none, holds(candidate, batch.states + i, batch.hashes[i]) { continue }
            insert(batch.states + i, batch.hashes[i], parent: batch.parents[i])
        }
    }
}

/// An entry of a batch that may be in the store already, and the number that it may have.
@usableFromInline
struct Waiting {
    @usableFromInline var entry: UInt32
    @usableFromInline var candidate: UInt32
    @inlinable
    init(entry: UInt32, candidate: UInt32) {
        self.entry = entry
        self.candidate = candidate
    }
}
