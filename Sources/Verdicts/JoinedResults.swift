/// The results of several runs, joined: what was asked, how often, and where two answers do not go together.
public struct JoinedResults: Sendable {
    /// One run's answer to a question.
    public struct Run: Equatable, Sendable {
        /// The name of the file that it stands in.
        public var file: String
        public var record: AnswerRecord
    }

    /// Every run of one question.
    public struct Group: Equatable, Sendable {
        public var question: Question
        public var runs: [Run]
        /// `violated` if a run found that, else `holds` if a run was complete.
        public var verdict: Answer.Verdict
        /// Why two runs cannot both be right.
        public var disagreement: String?
    }

    /// A file that could not be used.
    public struct Unusable: Equatable, Sendable {
        public var file: String
        /// What is wrong with it, to follow its name.
        public var sentence: String
    }

    /// A job of a swarm that has no result.
    public struct Missing: Equatable, Sendable {
        public enum State: Equatable, Sendable {
            case notBegun
            /// It runs still, or was killed.
            case notEnded
            /// The job's own last words.
            case failed(String)
        }

        public var job: JobList.Job
        public var state: State

        public init(job: JobList.Job, state: State) {
            self.job = job
            self.state = state
        }
    }

    /// In the order in which the questions first appear.
    public private(set) var groups: [Group] = []
    public private(set) var unusable: [Unusable] = []
    public private(set) var missing: [Missing] = []
    /// Rows that say the same as one before, to the last digit: one run, given twice.
    public private(set) var repeated = 0

    /// - Parameters:
    ///   - files: Each with its rows, or with what is wrong with it.
    ///   - missing: Jobs that should have written a file and have not.
    public init(_ files: [(name: String, rows: Result<[AnswerRecord], FileError>)], missing: [Missing] = []) {
        self.missing = missing
        var places: [Question: Int] = [:]
        for file in files {
            switch file.rows {
            case .failure(let error): unusable.append(Unusable(file: file.name, sentence: error.sentence))
            case .success(let rows):
                for row in rows {
                    let question = row.answer.question
                    let place = places[question] ?? groups.count
                    if place == groups.count {
                        places[question] = place
                        groups.append(Group(question: question, runs: [], verdict: .incomplete, disagreement: nil))
                    }
                    if groups[place].runs.contains(where: { $0.record == row }) {
                        repeated += 1
                    } else {
                        groups[place].runs.append(Run(file: file.name, record: row))
                    }
                }
            }
        }
        for place in groups.indices { groups[place].judge() }
    }

    /// One answer for each question: the shortest trace, or the most complete search.
    public var records: [AnswerRecord] { groups.compactMap { $0.best?.record } }

    /// 1 if a claim is violated or two runs disagree, else 4 if a question, a job or a file is left open, else 0. A question whose
    /// bounds lie within those of a complete run is not open.
    public var exitStatus: Int32 {
        if groups.contains(where: { $0.disagreement != nil || $0.verdict == .violated }) { return 1 }
        return !unusable.isEmpty || !missing.isEmpty || groups.isEmpty || coverage.contains { !$0.incomplete.isEmpty } ? 4 : 0
    }
}

extension JoinedResults.Group {
    /// The run whose answer stands for all.
    public var best: JoinedResults.Run? {
        let candidates = runs.filter { $0.record.answer.verdict == verdict }
        switch verdict {
        case .violated: return candidates.min { $0.length < $1.length }
        case .holds, .incomplete: return candidates.max { $0.record.answer.states < $1.record.answer.states }
        }
    }

    fileprivate mutating func judge() {
        let verdicts = runs.map(\.record.answer.verdict)
        verdict = verdicts.contains(.violated) ? .violated : verdicts.contains(.holds) ? .holds : .incomplete
        disagreement = contradiction
    }

    private var contradiction: String? {
        if let violated = runs.first(where: { $0.record.answer.verdict == .violated }),
            let holds = runs.first(where: { $0.record.answer.verdict == .holds })
        {
            let omission = holds.record.search?.fingerprints == true ? " The second stored fingerprints, and can have left states out." : ""
            return "\(violated.file) found a violation, and \(holds.file) says that it holds within the same bounds.\(omission)"
        }
        // Two searches that left nothing out, in the same graph, have stored the same states.
        var counts: [Bool: JoinedResults.Run] = [:]
        for run in runs where run.record.answer.verdict == .holds {
            guard let search = run.record.search, !search.fingerprints, !search.strategy.isRandom else { continue }
            guard let other = counts[search.reductions] else {
                counts[search.reductions] = run
                continue
            }
            // What a reduction leaves out may depend on the order of the search.
            if search.reductions && other.record.search?.strategy != search.strategy { continue }
            if other.record.answer.states != run.record.answer.states {
                return
                    "\(other.file) stored \(other.record.answer.states) states and \(run.file) \(run.record.answer.states), both complete, \(search.text)."
            }
        }
        return nil
    }
}

extension JoinedResults.Run {
    fileprivate var length: Int { record.answer.trace?.steps.count ?? Int.max }
}
