import KernelModel
import Verdicts

/// What `uintr explore --list` prints: designs with their repairs, claims, bounds.
public struct CatalogueText: Sendable {
    public init() {}

    public func text(_ layout: TextLayout) -> String {
        let column = ((WaitDesign.all.map(\.name) + WaitDesign.all.flatMap(\.switches).map(\.name)).map(\.count).max() ?? 0) + 4
        var lines = [layout.styled("Designs, and under each the repairs that --repairs switches on", .bold)]
        for design in WaitDesign.all {
            lines += layout.entry(design.name, design.summary, column: column)
            for repair in design.repairs where !WaitDesign.ideas.contains(repair) {
                lines += layout.entry(repair.name, repair.summary, indent: 4, column: column - 2)
            }
        }
        lines += ["", layout.styled("The mail's other ideas, which --repairs switches on in any design", .bold)]
        for idea in WaitDesign.ideas { lines += layout.entry(idea.name, idea.summary, column: column) }
        lines += ["", layout.styled("Claims", .bold)]
        for claim in Claim.allCases { lines += layout.entry(claim.rawValue, claim.summary, column: column) }
        lines += ["", layout.styled("Bounds, with what they are when not named", .bold)]
        for key in BoundKey.all {
            let range = "\(key.range.lowerBound)-\(key.range.upperBound), \(Bounds()[keyPath: key.path])"
            lines += layout.entry(key.name, padded(range, 8) + key.summary, column: column)
        }
        return lines.joined(separator: "\n") + "\n"
    }

    /// One object: `designs`, `claims`, `bounds`.
    public var json: String {
        func repairs(_ repairs: [Repair]) -> JSONText {
            .array(repairs.map { entry($0.name, $0.summary, [("source", .string($0.source))]) })
        }
        func entry(_ name: String, _ summary: String, _ more: [(key: String, value: JSONText)] = []) -> JSONText {
            .object([("name", .string(name)), ("summary", .string(summary))] + more)
        }
        return JSONText.object([
            (
                "designs",
                .array(
                    WaitDesign.all.map { design in
                        entry(design.name, design.summary, [("source", .string(design.source)), ("repairs", repairs(design.switches))])
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
