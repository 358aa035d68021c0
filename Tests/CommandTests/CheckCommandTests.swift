import Cases
import Foundation
import Testing

@Suite("uintr check")
struct CheckCommandTests {
    @Test("passes on the emulation, names it, and says that this says nothing of a processor")
    func table() async throws {
        let outcome = try await Command.run("check", "--backend", "emulation")
        #expect(outcome.status == 0)
        #expect(outcome.output.contains("emulation") && outcome.output.contains("This says nothing about a processor"))
        #expect(outcome.output.contains("All \(Case.all.count) cases passed"))
        #expect(!outcome.output.contains("\u{1B}") && outcome.error.isEmpty)
    }

    @Test("--format ktap: version, header, plan, one line for each case, totals")
    func ktap() async throws {
        let outcome = try await Command.run("check", "--backend", "emulation", "--format", "ktap")
        let lines = outcome.output.split(separator: "\n")
        #expect(outcome.status == 0 && outcome.error.isEmpty)
        #expect(lines.prefix(3) == ["KTAP version 1", "# backend: emulation", "# abi: none"])
        #expect(lines.contains("1..\(Case.all.count)"))
        #expect(lines.filter { $0.hasPrefix("ok ") }.count == Case.all.count)
        #expect(lines.last == "# Totals: pass:\(Case.all.count) fail:0 xfail:0 xpass:0 skip:0 error:0")
    }

    @Test("--format json: one object, every case in it")
    func json() async throws {
        let outcome = try await Command.run("check", "--backend", "emulation", "--format", "json")
        let run = try outcome.json()
        #expect(run["backend"] as? String == "emulation")
        let results = try #require(run["results"] as? [[String: Any]])
        #expect(results.map { $0["id"] as? String } == Case.all.map(\.id))
        #expect(outcome.status == 0 && outcome.error.isEmpty)
    }

    @Test("--format junit: an XML document, every case in it")
    func junit() async throws {
        let outcome = try await Command.run("check", "--backend", "emulation", "--format", "junit")
        #expect(outcome.output.hasPrefix("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"))
        #expect(outcome.output.split(separator: "<testcase ").count == Case.all.count + 1)
        #expect(outcome.status == 0 && outcome.error.isEmpty)
    }

    @Test("--filter takes parts and globs, several times")
    func filter() async throws {
        let outcome = try await Command.run(
            "check", "--backend", "emulation", "--format", "json", "--filter", "testui.*", "--filter", "clui.clears")
        let results = try #require(try outcome.json()["results"] as? [[String: Any]])
        let ids = results.compactMap { $0["id"] as? String }
        #expect(ids == Case.all.map(\.id).filter { $0.hasPrefix("testui.") || $0.contains("clui.clears") })
        #expect(ids.count > 1)
    }

    @Test("a filter that picks nothing is wrong usage, and names what is near")
    func nothingMatches() async throws {
        let outcome = try await Command.run("check", "--filter", "clui.clears-uff")
        #expect(outcome.status == 64 && outcome.output.isEmpty)
        #expect(outcome.error.contains("clui.clears-uif") && outcome.error.contains("uintr check --list"))
    }

    @Test("--list names every case with its level and claim; as JSON, the cases themselves")
    func list() async throws {
        let text = try await Command.run("check", "--list")
        #expect(text.status == 0 && text.error.isEmpty)
        for testCase in Case.all { #expect(text.output.contains("\(testCase.id) \(testCase.level.rawValue)\n")) }
        let json = try await Command.run("check", "--list", "--format", "json", "--filter", "clui")
        let cases = try JSONDecoder().decode([Case].self, from: Data(json.output.utf8))
        #expect(cases == Case.all.filter { $0.id.contains("clui") })
        #expect(try await Command.run("check", "--list", "--format", "ktap").status == 64)
    }

    @Test(
        "wrong usage exits 64 with a sentence that names what is allowed",
        arguments: [
            (["--format", "yaml"], "ktap"), (["--backend", "software"], "emulation"), (["--abi", "v2"], "intel-6.0"),
            (["--require"], "--backend hardware"), (["--fliter", "x"], "--filter"), (["extra"], "extra"),
        ])
    func usage(_ arguments: [String], _ word: String) async throws {
        let outcome = try await Command.shell("uintr check " + arguments.joined(separator: " "))
        #expect(outcome.status == 64 && outcome.output.isEmpty)
        #expect(outcome.error.contains(word), "\(outcome.error)")
    }

    @Test("--help is not an error")
    func help() async throws {
        for line in ["uintr --help", "uintr check --help", "uintr help probe"] {
            let outcome = try await Command.shell(line)
            #expect(outcome.status == 0 && outcome.output.contains("USAGE") && outcome.error.isEmpty)
        }
    }

    @Test("an unknown command is wrong usage")
    func unknownCommand() async throws {
        let outcome = try await Command.run("chekc")
        #expect(outcome.status == 64 && outcome.output.isEmpty && outcome.error.contains("chekc"))
        for name in ["probe", "check", "walk", "claims"] { #expect(outcome.error.contains(name)) }
    }
}

@Suite("uintr check without the hardware")
struct MissingHardwareTests {
    /// Whether this machine has it: then there is nothing missing to test.
    private static func isMissing() async throws -> Bool {
        try await Command.run("probe", "--json").json()["backend"] as? String == "emulation"
    }

    @Test("--backend hardware never falls back: 4 with the reasons, 1 with --require", .enabled("this machine has user interrupts", { try await isMissing() }))
    func hardware() async throws {
        for (require, status) in [([], 4), (["--require"], 1)] as [([String], Int32)] {
            for format in ["table", "ktap", "junit", "json"] {
                let line = (["uintr check --backend hardware --format", format] + require).joined(separator: " ")
                let outcome = try await Command.shell(line)
                #expect(outcome.status == status, "\(line)")
                #expect(outcome.error.contains("CPUID") || outcome.error.contains("uintr"), "\(outcome.error)")
                #expect(!outcome.output.contains("passed on the emulator"))
            }
        }
    }

    @Test("every case is then skipped with the reason, and none counts as passed", .enabled("this machine has user interrupts", { try await isMissing() }))
    func skips() async throws {
        let ktap = try await Command.run("check", "--backend", "hardware", "--format", "ktap").output.split(separator: "\n")
        #expect(ktap.contains("# reason: So there is no hardware backend here, and --backend hardware never falls back."))
        #expect(ktap.contains("# backend: hardware") && ktap.contains("# abi: none"))
        #expect(ktap.filter { $0.hasPrefix("ok ") && $0.contains(" # SKIP ") }.count == Case.all.count)
        #expect(ktap.last == "# Totals: pass:0 fail:0 xfail:0 xpass:0 skip:\(Case.all.count) error:0")
        let totals = try await Command.run("check", "--backend", "hardware", "--format", "json").json()["totals"] as? [String: Int]
        #expect(totals?["passed"] == 0 && totals?["skipped"] == Case.all.count)
    }
}
