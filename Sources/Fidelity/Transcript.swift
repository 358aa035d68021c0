import Cases

/// What the image says of one case.
public enum MachineVerdict: Equatable, Sendable {
    case passed
    /// What was expected, and what was found, at the step with this index from 0.
    case failed(step: Int, String)
    /// The machine, or the runner on it, cannot take the case, or a step of it: the reason.
    case skipped(String)
    /// The machine ended before the case did: how.
    case ended(String)
}

/// The processor that the image ran on, as its first lines say.
public struct MachineDescription: Equatable, Sendable {
    public var processors: Int
    public var linearAddressWidth: Int
    public var flexibleUIRET: Bool

    public init(processors: Int, linearAddressWidth: Int, flexibleUIRET: Bool) {
        self.processors = processors
        self.linearAddressWidth = linearAddressWidth
        self.flexibleUIRET = flexibleUIRET
    }

    /// Reads `# processors: 2; linear addresses: 48 bits; UIRET: sets UIF; …`.
    init?(line: String) {
        guard line.hasPrefix("# processors: ") else { return nil }
        var values: [Substring: Substring] = [:]
        for part in line.dropFirst(2).split(separator: ";") {
            let pair = part.split(separator: ":", maxSplits: 1)
            guard pair.count == 2 else { return nil }
            values[trimmed(pair[0])] = trimmed(pair[1])
        }
        guard let processors = values["processors"].flatMap({ Int($0) }),
            let width = values["linear addresses"]?.split(separator: " ").first.flatMap({ Int($0) }),
            let uiret = values["UIRET"]
        else { return nil }
        self.init(processors: processors, linearAddressWidth: width, flexibleUIRET: uiret == "flexible")
    }
}

/// What came out of one boot of the image: KTAP, and the lines of `Observed`. Cases are numbered from 1 as they stand in the image.
public struct Transcript: Equatable, Sendable {
    public private(set) var machine: MachineDescription?
    public private(set) var verdicts: [Int: MachineVerdict] = [:]
    /// The lines `@ CASE STEP …` of each case, in their order.
    public private(set) var steps: [Int: [String]] = [:]
    /// The line `= CASE …`.
    public private(set) var ends: [Int: String] = [:]
    /// Why the image gave up, or had nothing to run.
    public private(set) var refusal: String?
    public private(set) var isComplete = false
    /// The highest case that said anything.
    public private(set) var lastCase = 0
    private var diagnosis: (step: Int, sentence: String)?

    public init() {}

    public static func == (a: Transcript, b: Transcript) -> Bool {
        a.machine == b.machine && a.verdicts == b.verdicts && a.steps == b.steps && a.ends == b.ends && a.refusal == b.refusal
            && a.isComplete == b.isComplete
    }

    public mutating func read(_ line: String) {
        if line.hasPrefix("@ ") {
            guard let number = Transcript.number(line, word: 1) else { return }
            steps[number, default: []].append(line)
            lastCase = max(lastCase, number)
        } else if line.hasPrefix("= ") {
            guard let number = Transcript.number(line, word: 1) else { return }
            ends[number] = line
            lastCase = max(lastCase, number)
        } else if line.hasPrefix("ok ") {
            guard let number = Transcript.number(line, word: 1) else { return }
            let mark = line.firstRange(of: " # SKIP ")
            verdicts[number] = mark.map { .skipped(String(line[$0.upperBound...])) } ?? .passed
            lastCase = max(lastCase, number)
        } else if line.hasPrefix("not ok ") {
            guard let number = Transcript.number(line, word: 2) else { return }
            verdicts[number] = .failed(step: diagnosis?.step ?? 0, diagnosis?.sentence ?? "the image gave no reason")
            diagnosis = nil
            lastCase = max(lastCase, number)
        } else if line.hasPrefix("# step ") {
            readDiagnosis(line)
        } else if line.hasPrefix("# end: ") {
            isComplete = true
        } else if line.hasPrefix("Bail out! ") {
            refusal = String(line.dropFirst("Bail out! ".count))
        } else if line.hasPrefix("1..0 # SKIP ") {
            refusal = String(line.dropFirst("1..0 # SKIP ".count))
        } else if let description = MachineDescription(line: line) {
            machine = description
        }
    }

    /// `# step N, WORDS: SENTENCE`. No word of a step has a colon and a space.
    private mutating func readDiagnosis(_ line: String) {
        guard let comma = line.firstIndex(of: ","), let colon = line.firstRange(of: ": "),
            let step = Int(line[line.index(line.startIndex, offsetBy: "# step ".count)..<comma])
        else { return }
        diagnosis = (step - 1, String(line[colon.upperBound...]))
    }

    private static func number(_ line: String, word: Int) -> Int? {
        let words = line.split(separator: " ", maxSplits: word + 1)
        return words.count > word ? Int(words[word]) : nil
    }
}

private func trimmed(_ text: Substring) -> Substring {
    var text = text
    while text.first == " " { text.removeFirst() }
    while text.last == " " { text.removeLast() }
    return text
}
