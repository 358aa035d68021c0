import ArgumentParser
import Report
import Verdicts

struct MergeCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "merge",
        abstract: "Join the results of several explorations, and say what they cover together.",
        discussion: """
            The files are what "uintr explore --format json" prints, as the jobs of "uintr explore --shards" do. Exit status: 0 all hold, \
            1 a claim is violated or two runs disagree, 4 neither but something is incomplete or a file cannot be used, 64 wrong usage.
            """)

    enum Format: String, CaseIterable, ExpressibleByArgument { case text, json, markdown, html }

    @Argument(help: ArgumentHelp("Results, in JSON.", valueName: "file"))
    var files: [String]

    @Option(help: "What standard output carries.")
    var format = Format.text

    @Flag(name: .customLong("no-times"), help: "Leave out what differs from run to run.")
    var noTimes = false

    func run() throws {
        let joined = JoinedResults(
            files.map { file in
                do throws(FileError) {
                    return (file, .success(try AnswerRecord.read(try TextFile.read(file))))
                } catch {
                    return (file, .failure(error))
                }
            })
        for file in joined.unusable { Output.note("\(file.file): \(file.sentence)") }
        let report = MergeReport(joined, showsTimes: !noTimes, command: ExploreCommand.typed)
        switch format {
        case .text: try Output.write(report.text(Terminal.layout))
        case .json: try Output.write(report.json)
        case .markdown: try Output.write(report.markdown)
        case .html: try Output.write(report.html)
        }
        throw ExitCode(joined.exitStatus)
    }
}
