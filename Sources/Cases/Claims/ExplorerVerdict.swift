/// A verdict of `uintr explore` that bears on a claim of the thread, as plain words: this module does not know the explorer. A test
/// runs each of them and finds what stands here.
public struct ExplorerVerdict: Equatable, Sendable {
    /// `fault`.
    public var design: String
    /// What is switched on beside it.
    public var repairs: [String] = []
    /// What is claimed of the design: `lost-wakeup`.
    public var claim: String
    public var scenario = "any"
    public var user = "clui"
    /// As `--bounds` takes them; empty for the defaults.
    public var bounds = ""
    /// True if it holds within the bounds, false if a trace breaks it.
    public var holds: Bool

    /// What a reader types.
    public var command: String {
        var words = ["uintr explore --design", design]
        if !repairs.isEmpty { words += ["--repairs", repairs.joined(separator: ",")] }
        words += ["--claim", claim]
        if scenario != "any" { words += ["--scenario", scenario] }
        if user != "clui" { words += ["--user", user] }
        if !bounds.isEmpty { words += ["--bounds", bounds] }
        return words.joined(separator: " ")
    }
}

extension Settlement {
    /// `claim` holds of `design` within `bounds`.
    static func holds(
        _ design: String, _ claim: String, within bounds: String = "", scenario: String = "any", user: String = "clui",
        _ text: String
    ) -> Settlement {
        Settlement(
            verdict: ExplorerVerdict(design: design, claim: claim, scenario: scenario, user: user, bounds: bounds, holds: true), text)
    }

    /// The explorer has a trace of `design` that breaks `claim`.
    static func violated(
        _ design: String, repairs: [String] = [], _ claim: String, within bounds: String = "", scenario: String = "any",
        user: String = "clui", _ text: String
    ) -> Settlement {
        Settlement(
            verdict: ExplorerVerdict(
                design: design, repairs: repairs, claim: claim, scenario: scenario, user: user, bounds: bounds, holds: false), text)
    }
}
