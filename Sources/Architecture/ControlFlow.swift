/// Control-flow enforcement at one privilege level: IA32_U_CET or IA32_S_CET (SDM Vol. 1, ch. 17).
public struct ControlFlowEnforcement: Equatable, Hashable, Sendable {
    public var rawValue: UInt64
    @inlinable public init(rawValue: UInt64 = 0) { self.rawValue = rawValue }

    /// SH_STK_EN, bit 0: shadow stack.
    @inlinable public var shadowStack: Bool { rawValue & 1 != 0 }
    /// ENDBR_EN, bit 2: indirect-branch tracking.
    @inlinable public var endbranch: Bool { rawValue & 1 << 2 != 0 }
    /// TRACKER, bit 11: 1 is WAIT_FOR_ENDBRANCH.
    @inlinable public var waitsForEndbranch: Bool { rawValue & 1 << 11 != 0 }
    /// SUPPRESS, bit 10.
    @inlinable public var suppressed: Bool { rawValue & 1 << 10 != 0 }

    /// What delivery does where endbranch is enabled: TRACKER := WAIT_FOR_ENDBRANCH, SUPPRESS := 0.
    @inlinable public mutating func trackEndbranch() {
        rawValue = rawValue & ~(1 << 10) | 1 << 11
    }
}
