import KernelModel
import Verdicts

extension ExploreReport {
    func matrixText(_ layout: TextLayout) -> String {
        let matrix = VerdictMatrix(records)
        var lines = [layout.styled("Every design against every claim", .bold)]
        lines += matrix.bounds.map { layout.entry("bounds", $0.text) } ?? []
        for (index, situation) in matrix.situations.enumerated() where matrix.bounds == nil {
            lines += layout.entry(index == 0 ? "within" : "", situation.text)
        }
        lines += [""] + table(matrix, layout)
        lines += violations(matrix, layout) + open(matrix, layout) + ideaLines(layout) + [""]
        lines += layout.wrapped(sum(matrix), style: exitStatus == 0 ? .green : exitStatus == 1 ? .red : .yellow)
        return lines.joined(separator: "\n") + "\n"
    }

    func sum(_ matrix: VerdictMatrix) -> String {
        let parts = [Answer.Verdict.holds, .violated, .incomplete].map { "\(matrix.count($0)) \($0.word)" }
        return "\(count(matrix.all.count, "verdict")): " + parts.joined(separator: ", ") + "."
    }

    /// In as many parts, one above the other, as the terminal's width needs.
    private func table(_ matrix: VerdictMatrix, _ layout: TextLayout) -> [String] {
        let first = (matrix.claims.map(\.rawValue.count).max() ?? 0) + 2
        var rest = Array(matrix.subjects.indices)
        var lines: [String] = []
        while !rest.isEmpty {
            var used = first
            var part: [Int] = []
            while let column = rest.first, part.isEmpty || used + width(matrix, column) <= layout.width {
                part.append(column)
                used += width(matrix, column)
                rest.removeFirst()
            }
            if !lines.isEmpty { lines.append("") }
            var head = TextCanvas()
            head.put("claim", at: 0, .dim)
            var place = first
            for column in part {
                head.put(matrix.names[column], at: place, .dim)
                place += width(matrix, column)
            }
            lines.append(head.rendered(layout))
            for claim in matrix.claims {
                var line = TextCanvas()
                line.put(claim.rawValue, at: 0)
                var place = first
                for column in part {
                    let cell = matrix.cell(column, claim)
                    line.put(short(cell), at: place, cell.verdict?.style)
                    place += width(matrix, column)
                }
                lines.append(line.rendered(layout))
            }
            for row in sharedRows(matrix) {
                var line = TextCanvas()
                line.put(row.name, at: 0, .dim)
                var place = first
                for column in part {
                    line.put(row.cells[column], at: place, .dim)
                    place += width(matrix, column)
                }
                lines.append(line.rendered(layout))
            }
        }
        return lines
    }

    private func width(_ matrix: VerdictMatrix, _ column: Int) -> Int {
        let cells = matrix.claims.map { short(matrix.cell(column, $0)) } + sharedRows(matrix).map { $0.cells[column] }
        return max(matrix.names[column].count, cells.map(\.count).max() ?? 0) + 2
    }

    func short(_ cell: VerdictMatrix.Cell) -> String {
        guard let verdict = cell.verdict, let answer = cell.record?.answer else { return "-" }
        return verdict == .violated && answer.trace != nil ? "violated in \(answer.length)" : verdict.rawValue
    }

    /// States and seconds of each column, where one search gave a whole column. Without times, states of complete searches alone.
    func sharedRows(_ matrix: VerdictMatrix) -> [(name: String, cells: [String])] {
        guard matrix.isShared, matrix.situations.count == 1 else { return [] }
        let answers = matrix.subjects.indices.map { matrix.shared($0) }
        let isComplete = matrix.subjects.indices.map { column in
            matrix.claims.allSatisfy { matrix.cell(column, $0).verdict != .incomplete }
        }
        var rows = [
            ("states", zip(answers, isComplete).map { answer, complete in answer.map { showsTimes || complete ? grouped($0.states) : "" } ?? "" })
        ]
        if showsTimes { rows.append(("time", answers.map { answer in answer.map { secondsText($0.seconds) } ?? "" })) }
        return rows
    }

    private func violations(_ matrix: VerdictMatrix, _ layout: TextLayout) -> [String] {
        matrix.all.flatMap { column, claim, cell -> [String] in
            guard cell.verdict == .violated, let record = cell.record else { return [] }
            let answer = record.answer
            var lines = ["", layout.styled("VIOLATED", .red) + "  " + layout.styled("\(matrix.names[column]): \(claim.rawValue)", .bold)]
            if matrix.bounds == nil { lines += layout.entry("within", VerdictMatrix.Situation(answer.question).text) }
            if let trace = answer.trace { lines += layout.entry("steps", "\(trace.steps.count). \(trace.conclusion)") }
            return lines + layout.entry("next", answer.question.command + " --trace trace.json")
        }
    }

    private func open(_ matrix: VerdictMatrix, _ layout: TextLayout) -> [String] {
        matrix.all.flatMap { column, claim, cell -> [String] in
            guard cell.verdict == .incomplete, let record = cell.record else { return [] }
            var lines = ["", layout.styled("INCOMPLETE", .yellow) + "  " + layout.styled("\(matrix.names[column]): \(claim.rawValue)", .bold)]
            if matrix.bounds == nil { lines += layout.entry("within", VerdictMatrix.Situation(record.answer.question).text) }
            return lines + facts(record).dropFirst().flatMap { layout.entry($0.name, $0.text) }
        }
    }

    private func ideaLines(_ layout: TextLayout) -> [String] {
        guard !ideas.isEmpty else { return [] }
        return ["", layout.styled("The mail's other ideas", .bold)]
            + ideas.flatMap { layout.wrapped("\($0.verdict): \($0.idea). \($0.reason)", lead: "  ") }
    }
}

extension Answer.Verdict {
    /// After a number of them.
    var word: String {
        switch self {
        case .holds: "hold"
        case .violated: "violated"
        case .incomplete: "incomplete"
        }
    }
}
