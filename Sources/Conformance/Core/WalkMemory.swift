import Architecture

/// Flat memory for random walks, that can be told to fault at an access to come.
struct WalkMemory: Memory {
    static let base: UInt64 = 0x1000_0000
    private var words: [UInt64]
    /// Counts down with each access; the one that finds 1 faults. 0: none does.
    var faultAfter = 0

    init(bytes: Int) {
        words = [UInt64](repeating: 0, count: bytes / 8)
    }

    subscript(address: UInt64) -> UInt64 {
        get { words[Int((address - WalkMemory.base) / 8)] }
        set { words[Int((address - WalkMemory.base) / 8)] = newValue }
    }

    @inline(__always) private mutating func check(_ address: UInt64, _ access: Access) throws(Fault) {
        let mapped = address >= WalkMemory.base && address - WalkMemory.base < UInt64(words.count) * 8 && address & 7 == 0
        guard mapped else { throw .page(address: address, code: access.code(present: false)) }
        guard faultAfter > 0 else { return }
        faultAfter -= 1
        if faultAfter == 0 { throw .page(address: address, code: access.code(present: true)) }
    }

    mutating func load(_ address: UInt64, _ access: Access) throws(Fault) -> UInt64 {
        try check(address, access)
        return self[address]
    }

    mutating func store(_ address: UInt64, _ value: UInt64, _ access: Access) throws(Fault) {
        try check(address, access)
        self[address] = value
    }

    mutating func loadOctaword(_ address: UInt64, _ access: Access) throws(Fault) -> Octaword {
        try check(address, access)
        return Octaword(low: self[address], high: self[address &+ 8])
    }

    mutating func loadForUpdate(_ address: UInt64) throws(Fault) -> Octaword {
        try loadOctaword(address, .supervisorWrite)
    }

    mutating func compareExchange(
        _ address: UInt64, expected: Octaword, desired: Octaword
    ) throws(Fault) -> Octaword {
        let old = try loadForUpdate(address)
        if old == expected {
            self[address] = desired.low
            self[address &+ 8] = desired.high
        }
        return old
    }

    mutating func fetchAnd(_ address: UInt64, _ mask: UInt64) throws(Fault) -> UInt64 {
        try check(address, .supervisorWrite)
        defer { self[address] &= mask }
        return self[address]
    }

    mutating func exchange(_ address: UInt64, _ value: UInt64) throws(Fault) -> UInt64 {
        try check(address, .supervisorWrite)
        defer { self[address] = value }
        return self[address]
    }
}
