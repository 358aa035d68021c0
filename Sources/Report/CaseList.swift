public import Cases

/// The cases that a run would take, as `uintr check --list` prints them.
public struct CaseList: Sendable {
    public var cases: [Case]

    public init(_ cases: [Case]) { self.cases = cases }

    /// For each case its id and level, and its claim below.
    public func text(_ layout: TextLayout) -> String {
        var lines: [String] = []
        for testCase in cases {
            lines.append(padded(layout.styled(testCase.id, .bold), 1) + layout.styled(testCase.level.rawValue, .dim))
            lines += layout.wrapped(testCase.claim, lead: "    ")
        }
        let sum = cases.count == 1 ? "1 case" : "\(cases.count) cases"
        let levels = Level.allCases.map { level in "\(cases.count { $0.level == level }) \(level.rawValue)" }
        lines += ["", "\(sum): \(levels.joined(separator: ", "))."]
        return lines.joined(separator: "\n") + "\n"
    }
}
