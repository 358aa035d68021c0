import Architecture
import Cases
import Conformance
import Lab

/// The mended Bochs as a second opinion: boots the image with cases in it, as often as it takes.
public struct Oracle: Sendable {
    public var image: BareMetalBuild
    public var installation: Installation
    /// 1–4. With one, a run is a function of the cases.
    public var processors: Int
    /// Wall-clock time of one boot.
    public var timeLimit: Duration

    public init(image: BareMetalBuild, installation: Installation, processors: Int = 1, timeLimit: Duration = .seconds(300)) {
        self.image = image
        self.installation = installation
        self.processors = processors
        self.timeLimit = timeLimit
    }

    /// A machine that ends this often in the midst of a case is no oracle.
    private static let endings = 20

    /// What one boot after another said of `cases`: number 1 is the first of them, whichever boot ran it.
    public struct Answer: Sendable {
        public var machine: MachineDescription
        public var verdicts: [Int: MachineVerdict] = [:]
        public var steps: [Int: [String]] = [:]
        public var ends: [Int: String] = [:]
    }

    /// Runs `cases`; where the machine ends within one, that one is recorded as `.ended` and another boot runs the rest.
    /// - Parameter progress: is told how many cases are done.
    public func ask(
        _ cases: [Case], options: BinaryCases.Options, progress: @Sendable (Int) -> Void = { _ in }
    ) async throws(LabError) -> Answer {
        var answer: Answer?
        var first = 0
        var endings = 0
        repeat {
            let part = Array(cases[first...])
            let (transcript, run) = try await boot(part, options, done: first, progress)
            guard let machine = transcript.machine else { throw failure(transcript, run) }
            var all = answer ?? Answer(machine: machine)
            for (number, verdict) in transcript.verdicts { all.verdicts[first + number] = verdict }
            for (number, lines) in transcript.steps { all.steps[first + number] = lines.map { renumbered($0, by: first) } }
            for (number, line) in transcript.ends { all.ends[first + number] = renumbered(line, by: first) }
            if transcript.isComplete {
                answer = all
                break
            }
            // The case under way is the last one that said anything, unless that one had its verdict or its end already.
            var culprit = transcript.lastCase
            if culprit == 0 || transcript.verdicts[culprit] != nil || transcript.ends[culprit] != nil { culprit += 1 }
            endings += 1
            guard culprit <= part.count, endings <= Oracle.endings else { throw failure(transcript, run) }
            all.verdicts[first + culprit] = .ended(describe(transcript, run))
            answer = all
            first += culprit
        } while first < cases.count
        guard let answer else {
            throw LabError("there is no case to run", next: "name other cases: uintr check --list")
        }
        return answer
    }

    private func boot(
        _ cases: [Case], _ options: BinaryCases.Options, done: Int, _ progress: @Sendable (Int) -> Void
    ) async throws(LabError) -> (Transcript, MachineRun) {
        let bytes = BinaryCases.encode(cases.map { BinaryCase($0) }, options: options)
        return try await image.withDisk(cases: bytes) { disk async throws(LabError) in
            let machine = BochsMachine(
                MachineConfiguration(
                    medium: .disk(disk), processors: processors, memory: 128, timeLimit: timeLimit, outputLimit: 256 << 20),
                installation: installation)
            var transcript = Transcript()
            let run = try await machine.run { line in
                guard line.source == .debugPort else { return .goOn }
                transcript.read(line.text)
                progress(done + transcript.lastCase)
                return .goOn
            }
            return (transcript, run)
        }
    }

    /// The case's number in `@ N …` and `= N …` is the boot's; this makes it the run's.
    private func renumbered(_ line: String, by offset: Int) -> String {
        let parts = line.split(separator: " ", maxSplits: 2, omittingEmptySubsequences: false)
        guard offset > 0, parts.count >= 2, let number = Int(parts[1]) else { return line }
        return "\(parts[0]) \(number + offset)" + (parts.count > 2 ? " " + parts[2] : "")
    }

    private func describe(_ transcript: Transcript, _ run: MachineRun) -> String {
        if let refusal = transcript.refusal { return refusal }
        switch run.ending {
        case .guest, .reader: return "the machine was shut down"
        case .timeLimit: return "nothing came for too long: the run took \(run.duration.components.seconds) s"
        case .outputLimit(let what): return "\(what) grew without end"
        case .failure(let words): return words.split(separator: "\n").joined(separator: " ")
        }
    }

    private func failure(_ transcript: Transcript, _ run: MachineRun) -> LabError {
        LabError(
            "the image did not run to its end: \(describe(transcript, run))\n\(run.logTail)",
            cause: transcript.machine == nil ? "the image does not fit the loader or this Bochs" : nil, next: "uintr lab doctor")
    }
}

extension MachineDescription {
    /// What the core is given, to be the same processor. Bochs tracks the initial configuration (XINUSE).
    var features: Features {
        Features(
            uintr: true, flexibleUIRET: flexibleUIRET, linearAddressWidth: linearAddressWidth == 57 ? .bits57 : .bits48,
            tracksInitialConfiguration: true)
    }
}
