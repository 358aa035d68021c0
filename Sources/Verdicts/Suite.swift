import KernelModel

/// Situations that are searched together: no single one lets everything happen in bounds that end soon.
public struct Suite: Sendable {
    public struct Situation: Hashable, Sendable {
        public var scenario: Scenario
        public var user: UserSide
        public var bounds: Bounds

        init(_ scenario: Scenario = .any, _ user: UserSide = .clui, _ change: (inout Bounds) -> Void) {
            self.scenario = scenario
            self.user = user
            bounds = Bounds()
            change(&bounds)
        }
    }

    /// What `--suite` takes.
    public enum Name: String, CaseIterable, Sendable {
        /// Minutes: what CI runs, and what docs/verdicts.md holds.
        case small
        /// Two and three CPUs, two senders with two messages each, with one offline/online, one preemption, one signal.
        case large
    }

    public var situations: [Situation]

    public static func named(_ name: Name) -> Suite { name == .small ? small : large }

    /// The situation in which the mail's other ideas are judged: `question` with a preemption, an offline/online and two senders.
    public static func ideas(_ question: Question) -> Question {
        var question = question
        question.bounds = small.situations[2].bounds
        return question
    }

    static let small = Suite(situations: [
        Situation { $0.senders = 2; $0.messages = 2 },
        Situation { $0.senders = 2; $0.preemptions = 1; $0.offline = 1; $0.signals = 1 },
        Situation { $0.cpus = 3; $0.senders = 2; $0.preemptions = 1; $0.offline = 1 },
        Situation { $0.receivers = 2; $0.senders = 2; $0.preemptions = 1; $0.exits = 1 },
        Situation { $0.senders = 2; $0.preemptions = 1; $0.unregisters = 1 },
        Situation { $0.messages = 2; $0.preemptions = 1; $0.timeouts = 1; $0.forks = 1; $0.kthreads = 1 },
        Situation { $0.vectors = 2; $0.senders = 2; $0.preemptions = 1 },
        Situation { $0.signals = 1; $0.exits = 1; $0.messages = 2 },
        Situation(.hotplug) { $0.offline = 1; $0.messages = 2 },
        Situation(.any, .spin) { $0.messages = 2; $0.preemptions = 1; $0.offline = 1 },
        Situation(.any, .spin) { $0.messages = 3; $0.preemptions = 1 },
        Situation(.any, .once) { $0.messages = 1; $0.preemptions = 1; $0.signals = 1 },
        Situation(.badUPID, .spin) { _ in },
    ])

    static let large = Suite(
        situations: small.situations + [
            Situation { $0.senders = 2; $0.messages = 2; $0.preemptions = 1; $0.offline = 1; $0.signals = 1 },
            Situation { $0.cpus = 3; $0.senders = 2; $0.messages = 2; $0.preemptions = 1; $0.offline = 1; $0.signals = 1 },
        ])
}
