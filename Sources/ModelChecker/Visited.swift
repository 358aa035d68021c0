import CModelChecker

/// The states of a finished search, in one store or in 2 to the power of `shardBits`. A state's number is its place in its store
/// times the number of stores, plus the number of its store.
///
/// Invariant: `shards` points to 2 to the power of `shardBits` stores that outlive this value and do not change.
@usableFromInline
struct Visited<State: PackedState>: @unchecked Sendable {
    @usableFromInline let shards: UnsafeMutablePointer<Store<State>>
    @usableFromInline let shardBits: Int

    @usableFromInline
    init(shards: UnsafeMutablePointer<Store<State>>, shardBits: Int) {
        self.shards = shards
        self.shardBits = shardBits
    }

    @inlinable var shardMask: Int { 1 << shardBits - 1 }

    /// The store for a hash: bits that choose neither the line nor the tag.
    @inlinable @inline(__always)
    static func shard(of hash: UInt64, mask: Int) -> Int { Int(truncatingIfNeeded: hash >> 8) & mask }

    /// Every number is below it.
    @inlinable var bound: Int {
        var most = 0
        for shard in 0...shardMask { most = max(most, shards[shard].count) }
        return most << shardBits
    }

    /// Whether there is a state of that number.
    @inlinable @inline(__always)
    func contains(_ number: Int) -> Bool { number >> shardBits < shards[number & shardMask].count }

    @inlinable @inline(__always)
    subscript(number: Int) -> State { shards[number & shardMask].states[number >> shardBits] }

    @inlinable @inline(__always)
    func find(_ state: UnsafePointer<State>, _ hash: UInt64) -> Int? {
        let shard = Self.shard(of: hash, mask: shardMask)
        guard let place = shards[shard].find(state, hash) else { return nil }
        return Int(place) << shardBits | shard
    }

    @inlinable @inline(__always)
    func prefetch(_ hash: UInt64) {
        let shard = Self.shard(of: hash, mask: shardMask)
        mc_prefetch(shards[shard].lines + shards[shard].line(of: hash) * Store<State>.lineBytes)
    }

    @usableFromInline
    func holds(_ number: Int, _ state: State) -> Bool {
        withUnsafePointer(to: state) { pointer in
            let hash = Store<State>.hash(of: pointer)
            let shard = Self.shard(of: hash, mask: shardMask)
            return shard == number & shardMask
                && shards[shard].holds(UInt32(truncatingIfNeeded: number >> shardBits), pointer, hash)
        }
    }

    /// Of those numbers the one with the shortest path. In one store numbers grow with the depth, between two they need not.
    @usableFromInline
    func nearest(_ numbers: some Sequence<Int>) -> Int? {
        var least = [Int](repeating: .max, count: shardMask + 1)
        for number in numbers { least[number & shardMask] = min(least[number & shardMask], number) }
        let candidates = least.filter { $0 != .max }.map { (number: $0, length: self.numbers(to: $0).count) }
        return candidates.min { ($0.length, $0.number) < ($1.length, $1.number) }?.number
    }

    /// The numbers of the states from an initial one to `number`.
    @usableFromInline
    func numbers(to number: Int) -> [Int] {
        var numbers: [Int] = []
        var current = UInt32(truncatingIfNeeded: number)
        while current != Store<State>.none {
            numbers.append(Int(current))
            current = shards[Int(current) & shardMask].parents[Int(current) >> shardBits]
        }
        return numbers.reversed()
    }
}

/// One bit for each number below a bound.
@usableFromInline
struct NumberSet: Sendable {
    @usableFromInline var words: [UInt64]
    @usableFromInline init(bound: Int) { words = Array(repeating: 0, count: (bound + 63) / 64) }

    @inlinable @inline(__always)
    func contains(_ number: Int) -> Bool { words[number >> 6] >> UInt64(number & 63) & 1 != 0 }
    @inlinable @inline(__always)
    mutating func insert(_ number: Int) { words[number >> 6] |= 1 << UInt64(number & 63) }
}
