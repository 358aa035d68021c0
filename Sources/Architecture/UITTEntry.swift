/// An entry of the user-interrupt target table: 16 bytes (SDM Vol. 3A, 9.7, table "Format of a UITTE").
public struct UITTEntry: Equatable, Hashable, Sendable {
    /// Bits 63:0: V in bit 0, UV in bits 15:8, the others reserved.
    public var control: UInt64
    /// UPIDADDR, bits 127:64: the linear address of a UPID, of which bits 5:0 are reserved.
    public var upidaddr: UInt64

    /// The size in bytes.
    public static var size: UInt64 { 16 }
    /// Bits 7:1, 63:16, and 15:14 since a user vector has six bits.
    public static var reservedMask: UInt64 { 0xFFFF_FFFF_FFFF_C0FE }

    @inlinable public init(control: UInt64 = 0, upidaddr: UInt64 = 0) {
        self.control = control
        self.upidaddr = upidaddr
    }

    /// A valid entry.
    /// - Parameters:
    ///   - uv: the user vector, 0–63. Larger values are stored as they are, and are refused by SENDUIPI.
    ///   - upidaddr: the linear address of the UPID, 64-byte aligned.
    @inlinable public init(uv: UInt8, upidaddr: UInt64) {
        self.init(control: 1 | UInt64(uv) &<< 8, upidaddr: upidaddr)
    }

    @inlinable public init(_ octaword: Octaword) {
        self.init(control: octaword.low, upidaddr: octaword.high)
    }

    @inlinable public var octaword: Octaword { Octaword(low: control, high: upidaddr) }

    /// V, bit 0.
    @inlinable public var isValid: Bool { control & 1 != 0 }
    /// UV, bits 15:8.
    @inlinable public var uv: UInt8 { UInt8(truncatingIfNeeded: control &>> 8) }
    /// True when a reserved bit is set; a UV above 63 and a UPIDADDR that is not 64-byte aligned count.
    @inlinable public var hasReservedBits: Bool {
        control & UITTEntry.reservedMask != 0 || upidaddr & (UPID.alignment &- 1) != 0
    }
}
