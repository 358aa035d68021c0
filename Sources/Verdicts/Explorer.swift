public import KernelModel

/// What stands behind `uintr explore` and `uintr replay`: the catalogue, and how to ask.
public struct Explorer: Sendable {
    /// The version of the model. A trace file of another version cannot be replayed.
    public var version: Int
    /// Every design with its repairs, in the order in which they are listed.
    public var designs: [DesignEntry]
    /// Searches for an answer. The last argument is called from time to time, on any thread.
    public var explore: @Sendable (Question, SearchOptions, @escaping @Sendable (SearchProgress) -> Void) throws(ExplorerError) -> Answer
    /// Takes the file's steps in the model.
    public var replay: @Sendable (TraceFile) throws(ExplorerError) -> Replay
    /// Judges the mail's other ideas, within bounds.
    public var ideas: @Sendable (Bounds, SearchOptions) throws(ExplorerError) -> [IdeaRow]

    public init(
        version: Int, designs: [DesignEntry],
        explore: @escaping @Sendable (Question, SearchOptions, @escaping @Sendable (SearchProgress) -> Void) throws(ExplorerError) -> Answer,
        replay: @escaping @Sendable (TraceFile) throws(ExplorerError) -> Replay,
        ideas: @escaping @Sendable (Bounds, SearchOptions) throws(ExplorerError) -> [IdeaRow]
    ) {
        self.version = version
        self.designs = designs
        self.explore = explore
        self.replay = replay
        self.ideas = ideas
    }
}

extension Explorer {
    /// The engine of this build; nil while there is none.
    public static var engine: Explorer? { nil }
}

/// A name and one line that says what it is.
public struct NamedEntry: Equatable, Sendable {
    public var name: String
    public var summary: String

    public init(_ name: String, _ summary: String) {
        self.name = name
        self.summary = summary
    }
}

/// A wait design as the catalogue has it.
public struct DesignEntry: Equatable, Sendable {
    public var name: String
    public var summary: String
    /// The repairs that can be switched on.
    public var repairs: [NamedEntry]

    public init(name: String, summary: String, repairs: [NamedEntry] = []) {
        self.name = name
        self.summary = summary
        self.repairs = repairs
    }
}

/// Why a question was not answered.
public struct ExplorerError: Error, Equatable, Sendable {
    /// What is wrong and what to do next, in a sentence or two.
    public var sentence: String

    public init(_ sentence: String) { self.sentence = sentence }
}

/// How a trace went when its steps were taken in the model.
public enum Replay: Equatable, Sendable {
    /// Every step was enabled: the run as the model makes it now, and what the model says of its end.
    case done(Trace, Answer.Verdict)
    /// The step at `index`, from 0, is not enabled after those before it; `enabled` names what is.
    case notEnabled(index: Int, enabled: [String])
}

/// An idea of the mail beside its design, and what the search says of it.
public struct IdeaRow: Codable, Equatable, Sendable {
    public var idea: String
    /// `necessary`, `sufficient`, `useless`, in combination where it must be: `useless here`.
    public var verdict: String
    public var reason: String

    public init(idea: String, verdict: String, reason: String) {
        self.idea = idea
        self.verdict = verdict
        self.reason = reason
    }
}
