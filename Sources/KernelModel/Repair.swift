/// A change to a design that can be switched on by name (`--repairs`): what the thread proposes, and what the search showed to be needed.
public struct Repair: RawRepresentable, Hashable, Sendable, Codable {
    public var rawValue: String
    public init(rawValue: String) { self.rawValue = rawValue }
}
