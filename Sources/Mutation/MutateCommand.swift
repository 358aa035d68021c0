import ArgumentParser
import Foundation
import Subprocess
import SystemPackage

@main
struct MutateCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "mutate",
        abstract: "Breaks single rules of the core, and shows which case notices.",
        discussion: "Exit status: 0 all killed, 1 a mutant survives, 64 usage.")

    @Option(help: "Run this many mutants, chosen by the seed; without it, all.")
    var sample: Int?

    @Option(help: "The seed that chooses the sample.")
    var seed: UInt64 = 1

    @Option(help: "Run the mutant with this number.")
    var only: Int?

    @Option(help: "A mutant acts from this use on in each case: a rule that breaks only then. With more than 1 survivors are no failure.")
    var fromUse = 1

    @Option(help: "A file of uintr lab fuzz --record: how random cases ended on Bochs. Shows which mutants they kill.")
    var random: String?

    @Flag(help: "Print the mutants' numbers and rules, and run none.")
    var list = false

    func validate() throws {
        guard fromUse >= 1 else { throw ValidationError("--from-use is at least 1, not \(fromUse)") }
        if let random, !FileManager.default.isReadableFile(atPath: random) {
            throw ValidationError("--random \(random): no such file. Make it: uintr lab fuzz --record \(random)")
        }
        if let sample, sample < 1 { throw ValidationError("--sample is at least 1, not \(sample)") }
        if let only, !(1...Mutant.all.count).contains(only) {
            throw ValidationError("--only is 1 to \(Mutant.all.count), not \(only): see --list")
        }
    }

    func run() async throws {
        if list {
            for mutant in Mutant.all { print("\(mutant.number)\t\(mutant.site.file)\t\(mutant.alternative.rule)") }
            return
        }
        let package = MutatedPackage(
            root: URL(filePath: FileManager.default.currentDirectoryPath),
            copy: URL(filePath: FileManager.default.currentDirectoryPath).appending(path: ".build-mutate"))
        note("writing the mutated copy: \(Mutant.all.count) mutants at \(Site.all.count) places")
        try package.write()
        note("building it once")
        let build = try await Subprocess.run(
            .name("swift"),
            arguments: ["build", "-c", "release", "--package-path", package.copy.path, "--product", "runner"],
            output: .string(limit: 1 << 20), error: .string(limit: 1 << 20))
        guard build.terminationStatus.isSuccess else {
            note(build.standardOutput + build.standardError)
            note("mutate: the mutated copy does not build. A site in Sources/Mutation no longer fits its source.")
            throw ExitCode(1)
        }
        let runner = package.copy.appending(path: ".build/release/runner").path

        guard try await verdict(runner, 0) == .survives else {
            note("mutate: the core fails its cases without any mutant. Run: swift test --filter ConformanceTests")
            throw ExitCode(1)
        }
        try await runAll(runner)
    }

    private func runAll(_ runner: String) async throws {
        let mutants = chosen()
        var survivors = 0
        var onlyByWalk = 0
        var onlyByRandomCases = 0
        let start = Date()
        for mutant in mutants {
            let verdict = try await verdict(runner, mutant.number)
            if verdict == .survives { survivors += 1 }
            if case .killedByWalk = verdict { onlyByWalk += 1 }
            if case .killedByRandomCase = verdict { onlyByRandomCases += 1 }
            print("\(verdict.word)\t\(mutant.number)\t\(mutant.site.file): \(mutant.alternative.rule)\t\(verdict.detail)")
        }
        let seconds = Date().timeIntervalSince(start)
        print(
            "\(mutants.count - survivors) of \(mutants.count) mutants killed, \(onlyByWalk) of them by a random walk alone, "
                + (random == nil ? "" : "\(onlyByRandomCases) by the random cases alone, ")
                + String(format: "%.1f s", seconds) + (sample == nil ? "" : ", seed \(seed)"))
        if survivors > 0 && fromUse == 1 {
            note("mutate: \(survivors) rules can be broken unseen. Each needs a case: see SURVIVES above.")
            throw ExitCode(1)
        }
    }

    private func chosen() -> [Mutant] {
        if let only { return Mutant.all.filter { $0.number == only } }
        guard let sample else { return Mutant.all }
        var generator = SampleGenerator(state: seed)
        return Mutant.all.shuffled(using: &generator).prefix(sample).sorted { $0.number < $1.number }
    }

    private func verdict(_ runner: String, _ number: Int) async throws -> Verdict {
        let result = try await Subprocess.run(
            .path(FilePath(runner)), arguments: Arguments(["\(number)", "\(fromUse)"] + (random.map { [$0] } ?? [])), output: .string(limit: 1 << 20), error: .discarded)
        let lines = result.standardOutput.split(separator: "\n").map(String.init)
        let cases = lines.filter { $0.hasPrefix("case ") }.map { String($0.dropFirst(5)) }
        if let first = cases.first { return .killedByCases(cases.count, first) }
        if let first = lines.first { return first.hasPrefix("random ") ? .killedByRandomCase(first) : .killedByWalk(first) }
        return result.terminationStatus.isSuccess ? .survives : .killedByEnd("\(result.terminationStatus)")
    }
}

/// What became of a mutant.
enum Verdict: Equatable {
    case killedByCases(Int, String)
    case killedByWalk(String)
    /// A random case on which the core and Bochs agree ends otherwise.
    case killedByRandomCase(String)
    /// It trapped, or never ended.
    case killedByEnd(String)
    case survives

    var word: String { self == .survives ? "SURVIVES" : "killed" }

    var detail: String {
        switch self {
        case .killedByCases(1, let first): first
        case .killedByCases(let count, let first): "\(first) and \(count - 1) more"
        case .killedByWalk(let line), .killedByRandomCase(let line): line
        case .killedByEnd(let status): status
        case .survives: "no case fails"
        }
    }
}

/// SplitMix64, so that a printed seed chooses the same sample again.
private struct SampleGenerator: RandomNumberGenerator {
    var state: UInt64
    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ z >> 30) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ z >> 27) &* 0x94D0_49BB_1331_11EB
        return z ^ z >> 31
    }
}

private func note(_ text: String) {
    FileHandle.standardError.write(Data((text + "\n").utf8))
}
