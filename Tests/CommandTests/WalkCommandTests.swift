import Testing

@Suite("uintr walk")
struct WalkCommandTests {
    @Test("the same seed takes the same steps, and names them")
    func seeded() async throws {
        let first = try await Command.run("walk", "--instructions", "20000", "--seed", "7", "--format", "json")
        let second = try await Command.run("walk", "--instructions", "20000", "--seed", "7", "--format", "json")
        #expect(first.status == 0 && first.error.isEmpty)
        let counts = try #require(try first.json()["counts"] as? [String: Int])
        #expect(try second.json()["counts"] as? [String: Int] == counts)
        #expect(counts["instructions", default: 0] >= 20000 && counts["delivered", default: 0] > 0)
        #expect(try first.json()["backend"] as? String == "emulation" && first.json()["verdict"] as? String == "holds")
    }

    @Test("no instructions to walk is wrong usage")
    func nothing() async throws {
        let outcome = try await Command.run("walk", "--instructions", "0")
        #expect(outcome.status == 64 && outcome.error.contains("--instructions 0"))
    }
}
