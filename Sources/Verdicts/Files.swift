import KernelModel

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// Why a file cannot be used, in a sentence.
public struct FileError: Error, Equatable, Sendable {
    public var sentence: String

    public init(_ sentence: String) { self.sentence = sentence }
}

extension TraceFile {
    /// Reads what `uintr explore --trace` writes.
    ///
    /// - Parameter version: The version of the model at hand.
    public static func read(_ bytes: [UInt8], version: Int) throws(FileError) -> TraceFile {
        struct Head: Decodable {
            var format: String?
            var version: Int?
        }
        let again = "Make it anew: uintr explore … --trace FILE."
        let head = try decode(Head.self, bytes)
        guard head.format == "uintr-trace" else {
            throw FileError("is JSON, but no trace: its \"format\" is not \"uintr-trace\". \(again)")
        }
        guard let found = head.version else { throw FileError("names no version of the model. \(again)") }
        guard found == version else {
            throw FileError("is of version \(found) of the model, and this is version \(version): its steps mean something else here. \(again)")
        }
        let file = try decode(TraceFile.self, bytes)
        if let fault = file.trace.fault { throw FileError("is damaged: \(fault). \(again)") }
        return file
    }
}

extension Trace {
    /// What a renderer could not draw, if there is such a thing.
    var fault: String? {
        guard (1...4).contains(cpus) else { return "\"cpus\" is \(cpus), and may be 1 to 4" }
        for (index, step) in steps.enumerated() {
            let named = [step.cpu, step.arrow?.to] + step.inFlight.map { Optional($0.to) }
            for case let cpu? in named where !(0..<cpus).contains(cpu) {
                return "step \(index + 1) names CPU \(cpu), and there are \(cpus)"
            }
        }
        return nil
    }
}

/// One row of what `uintr explore --format json` prints: an answer, and how it was searched for.
public struct AnswerRecord: Equatable, Sendable {
    public var answer: Answer
    /// Nil in a row that somebody else wrote.
    public var search: ExploreOptions?

    public init(_ answer: Answer, search: ExploreOptions? = nil) {
        self.answer = answer
        self.search = search
    }

    /// Reads an array of rows.
    public static func read(_ bytes: [UInt8]) throws(FileError) -> [AnswerRecord] {
        if bytes.allSatisfy({ $0 == 0x20 || (0x09...0x0D).contains($0) }) {
            throw FileError("is empty: the run that should have written it did not end. Run it again.")
        }
        let records = try decode([AnswerRecord].self, bytes)
        for (index, record) in records.enumerated() {
            if let fault = record.answer.trace?.fault { throw FileError("is damaged: row \(index + 1): \(fault). Run its command again.") }
        }
        return records
    }
}

extension AnswerRecord: Decodable {
    private enum Key: String, CodingKey {
        case design, repairs, claim, bounds, verdict, states, seconds, trace, scenario, user, transitions, coverage, search
    }

    public init(from decoder: any Decoder) throws {
        let row = try decoder.container(keyedBy: Key.self)
        let question = Question(
            design: try row.decode(String.self, forKey: .design), repairs: try row.decode([String].self, forKey: .repairs),
            claim: try row.decode(Claim.self, forKey: .claim),
            scenario: try row.decodeIfPresent(Scenario.self, forKey: .scenario) ?? .any,
            user: try row.decodeIfPresent(UserSide.self, forKey: .user) ?? .clui, bounds: try row.decode(Bounds.self, forKey: .bounds))
        answer = Answer(
            question: question, verdict: try row.decode(Answer.Verdict.self, forKey: .verdict),
            states: try row.decode(UInt64.self, forKey: .states),
            transitions: try row.decodeIfPresent(UInt64.self, forKey: .transitions) ?? 0,
            // null with --no-times.
            seconds: try row.decodeIfPresent(Double.self, forKey: .seconds) ?? 0,
            coverage: try row.decodeIfPresent(String.self, forKey: .coverage) ?? "",
            trace: try row.decodeIfPresent(Trace.self, forKey: .trace))
        search = try row.decodeIfPresent(ExploreOptions.self, forKey: .search)
    }
}

/// - Throws: a sentence without a subject, to follow the file's name.
private func decode<Value: Decodable>(_ type: Value.Type, _ bytes: [UInt8]) throws(FileError) -> Value {
    do {
        return try JSONDecoder().decode(type, from: Data(bytes))
    } catch let error as DecodingError {
        throw FileError(sentence(error))
    } catch {
        throw FileError("cannot be read: \(error).")
    }
}

private func sentence(_ error: DecodingError) -> String {
    func place(_ path: [any CodingKey]) -> String {
        let names = path.map { key in key.intValue.map { "row \($0 + 1)" } ?? "\"\(key.stringValue)\"" }
        return names.isEmpty ? "" : " in " + names.joined(separator: ", ")
    }
    switch error {
    case .keyNotFound(let key, let context): return "is JSON, but lacks \"\(key.stringValue)\"\(place(context.codingPath))."
    case .typeMismatch(_, let context): return "is JSON of another form: \(context.debugDescription)\(place(context.codingPath))."
    case .valueNotFound(_, let context): return "is JSON with null where a value must stand\(place(context.codingPath))."
    case .dataCorrupted(let context) where context.codingPath.isEmpty: return "is not JSON, or is cut off."
    case .dataCorrupted(let context): return "has a value that is not allowed\(place(context.codingPath)): \(context.debugDescription)"
    @unknown default: return "cannot be read: \(error)."
    }
}
