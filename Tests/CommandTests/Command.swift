import Foundation
import Subprocess
import SystemPackage
import Testing

/// The built `uintr`, run as a process.
enum Command {
    struct Outcome {
        var status: Int32
        /// True where a signal ended it; `status` is then the signal.
        var wasSignalled: Bool
        var output: String
        var error: String

        func json() throws -> [String: Any] {
            try #require(try JSONSerialization.jsonObject(with: Data(output.utf8)) as? [String: Any])
        }
    }

    /// SwiftPM puts the executable beside the tests' own bundle.
    static let executable: String = {
        let own = URL(filePath: ProcessInfo.processInfo.arguments[0]).deletingLastPathComponent()
        return own.appending(path: "uintr").path
    }()

    /// Runs `uintr` without UINTR_ABI and NO_COLOR but for what `environment` adds.
    static func run(_ arguments: String..., environment: [Environment.Key: String?] = [:]) async throws -> Outcome {
        try await run(.path(FilePath(executable)), arguments, environment)
    }

    /// Runs a line of the shell in which `uintr` is the executable.
    static func shell(_ line: String, environment: [Environment.Key: String?] = [:]) async throws -> Outcome {
        try await run(
            .path("/bin/bash"), ["-c", "uintr() { \"$UINTR_EXECUTABLE\" \"$@\"; }; " + line],
            environment.merging(["UINTR_EXECUTABLE": executable]) { $1 })
    }

    private static func run(
        _ program: Executable, _ arguments: [String], _ environment: [Environment.Key: String?]
    ) async throws -> Outcome {
        let result = try await Subprocess.run(
            program, arguments: Arguments(arguments),
            environment: .inherit.updating(["UINTR_ABI": nil, "NO_COLOR": nil].merging(environment) { $1 }),
            output: .string(limit: 64 << 20), error: .string(limit: 1 << 20))
        let output = result.standardOutput
        let error = result.standardError
        switch result.terminationStatus {
        case .exited(let status): return Outcome(status: status, wasSignalled: false, output: output, error: error)
        case .signaled(let signal): return Outcome(status: signal, wasSignalled: true, output: output, error: error)
        }
    }
}
