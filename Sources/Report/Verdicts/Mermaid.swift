import Verdicts

extension ExploreReport {
    /// A sequence diagram: a lifeline for each CPU, a note for each step and what it changed, an arrow for each IPI.
    ///
    /// One diagram draws one trace: that of the first violation. Where nothing is violated a note says so.
    public var mermaid: String {
        guard let answer = records.first(where: { $0.answer.trace != nil })?.answer, let trace = answer.trace else {
            let said = records.first.map { sentence($0.answer) } ?? "Nothing was asked."
            return "sequenceDiagram\n    participant C0 as CPU 0\n    Note over C0: \(mermaidText(said))\n"
        }
        return MermaidDiagram(trace).text
    }
}

private struct MermaidDiagram {
    let trace: Trace

    init(_ trace: Trace) { self.trace = trace }

    var text: String {
        var lines = ["sequenceDiagram", "    title \(mermaidText(trace.title))"]
        lines += (0..<trace.cpus).map { "    participant C\($0) as CPU \($0)" }
        let everywhere = trace.cpus == 1 ? "C0" : "C0,C\(trace.cpus - 1)"
        lines.append("    Note over \(everywhere): at first<br/>\(state(trace.initial))")
        // A diagram has no arrow that is under way: where it was sent is a note, and the arrow stands where it arrives.
        var senders: [(ipi: Trace.InFlight, from: Int?)] = []
        for (index, rows) in TraceRows(trace).steps.enumerated() {
            let changed = state(trace.steps[index].state.filter(\.changed))
            for row in rows {
                switch row.kind {
                case .task(let cpu, let name): lines.append("    Note over C\(cpu): \(mermaidText(name))")
                case .function: break
                case .step(let cpu, _, _):
                    let text = trace.steps[index].text
                    lines.append("    Note over C\(cpu): \(index + 1). \(noteText(text))" + (changed.isEmpty ? "" : "<br/>\(changed)"))
                case .event(let text): lines.append("    Note over \(everywhere): \(index + 1). \(noteText(text))")
                case .sent(let from, let ipi):
                    senders.append((ipi, from))
                    if let from { lines.append("    Note over C\(from): IPI: \(mermaidText(ipi.vector)) to CPU \(ipi.to) is on its way") }
                case .arrived(let ipi, let text), .dropped(let ipi, let text):
                    let place = senders.firstIndex { $0.ipi == ipi }
                    let from = place.map { senders.remove(at: $0).from ?? ipi.to } ?? ipi.to
                    var isLost = false
                    if case .dropped = row.kind { isLost = true }
                    let after = trace.steps[index].cpu == nil && !changed.isEmpty ? "<br/>\(changed)" : ""
                    lines.append("    C\(from)\(isLost ? "--x" : "->>")C\(ipi.to): \(index + 1). \(noteText(text))\(after)")
                }
            }
        }
        lines.append("    Note over \(everywhere): \(noteText(trace.conclusion))")
        return lines.joined(separator: "\n") + "\n"
    }

    private func state(_ values: [Trace.Value]) -> String {
        values.map { noteText("\(oneLine($0.name)): \(oneLine($0.text))") }.joined(separator: "<br/>")
    }

    /// A note does not break its text by itself.
    private func noteText(_ text: String) -> String {
        broken(oneLine(text), width: 38).map(mermaidText).joined(separator: "<br/>")
    }
}

/// Characters that end a statement of Mermaid's, or that it reads as markup, by their code.
private func mermaidText(_ text: String) -> String {
    var result = ""
    for scalar in oneLine(text).unicodeScalars {
        switch scalar {
        case "#", ";", "<", ">", "\"", "%": result += "#\(scalar.value);"
        default: result.unicodeScalars.append(scalar)
        }
    }
    return result
}
