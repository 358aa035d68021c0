import KernelModel

/// What is asked of the explorer: one design, one claim, within bounds.
public struct Question: Codable, Equatable, Hashable, Sendable {
    /// A name of `WaitDesign.all`.
    public var design: String
    /// Names of repairs that are switched on, in the design's order.
    public var repairs: [String]
    public var claim: Claim
    public var scenario: Scenario
    public var user: UserSide
    public var bounds: Bounds

    public init(
        design: String, repairs: [String] = [], claim: Claim = .lostWakeup, scenario: Scenario = .any, user: UserSide = .clui,
        bounds: Bounds = Bounds()
    ) {
        self.design = design
        self.repairs = repairs
        self.claim = claim
        self.scenario = scenario
        self.user = user
        self.bounds = bounds
    }
}

/// The answer to a question.
public struct Answer: Codable, Equatable, Sendable {
    public enum Verdict: String, Codable, Sendable { case holds, violated, incomplete }
    public var question: Question
    public var verdict: Verdict
    /// Distinct states that the search stored.
    public var states: UInt64
    public var transitions: UInt64
    public var seconds: Double
    /// What was covered: the bounds, the strategy, the reductions; why it is incomplete; the odds of omission with fingerprints.
    public var coverage: String
    /// With `violated`.
    public var trace: Trace?

    public init(
        question: Question, verdict: Verdict, states: UInt64, transitions: UInt64, seconds: Double, coverage: String,
        trace: Trace? = nil
    ) {
        self.question = question
        self.verdict = verdict
        self.states = states
        self.transitions = transitions
        self.seconds = seconds
        self.coverage = coverage
        self.trace = trace
    }
}
