/// The sixteen general-purpose registers, indexed as instructions encode them: 0 RAX, 1 RCX, 2 RDX, 3 RBX, 4 RSP, … 15 R15.
public struct GeneralRegisters: Sendable {
    @usableFromInline var storage: InlineArray<16, UInt64>

    @inlinable public init() { storage = InlineArray(repeating: 0) }

    /// Only the low four bits of `register` count.
    @inlinable public subscript(register: UInt8) -> UInt64 {
        get { storage[Int(truncatingIfNeeded: register & 15)] }
        set { storage[Int(truncatingIfNeeded: register & 15)] = newValue }
    }

    /// RSP, register 4.
    @inlinable public var rsp: UInt64 {
        get { self[4] }
        set { self[4] = newValue }
    }
}

extension GeneralRegisters: Equatable {
    public static func == (a: GeneralRegisters, b: GeneralRegisters) -> Bool {
        for register: UInt8 in 0..<16 where a[register] != b[register] { return false }
        return true
    }
}
