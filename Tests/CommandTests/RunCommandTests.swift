import Foundation
import Testing

@Suite("uintr run")
struct RunCommandTests {
    @Test(
        "a program that sends user interrupts to itself and across threads runs, for every ABI, mode and linkage",
        arguments: RunPrograms.linkages)
    func interrupts(_ linkage: String) async throws {
        let program = try await RunPrograms.build("interrupts", linkage)
        for abi in RunPrograms.abis {
            for mode in RunPrograms.modes {
                let outcome = try await RunPrograms.shell("uintr run --abi \(abi) --mode \(mode) \(program) \(abi)")
                #expect(outcome.status == 0 && outcome.output == "both\n", "\(abi) \(mode): \(outcome)")
            }
        }
    }

    @Test("a program that closes every descriptor goes on receiving", arguments: RunPrograms.linkages)
    func closing(_ linkage: String) async throws {
        let program = try await RunPrograms.build("interrupts", linkage)
        for abi in RunPrograms.abis {
            let outcome = try await RunPrograms.run(program, abi, "close", abi: abi)
            #expect(outcome.status == 0 && outcome.output == "both\n", "\(abi): \(outcome)")
        }
    }

    @Test("UINTR_CALLS names a list of the project's calls, also after exec; a list of the user's own stays", arguments: RunPrograms.linkages)
    func calls(_ linkage: String) async throws {
        let program = try await RunPrograms.build("sees", linkage)
        let direct = try await RunPrograms.run(program, "calls", abi: "project")
        let lines = direct.output.split(separator: "\n")
        #expect(lines.first == "abi 1" && lines.contains("uintr_wait 1005") && lines.count == 8, "\(direct)")
        let executed = try await RunPrograms.run(program, "run", program, "calls", abi: "project")
        #expect(executed.output == direct.output, "\(executed)")
        let own = try await RunPrograms.shell("UINTR_CALLS=/dev/null uintr run --abi project \(program) environment")
        #expect(own.output.contains("UINTR_CALLS=/dev/null\n"), "\(own)")
        let none = try await RunPrograms.run(program, "calls")
        #expect(none.status == 0 && none.output.isEmpty, "\(none)")
    }

    @Test("an exit status is the program's: from 0 to 255", arguments: ["dynamic", "static"])
    func exitStatus(_ linkage: String) async throws {
        let program = try await RunPrograms.build("sees", linkage)
        // Both have 0 and 255 among them.
        let step = linkage == "dynamic" ? 5 : 15
        let outcome = try await RunPrograms.shell(
            "for s in $(seq 0 \(step) 255); do uintr run --abi intel-6.0 \(program) exit=$s; [ $? = $s ] || echo $s; done")
        #expect(outcome.status == 0 && outcome.output.isEmpty && outcome.error.isEmpty, "\(outcome)")
    }

    @Test("a program that a signal ends is ended by that signal, as its parent sees it", arguments: RunPrograms.linkages)
    func deathBySignal(_ linkage: String) async throws {
        let program = try await RunPrograms.build("sees", linkage)
        for signal in [SIGTERM, SIGKILL, SIGINT, SIGUSR1, SIGPIPE, SIGABRT] {
            let outcome = try await RunPrograms.shell("exec \"$UINTR_EXECUTABLE\" run --abi intel-6.0 \(program) die=\(signal)")
            #expect(outcome.wasSignalled && outcome.status == signal, "\(signal): \(outcome)")
        }
        let shell = try await RunPrograms.shell("\"$UINTR_EXECUTABLE\" run --abi intel-6.0 \(program) die=15; echo $?")
        #expect(shell.output == "143\n")
    }

    @Test("the three streams are the program's, byte for byte", arguments: RunPrograms.linkages)
    func streams(_ linkage: String) async throws {
        let program = try await RunPrograms.build("sees", linkage)
        let outcome = try await RunPrograms.shell("printf 'a\\0b\\nc' | uintr run --abi intel-6.0 \(program) copy error | od -An -c")
        #expect(outcome.output.split(separator: " ").joined(separator: " ") == "a \\0 b \\n c\n")
        #expect(outcome.error == "to standard error\n")
    }

    @Test("signals reach the program: SIGINT its handler, SIGTSTP and SIGCONT its process", arguments: RunPrograms.linkages)
    func signals(_ linkage: String) async throws {
        let program = try await RunPrograms.build("sees", linkage)
        // The state of /proc/PID/stat tells of a stop; the program has said that it is ready.
        let outcome = try await RunPrograms.shell(
            """
            coproc P { exec "$UINTR_EXECUTABLE" run --abi intel-6.0 \(program) await=2 exit=7; }
            p=$P_PID; exec 3<&${P[0]}
            read -r -u 3 line; echo "$line"
            state() { cut -d ' ' -f 3 /proc/$p/stat; }
            kill -TSTP $p; until [ "$(state)" = T ]; do sleep 0.01; done; echo stopped
            kill -CONT $p; while [ "$(state)" = T ]; do sleep 0.01; done; echo goes on
            kill -INT $p; read -r -u 3 line; echo "$line"; wait $p; echo $?
            """)
        #expect(outcome.output == "ready\nstopped\ngoes on\nsignal 2\n7\n", "\(outcome)")
    }

    @Test("the program has the process, the parent and the group that it would have had, and no child", arguments: RunPrograms.linkages)
    func process(_ linkage: String) async throws {
        let program = try await RunPrograms.build("sees", linkage)
        let outcome = try await RunPrograms.shell(
            "echo $$; exec \"$UINTR_EXECUTABLE\" run --abi intel-6.0 \(program) process children descriptors")
        let lines = outcome.output.split(separator: "\n").map { $0.split(separator: " ").map(String.init) }
        try #require(lines.count == 4, "\(outcome)")
        #expect(lines[1].first == lines[0].first)
        #expect(lines[2] == ["-1"])
        let plain = try await RunPrograms.shell("exec \(program) descriptors")
        #expect(lines[3] == plain.output.split(whereSeparator: \.isWhitespace).map(String.init))
    }

    @Test("the environment is as it was, but for the variables of the emulation", arguments: RunPrograms.linkages)
    func environment(_ linkage: String) async throws {
        let program = try await RunPrograms.build("sees", linkage)
        let outcome = try await RunPrograms.shell(
            "exec env -i A=1 EMPTY= 'SPACE=a b' LD_PRELOAD=libc.so.6 UINTR_EMULATION_STATS=0 \"$UINTR_EXECUTABLE\" run --abi intel-mt --mode int3 \(program) environment")
        let lines = Set(outcome.output.split(separator: "\n").map(String.init))
        #expect(
            lines.subtracting(lines.filter { $0.hasPrefix("LD_PRELOAD=") })
                == ["A=1", "EMPTY=", "SPACE=a b", "UINTR_ABI=intel-mt", "UINTR_EMULATION_MODE=int3", "UINTR_EMULATION_STATS=0"],
            "\(outcome)")
        let preload = try #require(lines.first { $0.hasPrefix("LD_PRELOAD=") })
        #expect(preload.hasSuffix("/libuintr-emulation.so:libc.so.6"))
    }

    @Test("argv[0] is what was typed, looked for in PATH as a shell does", arguments: RunPrograms.linkages)
    func name(_ linkage: String) async throws {
        let program = try await RunPrograms.build("sees", linkage)
        let (folder, file) = (RunPrograms.folder, String(program.split(separator: "/").last ?? ""))
        let outcome = try await RunPrograms.shell(
            "cd \(folder); PATH=\(folder):$PATH; uintr run --abi intel-6.0 \(file) name; uintr run --abi intel-6.0 -- ./\(file) name")
        #expect(outcome.output == "\(file)\n./\(file)\n", "\(outcome)")
    }

    @Test("the signal mask is as it was, and the signals of the emulation are not blocked", arguments: RunPrograms.linkages)
    func mask(_ linkage: String) async throws {
        let program = try await RunPrograms.build("sees", linkage)
        let outcome = try await RunPrograms.run(program, "blocked=\(SIGUSR2)", "blocked=\(SIGILL)")
        #expect(outcome.output == "0\n0\n", "\(outcome)")
    }

    @Test("programs of every linkage that a program executes are emulated as well")
    func executed() async throws {
        for outer in RunPrograms.linkages {
            let starter = try await RunPrograms.build("sees", outer)
            for inner in RunPrograms.linkages {
                let program = try await RunPrograms.build("interrupts", inner)
                let outcome = try await RunPrograms.run(starter, "run", program, "intel-6.0")
                #expect(outcome.status == 0 && outcome.output == "both\n", "\(outer) \(inner): \(outcome)")
            }
        }
        let program = try await RunPrograms.build("interrupts", "static")
        let script = try await RunPrograms.run("sh", "-c", "\(program) intel-6.0; env \(program) intel-6.0")
        #expect(script.status == 0 && script.output == "both\nboth\n", "\(script)")
    }

    @Test("--stats says at the end what was executed, on standard error only", arguments: RunPrograms.linkages)
    func stats(_ linkage: String) async throws {
        let program = try await RunPrograms.build("interrupts", linkage)
        let outcome = try await RunPrograms.shell("uintr run --abi intel-6.0 --stats \(program) intel-6.0")
        #expect(outcome.status == 0 && outcome.output == "both\n")
        #expect(outcome.error.contains("2 SENDUIPI") && outcome.error.contains("2 delivered"), "\(outcome.error)")
    }

    @Test("--trace prints the last events when the program crashes", arguments: RunPrograms.linkages)
    func trace(_ linkage: String) async throws {
        let program = try await RunPrograms.build("crash", linkage)
        let outcome = try await RunPrograms.shell("exec \"$UINTR_EXECUTABLE\" run --abi intel-6.0 --trace \(program)")
        #expect(outcome.wasSignalled && outcome.status == SIGSEGV, "\(outcome)")
        #expect(outcome.error.contains("STUI at 0x"), "\(outcome.error)")
    }

    @Test(
        "under gdb a program receives, and stops at its handler's breakpoint",
        .enabled(if: FileManager.default.isExecutableFile(atPath: "/usr/bin/gdb"), "gdb is not installed: apt-get install gdb"))
    func debugger() async throws {
        let program = try await RunPrograms.build("interrupts", arguments: ["-g"])
        let outcome = try await RunPrograms.shell(
            "uintr run --abi intel-6.0 --mode trap -- gdb -nx -batch -ex 'handle SIGILL SIGSYS nostop noprint pass' -ex 'break interrupts.c:handler' -ex run -ex delete -ex continue --args \(program) intel-6.0")
        #expect(outcome.output.contains("Breakpoint 1, ") && outcome.output.contains("\nboth\n"), "\(outcome)")
    }
}
