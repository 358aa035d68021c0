import Testing

/// Each program checks its claims itself, and prints those that do not hold.
@Suite(
    "Unmodified programs under the library", .serialized, .timeLimit(.minutes(30)),
    .enabled("SKIP: there is no gcc that knows -muintr (GCC 11 and later do). Install one: apt-get install gcc.") {
        await Preloaded.builds(with: "gcc")
    })
struct ProgramTests {
    @Test("every call answers with the errnos of its ABI, in the ABI's order", arguments: Preloaded.abis)
    func calls(abi: String) async throws {
        let outcome = try await Preloaded.run("calls", abi: abi)
        #expect(outcome.passed, "\(outcome)")
    }

    @Test("the five instructions and delivery do what the processor does, in every mode", arguments: Preloaded.abis, Preloaded.modes)
    func instructions(abi: String, mode: String) async throws {
        let outcome = try await Preloaded.run("instructions", abi: abi, mode: mode)
        #expect(outcome.passed, "\(outcome)")
    }

    @Test("a wait ends for what its ABI says, and no wakeup is lost", arguments: Preloaded.abis)
    func waits(abi: String) async throws {
        let outcome = try await Preloaded.run("waits", abi: abi)
        #expect(outcome.passed, "\(outcome)")
    }

    @Test("fork, exec, exit, close and a killed receiver end what they end, and nothing else", arguments: Preloaded.abis)
    func lifecycle(abi: String) async throws {
        let outcome = try await Preloaded.run("lifecycle", abi: abi)
        #expect(outcome.passed, "\(outcome)")
    }

    @Test("the program's own signals, masks and blocking calls are as without the library", arguments: ["intel-6.0", "project"], Preloaded.modes)
    func signals(abi: String, mode: String) async throws {
        let outcome = try await Preloaded.run("signals", abi: abi, mode: mode)
        #expect(outcome.passed, "\(outcome)")
    }

    @Test("a signal handler may leave by longjmp whatever it has interrupted", arguments: Preloaded.inStub + [("project", "int3"), ("project", "trap")])
    func jumps(abi: String, mode: String) async throws {
        let outcome = try await Preloaded.run("jumps", abi: abi, mode: mode)
        #expect(outcome.passed, "\(outcome)")
    }

    @Test("an alternate stack is the next delivery's when UIRET has left it, and not before", arguments: ["intel-6.0", "project"], Preloaded.modes)
    func alternateStack(abi: String, mode: String) async throws {
        let outcome = try await Preloaded.run("alternate", abi: abi, mode: mode)
        #expect(outcome.passed, "\(outcome)")
    }

    @Test("a delivery leaves the vector registers as they were", arguments: ["intel-6.0"], Preloaded.modes)
    func vectors(abi: String, mode: String) async throws {
        let outcome = try await Preloaded.run("vectors", abi: abi, mode: mode)
        #expect(outcome.passed, "\(outcome)")
    }

    @Test("a flood of sends to a main loop that allocates, formats and locks is neither lost nor invented", arguments: Preloaded.modes)
    func flood(mode: String) async throws {
        let outcome = try await Preloaded.run("flood", abi: "intel-6.0", mode: mode)
        #expect(outcome.passed, "\(outcome)")
    }

    @Test("under a storm of senders, signals, masks and waits every question is answered once", arguments: ["intel-6.0", "project"], Preloaded.modes)
    func storm(abi: String, mode: String) async throws {
        let outcome = try await Preloaded.run("storm", abi: abi, mode: mode)
        #expect(outcome.passed, "\(outcome)")
    }

    @Test(
        "of events across threads and processes, with signals and forks, none is lost and none invented",
        arguments: Preloaded.inStub + [("intel-6.0", "int3"), ("intel-6.0", "trap")])
    func events(abi: String, mode: String) async throws {
        let outcome = try await Preloaded.run("events", abi: abi, mode: mode, given: [abi == "intel-6.0" ? "200000" : "50000"])
        #expect(outcome.passed, "\(outcome)")
    }

    @Test("a holder of a descriptor can post its vector and nothing else", arguments: Preloaded.abis)
    func hostile(abi: String) async throws {
        let outcome = try await Preloaded.run("hostile", abi: abi)
        #expect(outcome.passed, "\(outcome)")
    }

    @Test("system calls made inline reach the runtime too", arguments: Preloaded.abis)
    func inline(abi: String) async throws {
        for program in ["calls", "waits", "lifecycle"] {
            let outcome = try await Preloaded.run(
                program, abi: abi, arguments: ["-DINLINE_CALLS"], environment: ["UINTR_EMULATION_SECCOMP": "1"])
            #expect(outcome.passed, "\(program): \(outcome)")
        }
    }

    @Test(
        "what clang builds runs as what gcc builds",
        .enabled("SKIP: there is no clang that knows -muintr (12 and later do). Install one: apt-get install clang.") {
            await Preloaded.builds(with: "clang")
        }, arguments: Preloaded.modes)
    func clang(mode: String) async throws {
        let outcome = try await Preloaded.run("instructions", abi: "intel-6.0", mode: mode, compiler: "clang")
        #expect(outcome.passed, "\(outcome)")
    }

    @Test("without an ABI the library refuses by name")
    func noABI() async throws {
        let outcome = try await Preloaded.run("calls", abi: "intel-7.0")
        #expect(outcome.status == .exited(64))
        #expect(outcome.output.contains("intel-7.0"))
    }
}
