/// The bits of a register, by name. Not an OptionSet: array literals, which that brings, allocate.
public protocol BitSet: Equatable {
    var rawValue: UInt64 { get set }
    init(rawValue: UInt64)
}

extension BitSet {
    @inlinable public func contains(_ other: Self) -> Bool { rawValue & other.rawValue == other.rawValue }
    // Whole values are assigned: unoptimised, to change `rawValue` in place allocates, and a signal's handler may be where this runs.
    @inlinable public mutating func insert(_ other: Self) { self = union(other) }
    @inlinable public mutating func remove(_ other: Self) { self = subtracting(other) }
    @inlinable public func union(_ other: Self) -> Self { Self(rawValue: rawValue | other.rawValue) }
    @inlinable public func subtracting(_ other: Self) -> Self { Self(rawValue: rawValue & ~other.rawValue) }
    @inlinable public func intersection(_ other: Self) -> Self { Self(rawValue: rawValue & other.rawValue) }
}
