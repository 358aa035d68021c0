import KernelModel
import Verdicts

/// Answers as a table: a column for each thing that was explored, a row for each claim.
struct VerdictMatrix {
    /// What stands at the head of a column: everything of a question but claim and bounds.
    struct Subject: Hashable {
        var design: String
        var repairs: [String]
        var scenario: Scenario
        var user: UserSide
    }

    struct Cell {
        /// One for each bounds that were asked for.
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

    init(_ records: [AnswerRecord]) {
        let asked = Set(records.map(\.answer.question.claim))
        claims = Claim.allCases.filter(asked.contains)
        var places: [Subject: Int] = [:]
        for record in records {
            let question = record.answer.question
            let subject = Subject(design: question.design, repairs: question.repairs, scenario: question.scenario, user: question.user)
            let column = places[subject] ?? subjects.count
            if column == subjects.count {
                places[subject] = column
                subjects.append(subject)
                names.append(question.subject)
                cells.append([Cell](repeating: Cell(), count: claims.count))
            }
            guard let row = claims.firstIndex(of: question.claim) else { continue }
            cells[column][row].records.append(record)
        }
        if let first = records.first?.answer.question.bounds, records.allSatisfy({ $0.answer.question.bounds == first }) { bounds = first }
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

    /// Whether `AnswerRecord` fits nothing but one place: needed where bounds differ.
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
