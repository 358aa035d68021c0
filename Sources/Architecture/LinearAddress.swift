/// The width of linear addresses (SDM Vol. 3A, 4.1.4): 48 bits with 4-level paging, 57 with 5-level paging.
public enum LinearAddressWidth: UInt8, Equatable, Hashable, Sendable {
    case bits48 = 48
    case bits57 = 57

    /// True when bits 63:width of `address` all equal bit width − 1.
    @inlinable public func isCanonical(_ address: UInt64) -> Bool {
        let shift = UInt64(64 &- rawValue)
        let extended = Int64(truncatingIfNeeded: address &<< shift) &>> Int64(truncatingIfNeeded: shift)
        return UInt64(bitPattern: extended) == address
    }

    /// True when the first and the last byte of `count` bytes at `address` are canonical.
    @inlinable public func isCanonical(_ address: UInt64, count: UInt64) -> Bool {
        isCanonical(address) && isCanonical(address &+ count &- 1)
    }
}
