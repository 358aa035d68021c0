/// How text for a reader is laid out: how wide, and whether in colour.
public struct TextLayout: Equatable, Sendable {
    /// Columns. Lines are broken at words; a word that is longer stays whole.
    public var width: Int
    public var colour: Bool

    /// - Parameter width: Columns of the terminal; below 40, 40 is taken, above 120, 120.
    public init(width: Int = 80, colour: Bool = false) {
        self.width = min(max(width, 40), 120)
        self.colour = colour
    }

    enum Style: String { case bold = "1", red = "31", green = "32", yellow = "33", dim = "2" }

    func styled(_ text: String, _ style: Style) -> String {
        colour ? "\u{1B}[\(style.rawValue)m\(text)\u{1B}[0m" : text
    }

    /// Breaks `text` at spaces. The first line stands after `lead`, the others under its end.
    func wrapped(_ text: String, lead: String = "", style: Style? = nil) -> [String] {
        let indent = String(repeating: " ", count: lead.count)
        var lines: [String] = []
        var line = ""
        for word in oneLine(text).split(separator: " ") {
            if !line.isEmpty && lead.count + line.count + 1 + word.count > width {
                lines.append(line)
                line = ""
            }
            line += (line.isEmpty ? "" : " ") + word
        }
        lines.append(line)
        return lines.enumerated().map { index, line in
            (index == 0 ? lead : indent) + (style.map { styled(line, $0) } ?? line)
        }
    }

    /// A name and what it is, the texts of several such lines under each other.
    func entry(_ name: String, _ text: String, indent: Int = 2, column: Int = 10, style: Style? = nil) -> [String] {
        wrapped(text, lead: String(repeating: " ", count: indent) + padded(name, column), style: style)
    }
}

/// `text` with spaces after it, and at least one.
func padded(_ text: String, _ columns: Int) -> String {
    text + String(repeating: " ", count: max(columns - text.count, 1))
}

/// A number with spaces before it.
func right(_ text: String, _ columns: Int) -> String {
    String(repeating: " ", count: max(columns - text.count, 0)) + text
}
