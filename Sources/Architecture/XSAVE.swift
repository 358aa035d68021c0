/// The XSAVE area, as far as user interrupts use it (SDM Vol. 1, 13.4 and 13.5.11).
public enum XSAVEArea {
    /// Bit 14 of a state-component bitmap.
    public static var uintrComponent: UInt64 { 1 << 14 }
    /// The size of component 14, in bytes.
    public static var uintrSize: UInt64 { 48 }
    /// XSTATE_BV, byte offset 512.
    public static var xstateBV: UInt64 { 512 }
    /// XCOMP_BV, byte offset 520.
    public static var xcompBV: UInt64 { 520 }
    /// Bit 63 of XCOMP_BV: the compacted format.
    public static var compacted: UInt64 { 1 << 63 }
    /// The extended region starts at byte 576.
    public static var extendedRegion: UInt64 { 576 }

    /// Size in bytes of component `i` in the compacted format, 0 where there is none (SDM Vol. 1, 13.5).
    @inlinable public static func size(_ component: UInt64) -> UInt64 {
        switch component {
        case 2: 256  // AVX
        case 3, 4: 64  // MPX
        case 5: 64  // opmask
        case 6: 512  // ZMM_Hi256
        case 7: 1024  // Hi16_ZMM
        case 8: 128  // PT
        case 9: 8  // PKRU
        case 10: 8  // PASID
        case 11: 16  // CET_U
        case 12: 24  // CET_S
        case 13: 8  // HDC
        case 14: uintrSize
        default: 0
        }
    }

    /// The offset in bytes of component 14 in a compacted area: every lower component named in XCOMP_BV takes its place, whether
    /// or not the instruction asks for it (SDM Vol. 1, 13.4.3). None of those below 14 asks for 64-byte alignment.
    @inlinable public static func uintrOffset(xcompBV: UInt64) -> UInt64 {
        var offset = extendedRegion
        for component: UInt64 in 2..<14 where xcompBV & (1 &<< component) != 0 {
            offset &+= size(component)
        }
        return offset
    }
}

/// Component 14 as it stands in memory: six quadwords (SDM Vol. 1, 13.5.11).
public struct UINTRStateImage: Equatable, Hashable, Sendable {
    /// Bytes 7:0.
    public var handler: UInt64
    /// Bytes 15:8.
    public var stackadjust: UInt64
    /// Bytes 23:16: UITTSZ in bits 31:0, UINV in 39:32, UIF in bit 63, the others 0.
    public var misc: UInt64
    /// Bytes 31:24.
    public var pd: UInt64
    /// Bytes 39:32.
    public var rr: UInt64
    /// Bytes 47:40.
    public var tt: UInt64

    @inlinable public init(handler: UInt64, stackadjust: UInt64, misc: UInt64, pd: UInt64, rr: UInt64, tt: UInt64) {
        self.handler = handler
        self.stackadjust = stackadjust
        self.misc = misc
        self.pd = pd
        self.rr = rr
        self.tt = tt
    }

    /// UIF's place: bit 63 of bytes 23:16.
    public static var uifMask: UInt64 { 1 << 63 }

    @inlinable public init(_ state: UserInterruptState) {
        self.init(
            handler: state.uihandler, stackadjust: state.uistackadjust,
            misc: state.misc | (state.uif ? UINTRStateImage.uifMask : 0),
            pd: state.upidaddr, rr: state.uirr, tt: state.uitt)
    }

    /// The state that XRSTORS loads, or nil where the values raise #GP: what the MSRs would refuse, bit 63 of MISC apart.
    @inlinable public func state(maximum: LinearAddressWidth) -> UserInterruptState? {
        let misc = misc & ~UINTRStateImage.uifMask
        guard UINTRRegister.handler.accepts(handler, maximum: maximum),
            UINTRRegister.stackadjust.accepts(stackadjust, maximum: maximum),
            UINTRRegister.misc.accepts(misc, maximum: maximum),
            UINTRRegister.pd.accepts(pd, maximum: maximum),
            UINTRRegister.tt.accepts(tt, maximum: maximum)
        else { return nil }
        return UserInterruptState(
            uirr: rr, uihandler: handler, uistackadjust: stackadjust, uittsz: UInt32(truncatingIfNeeded: misc),
            uinv: UInt8(truncatingIfNeeded: misc &>> 32), upidaddr: pd, uitt: tt,
            uif: self.misc & UINTRStateImage.uifMask != 0)
    }

    /// Reads the 48 bytes at `address`.
    @inlinable public static func load<M: Memory & ~Copyable>(
        _ address: UInt64, memory: inout M
    ) throws(Fault) -> UINTRStateImage {
        UINTRStateImage(
            handler: try memory.load(address, .supervisorRead),
            stackadjust: try memory.load(address &+ 8, .supervisorRead),
            misc: try memory.load(address &+ 16, .supervisorRead),
            pd: try memory.load(address &+ 24, .supervisorRead),
            rr: try memory.load(address &+ 32, .supervisorRead),
            tt: try memory.load(address &+ 40, .supervisorRead))
    }

    /// Writes the 48 bytes at `address`.
    @inlinable public func store<M: Memory & ~Copyable>(_ address: UInt64, memory: inout M) throws(Fault) {
        try memory.store(address, handler, .supervisorWrite)
        try memory.store(address &+ 8, stackadjust, .supervisorWrite)
        try memory.store(address &+ 16, misc, .supervisorWrite)
        try memory.store(address &+ 24, pd, .supervisorWrite)
        try memory.store(address &+ 32, rr, .supervisorWrite)
        try memory.store(address &+ 40, tt, .supervisorWrite)
    }
}
