import ArgumentParser
import Report
import Verdicts

/// A search whose answers are wanted in a file, by someone who will look only at whether it is there.
struct ResultJob {
    var file: ResultFile
    var questions: [Question]
    var options: ExploreOptions

    /// True if the file holds the answers to these questions, searched for in this way.
    var isDone: Bool {
        do throws(FileError) {
            return ResultFile.answers(try AnswerRecord.read(try TextFile.read(file.path)), questions, options)
        } catch {
            return false
        }
    }

    /// - Throws: exit status 1 where the search could not run, or its result not be written.
    func run(_ search: () throws(ExplorerError) -> [AnswerRecord]) throws {
        try TextFile.write("", to: file.marker)
        let records: [AnswerRecord]
        do throws(ExplorerError) {
            records = try search()
        } catch {
            try TextFile.write(error.sentence + "\n", to: file.marker)
            Output.note(error.sentence)
            throw ExitCode(1)
        }
        try TextFile.replace(file.path, with: ExploreReport(records, command: ExploreCommand.typed).json)
        TextFile.remove(file.marker)
    }
}
