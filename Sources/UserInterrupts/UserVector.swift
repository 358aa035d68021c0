/// A user-interrupt vector: 0 to 63, the bit of PIR and UIRR that it occupies. Of several pending vectors the highest is
/// delivered first (SDM Vol. 3A 9.4.2).
public struct UserVector: Hashable, Comparable, Sendable, CustomStringConvertible {
    /// 0 to 63.
    public let rawValue: UInt8

    /// The number of vectors of one receiver.
    public static let count = 64

    /// - Throws: ``UserInterruptError/Code/invalidVector`` unless `number` is 0–63.
    public init(_ number: Int) throws(UserInterruptError) {
        guard let byte = UInt8(exactly: number), byte < Self.count else { throw .invalidVector(number) }
        rawValue = byte
    }

    /// Every vector, in the order 0, 1, … 63.
    public static var all: [UserVector] { (0..<UInt8(count)).map(UserVector.init(unchecked:)) }

    private init(unchecked byte: UInt8) { rawValue = byte }

    /// By number, which is also the order of priority: the higher goes first.
    public static func < (left: UserVector, right: UserVector) -> Bool { left.rawValue < right.rawValue }
    /// `vector 3`.
    public var description: String { "vector \(rawValue)" }
}
