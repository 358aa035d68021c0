import ArgumentParser
import Glibc
import Lab
import Report

struct LabCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "lab", abstract: "An emulated Sapphire Rapids: Bochs, built here with the project's fixes.",
        subcommands: [LabSetupCommand.self, LabDoctorCommand.self, LabCheckCommand.self, LabFuzzCommand.self])
}

struct LabSetupCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "setup", abstract: "Build Bochs from the pinned sources, unless it is there.",
        discussion: """
            Everything goes below ${XDG_CACHE_HOME:-~/.cache}/uintr/lab; the system stays as it is unless --install-packages is given. \
            Some two minutes of processor time, once. Exit status: 0 built or already there, 1 failed, 64 wrong usage.
            """)

    @Flag(help: "Also build the variant with Bochs' debugger, which obeys quantum: for races.")
    var debugger = false

    @Flag(help: "Install missing build tools with apt-get. Needs root.")
    var installPackages = false

    @Option(help: ArgumentHelp("A mirror of Debian's archive. Without it: the one that apt uses.", valueName: "URL"))
    var mirror: String?

    func run() throws {
        let (variants, mirror, installs) = ([BochsVariant.optimised] + (debugger ? [.debugger] : []), mirror, installPackages)
        do throws(LabError) {
            let recipe = try Recipe.find()
            let cache = try LabCache()
            try Waiting.for { () async throws(LabError) in
                if installs { try await LabSetupCommand.installMissingPackages(cache) }
                let setup = Setup(recipe: recipe, cache: cache, archives: await Archives(cache: cache, mirror: mirror))
                for variant in variants { try await LabSetupCommand.build(variant, setup) }
            }
        } catch {
            Output.note(error.description)
            throw ExitCode(1)
        }
    }

    private static func installMissingPackages(_ cache: LabCache) async throws(LabError) {
        let missing = Setup.missingPackages
        guard !missing.isEmpty else { return }
        Output.note("installing with apt-get: \(missing.joined(separator: " "))")
        try await Setup.install(packages: missing, asRoot: geteuid() == 0, cache: cache)
    }

    private static func build(_ variant: BochsVariant, _ setup: Setup) async throws(LabError) {
        let clock = ContinuousClock()
        let start = clock.now
        var line: ProgressLine?
        let (installation, built) = try await setup.run(variant) { progress in
            switch progress {
            case .stage(let stage):
                line?.erase()
                line = nil
                Output.note(stage)
            case .compiled(let done, let total):
                if line == nil { line = ProgressLine(total: total, unit: "files compiled") }
                line?.update(done)
            }
        }
        line?.erase()
        let path = installation.executable(variant)
        let seconds = (clock.now - start).components.seconds
        Output.note(built ? "built in \(seconds) s: \(path) (log: \(installation.log(variant)))" : "already there: \(path)")
    }
}

struct LabDoctorCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "doctor", abstract: "Say what the lab has, what it lacks, and the command that mends it.",
        discussion: "Changes nothing. Exit status: 0 ready, 1 something is missing.")

    func run() throws {
        let diagnosis: Diagnosis
        do throws(LabError) {
            diagnosis = Diagnosis(recipe: try Recipe.find(), cache: try LabCache())
        } catch {
            Output.note(error.description)
            throw ExitCode(1)
        }
        try Output.write(diagnosis.text)
        if !diagnosis.isReady { throw ExitCode(1) }
    }
}
