import Foundation
import Subprocess
import SystemPackage
import Testing

/// A C program of `Programs/`, built once by a compiler that knows -muintr, and run with the library preloaded.
enum Preloaded {
    struct Outcome: CustomStringConvertible {
        var status: TerminationStatus
        var output: String
        var description: String { "\(status)\n\(output)" }
        var passed: Bool { status == .exited(0) }
    }

    static let abis = ["rfc-v1", "port-5.16", "intel-mt", "intel-6.0", "project"]
    static let modes = ["trap", "int3", "stub"]

    /// Beside the tests' own bundle, as every product is.
    static let library = URL(filePath: ProcessInfo.processInfo.arguments[0]).deletingLastPathComponent()
        .appending(path: "libuintr-emulation.so").path

    private static let sources = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Programs").path
    private static let folder = FileManager.default.temporaryDirectory.appending(path: "uintr-programs-\(getpid())")

    /// - Parameters:
    ///   - arguments: to the compiler.
    ///   - environment: added to UINTR_ABI and UINTR_EMULATION_MODE.
    static func run(
        _ program: String, abi: String, mode: String = "stub", compiler: String = "gcc", arguments: [String] = [],
        environment: [Environment.Key: String?] = [:]
    ) async throws -> Outcome {
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        // A name of its own: tests run beside each other.
        let built = folder.appending(path: "\(program)-\(UUID().uuidString)").path
        defer { try? FileManager.default.removeItem(atPath: built) }
        let compiled = try await Subprocess.run(
            .name(compiler),
            arguments: Arguments(
                ["-O2", "-g", "-Wall", "-Wextra", "-Werror", "-muintr", "-mgeneral-regs-only"] + arguments
                    + ["\(sources)/\(program).c", "-o", built, "-lpthread"]),
            output: .string(limit: 1 << 20), error: .string(limit: 1 << 20))
        guard compiled.terminationStatus == .exited(0) else {
            return Outcome(status: compiled.terminationStatus, output: compiled.standardError)
        }
        let added: [Environment.Key: String?] = ["UINTR_ABI": abi, "UINTR_EMULATION_MODE": mode, "LD_PRELOAD": library]
        // The program has an alarm of its own; this one is for a program that the alarm does not end.
        let result = try await Subprocess.run(
            .name("timeout"), arguments: ["-s", "KILL", "120", built],
            environment: .inherit.updating(added.merging(environment) { $1 }),
            output: .string(limit: 1 << 20), error: .string(limit: 1 << 20))
        return Outcome(status: result.terminationStatus, output: result.standardOutput + result.standardError)
    }
}
