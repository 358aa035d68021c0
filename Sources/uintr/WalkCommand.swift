import ArgumentParser
import Conformance
import Report

struct WalkCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "walk",
        abstract: "Walk the emulator core at random, and feed its decoder random bytes.",
        discussion: """
            The walk: three processors, four tasks that each have a UPID, and a ledger of every vector that must agree with PIR, \
            UIRR and ON after each step. The decoder: what it accepts must be one of the five encodings. \
            Always on the emulator core, never on the processor. Exit status: 0 if all held, 1 if not, 64 wrong usage.
            """)

    enum Format: String, CaseIterable, ExpressibleByArgument { case text, json }

    @Option(help: "How many instructions the walk executes at least; 0 for no walk.")
    var instructions = 10_000_000

    @Option(help: "How many byte strings the decoder is given; 0 for none.")
    var strings = 10_000_000

    @Option(help: "The same seed takes the same steps and the same strings. Drawn, and printed, if not given.")
    var seed: UInt64?

    @Option(help: "What standard output carries.")
    var format = Format.text

    func validate() throws {
        guard instructions >= 0 && strings >= 0 && instructions + strings > 0 else {
            throw ValidationError(
                "--instructions \(instructions) --strings \(strings): there is nothing to do. Give 1 or more of either.")
        }
    }

    func run() throws {
        let seed = seed ?? UInt64.random(in: 1...UInt64(UInt32.max))
        var report = WalkReport(seed: seed)
        if instructions > 0 {
            var progress = ProgressLine(total: instructions, unit: "instructions")
            let walk = RandomWalk.run(instructions: instructions, seed: seed) { progress.update($0) }
            progress.erase()
            report.walk = (walk, progress.elapsed)
        }
        if strings > 0 {
            var progress = ProgressLine(total: strings, unit: "byte strings")
            let decoder = DecoderWalk.run(strings: strings, seed: seed) { progress.update($0) }
            progress.erase()
            report.decoder = (decoder, progress.elapsed)
        }
        try Output.write(format == .json ? report.json : report.text(Terminal.layout))
        if !report.holds { throw ExitCode(1) }
    }
}
