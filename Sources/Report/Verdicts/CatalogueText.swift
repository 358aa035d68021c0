import KernelModel
public import Verdicts

/// What `uintr explore --list` prints: designs with their repairs, claims, bounds.
public struct CatalogueText: Sendable {
    private let designs: [DesignEntry]

    public init(_ designs: [DesignEntry]) { self.designs = designs }

    public func text(_ layout: TextLayout) -> String {
        var lines = [layout.styled("Designs, and under each its repairs", .bold)]
        let repairColumn = (designs.flatMap(\.repairs).map(\.name.count).max() ?? 0) + 2
        let column = max((designs.map(\.name.count).max() ?? 0) + 2, repairColumn + 2)
        for design in designs {
            lines += layout.entry(design.name, design.summary, column: column)
            for repair in design.repairs { lines += layout.entry(repair.name, repair.summary, indent: 4, column: column - 2) }
        }
        lines += ["", layout.styled("Claims", .bold)]
        for claim in Claim.allCases { lines += layout.entry(claim.rawValue, claim.summary, column: 18) }
        lines += ["", layout.styled("Bounds, with what they are when not named", .bold)]
        for key in BoundKey.all {
            let range = "\(key.range.lowerBound)-\(key.range.upperBound), \(Bounds()[keyPath: key.path])"
            lines += layout.entry(key.name, padded(range, 8) + key.summary, column: 18)
        }
        return lines.joined(separator: "\n") + "\n"
    }

    /// One object: `designs`, `claims`, `bounds`.
    public var json: String {
        func entry(_ name: String, _ summary: String, _ more: [(key: String, value: JSONText)] = []) -> JSONText {
            .object([("name", .string(name)), ("summary", .string(summary))] + more)
        }
        return JSONText.object([
            (
                "designs",
                .array(
                    designs.map { design in
                        entry(design.name, design.summary, [("repairs", .array(design.repairs.map { entry($0.name, $0.summary) }))])
                    })
            ),
            ("claims", .array(Claim.allCases.map { entry($0.rawValue, $0.summary) })),
            (
                "bounds",
                .array(
                    BoundKey.all.map { key in
                        entry(
                            key.name, key.summary,
                            [
                                ("least", .integer(key.range.lowerBound)), ("most", .integer(key.range.upperBound)),
                                ("default", .integer(Bounds()[keyPath: key.path])),
                            ])
                    })
            ),
        ]).pretty() + "\n"
    }
}
