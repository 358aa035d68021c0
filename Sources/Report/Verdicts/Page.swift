import KernelModel
import Verdicts

extension ExploreReport {
    /// One page that needs nothing else: a trace to step through by keys, or the matrix, whose cells open their traces.
    public var html: String {
        let matrix = VerdictMatrix(records)
        let isMatrix = records.count != 1
        let title = isMatrix ? "Every wait design against every claim" : records.first.map { "\($0.answer.question.subject): \($0.answer.question.claim.rawValue)" } ?? ""
        let drawn = matrix.all.compactMap { column, claim, cell -> (anchor: String, record: AnswerRecord, trace: Trace)? in
            guard let record = cell.record, let trace = record.answer.trace else { return nil }
            return (matrix.anchor(column, claim), record, trace)
        }
        var body = "<header>\n<h1>\(escaped(title))</h1>\n"
        if isMatrix {
            let bounds = matrix.bounds.map { "Bounds: \($0.text)." } ?? (records.isEmpty ? "" : "Each cell speaks of \(count(matrix.situations.count, "situation")), which are listed below.")
            body += "<p>\(escaped(bounds))</p>\n"
            body += "<p>\(escaped(sum(matrix))) A verdict that holds is a proof within its bounds, of the model. A cell with a number opens the shortest trace found, of so many steps.</p>\n</header>\n"
            body += table(matrix) + claimsList(matrix) + ideaTable + searchedTable(matrix)
        } else if let record = records.first {
            body += "<p class=\"\(record.answer.verdict.rawValue)\">\(escaped(sentence(record.answer)))</p>\n"
            body += "<dl>" + facts(record).map { "<dt>\($0.name)</dt><dd>\(escaped($0.text))</dd>" }.joined() + "</dl>\n</header>\n"
        }
        if !drawn.isEmpty { body += PageParts.stepper + noScript(drawn.map(\.trace)) }
        let data = JSONText.array(drawn.map { JSONText($0.trace, anchor: $0.anchor, sentence: sentence($0.record.answer), command: $0.record.answer.question.command) })
        return """
            <!DOCTYPE html>
            <html lang="en">
            <head>
            <meta charset="utf-8">
            <meta name="viewport" content="width=device-width, initial-scale=1">
            <title>\(escaped(title))</title>
            <style>
            \(PageParts.style)
            </style>
            </head>
            <body data-matrix="\(isMatrix)">
            \(body)<script type="application/json" id="data">\(data.compact)</script>
            <script>
            \(PageParts.script)
            </script>
            </body>
            </html>

            """
    }

    private func table(_ matrix: VerdictMatrix) -> String {
        var html = "<div class=\"scroll\"><table class=\"matrix\">\n<thead><tr><th scope=\"col\">claim</th>"
        html += matrix.names.map { "<th scope=\"col\">\(escaped($0))</th>" }.joined() + "</tr></thead>\n<tbody>\n"
        for claim in matrix.claims {
            html += "<tr><th scope=\"row\"><a href=\"#claim-\(claim.rawValue)\">\(claim.rawValue)</a></th>"
            for column in matrix.subjects.indices { html += cell(matrix, column, claim) }
            html += "</tr>\n"
        }
        for row in sharedRows(matrix) {
            html += "<tr><th scope=\"row\">\(row.name)</th>" + row.cells.map { "<td><small>\($0)</small></td>" }.joined() + "</tr>\n"
        }
        return html + "</tbody></table></div>\n"
    }

    private func cell(_ matrix: VerdictMatrix, _ column: Int, _ claim: Claim) -> String {
        let cell = matrix.cell(column, claim)
        guard let verdict = cell.verdict, let record = cell.record else { return "<td></td>" }
        let answer = record.answer
        var text = escaped(short(cell))
        if answer.trace != nil { text = "<a href=\"#\(matrix.anchor(column, claim))\">\(text)</a>" }
        let isShared = matrix.isShared || matrix.bounds == nil
        var small = !isShared && (showsTimes || verdict == .holds) ? "\(grouped(answer.states)) states" : ""
        if showsTimes && !isShared { small += ", \(secondsText(answer.seconds))" }
        return "<td class=\"\(verdict.rawValue)\" title=\"\(escaped(answer.coverage))\">\(text)\(small.isEmpty ? "" : "<small>\(escaped(small))</small>")</td>"
    }

    private func claimsList(_ matrix: VerdictMatrix) -> String {
        "<h2>The claims</h2>\n<dl>"
            + matrix.claims.map { "<dt id=\"claim-\($0.rawValue)\">\($0.rawValue)</dt><dd>\(escaped($0.summary))</dd>" }.joined() + "</dl>\n"
    }

    private func searchedTable(_ matrix: VerdictMatrix) -> String {
        guard matrix.bounds == nil, !records.isEmpty else { return "" }
        var html = "<h2>What was searched</h2>\n<p>\(searchedSentence)</p>\n<div class=\"scroll\"><table>\n<thead><tr><th>situation</th>"
        html += matrix.names.map { "<th scope=\"col\">\(escaped($0))</th>" }.joined() + "</tr></thead>\n<tbody>\n"
        for row in searchedRows(matrix) {
            html += "<tr><th scope=\"row\">\(escaped(row.situation))</th>" + row.cells.map { "<td>\($0)</td>" }.joined() + "</tr>\n"
        }
        return html + "</tbody></table></div>\n"
    }

    private var ideaTable: String {
        guard !ideas.isEmpty else { return "" }
        return "<h2>The mail\u{2019}s other ideas</h2>\n<div class=\"scroll\"><table>\n<thead><tr><th>idea</th><th>verdict</th><th>why</th></tr></thead>\n<tbody>\n"
            + ideas.map { "<tr><td>\(escaped($0.idea))</td><td>\(escaped($0.verdict))</td><td>\(escaped($0.reason))</td></tr>\n" }.joined()
            + "</tbody></table></div>\n"
    }

    private func noScript(_ traces: [Trace]) -> String {
        "<noscript>\n<p>Stepping needs JavaScript. The traces as text:</p>\n"
            + traces.map { "<pre>\(escaped(TraceColumns($0, TextLayout(width: 100)).text))</pre>\n" }.joined() + "</noscript>\n"
    }
}

extension JSONText {
    /// A trace as the page's script draws it.
    fileprivate init(_ trace: Trace, anchor: String, sentence: String, command: String) {
        func values(_ values: [Trace.Value]) -> JSONText {
            .array(values.map { .array([.string(oneLine($0.name)), .string(oneLine($0.text)), .bool($0.changed)]) })
        }
        func flight(_ ipi: Trace.InFlight) -> JSONText { .array([.string(oneLine(ipi.vector)), .integer(ipi.to)]) }
        func row(_ row: TraceRows.Row) -> JSONText {
            var members: [(key: String, value: JSONText)]
            switch row.kind {
            case .task(let cpu, let name): members = [("kind", .string("task")), ("cpu", .integer(cpu)), ("text", .string(name))]
            case .function(let cpu, let name): members = [("kind", .string("function")), ("cpu", .integer(cpu)), ("text", .string(name))]
            case .step(let cpu, let text, let isInside): members = [("kind", .string(isInside ? "step inside" : "step")), ("cpu", .integer(cpu)), ("text", .string(text))]
            case .event(let text): members = [("kind", .string("event")), ("text", .string(text))]
            case .sent(let from, let ipi):
                members = [
                    ("kind", .string("sent")), ("cpu", .integer(ipi.to)), ("from", .optional(from, JSONText.integer)),
                    ("text", .string("IPI: " + oneLine(ipi.vector))),
                ]
            case .arrived(let ipi, let text): members = [("kind", .string("arrived")), ("cpu", .integer(ipi.to)), ("text", .string(text))]
            case .dropped(let ipi, let text): members = [("kind", .string("dropped")), ("cpu", .integer(ipi.to)), ("text", .string(text))]
            }
            members.append(("before", .array(row.lanesBefore.map(JSONText.integer))))
            members.append(("after", .array(row.lanesAfter.map(JSONText.integer))))
            return .object(members)
        }
        let rows = TraceRows(trace).steps
        self = .object([
            ("anchor", .string(anchor)), ("title", .string(oneLine(trace.title))), ("sentence", .string(sentence)), ("command", .string(command)),
            ("conclusion", .string(oneLine(trace.conclusion))), ("cpus", .integer(trace.cpus)), ("initial", values(trace.initial)),
            (
                "steps",
                .array(
                    trace.steps.indices.map { index in
                        .object([
                            ("rows", .array(rows[index].map(row))), ("state", values(trace.steps[index].state)),
                            ("flight", .array(trace.steps[index].inFlight.map(flight))),
                        ])
                    })
            ),
        ])
    }
}

/// Text for HTML, in an element or a quoted attribute.
func escaped(_ text: String) -> String {
    var result = ""
    for scalar in text.unicodeScalars {
        switch scalar {
        case "&": result += "&amp;"
        case "<": result += "&lt;"
        case ">": result += "&gt;"
        case "\"": result += "&quot;"
        default: result.unicodeScalars.append(scalar)
        }
    }
    return result
}
