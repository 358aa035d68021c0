/// How an access to linear memory is made; an implementation decides by it whether to fault.
public struct Access: Equatable, Hashable, Sendable {
    /// A write, or the locked read of a read-modify-write: both need the right to write.
    public var write: Bool
    /// A user-mode access. False for the UITT and the UPID, which are reached with supervisor privilege at any CPL.
    public var user: Bool
    /// An access to a shadow stack (SDM Vol. 1, 17.2).
    public var shadowStack: Bool

    @inlinable public init(write: Bool, user: Bool, shadowStack: Bool = false) {
        self.write = write
        self.user = user
        self.shadowStack = shadowStack
    }

    /// A read with supervisor privilege.
    public static var supervisorRead: Access { Access(write: false, user: false) }
    /// A write, or a locked read-modify-write, with supervisor privilege.
    public static var supervisorWrite: Access { Access(write: true, user: false) }

    /// The error code of a page fault on this access.
    @inlinable public func code(present: Bool) -> PageFaultCode {
        var code = PageFaultCode(rawValue: 0)
        if present { code.insert(.present) }
        if write { code.insert(.write) }
        if user { code.insert(.user) }
        if shadowStack { code.insert(.shadowStack) }
        return code
    }
}

/// Sixteen bytes of memory as two little-endian quadwords: the size of a UPID and of a UITT entry.
public struct Octaword: Equatable, Hashable, Sendable {
    /// Bytes 0–7.
    public var low: UInt64
    /// Bytes 8–15.
    public var high: UInt64

    @inlinable public init(low: UInt64, high: UInt64) {
        self.low = low
        self.high = high
    }
}

/// Linear memory, as an instruction reaches it.
///
/// A plain array, a model checker's state, shared memory with 16-byte atomics and memory that faults on purpose all serve. Every
/// access throws `Fault.page`, and only that, before it changes anything; canonicality is checked by the caller.
/// `loadForUpdate`, `compareExchange`, `fetchAnd` and `exchange` are locked: one step to every other processor.
public protocol Memory: ~Copyable {
    /// Reads 8 bytes. The address need not be aligned.
    mutating func load(_ address: UInt64, _ access: Access) throws(Fault) -> UInt64
    /// Writes 8 bytes. The address need not be aligned.
    mutating func store(_ address: UInt64, _ value: UInt64, _ access: Access) throws(Fault)
    /// Reads the 16 bytes of a UITT entry. The address is 16-byte aligned; the read need not be atomic.
    mutating func loadOctaword(_ address: UInt64, _ access: Access) throws(Fault) -> Octaword
    /// The first half of a locked read-modify-write of 16 bytes at a 16-byte aligned address: it faults as a write does.
    mutating func loadForUpdate(_ address: UInt64) throws(Fault) -> Octaword
    /// Locked, supervisor: writes `desired` if the 16 bytes equal `expected`; returns what was there.
    mutating func compareExchange(_ address: UInt64, expected: Octaword, desired: Octaword) throws(Fault) -> Octaword
    /// Locked, supervisor: ANDs 8 bytes; returns what was there.
    mutating func fetchAnd(_ address: UInt64, _ mask: UInt64) throws(Fault) -> UInt64
    /// Locked, supervisor: replaces 8 bytes; returns what was there.
    mutating func exchange(_ address: UInt64, _ value: UInt64) throws(Fault) -> UInt64
}
