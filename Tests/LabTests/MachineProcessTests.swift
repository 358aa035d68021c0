import SystemPackage
import Testing

@testable import Lab

/// An emulator that is a shell script: what is tested is the watching.
@Suite("A machine is watched until its end")
struct MachineProcessTests {
    private func run(
        _ script: String, timeLimit: Duration = .seconds(60), outputLimit: Int = 1 << 20, greetingRules: Int = 0,
        reader: (ConsoleLine) -> ConsoleAnswer = { _ in .goOn }
    ) async throws -> MachineRun {
        let number = UInt64.random(in: .min ... .max)
        let folder = FilePath("/tmp/uintr-lab-test-\(number)")
        try Files.makeFolder(folder)
        defer { Files.remove(folder) }
        let configuration = MachineConfiguration(
            medium: .disk("none"), timeLimit: timeLimit, outputLimit: outputLimit, folder: folder)
        let process = MachineProcess(
            executable: "/bin/sh", arguments: ["-c", script], folder: folder, configuration: configuration,
            greetingRules: greetingRules,
            ending: { status, words in status.map { .guest(status: $0) } ?? .failure(words) })
        return try await process.run(reader)
    }

    @Test("both consoles come out line by line, without line ends and greeting, the last line included")
    func lines() async throws {
        var lines: [ConsoleLine] = []
        let run = try await run(#"printf '====\nhello\n====\n'; printf 'a\r\n\nb\n' >serial; printf 'one\ntwo'; echo logged >log; exit 7"#, greetingRules: 2) {
            lines.append($0)
            return .goOn
        }
        #expect(run.ending == .guest(status: 7))
        #expect(lines.filter { $0.source == .serial }.map(\.text) == ["a", "", "b"])
        #expect(lines.filter { $0.source == .debugPort }.map(\.text) == ["one", "two"])
        #expect(run.logTail.contains("logged"))
    }

    @Test("a machine that ignores SIGTERM is ended at its time limit")
    func timeLimit() async throws {
        let run = try await run("trap '' TERM INT HUP; while :; do sleep 1; done", timeLimit: .zero)
        #expect(run.ending == .timeLimit)
    }

    @Test("a machine whose reader has seen enough is ended, though it would go on for ever")
    func reader() async throws {
        var count = 0
        let run = try await run("trap '' TERM; i=0; while :; do i=$((i+1)); echo $i; sleep 0.01; done") { line in
            count += 1
            return line.text == "3" ? .end : .goOn
        }
        #expect(run.ending == .reader)
        #expect(count == 3)
    }

    @Test("a console or a log that grows over its limit ends the machine", arguments: [
        ("printf %02000d 0; echo; exec sleep 600", "the debug port"),
        ("printf %02000d 0 >serial; exec sleep 600", "the serial port"),
        ("printf %02000d 0 >log; exec sleep 600", "the log"),
    ])
    func outputLimit(script: String, source: String) async throws {
        #expect(try await run(script, outputLimit: 1000).ending == .outputLimit(source))
    }

    @Test("a machine that dies of a signal has failed, in its own words")
    func signal() async throws {
        #expect(try await run("echo broken >&2; kill -SEGV $$").ending == .failure("broken\n"))
    }

    @Test("an emulator that is not there is an error that names the next step")
    func missing() async throws {
        let configuration = MachineConfiguration(medium: .disk("none"), folder: "/tmp")
        let process = MachineProcess(
            executable: "/nonexistent/bochs", arguments: [], folder: "/tmp", configuration: configuration,
            ending: { _, words in .failure(words) })
        await #expect {
            _ = try await process.run { _ in .goOn }
        } throws: {
            "\($0)".contains("/nonexistent/bochs is not there") && "\($0)".contains("Next: uintr lab doctor")
        }
    }
}
