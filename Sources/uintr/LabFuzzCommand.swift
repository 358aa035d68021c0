import ArgumentParser
import Fidelity
import Glibc
import Lab
import Report
import SystemPackage

struct LabFuzzCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "fuzz", abstract: "Run random cases on the core and on Bochs, and compare how they end.",
        discussion: """
            Each case is a random state and one to six random steps, made from the seed. What disagrees is compared step by step and \
            made small. Exit status: 0 every disagreement is explained, 1 one is not, 4 nothing could be compared (the lab is not set \
            up), 64 wrong usage.
            """)

    enum Format: String, CaseIterable, ExpressibleByArgument { case text, json }

    @Option(help: "The same seed makes the same cases. Drawn, and printed, if not given.")
    var seed: UInt64?

    @Option(help: "How many random cases.")
    var count = 100_000

    @Option(help: "How many machines run at once. The result does not depend on it.")
    var jobs = Int(sysconf(CInt(_SC_NPROCESSORS_ONLN)))

    @Option(help: ArgumentHelp("Also write to this file how each case ended that ended alike: for scripts/mutate --random.", valueName: "file"))
    var record: String?

    @Option(help: "What standard output carries.")
    var format = Format.text

    func validate() throws {
        guard count > 0 else { throw ValidationError("--count \(count): there is nothing to do. Give 1 or more.") }
        guard jobs > 0 else { throw ValidationError("--jobs \(jobs): nothing could run. Give 1 or more.") }
    }

    func run() throws {
        let seed = seed ?? UInt64.random(in: 1...UInt64(UInt32.max))
        let (count, jobs) = (count, jobs)
        let oracle = try LabOracle.make(processors: 1)
        let line = SharedProgress(total: count, unit: "random cases")
        let result: FuzzRun
        do throws(LabError) {
            result = try Waiting.for { () async throws(LabError) in
                try await FuzzRun.run(seed: seed, count: count, on: oracle, jobs: jobs) { progress in
                    switch progress {
                    case .cases(let done): line.update(done)
                    case .minimising(let id):
                        line.erase()
                        Output.note("making \(id) smaller")
                    }
                }
            }
        } catch {
            line.erase()
            Output.note(error.description)
            throw ExitCode(1)
        }
        line.erase()
        if let record {
            do throws(LabError) {
                try result.write(to: FilePath(record))
            } catch {
                Output.note(error.description)
                throw ExitCode(1)
            }
        }
        let report = FuzzReport(result, duration: line.elapsed)
        try Output.write(format == .json ? report.json : report.text(Terminal.layout))
        throw ExitCode(result.exitStatus)
    }
}
