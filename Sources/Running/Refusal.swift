/// Why a program is not run, and what to do next.
public struct Refusal: Error, Equatable, Sendable, CustomStringConvertible {
    /// The exit status that says it: what a shell gives for the first two.
    public enum Kind: Int32, Sendable {
        case notFound = 127
        case notExecutable = 126
        /// It cannot work here, or not with this program.
        case cannot = 4
        case usage = 64
    }

    public var kind: Kind
    public var description: String

    init(_ kind: Kind, _ description: String) {
        self.kind = kind
        self.description = description
    }

    public static func cannot(_ description: String) -> Refusal { Refusal(.cannot, description) }
    public static func usage(_ description: String) -> Refusal { Refusal(.usage, description) }
}
