import Foundation
import KernelModel
import Testing
import Verdicts

@Suite("uintr replay")
struct ReplayCommandTests {
    private let scratch: Scratch
    private let trace: String

    init() async throws {
        scratch = try Scratch()
        trace = scratch.file("trace.json")
        let outcome = try await Command.run("explore", "--design", "rfc-v1", "--scenario", "hotplug", "--trace", trace)
        try #require(outcome.status == 1 && outcome.output.contains("uintr replay \(trace)"), "\(outcome.error)")
    }

    /// The file with one thing changed.
    private func changed(_ change: (inout TraceFile) throws -> Void) throws -> String {
        var file = try JSONDecoder().decode(TraceFile.self, from: try Data(contentsOf: URL(filePath: trace)))
        try change(&file)
        let path = scratch.file("changed.json")
        try JSONEncoder().encode(file).write(to: URL(filePath: path))
        return path
    }

    @Test("a saved trace is reproduced: exit 0, and the columns are those that the exploration printed")
    func reproduced() async throws {
        let outcome = try await Command.run("replay", trace)
        #expect(outcome.status == 0)
        #expect(outcome.error.contains("reproduced: rfc-v1, scenario hotplug: lost-wakeup is violated after ") && !outcome.error.contains("differs"))
        let explored = try await Command.run("explore", "--design", "rfc-v1", "--scenario", "hotplug")
        #expect(explored.output.hasPrefix(outcome.output) && outcome.output.contains("└✗"))
    }

    @Test("a trace of each design that has one is reproduced, with reductions and without", arguments: ["", " --no-reductions"])
    func everyDesign(_ option: String) async throws {
        for design in WaitDesign.all {
            let file = scratch.file("\(design.name).json")
            let explored = try await Command.shell("uintr explore --design \(design.name)\(option) --trace \(file)")
            guard explored.status == 1 else {
                #expect(explored.status == 0 && explored.error.contains("is not written"), "\(design.name)")
                continue
            }
            let replayed = try await Command.run("replay", file)
            #expect(replayed.status == 0 && replayed.error.contains("reproduced"), "\(design.name): \(replayed.error)")
        }
    }

    @Test("it draws the trace in every format")
    func formats() async throws {
        #expect(try await Command.run("replay", trace, "--format", "html").output.hasPrefix("<!DOCTYPE html>"))
        #expect(try await Command.run("replay", trace, "--format", "mermaid").output.hasPrefix("sequenceDiagram"))
        #expect(try await Command.run("replay", trace, "--format", "markdown").output.contains("└✗"))
        #expect(try await Command.run("replay", trace, "--format", "json").rows()[0]["verdict"] as? String == "violated")
        #expect(try await Command.run("replay", trace, "--format", "yaml").status == 64)
    }

    @Test("a step that is not enabled is named, with what is: exit 1")
    func notEnabled() async throws {
        let file = try changed { $0.trace.steps.remove(at: 4) }
        let outcome = try await Command.run("replay", file)
        #expect(outcome.status == 1 && outcome.output.isEmpty)
        #expect(outcome.error.contains("step ") && outcome.error.contains("is not enabled after those before it") && outcome.error.contains("Enabled there: "))
    }

    @Test("a trace that stops before anything is wrong does not reproduce its verdict: exit 1")
    func tooShort() async throws {
        let file = try changed { $0.trace.steps.removeLast() }
        let outcome = try await Command.run("replay", file)
        #expect(outcome.status == 1 && outcome.error.contains("not reproduced"), "\(outcome.error)")
    }

    @Test("a trace asked of another design does not reproduce its verdict")
    func otherDesign() async throws {
        let file = try changed { $0.question.design = "fault" }
        let outcome = try await Command.run("replay", file)
        #expect(outcome.status == 1 && outcome.error.contains("not enabled"), "\(outcome.error)")
        let unknown = try await Command.run("replay", try changed { $0.question.design = "rfc-v9" })
        #expect(unknown.status == 1 && unknown.error.contains("rfc-v9"))
    }

    @Test("a file of another version, damaged, no trace, no JSON or not there is refused with its name: exit 1")
    func refused() async throws {
        let files = [
            (try changed { $0.version += 1 }, "version"), (try scratch.write("hello", "text"), "not JSON"), (try scratch.write("{}", "empty.json"), "no trace"),
            (try scratch.write("", "nothing"), "not JSON"), (scratch.file("missing"), "No such file or directory"), (scratch.path, "Is a directory"),
            (try scratch.write(String(try scratch.read("trace.json").dropLast(100)), "cut.json"), "cut off"),
        ]
        for (file, words) in files {
            let outcome = try await Command.run("replay", file)
            #expect(outcome.status == 1 && outcome.output.isEmpty)
            #expect(outcome.error.contains(file) && outcome.error.contains(words), "\(outcome.error)")
        }
        #expect(try await Command.shell("uintr replay").status == 64)
    }

    /// Runs a line of the shell on a terminal of 100 columns and 30 lines. Each of `keys` is typed when one more screen has been drawn.
    private func onTerminal(_ line: String, keys: [String], then: String = "") async throws -> Command.Outcome {
        try #require(FileManager.default.isExecutableFile(atPath: "/usr/bin/script"), "script of util-linux gives the test a terminal")
        let (typed, screen) = (scratch.file("keys"), scratch.file("screen"))
        let inner = "stty cols 100 rows 30; stty -g > \(scratch.file("before")); \(line); echo \"status $?\"; stty -g > \(scratch.file("after"))"
        let drawn = "drawn() { [ $(grep -ao 'step [0-9]* of' \(screen) | wc -l) -ge $1 ]; }; await() { until drawn $1 || ! kill -0 $terminal; do sleep 0.02; done; }"
        let typing = keys.enumerated().map { "await \($0 + 1); printf '\($1)' >&3; " }.joined()
        return try await Command.shell(
            """
            mkfifo \(typed); : > \(screen); \(drawn)
            timeout -s KILL 300 script -qefc '\(inner)' \(screen) < \(typed) > \(scratch.file("output")) & terminal=$!
            exec 3> \(typed)
            { :; \(typing)\(then) } 2> \(scratch.file("errors"))
            wait $terminal; rm \(typed); cat \(scratch.file("output"))
            """, environment: ["TERM": "xterm", "SHELL": "/bin/bash"])
    }

    @Test("on a terminal it goes by keys, and gives the terminal back as it was")
    func keys() async throws {
        let outcome = try await onTerminal("\"$UINTR_EXECUTABLE\" replay \(trace)", keys: ["n", " ", "\\033[C", "b", "G", "g", "q"])
        let places = outcome.output.matches(of: #/step (\d+) of \d+ /#).compactMap { Int($0.1) }
        #expect(places.prefix(5) == [0, 1, 2, 3, 2] && places.dropFirst(5).first ?? 0 > 8 && places.last == 0, "\(places)")
        #expect(outcome.output.contains("\u{1B}[?1049h") && outcome.output.contains("\u{1B}[?1049l") && outcome.output.contains("reproduced"))
        #expect(outcome.output.contains("status 0"))
        #expect(try scratch.read("before") == scratch.read("after"))
    }

    @Test("a signal ends it with the terminal given back", arguments: ["INT", "TERM", "HUP"])
    func signals(_ signal: String) async throws {
        let run = try scratch.write("echo $$ > \(scratch.file("pid")); exec \"$UINTR_EXECUTABLE\" replay \(trace)", "run.sh")
        let outcome = try await onTerminal("bash \(run)", keys: ["n"], then: "await 2; kill -\(signal) $(cat \(scratch.file("pid")));")
        #expect(outcome.output.contains("\u{1B}[?1049l"), "\(outcome.output.suffix(300))")
        let number = ["INT": 2, "TERM": 15, "HUP": 1][signal] ?? 0
        #expect(outcome.output.contains("status \(128 + number)"))
        #expect(try scratch.read("before") == scratch.read("after"))
    }

    @Test("without a terminal at both ends it waits for no key")
    func noKeys() async throws {
        let outcome = try await Command.shell("uintr replay \(trace) < /dev/null")
        #expect(outcome.status == 0 && !outcome.output.contains("\u{1B}"))
        let piped = try await onTerminal("\"$UINTR_EXECUTABLE\" replay \(trace) | cat", keys: [])
        #expect(!piped.output.contains("\u{1B}[?1049h") && piped.output.contains("status 0"))
    }
}
