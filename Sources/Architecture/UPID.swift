/// A user posted-interrupt descriptor: 16 bytes, 64-byte aligned (SDM Vol. 3A, 9.5.1, table "Format of the UPID").
public struct UPID: Equatable, Hashable, Sendable {
    /// Bits 63:0: ON, SN, NV, NDST and what is reserved.
    public var control: UInt64
    /// PIR, bits 127:64: one request for each user vector 0–63.
    public var pir: UInt64

    /// The size in bytes.
    public static var size: UInt64 { 16 }
    /// The alignment in bytes: bits 5:0 of its address are 0.
    public static var alignment: UInt64 { 64 }
    /// ON, bit 0: a notification is outstanding.
    public static var onMask: UInt64 { 1 << 0 }
    /// SN, bit 1: notifications are suppressed.
    public static var snMask: UInt64 { 1 << 1 }
    /// Bits 15:2 and 31:24, which must be 0. A kernel may arm one on purpose, so that SENDUIPI faults (message 25ba1e1f).
    public static var reservedMask: UInt64 { 0xFF00_FFFC }

    @inlinable public init(control: UInt64 = 0, pir: UInt64 = 0) {
        self.control = control
        self.pir = pir
    }

    /// - Parameters:
    ///   - nv: the vector of the notification, 8 bits.
    ///   - ndst: the destination as it stands in bits 63:32: the ID itself in x2APIC mode, the ID << 8 in xAPIC mode.
    @inlinable public init(nv: UInt8, ndst: UInt32, pir: UInt64 = 0, on: Bool = false, sn: Bool = false) {
        self.init(control: UInt64(nv) &<< 16 | UInt64(ndst) &<< 32, pir: pir)
        self.on = on
        self.sn = sn
    }

    @inlinable public init(_ octaword: Octaword) {
        self.init(control: octaword.low, pir: octaword.high)
    }

    @inlinable public var octaword: Octaword { Octaword(low: control, high: pir) }

    /// ON, bit 0.
    @inlinable public var on: Bool {
        get { control & UPID.onMask != 0 }
        set { control = newValue ? control | UPID.onMask : control & ~UPID.onMask }
    }

    /// SN, bit 1.
    @inlinable public var sn: Bool {
        get { control & UPID.snMask != 0 }
        set { control = newValue ? control | UPID.snMask : control & ~UPID.snMask }
    }

    /// NV, bits 23:16: the vector of the ordinary interrupt that notifies.
    @inlinable public var nv: UInt8 {
        get { UInt8(truncatingIfNeeded: control &>> 16) }
        set { control = control & ~0xFF_0000 | UInt64(newValue) &<< 16 }
    }

    /// NDST, bits 63:32: a physical APIC ID; all 32 bits of it in x2APIC mode, in bits 47:40 of the UPID in xAPIC mode.
    @inlinable public var ndst: UInt32 {
        get { UInt32(truncatingIfNeeded: control &>> 32) }
        set { control = control & 0xFFFF_FFFF | UInt64(newValue) &<< 32 }
    }

    /// True when a bit that must be 0 is set: SENDUIPI then raises #GP(0).
    @inlinable public var hasReservedBits: Bool { control & UPID.reservedMask != 0 }
}
