import KernelModel
import Verdicts

/// Answers as a table: a column for each thing that was explored, a row for each claim.
struct VerdictMatrix {
    /// What stands at the head of a column.
    struct Subject: Hashable {
        var design: String
        var repairs: [String]
    }

    /// What was searched for a column: everything of a question but that and the claim.
    struct Situation: Hashable {
        var scenario: Scenario
        var user: UserSide
        var bounds: Bounds

        init(_ question: Question) {
            scenario = question.scenario
            user = question.user
            bounds = question.bounds
        }

        var text: String {
            (scenario == .any ? "" : "scenario \(scenario.rawValue); ") + (user == .clui ? "" : "user side \(user.rawValue); ") + bounds.text
        }
    }

    struct Cell {
        /// One for each situation that was asked for.
        var records: [AnswerRecord] = []

        /// The worst: `violated`, else `incomplete`, else `holds`; nil where nothing was asked.
        var verdict: Answer.Verdict? {
            let verdicts = records.map(\.answer.verdict)
            return verdicts.contains(.violated) ? .violated : verdicts.contains(.incomplete) ? .incomplete : verdicts.first
        }

        /// The shortest violation, else the first of the worst.
        var record: AnswerRecord? {
            records.filter { $0.answer.verdict == verdict }.min { $0.answer.length < $1.answer.length }
        }
    }

    private(set) var subjects: [Subject] = []
    private(set) var names: [String] = []
    private(set) var claims: [Claim] = []
    private var cells: [[Cell]] = []
    /// The bounds of all answers, if they are the same.
    private(set) var bounds: Bounds?
    /// In the order in which they were asked.
    private(set) var situations: [Situation] = []

    init(_ records: [AnswerRecord]) {
        let asked = Set(records.map(\.answer.question.claim))
        claims = Claim.allCases.filter(asked.contains)
        for record in records {
            let situation = Situation(record.answer.question)
            if !situations.contains(situation) { situations.append(situation) }
        }
        var places: [Subject: Int] = [:]
        for record in records {
            let question = record.answer.question
            let subject = Subject(design: question.design, repairs: question.repairs)
            let column = places[subject] ?? subjects.count
            if column == subjects.count {
                places[subject] = column
                subjects.append(subject)
                var named = question
                if situations.count > 1 { (named.scenario, named.user) = (.any, .clui) }
                names.append(named.subject)
                cells.append([Cell](repeating: Cell(), count: claims.count))
            }
            guard let row = claims.firstIndex(of: question.claim) else { continue }
            cells[column][row].records.append(record)
        }
        if situations.count == 1 { bounds = situations[0].bounds }
    }

    func cell(_ column: Int, _ claim: Claim) -> Cell {
        claims.firstIndex(of: claim).map { cells[column][$0] } ?? Cell()
    }

    /// Every cell that has been asked, column by column.
    var all: [(column: Int, claim: Claim, cell: Cell)] {
        subjects.indices.flatMap { column in
            claims.map { (column, $0, cell(column, $0)) }.filter { !$0.2.records.isEmpty }
        }
    }

    func anchor(_ column: Int, _ claim: Claim) -> String {
        slug(names[column] + " " + claim.rawValue)
    }

    /// The answer that has states and time of all in this column, where one search gave them all.
    func shared(_ column: Int) -> Answer? {
        let answers = cells[column].flatMap(\.records).map(\.answer)
        guard let first = answers.first, answers.count > 1 else { return nil }
        return answers.allSatisfy { $0.states == first.states && $0.transitions == first.transitions && $0.seconds == first.seconds } ? first : nil
    }

    /// True if every column comes from one search.
    var isShared: Bool { subjects.indices.allSatisfy { shared($0) != nil } }

    func count(_ verdict: Answer.Verdict) -> Int { all.count { $0.cell.verdict == verdict } }
}

extension Answer {
    /// Steps of the trace.
    var length: Int { trace?.steps.count ?? Int.max }
}

/// A heading's anchor: letters and digits, and hyphens between them.
func slug(_ text: String) -> String {
    text.lowercased().split { !($0.isASCII && ($0.isLetter || $0.isNumber)) }.joined(separator: "-")
}
