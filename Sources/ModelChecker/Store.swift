import CModelChecker

/// The visited set, the frontier and the parent links in one: states stand in the order of their discovery, so what follows the
/// state that is being expanded *is* the frontier, and a state's number is its place.
///
/// An index over them finds a state by its hash. It is made of lines of 64 bytes, one cache line each: 12 tags of a byte (0:
/// empty), 4 bytes unused, 12 numbers of states of 4 bytes. The hash's high bits choose the line, its low byte the tag; a full
/// line sends the search to the next. At a load of at most 0.85 that is 6.3 bytes a state and, nearly always, one cache miss.
/// The index grows in place: it is emptied and filled again from the states, which stand in memory in the order they are read.
///
/// With fingerprints a word of hash is kept for each state, and a state itself only until it has been expanded.
///
/// Invariant of the unsafe code: the four reservations hold `capacity` entries (the index `maximumLineCount` lines);
/// entries below `count` are initialised, lines below `lineCount` hold numbers below `count` wherever a tag is not 0.
@usableFromInline
struct Store<State: PackedState>: ~Copyable, @unchecked Sendable {
    @usableFromInline static var slotsInLine: Int { 12 }
    @usableFromInline static var lineBytes: Int { 64 }
    @usableFromInline static var none: UInt32 { .max }

    @usableFromInline let stateReservation: Reservation
    @usableFromInline let fingerprintReservation: Reservation
    @usableFromInline let parentReservation: Reservation
    @usableFromInline let lineReservation: Reservation

    @usableFromInline let states: UnsafeMutablePointer<State>
    @usableFromInline let fingerprints: UnsafeMutablePointer<UInt64>
    /// The state from which each was found first; `none` for an initial one.
    @usableFromInline let parents: UnsafeMutablePointer<UInt32>
    @usableFromInline let lines: UnsafeMutableRawPointer
    @usableFromInline let keepsFingerprints: Bool
    /// The most states that the limits allow.
    @usableFromInline let capacity: Int
    @usableFromInline let maximumLineCount: Int

    @usableFromInline var count = 0
    @usableFromInline var lineCount: Int
    /// When `count` reaches it the index must grow.
    @usableFromInline var growAt: Int
    /// A new state found no room.
    @usableFromInline var isFull = false
    /// With fingerprints: states below it have been given back.
    @usableFromInline var released = 0
    @usableFromInline var releasedBytes = 0
    @usableFromInline var peakUnreleased = 0

    /// - Parameters:
    ///   - memoryLimit: bytes for everything here together.
    ///   - stateLimit: states.
    ///   - expectedStates: the index has room for that many from the start; 0 if nothing is known.
    @usableFromInline
    init(memoryLimit: Int, stateLimit: Int, expectedStates: Int = 0, keepsFingerprints: Bool) throws(SearchError) {
        let size = MemoryLayout<State>.stride
        let keyBytes = keepsFingerprints ? 8 : size
        // 10 of 12 slots in use at the limit: 6.4 bytes of index a state.
        let fitting = Int(Double(max(memoryLimit - Self.lineBytes, 0)) / (Double(keyBytes + 4) + Double(Self.lineBytes) / 10))
        let capacity = max(min(fitting, stateLimit, Int(UInt32.max) - 1), 1)
        let maximumLineCount = max(capacity / 10 + 1, 16)
        self.init(
            capacity: capacity, maximumLineCount: maximumLineCount, lineCount: max(expectedStates / 9, 512),
            keepsFingerprints: keepsFingerprints,
            try Reservation(byteCount: capacity * size, hugePages: true),
            try Reservation(byteCount: keepsFingerprints ? capacity * 8 : 0, hugePages: true),
            try Reservation(byteCount: capacity * 4, hugePages: false),
            try Reservation(byteCount: maximumLineCount * Self.lineBytes, hugePages: true))
    }

    @usableFromInline
    init(
        capacity: Int, maximumLineCount: Int, lineCount: Int, keepsFingerprints: Bool, _ states: Reservation,
        _ fingerprints: Reservation, _ parents: Reservation, _ lines: Reservation
    ) {
        self.capacity = capacity
        self.maximumLineCount = maximumLineCount
        self.keepsFingerprints = keepsFingerprints
        self.states = states.base.bindMemory(to: State.self, capacity: capacity)
        self.fingerprints = fingerprints.base.bindMemory(to: UInt64.self, capacity: keepsFingerprints ? capacity : 0)
        self.parents = parents.base.bindMemory(to: UInt32.self, capacity: capacity)
        self.lines = lines.base
        stateReservation = states
        fingerprintReservation = fingerprints
        parentReservation = parents
        lineReservation = lines
        self.lineCount = min(lineCount, maximumLineCount)
        growAt = Self.load(min(lineCount, maximumLineCount), of: maximumLineCount, capacity)
    }

    @inlinable
    static func load(_ lineCount: Int, of maximum: Int, _ capacity: Int) -> Int {
        lineCount == maximum ? capacity : min(lineCount * 19 / 2, capacity)
    }

    @inlinable @inline(__always)
    func line(of hash: UInt64) -> Int {
        Int(truncatingIfNeeded: hash.multipliedFullWidth(by: UInt64(truncatingIfNeeded: lineCount)).high)
    }

    @inlinable @inline(__always)
    static func tag(of hash: UInt64) -> UInt8 { max(UInt8(truncatingIfNeeded: hash), 1) }

    @inlinable @inline(__always)
    func number(line: UnsafeMutableRawPointer, slot: Int) -> UInt32 {
        line.load(fromByteOffset: 16 + 4 * slot, as: UInt32.self)
    }

    @inlinable @inline(__always)
    static func hash(of state: UnsafePointer<State>) -> UInt64 {
        let words = MemoryLayout<State>.size / 8
        return UnsafeRawPointer(state).withMemoryRebound(to: UInt64.self, capacity: words) {
            ModelChecker.hash(of: $0, wordCount: words)
        }
    }

    @inlinable @inline(__always)
    static func equal(_ a: UnsafePointer<State>, _ b: UnsafePointer<State>) -> Bool {
        let a = UnsafeRawPointer(a)
        let b = UnsafeRawPointer(b)
        var difference: UInt64 = 0
        for word in 0..<MemoryLayout<State>.size / 8 {
            difference |= a.load(fromByteOffset: 8 * word, as: UInt64.self) ^ b.load(fromByteOffset: 8 * word, as: UInt64.self)
        }
        return difference == 0
    }

    @inlinable @inline(__always)
    func holds(_ number: UInt32, _ state: UnsafePointer<State>, _ hash: UInt64) -> Bool {
        keepsFingerprints ? fingerprints[Int(number)] == hash : Self.equal(states + Int(number), state)
    }

    /// The number of `state`, if it is here.
    @inlinable
    func find(_ state: UnsafePointer<State>, _ hash: UInt64) -> UInt32? {
        let tag = Self.tag(of: hash)
        var place = line(of: hash)
        while true {
            let line = lines + place * Self.lineBytes
            var equal = mc_tags_equal(line, tag)
            while equal != 0 {
                let candidate = number(line: line, slot: equal.trailingZeroBitCount)
                if holds(candidate, state, hash) { return candidate }
                equal &= equal &- 1
            }
            if mc_tags_equal(line, 0) != 0 { return nil }
            place += 1
            if place == lineCount { place = 0 }
        }
    }

    /// Adds `state` unless it is here.
    @inlinable
    mutating func insert(_ state: UnsafePointer<State>, _ hash: UInt64, parent: UInt32) {
        if find(state, hash) != nil { return }
        append(state, hash, parent: parent)
    }

    /// Adds a state that is known not to be here.
    @inlinable
    mutating func append(_ state: UnsafePointer<State>, _ hash: UInt64, parent: UInt32) {
        if count >= capacity {
            isFull = true
            return
        }
        var place = line(of: hash)
        while true {
            let line = lines + place * Self.lineBytes
            let empty = mc_tags_equal(line, 0)
            if empty != 0 {
                fill(line, empty.trailingZeroBitCount, state, hash, parent: parent)
                return
            }
            place += 1
            if place == lineCount { place = 0 }
        }
    }

    @inlinable @inline(__always)
    mutating func fill(
        _ line: UnsafeMutableRawPointer, _ slot: Int, _ state: UnsafePointer<State>, _ hash: UInt64, parent: UInt32
    ) {
        line.storeBytes(of: Self.tag(of: hash), toByteOffset: slot, as: UInt8.self)
        line.storeBytes(of: UInt32(truncatingIfNeeded: count), toByteOffset: 16 + 4 * slot, as: UInt32.self)
        (states + count).initialize(to: state.pointee)
        if keepsFingerprints { fingerprints[count] = hash }
        parents[count] = parent
        count &+= 1
    }

    /// Makes room for `more` states, as far as the limits allow.
    @inlinable @inline(__always)
    mutating func prepare(for more: Int) {
        while count + more > growAt, lineCount < maximumLineCount { grow() }
    }

    /// Half as many lines again (twice as many below 16 MiB), filled again in the order of discovery: the old index is not kept
    /// beside the new one.
    @inlinable @inline(never)
    mutating func grow() {
        let old = lineCount
        lineCount = min(old < 1 << 18 ? old * 2 : old + old / 2, maximumLineCount)
        growAt = Self.load(lineCount, of: maximumLineCount, capacity)
        (lines).initializeMemory(as: UInt8.self, repeating: 0, count: old * Self.lineBytes)
        let block = 64
        withUnsafeTemporaryAllocation(of: UInt64.self, capacity: block) { hashes in
            var start = 0
            while start < count {
                let n = min(block, count - start)
                for i in 0..<n {
                    let hash = keepsFingerprints ? fingerprints[start + i] : Self.hash(of: states + start + i)
                    hashes[i] = hash
                    mc_prefetch(lines + line(of: hash) * Self.lineBytes)
                }
                for i in 0..<n { place(hashes[i], UInt32(truncatingIfNeeded: start + i)) }
                start += n
            }
        }
    }

    @inlinable @inline(__always)
    mutating func place(_ hash: UInt64, _ number: UInt32) {
        var place = line(of: hash)
        while true {
            let line = lines + place * Self.lineBytes
            let empty = mc_tags_equal(line, 0)
            if empty != 0 {
                let slot = empty.trailingZeroBitCount
                line.storeBytes(of: Self.tag(of: hash), toByteOffset: slot, as: UInt8.self)
                line.storeBytes(of: number, toByteOffset: 16 + 4 * slot, as: UInt32.self)
                return
            }
            place += 1
            if place == lineCount { place = 0 }
        }
    }

    /// With fingerprints: gives back states that have been expanded.
    @inlinable
    mutating func release(below number: Int) {
        guard keepsFingerprints else { return }
        peakUnreleased = max(peakUnreleased, count - released)
        let size = MemoryLayout<State>.stride
        releasedBytes = stateReservation.discard(from: releasedBytes, before: number * size)
        released = releasedBytes / size
    }

    @inlinable var memory: MemoryUse {
        var use = MemoryUse()
        let size = MemoryLayout<State>.stride
        use.table = lineCount * Self.lineBytes + count * (keepsFingerprints ? 8 : size)
        use.frontier = keepsFingerprints ? max(peakUnreleased, count - released) * size : 0
        use.parents = count * 4
        return use
    }
}
