public import Verdicts

/// A trace as the mail writes it: a column for each CPU, time running down, an IPI in flight as a line from the CPU that sends it to
/// the CPU that it is for, and beside each step what it changed.
public struct TraceColumns: Sendable {
    private let trace: Trace
    private let rows: TraceRows
    private let layout: TextLayout
    /// Columns of the text of one CPU.
    private let columnWidth: Int
    /// Columns of what changed; nil where it stands underneath.
    private let sideWidth: Int?

    /// Before the first CPU: the number of the step.
    private static let margin = 4
    /// Before each CPU: the lane of the IPIs that are on their way to it.
    private static let gutter = 3
    private static let narrowestColumn = 24
    private static let narrowestSide = 25

    public init(_ trace: Trace, _ layout: TextLayout) {
        self.trace = trace
        self.layout = layout
        rows = TraceRows(trace)
        let available = layout.width - Self.margin - trace.cpus * Self.gutter
        let spare = available - trace.cpus * Self.narrowestColumn - Self.narrowestSide
        if spare >= 0 {
            // A third of what is left over for each of two columns and the side.
            columnWidth = Self.narrowestColumn + spare / (trace.cpus + 1)
            sideWidth = available - trace.cpus * columnWidth
        } else {
            columnWidth = max(available / trace.cpus, 4)
            sideWidth = nil
        }
    }

    public var text: String {
        var lines = layout.wrapped(trace.title, style: .bold) + [""]
        lines += before + [""] + header
        for index in trace.steps.indices { lines += block(index) }
        lines.append("")
        lines += layout.wrapped(trace.conclusion, style: .bold)
        return lines.joined(separator: "\n") + "\n"
    }

    /// The state in which the trace begins.
    var before: [String] {
        let column = min((trace.initial.map(\.name.count).max() ?? 0) + 2, 20)
        return trace.initial.enumerated().flatMap { index, value in
            layout.wrapped(value.text, lead: (index == 0 ? "at first  " : "          ") + padded(oneLine(value.name), column))
        }
    }

    /// The names of the columns, underlined.
    var header: [String] {
        var names = TextCanvas()
        var rules = TextCanvas()
        for cpu in 0..<trace.cpus {
            names.put("CPU \(cpu)", at: textColumn(cpu), .bold)
            rules.put(String(repeating: "─", count: columnWidth), at: textColumn(cpu), .dim)
        }
        if let sideWidth {
            names.put("changed", at: sideColumn, .bold)
            rules.put(String(repeating: "─", count: sideWidth - 2), at: sideColumn, .dim)
        }
        return [names.rendered(layout), rules.rendered(layout)]
    }

    /// The lines of one step.
    func block(_ index: Int) -> [String] {
        var left: [TextCanvas] = []
        var number: Int? = index + 1
        for row in rows.steps[index] {
            var lines = draw(row)
            // The number stands beside the step itself, not beside the names of task and function above it.
            if !row.isHeading, let n = number, !lines.isEmpty {
                lines[0].put(right("\(n)", Self.margin - 1), at: 0, .dim)
                number = nil
            }
            left += lines
        }
        let changed = trace.steps[index].state.filter(\.changed)
        let lanes = rows.steps[index].last?.lanesAfter ?? []
        guard let sideWidth else {
            return left.map { $0.rendered(layout) } + changed.flatMap { underneath($0, cpu: trace.steps[index].cpu ?? trace.steps[index].arrow?.to, lanes) }
        }
        let side = changed.flatMap { value in Self.sideLines(value, width: sideWidth - 2) }
        // The names of task and function stand above; what changed begins beside the step.
        let first = rows.steps[index].prefix { $0.isHeading }.reduce(0) { $0 + draw($1).count }
        while left.count < first + side.count {
            var blank = TextCanvas()
            drawLanes(lanes, on: &blank)
            left.append(blank)
        }
        for (offset, line) in side.enumerated() {
            left[first + offset].put(line.name, at: sideColumn, .bold)
            left[first + offset].put(line.text, at: sideColumn + line.name.count)
        }
        return left.map { $0.rendered(layout) }
    }

    private func textColumn(_ cpu: Int) -> Int { lane(cpu) + Self.gutter }
    private func lane(_ cpu: Int) -> Int { Self.margin + cpu * (Self.gutter + columnWidth) }
    private var sideColumn: Int { Self.margin + trace.cpus * (Self.gutter + columnWidth) + 2 }

    /// The value's name, and its text wrapped behind it.
    private static func sideLines(_ value: Trace.Value, width: Int) -> [(name: String, text: String)] {
        let name = oneLine(value.name) + ": "
        let text = oneLine(value.text)
        if name.count + text.count <= width { return [(name, text)] }
        return [(name, "")] + broken(text, width: width - 2).map { ("  ", $0) }
    }

    /// Below the step, in its column if there is room to the right, else as far to the left as it takes to end with the line.
    private func underneath(_ value: Trace.Value, cpu: Int?, _ lanes: [Int]) -> [String] {
        let lead = "= " + oneLine(value.name) + ": "
        let text = oneLine(value.text)
        let wanted = cpu.map { textColumn($0) + 3 } ?? Self.margin + Self.gutter
        let start = max(min(wanted, layout.width - lead.count - text.count), Self.margin + Self.gutter)
        return broken(text, width: layout.width - start - lead.count).enumerated().map { index, part in
            var line = TextCanvas()
            drawLanes(lanes, on: &line)
            line.put((index == 0 ? lead : String(repeating: " ", count: lead.count)) + part, at: start, .dim)
            return line.rendered(layout)
        }
    }

    private func draw(_ row: TraceRows.Row) -> [TextCanvas] {
        var lines: [TextCanvas]
        switch row.kind {
        case .task(let cpu, let name): lines = column(cpu, name, indent: 0, .bold)
        case .function(let cpu, let name): lines = column(cpu, name, indent: 1, .dim)
        case .step(let cpu, let text, let isInside): lines = column(cpu, text, indent: isInside ? 3 : 1, nil)
        case .event(let text):
            lines = broken("· " + text, width: layout.width - Self.margin - 1).map { text in
                var line = TextCanvas()
                line.put(text, at: Self.margin)
                return line
            }
            return lines
        case .sent(let from, let ipi): return [sent(from, ipi, row)]
        case .arrived(let ipi, let text):
            lines = column(ipi.to, text, indent: 0, .yellow)
            finish(&lines, ipi, "▶", .yellow, row)
            return lines
        case .dropped(let ipi, let text):
            lines = column(ipi.to, text, indent: 0, .red)
            finish(&lines, ipi, "✗", .red, row)
            return lines
        }
        for index in lines.indices { drawLanes(row.lanesAfter, on: &lines[index]) }
        return lines
    }

    private func column(_ cpu: Int, _ text: String, indent: Int, _ style: TextLayout.Style?) -> [TextCanvas] {
        let lines = broken(text, width: columnWidth - indent - 1)
        return lines.enumerated().map { index, text in
            var line = TextCanvas()
            // What continues a line stands further in than what begins one.
            let further = index > 0 && lines.allSatisfy { $0.count < columnWidth - indent - 2 } ? 2 : 0
            line.put(text, at: textColumn(cpu) + indent + min(further, max(columnWidth - indent - 1 - text.count, 0)), style)
            return line
        }
    }

    private func drawLanes(_ lanes: [Int], on line: inout TextCanvas) {
        for (cpu, count) in lanes.enumerated() where count > 0 { line.put("│", at: lane(cpu), .yellow) }
    }

    /// The end of an IPI's way: from the lane into the column.
    private func finish(_ lines: inout [TextCanvas], _ ipi: Trace.InFlight, _ head: String, _ style: TextLayout.Style, _ row: TraceRows.Row) {
        for index in lines.indices {
            drawLanes(row.lanesAfter, on: &lines[index])
            if index == 0 { lines[index].put((row.lanesAfter[ipi.to] > 0 ? "├" : "└") + head, at: lane(ipi.to), style) }
        }
    }

    /// The beginning of an IPI's way: from the column of the CPU that sends it to the lane of the CPU that it is for.
    private func sent(_ from: Int?, _ ipi: Trace.InFlight, _ row: TraceRows.Row) -> TextCanvas {
        var line = TextCanvas()
        drawLanes(row.lanesBefore, on: &line)
        let end = lane(ipi.to)
        let isJoined = row.lanesBefore[ipi.to] > 0
        guard let from, from != ipi.to else {
            let label = (isJoined ? "├" : "┌") + "─ IPI: \(oneLine(ipi.vector))" + (from == nil ? "" : " to itself")
            line.put(label.prefix(max(layout.width - end, 1)), at: end, .yellow)
            return line
        }
        let start = textColumn(from) + 2
        let (low, high) = (min(start, end), max(start, end))
        line.put(String(repeating: "─", count: high - low + 1), at: low, .yellow)
        for (cpu, count) in row.lanesBefore.enumerated() where count > 0 && lane(cpu) > low && lane(cpu) < high {
            line.put("┼", at: lane(cpu), .yellow)
        }
        line.put(from < ipi.to ? "└" : "┘", at: start, .yellow)
        line.put(from < ipi.to ? (isJoined ? "┤" : "┐") : (isJoined ? "├" : "┌"), at: end, .yellow)
        let label = " IPI: \(oneLine(ipi.vector)) "
        line.put(label.prefix(max(high - low - 3, 0)), at: from < ipi.to ? low + 2 : low + 3, .yellow)
        return line
    }
}
