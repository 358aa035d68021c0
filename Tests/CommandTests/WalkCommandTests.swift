import Testing

@Suite("uintr walk")
struct WalkCommandTests {
    private func counts(_ outcome: Command.Outcome, _ part: String) throws -> [String: Int] {
        let parts = try #require(try outcome.json()["parts"] as? [String: [String: Any]])
        #expect(parts[part]?["verdict"] as? String == "holds")
        return try #require(parts[part]?["counts"] as? [String: Int])
    }

    @Test("the same seed takes the same steps and strings")
    func seeded() async throws {
        let line = "uintr walk --instructions 20000 --strings 20000 --seed 7 --format json"
        let first = try await Command.shell(line)
        let second = try await Command.shell(line)
        #expect(first.status == 0 && first.error.isEmpty)
        for part in ["walk", "decoder"] { #expect(try counts(first, part) == counts(second, part)) }
        let walk = try counts(first, "walk")
        #expect(walk["instructions", default: 0] >= 20000 && walk["delivered", default: 0] > 0)
        #expect(try counts(first, "decoder")["strings"] == 20000)
        #expect(try first.json()["backend"] as? String == "emulation")
    }

    @Test("the text names the seed, and either part can be left out")
    func parts() async throws {
        let walk = try await Command.run("walk", "--instructions", "100", "--strings", "0", "--seed", "7")
        #expect(walk.output.contains("seed 7") && walk.output.contains("instructions") && !walk.output.contains("decoder"))
        let decoder = try await Command.run("walk", "--instructions", "0", "--strings", "100")
        #expect(decoder.output.contains("decoder") && !decoder.output.contains("instructions"))
        #expect(walk.status == 0 && decoder.status == 0)
    }

    @Test("nothing to do is wrong usage")
    func nothing() async throws {
        let outcome = try await Command.shell("uintr walk --instructions 0 --strings 0")
        #expect(outcome.status == 64 && outcome.error.contains("--instructions 0"))
    }
}
