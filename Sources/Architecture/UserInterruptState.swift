/// The user-interrupt state of one logical processor (SDM Vol. 3A, 9.3).
public struct UserInterruptState: Equatable, Hashable, Sendable {
    /// UIRR: one bit for each pending user vector 0–63. A user interrupt is recognised exactly while it is not 0 (9.4.1).
    public var uirr: UInt64
    /// UIHANDLER: the linear address of the handler.
    public var uihandler: UInt64
    /// UISTACKADJUST: with bit 0 set, what RSP is loaded with; else what is subtracted from RSP, in bytes.
    public var uistackadjust: UInt64
    /// UITTSZ: the highest valid index into the UITT.
    public var uittsz: UInt32
    /// UINV: the vector of the ordinary interrupt that is a notification. XSAVES clears it.
    public var uinv: UInt8
    /// UPIDADDR: the linear address of the UPID that notification processing reads, 64-byte aligned.
    public var upidaddr: UInt64
    /// IA32_UINTR_TT: UITTADDR in bits 63:4, the SENDUIPI enable in bit 0.
    public var uitt: UInt64
    /// UIF, the user-interrupt flag: no MSR holds it.
    public var uif: Bool

    /// The initial configuration of state component 14: all zero (SDM Vol. 1, 13.6).
    @inlinable public init(
        uirr: UInt64 = 0, uihandler: UInt64 = 0, uistackadjust: UInt64 = 0, uittsz: UInt32 = 0, uinv: UInt8 = 0,
        upidaddr: UInt64 = 0, uitt: UInt64 = 0, uif: Bool = false
    ) {
        self.uirr = uirr
        self.uihandler = uihandler
        self.uistackadjust = uistackadjust
        self.uittsz = uittsz
        self.uinv = uinv
        self.upidaddr = upidaddr
        self.uitt = uitt
        self.uif = uif
    }

    /// UITTADDR, bits 63:4 of IA32_UINTR_TT.
    @inlinable public var uittaddr: UInt64 { uitt & ~0xF }
    /// Bit 0 of IA32_UINTR_TT: SENDUIPI is enabled.
    @inlinable public var senduipiEnabled: Bool { uitt & 1 != 0 }
    /// True while a user interrupt is recognised (9.4.1).
    @inlinable public var isRecognized: Bool { uirr != 0 }
    /// The vector that delivery takes next: the highest bit set in UIRR; nil while UIRR is 0.
    @inlinable public var highestPending: UInt8? {
        uirr == 0 ? nil : UInt8(truncatingIfNeeded: 63 &- uirr.leadingZeroBitCount)
    }
    /// IA32_UINTR_MISC: UITTSZ in bits 31:0, UINV in bits 39:32.
    @inlinable public var misc: UInt64 { UInt64(uittsz) | UInt64(uinv) &<< 32 }
}
