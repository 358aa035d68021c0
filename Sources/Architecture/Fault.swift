/// An exception that an instruction, a delivery or notification processing raises.
///
/// The state that the manual says is unchanged is unchanged when one is thrown. Error codes are those that the processor pushes.
public enum Fault: Error, Equatable, Hashable, Sendable {
    /// #UD, vector 6.
    case invalidOpcode
    /// #SS(0), vector 12: a stack access through a non-canonical address.
    case stackSegment
    /// #GP(0), vector 13. Every #GP of this architecture has error code 0.
    case generalProtection
    /// #PF, vector 14, with the linear address (CR2) and the error code.
    case page(address: UInt64, code: PageFaultCode)
    /// #AC(0), vector 17.
    case alignmentCheck
    /// #CP, vector 21, with its error code (2 is FAR-RET/IRET, which UIRET uses; SDM Vol. 1, 17.2.5).
    case controlProtection(code: UInt16)

    /// The vector of the exception, 0–31 (SDM Vol. 3A, table 6-1).
    public var vector: UInt8 {
        switch self {
        case .invalidOpcode: 6
        case .stackSegment: 12
        case .generalProtection: 13
        case .page: 14
        case .alignmentCheck: 17
        case .controlProtection: 21
        }
    }
}

/// The error code of a page fault (SDM Vol. 3A, 4.7): P bit 0, W/R bit 1, U/S bit 2, I/D bit 4, SS bit 6.
public struct PageFaultCode: BitSet, Equatable, Hashable, Sendable {
    public var rawValue: UInt64
    @inlinable public init(rawValue: UInt64) { self.rawValue = rawValue }

    /// P, bit 0: the page was present, so the fault is one of rights.
    public static var present: PageFaultCode { PageFaultCode(rawValue: 1 << 0) }
    /// W/R, bit 1: the access was a write, or a locked read that goes with one.
    public static var write: PageFaultCode { PageFaultCode(rawValue: 1 << 1) }
    /// U/S, bit 2: a user-mode access. SENDUIPI's and notification processing's accesses are not.
    public static var user: PageFaultCode { PageFaultCode(rawValue: 1 << 2) }
    /// SS, bit 6: a shadow-stack access.
    public static var shadowStack: PageFaultCode { PageFaultCode(rawValue: 1 << 6) }
}
