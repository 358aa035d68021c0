import Testing

@Suite("uintr probe")
struct ProbeCommandTests {
    @Test("exits 0 whatever it finds, and says what, why and what next")
    func text() async throws {
        let outcome = try await Command.run("probe")
        #expect(outcome.status == 0 && !outcome.wasSignalled)
        for word in ["backend", "ABI", "kernel", "CPU", "NUMA", "hotplug", "Why", "Next"] {
            #expect(outcome.output.contains(word), "\(word) in \(outcome.output)")
        }
        #expect(outcome.error.isEmpty)
    }

    @Test("--json is one object that agrees with the text")
    func json() async throws {
        let outcome = try await Command.run("probe", "--json")
        #expect(outcome.status == 0 && outcome.error.isEmpty)
        let object = try outcome.json()
        let backend = try #require(object["backend"] as? String)
        #expect(["hardware", "emulation"].contains(backend))
        #expect((object["reasons"] as? [String])?.isEmpty == false)
        let text = try await Command.run("probe").output
        for key in ["backend", "abi", "kernel", "cpu"] {
            let value = try #require(object[key] as? String)
            #expect(text.split(separator: " ").joined(separator: " ").contains(value.split(separator: " ").joined(separator: " ")))
        }
    }

    @Test("an unknown ABI is wrong usage, and the known ones are named", arguments: ["--abi", "UINTR_ABI"])
    func unknownABI(_ source: String) async throws {
        let outcome = source == "--abi"
            ? try await Command.run("probe", "--abi", "intel-7.0")
            : try await Command.run("probe", environment: ["UINTR_ABI": "intel-7.0"])
        #expect(outcome.status == 64 && outcome.output.isEmpty)
        for name in [source, "intel-7.0", "rfc-v1", "port-5.16", "intel-mt", "intel-6.0", "project"] {
            #expect(outcome.error.contains(name), "\(name) in \(outcome.error)")
        }
    }

    @Test("--abi goes before UINTR_ABI, and an empty UINTR_ABI is none")
    func precedence() async throws {
        #expect(try await Command.run("probe", "--abi", "rfc-v1", environment: ["UINTR_ABI": "no-such"]).status == 0)
        #expect(try await Command.run("probe", environment: ["UINTR_ABI": ""]).status == 0)
        let object = try await Command.run("probe", "--json", "--abi", "rfc-v1", environment: ["UINTR_ABI": "intel-mt"]).json()
        #expect(object["requestedABI"] as? String == "rfc-v1")
    }
}
