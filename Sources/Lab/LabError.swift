/// What went wrong in the lab, and what to do about it.
public struct LabError: Error, CustomStringConvertible, Sendable {
    /// What was tried, and what the system answered.
    public var problem: String
    /// Why, most likely.
    public var cause: String?
    /// What to type next.
    public var next: String

    public init(_ problem: String, cause: String? = nil, next: String) {
        self.problem = problem
        self.cause = cause
        self.next = next
    }

    public var description: String {
        problem + (cause.map { "\nLikely cause: \($0)" } ?? "") + "\nNext: \(next)"
    }
}
