/// A statement of the thread "[RFC PATCH 00/13] x86 User Interrupts support" (linux-api, September 2021) that can be true or
/// false, and where it is settled. The conformance cases that bear on it are not listed here: they name it (`Case.ids`).
public struct ThreadClaim: Equatable, Sendable {
    /// `S-3`: the series and its number.
    public var id: String
    /// What is claimed, in one sentence.
    public var claim: String
    public var author: String
    /// The Message-ID up to the at sign, or as much of it as finds the message.
    public var message: String
    /// At least one.
    public var settlements: [Settlement]

    init(_ id: String, _ claim: String, by author: String, in message: String, _ settlements: Settlement...) {
        self.id = id
        self.claim = claim
        self.author = author
        self.message = message
        self.settlements = settlements
    }
}

/// Where a claim is settled, or why it cannot be.
public struct Settlement: Equatable, Sendable {
    public enum Kind: String, Equatable, Hashable, Sendable, CaseIterable {
        /// A test of this package, under `Tests/`; the text is its name, and a test looks it up.
        case test
        /// A test of a program in `kselftest/`; the text is its claim, and a test looks it up.
        case selftest
        /// A verdict of `uintr explore`: a design of uintr_wait() under every interleaving within bounds. A test runs it.
        case explorer
        /// What the explorer cannot say of it, and why.
        case unexplored
        /// A decision of `docs/uapi.md`: the project's own system calls.
        case uapi
        /// Further programs to come in `kselftest/`.
        case selftestToCome = "kselftest"
        /// A count to come from `uintr torture`: events end to end while CPUs go offline and come back.
        case torture
        /// Figures to come from `uintr bench`.
        case bench
        /// The runtime to come behind `uintr run`: the system calls of every ABI in user space.
        case emulation
        /// The kernel to come in `kernel/`, on an emulated processor or a real one, by `uintr lab`.
        case lab
        /// Not settled here, and why.
        case never

        /// True if it names a test in the sources.
        public var namesTest: Bool { self == .test || self == .selftest }
        /// True if it names something that runs today.
        public var runs: Bool { namesTest || self == .explorer }
        /// True if it is still to come.
        public var isToCome: Bool {
            switch self {
            case .test, .selftest, .explorer, .unexplored, .uapi, .never: false
            case .selftestToCome, .torture, .bench, .emulation, .lab: true
            }
        }
    }

    public var kind: Kind
    /// What is shown there, in one sentence; for `test` and `selftest`, the name as it stands in the source.
    public var text: String
    /// With `explorer`, and with nothing else.
    public var verdict: ExplorerVerdict?

    init(_ kind: Kind, _ text: String) {
        precondition(kind != .explorer, "a verdict says which: Settlement.holds or .violated")
        self.kind = kind
        self.text = text
    }

    init(verdict: ExplorerVerdict, _ text: String) {
        kind = .explorer
        self.text = text
        self.verdict = verdict
    }
}

extension ThreadClaim {
    /// Every claim, in the order of the thread's parts.
    public static var all: [ThreadClaim] {
        coverLetter + benchmark + patches + waiting + scheduler
    }

    /// How many claims each series has; they are numbered from 1 without a gap.
    public static var series: [(prefix: String, count: Int, title: String)] {
        [
            ("A", 14, "The cover letter and its follow-ups"),
            ("B", 1, "The benchmark"),
            ("C", 11, "Context switch, life cycle (patches 03 to 10)"),
            ("W", 12, "Waiting (patch 11)"),
            ("S", 8, "Waiting by a fault: the mail of 30 September 2021"),
        ]
    }

    /// The ids that must exist.
    public static var requiredIDs: [String] {
        series.flatMap { series in (1...series.count).map { "\(series.prefix)-\($0)" } }
    }
}
