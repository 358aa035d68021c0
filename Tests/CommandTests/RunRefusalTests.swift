import Foundation
import Testing

@Suite("uintr run refuses, with the reason and what to do")
struct RunRefusalTests {
    private func file(_ name: String, _ bytes: [UInt8], mode: Int = 0o755) throws -> String {
        let path = "\(RunPrograms.folder)/\(name)-\(UUID().uuidString)"
        try Data(bytes).write(to: URL(filePath: path))
        try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: path)
        return path
    }

    /// An ELF header and nothing behind it.
    private func elf(_ bits: UInt8, machine: UInt8, type: UInt8 = 2) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: 64)
        bytes.replaceSubrange(0..<7, with: [0x7F, 0x45, 0x4C, 0x46, bits, 1, 1])
        (bytes[16], bytes[18], bytes[20]) = (type, machine, 1)
        return bytes
    }

    private func expect(_ status: Int32, _ words: String..., from arguments: String, _ location: SourceLocation = #_sourceLocation) async throws {
        let outcome = try await RunPrograms.shell("uintr run \(arguments)")
        #expect(outcome.status == status && outcome.output.isEmpty, "\(outcome)", sourceLocation: location)
        #expect(outcome.error.hasPrefix("uintr: "), "\(outcome.error)", sourceLocation: location)
        for word in words { #expect(outcome.error.contains(word), "\(word) in \(outcome.error)", sourceLocation: location) }
    }

    @Test("with 64: no ABI, an unknown one, no program, an unknown option")
    func usage() async throws {
        try await expect(64, "cannot be guessed", "--abi", "rfc-v1", from: "true")
        try await expect(64, "linux", "intel-6.0", from: "--abi linux true")
        try await expect(64, "no program", from: "--abi intel-6.0")
        try await expect(64, "no program", from: "--abi intel-6.0 --")
        try await expect(64, "--fast", from: "--abi intel-6.0 --fast true")
        let mode = try await RunPrograms.shell("uintr run --abi intel-6.0 --mode fast true")
        #expect(mode.status == 64 && mode.error.contains("int3"))
    }

    @Test("UINTR_ABI names the ABI too, and --abi goes before it")
    func variable() async throws {
        let outcome = try await RunPrograms.shell("uintr run sh -c 'echo $UINTR_ABI'; uintr run --abi rfc-v1 sh -c 'echo $UINTR_ABI'", ["UINTR_ABI": "project"])
        #expect(outcome.output == "project\nrfc-v1\n", "\(outcome)")
    }

    @Test("with 127: a program that is not there; with 126: one that cannot be executed")
    func notFound() async throws {
        try await expect(127, "PATH", from: "--abi intel-6.0 no-such-program-here")
        try await expect(127, "No such file", from: "--abi intel-6.0 /no/such/program")
        try await expect(127, "/no/such/interpreter", from: "--abi intel-6.0 \(file("script", Array("#!/no/such/interpreter\n".utf8)))")
        try await expect(126, "folder", from: "--abi intel-6.0 /tmp")
        try await expect(126, "#!", from: "--abi intel-6.0 \(file("text", Array("echo\n".utf8)))")
        try await expect(126, "chmod +x", from: "--abi intel-6.0 \(file("data", Array("#!/bin/sh\n".utf8), mode: 0o644))")
    }

    @Test("with 4: programs for other machines and of other bitness, also behind a script")
    func otherMachine() async throws {
        try await expect(4, "32-bit", "-m64", from: "--abi intel-6.0 \(file("i386", elf(1, machine: 3)))")
        try await expect(4, "x32", from: "--abi intel-6.0 \(file("x32", elf(1, machine: 62)))")
        let arm = try file("arm64", elf(2, machine: 183))
        try await expect(4, "machine 183", "64-bit", from: "--abi intel-6.0 \(arm)")
        try await expect(4, "machine 183", from: "--abi intel-6.0 \(file("script", Array("#!\(arm) -x\n".utf8)))")
    }

    @Test("with 4: a program with another libc's loader")
    func otherLoader() async throws {
        let program = try await RunPrograms.build("sees", arguments: ["-Wl,--dynamic-linker=/lib/ld-musl-x86_64.so.1"])
        try await expect(4, "ld-musl-x86_64.so.1", "glibc", from: "--abi intel-6.0 \(program)")
    }

    @Test("with 4: a program that gains privileges, to which no library is preloaded", .enabled(if: geteuid() == 0, "needs root, to give a file to another user"))
    func privileges() async throws {
        let program = try await RunPrograms.build("sees")
        let outcome = try await RunPrograms.shell("chown 12345 \(program) && chmod u+s \(program) && uintr run --abi intel-6.0 \(program)")
        #expect(outcome.status == 4 && outcome.error.contains("set-user-ID"), "\(outcome)")
    }

    @Test("with 4: without the library beside it, with the command that builds it")
    func noLibrary() async throws {
        let outcome = try await RunPrograms.shell(
            "d=$(mktemp -d \(RunPrograms.folder)/alone-XXXXXX); cp \"$UINTR_EXECUTABLE\" $d/copy; LD_LIBRARY_PATH=\"$(dirname \"$UINTR_EXECUTABLE\")\" $d/copy run --abi intel-6.0 true"
        )
        #expect(outcome.status == 4 && outcome.error.contains("--product uintr-emulation"), "\(outcome)")
    }

    @Test("--help is uintr's own before the program, and the program's behind it")
    func help() async throws {
        let own = try await Command.run("run", "--help")
        #expect(own.status == 0 && own.output.contains("--mode"))
        let program = try await RunPrograms.run("ls", "--help")
        #expect(program.status == 0 && program.output.hasPrefix("Usage: ls"))
    }
}
