public import KernelModel

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

    /// In the order in which the questions first appear.
    public private(set) var groups: [Group] = []
    public private(set) var unusable: [Unusable] = []
    /// Rows that say the same as one before, to the last digit: one run, given twice.
    public private(set) var repeated = 0

    /// - Parameter files: Each with its rows, or with what is wrong with it.
    public init(_ files: [(name: String, rows: Result<[AnswerRecord], FileError>)]) {
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

    /// 1 if a claim is violated or two runs disagree, else 4 if a question or a file is left open, else 0.
    public var exitStatus: Int32 {
        if groups.contains(where: { $0.disagreement != nil || $0.verdict == .violated }) { return 1 }
        return !unusable.isEmpty || groups.isEmpty || groups.contains { $0.verdict == .incomplete } ? 4 : 0
    }

    /// Of the questions that differ in nothing but their bounds: the bounds within which the claim holds, without those that lie
    /// within others, and the bounds that take in all that was asked.
    public struct Coverage: Equatable, Sendable {
        /// With the bounds of the first of its questions.
        public var question: Question
        public var holds: [Bounds]
        public var violated: [Bounds]
        public var incomplete: [Bounds]
        public var union: Bounds
    }

    public var coverage: [Coverage] {
        var result: [Coverage] = []
        var places: [Question: Int] = [:]
        for group in groups {
            var subject = group.question
            subject.bounds = Bounds()
            let place = places[subject] ?? result.count
            if place == result.count {
                places[subject] = place
                result.append(Coverage(question: group.question, holds: [], violated: [], incomplete: [], union: group.question.bounds))
            }
            let bounds = group.question.bounds
            result[place].union = result[place].union.union(bounds)
            switch group.verdict {
            case .holds: result[place].holds.append(bounds)
            case .violated: result[place].violated.append(bounds)
            case .incomplete: result[place].incomplete.append(bounds)
            }
        }
        for place in result.indices {
            let holds = result[place].holds
            result[place].holds = holds.filter { one in !holds.contains { $0 != one && one.isWithin($0) } }
        }
        return result
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
