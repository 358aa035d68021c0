/// A change to a design that `--repairs` switches on: what the thread proposes, and what the search showed to be needed.
public struct Repair: Equatable, Hashable, Sendable {
    public var name: String
    /// One sentence.
    public var summary: String
    /// The message that proposes it; "the search" for the others.
    public var source: String
}
