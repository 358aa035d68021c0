import Conformance

extension RunReport {
    /// What a person reads on a terminal: what it ran on, counts for each topic, every failure spelled out, the sum.
    public func table(_ layout: TextLayout) -> String {
        var lines = headerLines(layout)
        if totals.passed + totals.failed > 0 { lines += [""] + topicLines(layout) }
        lines += failureLines(layout)
        lines += skipLines(layout)
        lines.append("")
        lines += verdictLines(layout)
        return lines.joined(separator: "\n") + "\n"
    }

    private func headerLines(_ layout: TextLayout) -> [String] {
        var lines = [layout.styled("User interrupts: the conformance suite", .bold)]
        lines += layout.entry("backend", header.backend, style: .bold)
        if header.abi != "none" || header.backend == "hardware" { lines += layout.entry("ABI", header.abi) }
        lines += layout.entry("kernel", header.kernel)
        lines += layout.entry("CPU", header.cpu)
        for (index, reason) in header.reasons.enumerated() { lines += layout.entry(index == 0 ? "because" : "", reason) }
        return lines
    }

    private func topicLines(_ layout: TextLayout) -> [String] {
        var topics: [String] = []
        var byTopic: [String: [CaseResult]] = [:]
        for result in results {
            if byTopic[result.topic] == nil { topics.append(result.topic) }
            byTopic[result.topic, default: []].append(result)
        }
        let column = max(topics.map(\.count).max() ?? 0, 5) + 2
        func row(_ name: String, _ totals: Totals, name style: TextLayout.Style? = nil) -> String {
            func cell(_ count: Int, _ style: TextLayout.Style) -> String {
                let text = right(count == 0 ? "-" : "\(count)", 9)
                return count == 0 ? layout.styled(text, .dim) : layout.styled(text, style)
            }
            let padding = padded(name, column)
            return "  " + (style.map { layout.styled(padding, $0) } ?? padding)
                + cell(totals.passed, .green) + cell(totals.failed, .red) + cell(totals.skipped, .yellow)
        }
        let head = "  " + padded("topic", column) + right("passed", 9) + right("failed", 9) + right("skipped", 9)
        var lines = [layout.styled(head, .dim)]
        for topic in topics { lines.append(row(topic, Totals(byTopic[topic] ?? []))) }
        if topics.count > 1 { lines.append(row("all", totals, name: .bold)) }
        return lines
    }

    private func failureLines(_ layout: TextLayout) -> [String] {
        results.flatMap { result -> [String] in
            guard case .failed(_, let message) = result.verdict else { return [] }
            var lines = ["", layout.styled("FAILED", .red) + "  " + layout.styled(result.caseID, .bold)]
            lines += layout.entry("claim", result.claim)
            lines += layout.entry("found", message)
            lines += layout.entry("source", result.source + (result.ids.isEmpty ? "" : "; " + result.ids.joined(separator: ", ")))
            lines += layout.entry("next", Self.nextCommand(result))
            return lines
        }
    }

    /// Skips, one entry for each reason: a skip is loud, and a hundred of one kind are one matter.
    private func skipLines(_ layout: TextLayout) -> [String] {
        var reasons: [String] = []
        var byReason: [String: [String]] = [:]
        for result in results {
            guard case .skipped(let reason) = result.verdict else { continue }
            if byReason[reason] == nil { reasons.append(reason) }
            byReason[reason, default: []].append(result.caseID)
        }
        return reasons.flatMap { reason -> [String] in
            let ids = byReason[reason] ?? []
            let shown = ids.count <= 4 ? ids.joined(separator: ", ") : ids.prefix(3).joined(separator: ", ") + " and \(ids.count - 3) more"
            return ["", layout.styled("SKIPPED", .yellow) + "  " + layout.styled(ids.count == 1 ? ids[0] : "\(ids.count) cases", .bold)]
                + layout.entry("reason", reason) + (ids.count == 1 ? [] : layout.entry("cases", shown))
        }
    }

    private func verdictLines(_ layout: TextLayout) -> [String] {
        let totals = totals
        let place = header.backend == "hardware" ? "on the hardware" : "on the emulator core"
        let time = " in \(secondsText) s"
        if totals.failed > 0 {
            return layout.wrapped("\(totals.failed) of \(totals.all) cases failed \(place)\(time).", style: .red)
        }
        if totals.passed == 0 {
            return layout.wrapped(totals.all == 1 ? "The case was skipped." : "No case ran: all \(totals.all) were skipped.", style: .yellow)
        }
        let skipped = totals.skipped == 0 ? "" : ", \(totals.skipped) were skipped"
        let sum = totals.skipped == 0 && totals.all > 1 ? "All \(totals.passed) cases" : totals.passed == 1 ? "1 case" : "\(totals.passed) cases"
        let caution = header.backend == "hardware" ? "" : " This says nothing about a processor or a kernel."
        return layout.wrapped("\(sum) passed \(place)\(skipped)\(time).", style: .green)
            + (caution.isEmpty ? [] : layout.wrapped(caution))
    }
}
