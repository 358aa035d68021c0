/// One line of text, written at columns, each with its style.
struct TextCanvas {
    private var cells: [(character: Character, style: TextLayout.Style?)] = []

    mutating func put(_ text: some StringProtocol, at column: Int, _ style: TextLayout.Style? = nil) {
        while cells.count < column + text.count { cells.append((" ", nil)) }
        for (offset, character) in text.enumerated() { cells[column + offset] = (character, style) }
    }

    func rendered(_ layout: TextLayout) -> String {
        var cells = cells[...]
        while let last = cells.last, last.character == " " { cells.removeLast() }
        var text = ""
        while let first = cells.first {
            let run = cells.prefix { $0.style == first.style }
            let characters = String(run.map(\.character))
            text += first.style.map { layout.styled(characters, $0) } ?? characters
            cells = cells.dropFirst(run.count)
        }
        return text
    }
}

/// Breaks `text` at spaces into lines of at most `width` columns; a word that is longer is cut,
/// behind a bracket, comma or underscore if there is one.
func broken(_ text: String, width: Int) -> [String] {
    let width = max(width, 1)
    var lines: [String] = []
    var line = ""
    for word in text.split(separator: " ") {
        var word = word
        if !line.isEmpty && line.count + 1 + word.count > width {
            lines.append(line)
            line = ""
        }
        while word.count > width {
            var head = word.prefix(width)
            let ends = ["(,=", "_."].compactMap { ends in head.lastIndex { ends.contains($0) } }
            if let end = ends.first(where: { head.distance(from: head.startIndex, to: $0) >= width / 3 }) { head = head[...end] }
            lines.append(String(head))
            word = word.dropFirst(head.count)
        }
        line += (line.isEmpty ? "" : " ") + word
    }
    if !line.isEmpty || lines.isEmpty { lines.append(line) }
    return lines
}
