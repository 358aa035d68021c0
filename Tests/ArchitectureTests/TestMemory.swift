import Architecture

/// Memory that remembers quadwords by address, and faults at the n-th access if asked to.
struct TestMemory: Memory {
    var words: [UInt64: UInt64] = [:]
    /// How many accesses there were.
    var accesses = 0
    /// The access that faults, counted from 0; nil for none.
    var faultAt: Int?
    /// What happens to the UPID between `loadForUpdate` and `compareExchange`, once.
    var interloper: (address: UInt64, value: UInt64)?
    var log: [Access] = []

    private mutating func access(_ address: UInt64, _ access: Access) throws(Fault) {
        defer { accesses += 1 }
        log.append(access)
        if accesses == faultAt { throw .page(address: address, code: access.code(present: false)) }
    }

    mutating func load(_ address: UInt64, _ access: Access) throws(Fault) -> UInt64 {
        try self.access(address, access)
        return words[address] ?? 0
    }

    mutating func store(_ address: UInt64, _ value: UInt64, _ access: Access) throws(Fault) {
        try self.access(address, access)
        words[address] = value
    }

    mutating func loadOctaword(_ address: UInt64, _ access: Access) throws(Fault) -> Octaword {
        try self.access(address, access)
        return Octaword(low: words[address] ?? 0, high: words[address + 8] ?? 0)
    }

    mutating func loadForUpdate(_ address: UInt64) throws(Fault) -> Octaword {
        try loadOctaword(address, .supervisorWrite)
    }

    mutating func compareExchange(
        _ address: UInt64, expected: Octaword, desired: Octaword
    ) throws(Fault) -> Octaword {
        try access(address, .supervisorWrite)
        if let other = interloper {
            words[other.address] = other.value
            interloper = nil
        }
        let old = Octaword(low: words[address] ?? 0, high: words[address + 8] ?? 0)
        if old == expected {
            words[address] = desired.low
            words[address + 8] = desired.high
        }
        return old
    }

    mutating func fetchAnd(_ address: UInt64, _ mask: UInt64) throws(Fault) -> UInt64 {
        try access(address, .supervisorWrite)
        let old = words[address] ?? 0
        words[address] = old & mask
        return old
    }

    mutating func exchange(_ address: UInt64, _ value: UInt64) throws(Fault) -> UInt64 {
        try access(address, .supervisorWrite)
        let old = words[address] ?? 0
        words[address] = value
        return old
    }
}
