import Cases
import Foundation
import Testing

@Suite("Standard output")
struct OutputTests {
    @Test("a reader that leaves after one line is no error: the status is the verdict's, and nothing is said")
    func closedPipe() async throws {
        let outcome = try await Command.shell("uintr check --backend emulation --format ktap | head -1; exit ${PIPESTATUS[0]}")
        #expect(outcome.output == "KTAP version 1\n")
        #expect(outcome.status == 0 && !outcome.wasSignalled && outcome.error.isEmpty, "\(outcome.status) \(outcome.error)")
    }

    @Test("a reader that was never there, with and without SIGPIPE ignored", arguments: ["", "trap '' PIPE; "])
    func noReader(_ prefix: String) async throws {
        let line = "{ sleep 0.2; uintr check --backend emulation --format json; echo $? >&2; } | true; wait"
        let outcome = try await Command.shell(prefix + line)
        #expect(outcome.error == "0\n")
    }

    @Test("a full device is an error with a sentence", arguments: ["probe", "check --backend emulation", "claims", "check --list"])
    func full(_ command: String) async throws {
        let outcome = try await Command.shell("uintr \(command) > /dev/full")
        #expect(outcome.status == 1 && outcome.error.contains("standard output cannot be written: No space left on device"))
    }

    @Test("a closed one too")
    func closed() async throws {
        let outcome = try await Command.shell("uintr claims >&-")
        #expect(outcome.status == 1 && outcome.error.contains("cannot be written: Bad file descriptor"))
    }

    @Test("colour and progress are for terminals only, and NO_COLOR is obeyed")
    func terminal() async throws {
        try #require(FileManager.default.isExecutableFile(atPath: "/usr/bin/script"), "script of util-linux gives the test a terminal")
        let check = "script -qec '\"$UINTR_EXECUTABLE\" check --backend emulation' /dev/null"
        let coloured = try await Command.shell(check, environment: ["TERM": "xterm"])
        #expect(coloured.output.contains("\u{1B}[32m") && coloured.output.contains("\u{1B}[K"))
        let plain = try await Command.shell(check + " 2>/dev/null", environment: ["TERM": "xterm", "NO_COLOR": "1"])
        #expect(!plain.output.contains("\u{1B}[32m") && plain.output.contains("All \(Case.all.count) cases passed"))
    }
}
