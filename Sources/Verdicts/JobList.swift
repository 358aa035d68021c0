/// The lines of a swarm's jobs.txt: one job each, with the file that it writes.
public struct JobList: Equatable, Sendable {
    public struct Job: Equatable, Sendable {
        /// The line, from 1.
        public var number: Int
        /// As a shell takes it.
        public var command: String
        /// Relative to the folder where jobs.txt is.
        public var result: String

        public init(number: Int, command: String, result: String) {
            self.number = number
            self.command = command
            self.result = result
        }
    }

    public private(set) var jobs: [Job] = []

    /// - Throws: a sentence, to follow the file's name, where a line is no job.
    public init(_ text: String) throws(FileError) {
        for (index, line) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated() where !line.isEmpty {
            let words = line.split(separator: " ")
            guard let option = words.lastIndex(of: "--result"), option + 1 == words.count - 1, let file = words.last else {
                throw FileError("has no \"--result FILE\" at the end of line \(index + 1). Write the jobs anew: uintr explore … --shards N --output FOLDER.")
            }
            jobs.append(Job(number: index + 1, command: String(line), result: String(file)))
        }
        guard !jobs.isEmpty else {
            throw FileError("holds no job. Write the jobs anew: uintr explore … --shards N --output FOLDER.")
        }
    }
}

/// The file that a job writes, and the one beside it that says how far it is.
public struct ResultFile: Equatable, Sendable {
    public var path: String

    public init(_ path: String) { self.path = path }

    /// There from the job's begin until its result is, and empty unless the job failed: then it holds the reason.
    public var marker: String { path + ".begun" }

    /// True if `rows` are the answers to `questions`, as `search` finds them: nothing is left to search.
    public static func answers(_ rows: [AnswerRecord], _ questions: [Question], _ search: ExploreOptions) -> Bool {
        rows.map(\.answer.question) == questions && rows.allSatisfy { $0.search == search }
    }

    /// What became of the job, where there is no result. `mark` is the marker's text, nil if there is none.
    public static func state(mark: String?) -> JoinedResults.Missing.State {
        guard let mark else { return .notBegun }
        let words = mark.split(whereSeparator: \.isNewline).joined(separator: " ")
        return words.isEmpty ? .notEnded : .failed(words)
    }
}
