import ArgumentParser
import Cases
import Conformance
import Fidelity
import Lab
import Report
import Synchronization
import SystemPackage

struct LabCheckCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "check", abstract: "Run the conformance cases on the core and, without a kernel, on Bochs; compare step by step.",
        discussion: """
            Exit status: 0 every disagreement is explained, 1 one is not, 4 nothing could be compared (the lab is not set up), \
            64 wrong usage.
            """)

    enum Format: String, CaseIterable, ExpressibleByArgument { case table, ktap, json }

    @Option(help: "What standard output carries.")
    var format = Format.table

    @Option(help: "The machine's processors, 1-4. With 1 the same run prints the same bytes; cases that need more are skipped then.")
    var cpus = 1

    @Option(
        name: .customLong("filter"),
        help: ArgumentHelp("Only these cases, as for \"uintr check\". May be given several times.", valueName: "pattern"))
    var filters: [String] = []

    @Flag(help: "Print docs/fidelity.md. Not with --format or --filter.")
    var document = false

    func validate() throws {
        guard (1...4).contains(cpus) else { throw ValidationError("--cpus is 1 to 4, not \(cpus).") }
        if document && (format != .table || !filters.isEmpty) {
            throw ValidationError("--document is about all cases, and is Markdown. Leave --format and --filter out.")
        }
    }

    func run() throws {
        let cases = try selectedCases()
        let oracle = try LabOracle.make(processors: cpus)
        let progress = SharedProgress(total: cases.count, unit: "cases")
        let result: LabCheck
        do throws(LabError) {
            result = try Waiting.for { () async throws(LabError) in
                try await LabCheck.run(cases, on: oracle) { progress.update($0) }
            }
        } catch {
            progress.erase()
            Output.note(error.description)
            throw ExitCode(1)
        }
        progress.erase()
        let report = FidelityReport(result, isWhole: filters.isEmpty)
        if document {
            try Output.write(report.document)
        } else {
            switch format {
            case .table: try Output.write(report.table(Terminal.layout))
            case .ktap: try Output.write(report.ktap)
            case .json: try Output.write(report.json)
            }
        }
        throw ExitCode(result.exitStatus)
    }

    private func selectedCases() throws -> [Case] {
        do {
            return try CaseFilter.select(filters.map(CaseFilter.init), from: Case.all)
        } catch {
            let near = error.near.isEmpty ? "" : " Did you mean \(error.near.joined(separator: ", "))?"
            throw Output.usage("--filter \(error.pattern): no case matches.\(near) \"uintr check --list\" lists them all.")
        }
    }
}

/// What every command that asks Bochs begins with.
enum LabOracle {
    /// - Throws: exit status 4 where the lab is not set up, 1 where the image cannot be built; a sentence is on standard error.
    static func make(processors: Int) throws -> Oracle {
        let recipe: Recipe
        let installation: Installation
        do throws(LabError) {
            recipe = try Recipe.find()
            installation = try Installation.require(recipe: recipe, cache: LabCache())
        } catch {
            Output.note(error.description)
            throw ExitCode(4)
        }
        do throws(LabError) {
            let project = recipe.folder.lexicallyNormalized().removingLastComponent()
            let image = try Waiting.for { () async throws(LabError) in try await BareMetalBuild.make(project: project) }
            return Oracle(image: image, installation: installation, processors: processors)
        } catch {
            Output.note(error.description)
            throw ExitCode(1)
        }
    }
}

/// A progress line that is updated from another thread.
final class SharedProgress: Sendable {
    private let line: Mutex<ProgressLine>

    init(total: Int, unit: String) { line = Mutex(ProgressLine(total: total, unit: unit)) }

    var elapsed: Duration { line.withLock { $0.elapsed } }
    func update(_ done: Int) { line.withLock { $0.update(done) } }
    func erase() { line.withLock { $0.erase() } }
}
