import KernelModel

/// A run that breaks a claim, ready for a reader: who does what, step by step, and what it leaves behind.
public struct Trace: Codable, Equatable, Sendable {
    /// A piece of state beside a step: `UPID`, `ON=1 NV=wait NDST=1 PIR={0}`.
    public struct Value: Codable, Equatable, Sendable {
        /// `UPID`, `UIRR`, `UINV CPU 1`, `task`.
        public var name: String
        public var text: String
        /// True if this step changed it.
        public var changed: Bool

        public init(name: String, text: String, changed: Bool = false) {
            self.name = name
            self.text = text
            self.changed = changed
        }
    }

    /// An IPI that has been sent and has not arrived.
    public struct InFlight: Codable, Equatable, Sendable {
        /// `UINV` or `wait vector`, as the design calls it.
        public var vector: String
        /// The CPU that it was sent to.
        public var to: Int

        public init(vector: String, to: Int) {
            self.vector = vector
            self.to = to
        }
    }

    public struct Step: Codable, Equatable, Sendable {
        /// The number of the step in the model: what a replay follows.
        public var id: UInt16
        /// The CPU in whose column it stands; nil for what no CPU does (an IPI arrives, a timer expires elsewhere).
        public var cpu: Int?
        /// The task that does it, if one does: `receiver A`, `sender B`.
        public var task: String?
        /// `SENDUIPI: PIR[0] := 1, ON := 1`. With `uintr_wait(): ` in front, the function becomes a heading.
        public var text: String
        /// For an IPI that arrives, or is lost on its way: where it goes.
        public var arrow: InFlight?
        /// True if the IPI of `arrow` is lost, since the CPU that it goes to is offline.
        public var dropped: Bool
        /// IPIs in flight after the step.
        public var inFlight: [InFlight]
        /// The state after the step, always the same names in the same order.
        public var state: [Value]

        public init(
            id: UInt16, cpu: Int?, task: String?, text: String, arrow: InFlight? = nil, dropped: Bool = false,
            inFlight: [InFlight], state: [Value]
        ) {
            self.id = id
            self.cpu = cpu
            self.task = task
            self.text = text
            self.arrow = arrow
            self.dropped = dropped
            self.inFlight = inFlight
            self.state = state
        }
    }

    /// The first line: `rfc-v1, scenario hotplug: the claim lost-wakeup is violated`.
    public var title: String
    /// Columns: how many CPUs there are.
    public var cpus: Int
    /// The state before the first step.
    public var initial: [Value]
    public var steps: [Step]
    /// What is wrong at the end, in a sentence or two.
    public var conclusion: String

    public init(title: String, cpus: Int, initial: [Value], steps: [Step], conclusion: String) {
        self.title = title
        self.cpus = cpus
        self.initial = initial
        self.steps = steps
        self.conclusion = conclusion
    }
}

/// What a trace file holds, as JSON: enough to replay it with nothing else at hand.
public struct TraceFile: Codable, Equatable, Sendable {
    /// `uintr-trace`.
    public var format = "uintr-trace"
    /// The version of the model: a file of another one cannot be replayed.
    public var version: Int
    public var question: Question
    public var verdict: Answer.Verdict
    /// Of a random strategy.
    public var seed: UInt64?
    public var trace: Trace

    public init(version: Int, question: Question, verdict: Answer.Verdict, seed: UInt64? = nil, trace: Trace) {
        self.version = version
        self.question = question
        self.verdict = verdict
        self.seed = seed
        self.trace = trace
    }
}
