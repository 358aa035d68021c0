import ArgumentParser
import Conformance
import Report

struct WalkCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "walk",
        abstract: "Walk the emulator core at random: three processors, four tasks, and a ledger that must agree with PIR, UIRR and ON.",
        discussion: "Always on the emulator core, never on the processor. Exit status: 0 if all held, 1 if not, 64 wrong usage.")

    enum Format: String, CaseIterable, ExpressibleByArgument { case text, json }

    @Option(help: "How many instructions at least.")
    var instructions = 10_000_000

    @Option(help: "The same seed takes the same steps. Drawn, and printed, if not given.")
    var seed: UInt64?

    @Option(help: "What standard output carries.")
    var format = Format.text

    func validate() throws {
        guard instructions > 0 else { throw ValidationError("--instructions \(instructions): give 1 or more.") }
    }

    func run() throws {
        let seed = seed ?? UInt64.random(in: 1...UInt64(UInt32.max))
        var progress = ProgressLine(total: instructions, unit: "instructions")
        let walk = RandomWalk.run(instructions: instructions, seed: seed) { progress.update($0) }
        progress.erase()
        let report = WalkReport(walk, duration: progress.elapsed)
        try Output.write(format == .json ? report.json : report.text(Terminal.layout))
        if walk.violation != nil { throw ExitCode(1) }
    }
}
