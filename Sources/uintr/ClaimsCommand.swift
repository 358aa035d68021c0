import ArgumentParser
import Cases
import Report

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

struct ClaimsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "claims", abstract: "Print docs/claims.md: what the thread claims, and where each claim is settled.",
        discussion: "Exit status: 0; with --check, 1 if a claim is missing or the file is stale; 64 wrong usage.")

    @Option(help: ArgumentHelp("Compare this file with what would be printed, and print nothing.", valueName: "file"))
    var check: String?

    @Option(
        help: ArgumentHelp(
            "With --check: each id that this text names (A-1, S-8 …) must have a claim, beside those that the package requires.",
            valueName: "file"))
    var ids: String?

    func validate() throws {
        if ids != nil && check == nil { throw ValidationError("--ids says what --check must find. Give --check docs/claims.md as well.") }
    }

    func run() throws {
        let document = ClaimsDocument()
        guard let check else { return try Output.write(document.markdown) }
        let text = try read(check, orElse: "Write it by: uintr claims > \(check)")
        var required = ThreadClaim.requiredIDs
        if let ids {
            let named = ClaimsDocument.ids(in: try read(ids, orElse: "Give a readable file."))
            guard !named.isEmpty else {
                Output.note("\(ids): names no id of a claim. Give a file that does, as the notes on the thread.")
                throw ExitCode(1)
            }
            required += named.filter { !required.contains($0) }
        }
        let problems = document.problems(in: text, requiredIDs: required)
        for problem in problems { Output.note("\(check): \(problem)") }
        guard problems.isEmpty else {
            Output.note("\(check): once the claims are complete, write it anew: uintr claims > \(check)")
            throw ExitCode(1)
        }
    }

    private func read(_ path: String, orElse advice: String) throws -> String {
        do {
            return try String(contentsOf: URL(filePath: path), encoding: .utf8)
        } catch {
            Output.note("\(path): cannot be read. \(advice)")
            throw ExitCode(1)
        }
    }
}
