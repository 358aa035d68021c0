import ArgumentParser
import Report
import Verdicts

struct ReplayCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "replay",
        abstract: "Take the steps of a saved trace in the model again, and see whether they end as they did.",
        discussion: """
            On a terminal it steps through them by keys: space or n on, b back, g and G to the ends, q leaves. Elsewhere it prints them \
            all. Exit status: 0 the recorded verdict is reproduced, 1 it is not or the file cannot be used, 64 wrong usage.
            """)

    enum Format: String, CaseIterable, ExpressibleByArgument { case text, json, markdown, mermaid, html }

    @Argument(help: ArgumentHelp("What \"uintr explore --trace\" saved.", valueName: "file"))
    var file: String

    @Option(help: "What standard output carries. The keys are for text alone.")
    var format = Format.text

    func run() throws {
        let explorer = Explorer.engine
        let recorded: TraceFile
        do throws(FileError) {
            recorded = try TraceFile.read(try TextFile.read(file), version: explorer.version)
        } catch {
            Output.note("\(file): \(error.sentence)")
            throw ExitCode(1)
        }
        let outcome: Replay
        do throws(ExplorerError) {
            outcome = try explorer.replay(recorded)
        } catch {
            Output.note("\(file): \(error.sentence)")
            throw ExitCode(1)
        }
        let report = ReplayReport(recorded, outcome, file: file)
        if let trace = report.trace {
            switch format {
            case .text where Terminal.isInteractive: try step(through: trace)
            case .text: try Output.write(report.text(Terminal.layout))
            case .json: try Output.write(report.exploreReport.json)
            case .markdown: try Output.write(report.exploreReport.markdown)
            case .mermaid: try Output.write(report.exploreReport.mermaid)
            case .html: try Output.write(report.exploreReport.html)
            }
        }
        Output.note(report.sentence)
        throw ExitCode(report.exitStatus)
    }

    /// Draws the trace and follows the keys until the reader leaves.
    private func step(through trace: Trace) throws {
        guard let terminal = RawTerminal() else { return try Output.write(TraceColumns(trace, Terminal.layout).text) }
        defer { terminal.giveBack() }
        var screen = TraceScreen(trace)
        while true {
            terminal.draw(screen.lines(Terminal.layout, height: Terminal.rows))
            switch terminal.wait() {
            case .redraw: continue
            case .closed: return
            case .keys(let bytes):
                for move in TraceScreen.moves(bytes) where !screen.follow(move) { return }
            }
        }
    }
}
