import KernelModel

/// What stands behind `uintr explore` and `uintr replay`.
public struct Explorer: Sendable {
    public typealias Report = @Sendable (ExploreProgress) -> Void

    /// The version of the model. A trace file of another version cannot be replayed.
    public var version: Int
    /// Answers to the questions, in their order. They differ in nothing but their claim, so one search may answer them all. The
    /// last argument is called from time to time, on any thread.
    public var explore: @Sendable ([Question], ExploreOptions, @escaping Report) throws(ExplorerError) -> [Answer]
    /// Takes the file's steps in the model.
    public var replay: @Sendable (TraceFile) throws(ExplorerError) -> Replay
    /// Judges the mail's other ideas as the matrix does the designs: what a question says beside design, repairs and claim counts.
    public var ideas: @Sendable (Question, ExploreOptions, @escaping Report) throws(ExplorerError) -> [IdeaRow]

    public init(
        version: Int, explore: @escaping @Sendable ([Question], ExploreOptions, @escaping Report) throws(ExplorerError) -> [Answer],
        replay: @escaping @Sendable (TraceFile) throws(ExplorerError) -> Replay,
        ideas: @escaping @Sendable (Question, ExploreOptions, @escaping Report) throws(ExplorerError) -> [IdeaRow]
    ) {
        self.version = version
        self.explore = explore
        self.replay = replay
        self.ideas = ideas
    }
}

extension Explorer {
    /// The search over KernelModel.
    public static let engine = Explorer(
        version: KernelModel.version, explore: KernelExplorer.explore, replay: KernelExplorer.replay, ideas: KernelExplorer.ideas)
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
    /// `necessary`, `sufficient` or `useless`.
    public var verdict: String
    public var reason: String

    public init(idea: String, verdict: String, reason: String) {
        self.idea = idea
        self.verdict = verdict
        self.reason = reason
    }
}
