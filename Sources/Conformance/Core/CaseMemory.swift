import Architecture
import Cases

/// The memory of a case on the core: the pages of `Layout`, each with its rights.
public struct CaseMemory: Memory, Sendable {
    struct Page: Sendable {
        var base: UInt64
        var user: Bool
        var writable: Bool
        var shadowStack: Bool
        var bytes: [UInt8]
    }

    private static let pageSize: UInt64 = 4096
    private(set) var pages: [Page] = []

    public init() {
        map(Layout.code, pages: 1, user: true, writable: false)
        map(Layout.stack, pages: 4, user: true, writable: true)
        map(Layout.altStack, pages: 1, user: true, writable: true)
        map(Layout.upids, pages: 1, user: false, writable: true)
        map(Layout.uitt, pages: 1, user: false, writable: true)
        map(Layout.xsave, pages: 2, user: false, writable: true)
        map(Layout.readOnlyUser, pages: 1, user: true, writable: false)
        map(Layout.readOnlySupervisor, pages: 1, user: false, writable: false)
        map(Layout.shadowStack, pages: 1, user: true, writable: false, shadowStack: true)
        map(Layout.supervisorShadowStack, pages: 1, user: false, writable: false, shadowStack: true)
    }

    private mutating func map(
        _ base: UInt64, pages count: UInt64, user: Bool, writable: Bool, shadowStack: Bool = false
    ) {
        for index in 0..<count {
            pages.append(
                Page(
                    base: base + index * CaseMemory.pageSize, user: user, writable: writable, shadowStack: shadowStack,
                    bytes: [UInt8](repeating: 0, count: Int(CaseMemory.pageSize))))
        }
    }

    private func page(of address: UInt64) -> Int? {
        let base = address & ~(CaseMemory.pageSize - 1)
        return pages.firstIndex { $0.base == base }
    }

    /// Checks the rights to each page that `count` bytes touch. The fault names the first byte that has none.
    private func check(_ address: UInt64, _ count: UInt64, _ access: Access) throws(Fault) {
        var byte = address
        while true {
            guard let index = page(of: byte) else { throw .page(address: byte, code: access.code(present: false)) }
            let page = pages[index]
            // SDM Vol. 3A, 4.6.1: a shadow-stack access needs a shadow-stack page of its own privilege; data may be read there.
            let allowed =
                if access.shadowStack {
                    page.shadowStack && page.user == access.user
                } else {
                    (!access.user || page.user) && (!access.write || page.writable)
                }
            guard allowed else { throw .page(address: byte, code: access.code(present: true)) }
            let next = page.base &+ CaseMemory.pageSize
            guard next &- 1 < address &+ count &- 1 else { return }
            byte = next
        }
    }

    /// 8 bytes, whatever their rights; nil where nothing is mapped.
    public func peek(_ address: UInt64) -> UInt64? {
        var value: UInt64 = 0
        for offset: UInt64 in 0..<8 {
            guard let index = page(of: address &+ offset) else { return nil }
            let byte = pages[index].bytes[Int((address &+ offset) & (CaseMemory.pageSize - 1))]
            value |= UInt64(byte) << (offset * 8)
        }
        return value
    }

    /// Writes 8 bytes, whatever their rights.
    /// - Returns: false where nothing is mapped.
    public mutating func poke(_ address: UInt64, _ value: UInt64) -> Bool {
        for offset: UInt64 in 0..<8 {
            guard let index = page(of: address &+ offset) else { return false }
            pages[index].bytes[Int((address &+ offset) & (CaseMemory.pageSize - 1))] =
                UInt8(truncatingIfNeeded: value >> (offset * 8))
        }
        return true
    }

    // Every address is checked before it is peeked, so the defaults below are never taken.

    public mutating func load(_ address: UInt64, _ access: Access) throws(Fault) -> UInt64 {
        try check(address, 8, access)
        return peek(address) ?? 0
    }

    public mutating func store(_ address: UInt64, _ value: UInt64, _ access: Access) throws(Fault) {
        try check(address, 8, access)
        _ = poke(address, value)
    }

    public mutating func loadOctaword(_ address: UInt64, _ access: Access) throws(Fault) -> Octaword {
        try check(address, 16, access)
        return Octaword(low: peek(address) ?? 0, high: peek(address &+ 8) ?? 0)
    }

    public mutating func loadForUpdate(_ address: UInt64) throws(Fault) -> Octaword {
        try loadOctaword(address, .supervisorWrite)
    }

    public mutating func compareExchange(
        _ address: UInt64, expected: Octaword, desired: Octaword
    ) throws(Fault) -> Octaword {
        let old = try loadForUpdate(address)
        if old == expected {
            _ = poke(address, desired.low)
            _ = poke(address &+ 8, desired.high)
        }
        return old
    }

    public mutating func fetchAnd(_ address: UInt64, _ mask: UInt64) throws(Fault) -> UInt64 {
        let old = try load(address, .supervisorWrite)
        _ = poke(address, old & mask)
        return old
    }

    public mutating func exchange(_ address: UInt64, _ value: UInt64) throws(Fault) -> UInt64 {
        let old = try load(address, .supervisorWrite)
        _ = poke(address, value)
        return old
    }
}
