import Subprocess
import SystemPackage

/// Runs one program to its end; its output goes to a log.
enum Tools {
    /// - Parameter line: sees every line of the output as it comes.
    /// - Throws: `LabError` with the log's tail when the program cannot be started or its status is not 0.
    static func run(
        _ name: String, _ arguments: [String], in folder: FilePath? = nil, environment: [String: String] = [:],
        log: FilePath, purpose: String, next: String, line: (String) -> Void = { _ in }
    ) async throws(LabError) {
        let status: TerminationStatus
        do {
            let file = try FileDescriptor.open(
                log, .writeOnly, options: [.create, .append], permissions: [.ownerReadWrite, .groupRead, .otherRead])
            defer { try? file.close() }
            _ = try file.writeAll("$ \(([name] + arguments).joined(separator: " "))\n".utf8)
            let outcome = try await Subprocess.run(
                executable(name), arguments: Arguments(arguments), environment: .inherit.updating(updates(environment)),
                workingDirectory: folder, input: .none, output: .sequence, error: .combinedWithOutput
            ) { execution in
                for try await text in execution.standardOutput.strings() {
                    _ = try file.writeAll((text.hasSuffix("\n") ? text : text + "\n").utf8)
                    line(text)
                }
            }
            status = outcome.terminationStatus
        } catch {
            throw LabError("\(purpose): \(name) could not be run: \(error)", next: next)
        }
        guard status.isSuccess else {
            throw LabError(
                "\(purpose) failed (\(name): \(status)). The end of \(log):\n\(Files.tail(log, lines: 15))", next: next)
        }
    }

    /// The standard output of a program that says something short, or `nil` if it is not there or fails.
    static func output(of name: String, _ arguments: [String]) async -> String? {
        let outcome = try? await Subprocess.run(
            .name(name), arguments: Arguments(arguments), environment: .inherit.updating(updates([:])),
            output: .string(limit: 1 << 16), error: .discarded)
        guard let outcome, outcome.terminationStatus.isSuccess else { return nil }
        return outcome.standardOutput
    }

    private static func executable(_ name: String) -> Executable {
        name.contains("/") ? .path(FilePath(name)) : .name(name)
    }

    /// Messages are read by the lab: they must be in English.
    private static func updates(_ environment: [String: String]) -> [Environment.Key: String?] {
        var updates: [Environment.Key: String?] = ["LC_ALL": "C"]
        for (key, value) in environment { updates[Environment.Key(stringLiteral: key)] = value }
        return updates
    }
}
