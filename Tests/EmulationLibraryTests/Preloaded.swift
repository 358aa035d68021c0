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
    static let inStub = abis.map { ($0, "stub") }

    /// Beside the tests' own bundle, as every product is.
    static let library = URL(filePath: ProcessInfo.processInfo.arguments[0]).deletingLastPathComponent()
        .appending(path: "libuintr-emulation.so").path

    /// In seconds; more than the programs' own alarms. It only turns a hang into a failure.
    private static let limit = 270
    private static let sources = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Programs").path
    private static let folder = FileManager.default.temporaryDirectory.appending(path: "uintr-programs-\(getpid())")

    /// Whether there is such a compiler, and it knows -muintr.
    static func builds(with compiler: String) async -> Bool {
        let compiled = try? await Subprocess.run(
            .name(compiler), arguments: ["-muintr", "-fsyntax-only", "-x", "c", "/dev/null"], output: .discarded, error: .discarded)
        return compiled?.terminationStatus == .exited(0)
    }

    /// - Parameters:
    ///   - arguments: to the compiler.
    ///   - given: to the program.
    ///   - environment: added to UINTR_ABI and UINTR_EMULATION_MODE.
    static func run(
        _ program: String, abi: String, mode: String = "stub", compiler: String = "gcc", arguments: [String] = [],
        given: [String] = [], environment: [Environment.Key: String?] = [:]
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
        let added: [Environment.Key: String?] = [
            "UINTR_ABI": abi, "UINTR_EMULATION_MODE": mode, "LD_PRELOAD": library, "UINTR_EMULATION_TRACE": "upids",
        ]
        // The program has an alarm of its own; this is for one that the alarm does not end. At SIGSEGV the library prints the UPIDs;
        // then its whole process group is killed, forked children included.
        let result = try await Subprocess.run(
            .name("timeout"), arguments: Arguments(["--signal=SEGV", "--kill-after=10", "\(limit)", built] + given),
            environment: .inherit.updating(added.merging(environment) { $1 }),
            output: .string(limit: 1 << 20), error: .string(limit: 1 << 20))
        return Outcome(status: result.terminationStatus, output: result.standardOutput + result.standardError)
    }
}
