import ArgumentParser
import Report
import Verdicts

struct MergeCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "merge",
        abstract: "Join the results of several explorations, and say what they cover together.",
        discussion: """
            The files are what "uintr explore --format json" prints, as the jobs of "uintr explore --shards" write them; a folder is the \
            one where those jobs are, and stands for all their results: the jobs that have none are named. Exit status: 0 all hold, \
            1 a claim is violated or two runs disagree, 4 neither but something is incomplete or missing or a file cannot be used, \
            64 wrong usage.
            """)

    enum Format: String, CaseIterable, ExpressibleByArgument { case text, json, markdown, html }

    @Argument(help: ArgumentHelp("Results in JSON, or the folder of --shards.", valueName: "file"))
    var files: [String]

    @Option(help: "What standard output carries.")
    var format = Format.text

    @Flag(name: .customLong("no-times"), help: "Leave out what differs from run to run.")
    var noTimes = false

    func run() throws {
        var rows: [(name: String, rows: Result<[AnswerRecord], FileError>)] = []
        var missing: [JoinedResults.Missing] = []
        for name in files {
            guard TextFile.isFolder(name) else {
                rows.append((name, Self.rows(of: name)))
                continue
            }
            let folder = name.count > 1 && name.hasSuffix("/") ? String(name.dropLast()) : name
            do throws(FileError) {
                for job in try JobList(String(decoding: try TextFile.read(folder + "/jobs.txt"), as: UTF8.self)).jobs {
                    let file = ResultFile(folder + "/" + job.result)
                    if TextFile.exists(file.path) {
                        rows.append((file.path, Self.rows(of: file.path)))
                    } else {
                        let mark = (try? TextFile.read(file.marker)).map { String(decoding: $0, as: UTF8.self) }
                        missing.append(.init(job: job, state: ResultFile.state(mark: mark)))
                    }
                }
            } catch {
                rows.append((folder + "/jobs.txt", .failure(error)))
            }
        }
        let joined = JoinedResults(rows, missing: missing)
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

    private static func rows(of file: String) -> Result<[AnswerRecord], FileError> {
        do throws(FileError) {
            return .success(try AnswerRecord.read(try TextFile.read(file)))
        } catch {
            return .failure(error)
        }
    }
}
