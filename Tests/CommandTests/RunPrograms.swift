import Foundation
import Subprocess
import Testing

/// The C programs of `Programs/`, built once for each linkage, and `uintr run` of them.
enum RunPrograms {
    /// How gcc links, by the name that stands in a test's arguments.
    static let linkages = ["dynamic", "static", "static-pie"]
    static let abis = ["rfc-v1", "port-5.16", "intel-mt", "intel-6.0", "project"]
    static let modes = ["trap", "int3", "stub"]

    static let folder: String = {
        let folder = FileManager.default.temporaryDirectory.appending(path: "uintr-run-\(getpid())").path
        try? FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        return folder
    }()

    private static let sources = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Programs").path

    /// Builds a program; `arguments` are the compiler's. gcc and a static libc are what the tests' machine must have.
    static func build(_ program: String, _ linkage: String = "dynamic", arguments: [String] = []) async throws -> String {
        let built = "\(folder)/\(program)-\(linkage)-\(UUID().uuidString)"
        let result = try await Subprocess.run(
            .name("gcc"),
            arguments: Arguments(
                ["-O2", "-Wall", "-Wextra", "-Werror", "-muintr", "-mgeneral-regs-only"] + (linkage == "dynamic" ? [] : ["-\(linkage)"])
                    + arguments + ["\(sources)/\(program).c", "-o", built, "-lpthread"]),
            output: .discarded, error: .string(limit: 1 << 20))
        try #require(result.terminationStatus == .exited(0), "\(result.standardError)")
        return built
    }

    /// `uintr run` with these arguments, under a watchdog.
    static func run(_ arguments: String..., abi: String = "intel-6.0", environment: [Environment.Key: String?] = [:]) async throws -> Command.Outcome {
        try await shell("uintr run --abi \(abi) \(arguments.map { "'\($0)'" }.joined(separator: " "))", environment)
    }

    /// A line of the shell in which `uintr` is the command, as a process: a shell's job control and `exec` mean what they say.
    static func shell(_ line: String, _ environment: [Environment.Key: String?] = [:]) async throws -> Command.Outcome {
        try await Command.shell(
            line.replacing("uintr run", with: "timeout --foreground -s KILL 100 \"$UINTR_EXECUTABLE\" run"),
            environment: environment.merging(["LD_PRELOAD": nil]) { old, _ in old })
    }
}
