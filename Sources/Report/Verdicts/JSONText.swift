import KernelModel
import Verdicts

/// JSON whose keys keep the order in which they are written here; `JSONEncoder` knows only alphabetical and none.
indirect enum JSONText {
    case string(String)
    case integer(Int)
    case unsigned(UInt64)
    /// null where it is not finite.
    case number(Double)
    case bool(Bool)
    case null
    case array([JSONText])
    case object([(key: String, value: JSONText)])

    static func optional<T>(_ value: T?, _ make: (T) -> JSONText) -> JSONText { value.map(make) ?? .null }

    /// Without a line break.
    var compact: String {
        switch self {
        case .string(let text): return Self.quoted(text)
        case .integer(let value): return "\(value)"
        case .unsigned(let value): return "\(value)"
        case .number(let value): return value.isFinite ? "\(value)" : "null"
        case .bool(let value): return value ? "true" : "false"
        case .null: return "null"
        case .array(let items): return "[" + items.map(\.compact).joined(separator: ", ") + "]"
        case .object(let members):
            return "{" + members.map { "\(Self.quoted($0.key)): \($0.value.compact)" }.joined(separator: ", ") + "}"
        }
    }

    /// With line breaks where a line would be longer than 120 characters.
    func pretty(_ indent: Int = 0) -> String {
        let line = compact
        if line.utf8.count + indent <= 120 { return line }
        let inner = String(repeating: " ", count: indent + 2)
        let outer = String(repeating: " ", count: indent)
        switch self {
        case .array(let items):
            return "[\n" + items.map { inner + $0.pretty(indent + 2) }.joined(separator: ",\n") + "\n\(outer)]"
        case .object(let members):
            return "{\n" + members.map { inner + Self.quoted($0.key) + ": " + $0.value.pretty(indent + 2) }.joined(separator: ",\n") + "\n\(outer)}"
        default: return line
        }
    }

    /// `<` is escaped as well, so that the text can stand in an HTML page's script.
    private static func quoted(_ text: String) -> String {
        var result = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": result += "\\\""
            case "\\": result += "\\\\"
            case "\n": result += "\\n"
            case "\t": result += "\\t"
            case "<", "\u{2028}", "\u{2029}": result += escape(scalar)
            default: result += scalar.value < 0x20 ? escape(scalar) : String(scalar)
            }
        }
        return result + "\""
    }

    private static func escape(_ scalar: Unicode.Scalar) -> String {
        let hex = String(scalar.value, radix: 16)
        return "\\u" + String(repeating: "0", count: 4 - hex.count) + hex
    }
}

extension JSONText {
    init(_ bounds: Bounds) {
        self = .object(BoundKey.all.map { ($0.name, .integer(bounds[keyPath: $0.path])) })
    }

    init(_ ipi: Trace.InFlight) {
        self = .object([("vector", .string(ipi.vector)), ("to", .integer(ipi.to))])
    }

    init(_ value: Trace.Value) {
        self = .object([("name", .string(value.name)), ("text", .string(value.text)), ("changed", .bool(value.changed))])
    }

    init(_ step: Trace.Step) {
        self = .object([
            ("id", .integer(Int(step.id))), ("cpu", .optional(step.cpu, JSONText.integer)), ("task", .optional(step.task, JSONText.string)),
            ("text", .string(step.text)), ("arrow", .optional(step.arrow) { JSONText($0) }), ("dropped", .bool(step.dropped)),
            ("inFlight", .array(step.inFlight.map { JSONText($0) })), ("state", .array(step.state.map { JSONText($0) })),
        ])
    }

    init(_ trace: Trace) {
        self = .object([
            ("title", .string(trace.title)), ("cpus", .integer(trace.cpus)), ("initial", .array(trace.initial.map { JSONText($0) })),
            ("steps", .array(trace.steps.map { JSONText($0) })), ("conclusion", .string(trace.conclusion)),
        ])
    }

    init(_ question: Question) {
        self = .object([
            ("design", .string(question.design)), ("repairs", .array(question.repairs.map(JSONText.string))),
            ("claim", .string(question.claim.rawValue)), ("scenario", .string(question.scenario.rawValue)),
            ("user", .string(question.user.rawValue)), ("bounds", JSONText(question.bounds)),
        ])
    }

    init(_ search: ExploreOptions) {
        self = .object([
            ("strategy", .string(search.strategy.rawValue)), ("reductions", .bool(search.reductions)),
            ("fingerprints", .bool(search.fingerprints)), ("seed", .optional(search.seed, JSONText.unsigned)),
            ("memory", .optional(search.memory, JSONText.unsigned)), ("threads", .optional(search.threads, JSONText.integer)),
        ])
    }

    init(_ record: AnswerRecord, times: Bool) {
        let (answer, question) = (record.answer, record.answer.question)
        self = .object([
            ("design", .string(question.design)), ("repairs", .array(question.repairs.map(JSONText.string))),
            ("claim", .string(question.claim.rawValue)), ("bounds", JSONText(question.bounds)),
            ("verdict", .string(answer.verdict.rawValue)), ("states", .unsigned(answer.states)),
            ("seconds", times ? .number((answer.seconds * 1000).rounded() / 1000) : .null),
            ("trace", .optional(answer.trace) { JSONText($0) }), ("scenario", .string(question.scenario.rawValue)),
            ("user", .string(question.user.rawValue)), ("transitions", .unsigned(answer.transitions)),
            ("coverage", .string(answer.coverage)), ("search", .optional(record.search) { JSONText($0) }),
        ])
    }
}

extension TraceFile {
    /// The file's contents: what it is, what was asked and found, then the trace.
    public var json: String {
        JSONText.object([
            ("format", .string(format)), ("version", .integer(version)), ("question", JSONText(question)),
            ("verdict", .string(verdict.rawValue)), ("seed", .optional(seed, JSONText.unsigned)), ("trace", JSONText(trace)),
        ]).pretty() + "\n"
    }
}
