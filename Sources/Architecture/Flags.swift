/// RFLAGS (SDM Vol. 1, 3.4.3).
public struct RFLAGS: BitSet, Equatable, Hashable, Sendable {
    public var rawValue: UInt64
    @inlinable public init(rawValue: UInt64) { self.rawValue = rawValue }

    public static var cf: RFLAGS { RFLAGS(rawValue: 1 << 0) }
    /// Bit 1, always 1 in RFLAGS. In the frame that flexible UIRET pops it stands for UIF.
    public static var fixed: RFLAGS { RFLAGS(rawValue: 1 << 1) }
    public static var pf: RFLAGS { RFLAGS(rawValue: 1 << 2) }
    public static var af: RFLAGS { RFLAGS(rawValue: 1 << 4) }
    public static var zf: RFLAGS { RFLAGS(rawValue: 1 << 6) }
    public static var sf: RFLAGS { RFLAGS(rawValue: 1 << 7) }
    public static var tf: RFLAGS { RFLAGS(rawValue: 1 << 8) }
    public static var interruptEnable: RFLAGS { RFLAGS(rawValue: 1 << 9) }
    public static var df: RFLAGS { RFLAGS(rawValue: 1 << 10) }
    public static var of: RFLAGS { RFLAGS(rawValue: 1 << 11) }
    public static var nt: RFLAGS { RFLAGS(rawValue: 1 << 14) }
    public static var rf: RFLAGS { RFLAGS(rawValue: 1 << 16) }
    public static var ac: RFLAGS { RFLAGS(rawValue: 1 << 18) }
    public static var id: RFLAGS { RFLAGS(rawValue: 1 << 21) }

    /// The flags that UIRET loads: CF PF AF ZF SF TF DF OF NT RF AC ID, mask 254DD5H (SDM Vol. 2, UIRET).
    public static var loadedByUIRET: RFLAGS { RFLAGS(rawValue: 0x254DD5) }
    /// The flags that TESTUI clears, mask 8D4H: ZF AF OF PF SF (SDM Vol. 2, TESTUI).
    public static var clearedByTESTUI: RFLAGS { RFLAGS(rawValue: 0x8D4) }
}
