import Testing
@testable import UserInterrupts

@Suite("Detection asks in an order that is safe on every kernel")
struct DetectionTests {
    private let einval = -22, enosys = -38, enospc = -28, eperm = -1

    @Test("a processor without the CPUID bit is asked nothing more")
    func noProcessor() throws {
        let machine = ScriptedPlatform(cpuid: false)
        let found = try Detection.detect(on: machine.platform)
        #expect(found.finding == .noProcessor)
        #expect(found.backend == .emulation)
        #expect(found.abi == nil)
        #expect(machine.testuiExecuted == 0)
        #expect(machine.probed.isEmpty)
        #expect(found.reasons.first?.contains("CPUID.(EAX=7,ECX=0):EDX[5] is 0") == true)
    }

    @Test("without uintr among the flags of /proc/cpuinfo no system call is tried", arguments: [
        ScriptedPlatform.flagsWithout, "", "flags\n", "flags: UINTR\n",
    ])
    func noKernel(cpuinfo: String) throws {
        let machine = ScriptedPlatform(
            cpuinfo: cpuinfo, answers: [.registerHandler: -22, .vector: -22, .alternateStack: -22])
        let found = try Detection.detect(on: machine.platform)
        #expect(found.finding == .noKernel)
        #expect(machine.probed.isEmpty && machine.listsRead.isEmpty)
        #expect(machine.testuiExecuted == 0)
        #expect(found.reasons.contains { $0.contains("No system call was tried") })
    }

    @Test("a /proc/cpuinfo that cannot be read counts as one without the flag")
    func noProc() throws {
        let machine = ScriptedPlatform(cpuinfo: nil)
        let found = try Detection.detect(on: machine.platform)
        #expect(found.finding == .noKernel)
        #expect(machine.probed.isEmpty)
        #expect(found.reasons.contains { $0.contains("Mount /proc") })
    }

    @Test("TESTUI raising #UD ends the questions: CR4.UINTR is 0")
    func notEnabled() throws {
        let machine = ScriptedPlatform(testui: .undefinedOpcode)
        let found = try Detection.detect(on: machine.platform)
        #expect(found.finding == .notEnabled)
        #expect(machine.probed.isEmpty)
        #expect(found.reasons.contains { $0.contains("#UD") && $0.contains("CR4.UINTR") })
    }

    @Test("a TESTUI that could not be tried shows nothing, and no system call follows")
    func untried() throws {
        let machine = ScriptedPlatform(testui: .untried(errno: 12))
        let found = try Detection.detect(on: machine.platform)
        #expect(found.finding == .notEnabled)
        #expect(machine.probed.isEmpty)
        #expect(found.reasons.contains { $0.contains("ENOMEM") })
    }

    @Test("a mainline kernel with rseq_slice_yield at 471 is not taken for one with uintr_register_handler")
    func rseqSliceYield() throws {
        let machine = ScriptedPlatform(answers: [.registerHandler: 0])
        let found = try Detection.detect(on: machine.platform)
        #expect(found.finding == .unknownABI)
        #expect(found.backend == .emulation)
        #expect(machine.probed == [.registerHandler])
        #expect(found.reasons.contains { $0.contains("rseq_slice_yield") })
    }

    @Test("intel-6.0 is recognised by EINVAL at 471, 473 and 478", arguments: [-22, -28])
    func intel60(second: Int) throws {
        let machine = ScriptedPlatform(
            answers: [.registerHandler: einval, .vector: second, .alternateStack: einval])
        let found = try Detection.detect(on: machine.platform)
        #expect(found.finding == .recognised)
        #expect(found.abi == .intel6_0)
        #expect(found.backend == .hardware)
        #expect(machine.probed == [.registerHandler, .vector, .alternateStack])
    }

    @Test("intel-mt is told from intel-6.0 by ENOSYS at 478")
    func intelMT() throws {
        let machine = ScriptedPlatform(
            answers: [.registerHandler: einval, .vector: einval, .alternateStack: enosys])
        #expect(try Detection.detect(on: machine.platform).abi == .intelMT)
    }

    @Test("a kernel with nothing at 471 may start at 449 or 450, which is never tried: the reasons say to name it")
    func numbersFrom449() throws {
        let machine = ScriptedPlatform(answers: [.registerHandler: enosys])
        let found = try Detection.detect(on: machine.platform)
        #expect(found.finding == .unknownABI)
        #expect(machine.probed == [.registerHandler])
        #expect(found.reasons.contains { $0.contains("set UINTR_ABI=rfc-v1 or port-5.16") })
    }

    @Test("an answer that no known kernel gives ends the probes", arguments: [
        [Platform.Probe.registerHandler: -1],
        [.registerHandler: -22, .vector: 3],
        [.registerHandler: -22, .vector: -38],
        [.registerHandler: -22, .vector: -22, .alternateStack: 0],
        [.registerHandler: -22, .vector: -22, .alternateStack: -1],
    ])
    func strangeAnswers(answers: [Platform.Probe: Int]) throws {
        let machine = ScriptedPlatform(answers: answers)
        let found = try Detection.detect(on: machine.platform)
        #expect(found.finding == .unknownABI)
        #expect(found.abi == nil)
        #expect(machine.probed.count == answers.count)
    }

    @Test("the numbers that may be probed are 471, 473 and 478, and none of 449 to 470")
    func probeNumbers() {
        #expect(Platform.Probe.allCases.map(\.number) == [471, 473, 478])
    }

    @Test("UINTR_ABI names the ABI and no system call is tried", arguments: ABI.allCases.filter { $0 != .project })
    func named(abi: ABI) throws {
        let machine = ScriptedPlatform()
        let found = try Detection.detect(environment: ["UINTR_ABI": abi.rawValue], on: machine.platform)
        #expect(found.finding == .named)
        #expect(found.abi == abi)
        #expect(found.backend == .hardware)
        #expect(machine.probed.isEmpty)
        #expect(found.reasons.contains { $0.contains("UINTR_ABI") && $0.contains(abi.rawValue) })
    }

    @Test("a named ABI does not make a processor: TESTUI, which makes no system call, still decides")
    func namedOnNothing() throws {
        for (machine, finding) in [
            (ScriptedPlatform(cpuid: false, testui: .undefinedOpcode), Detection.Finding.noProcessor),
            (ScriptedPlatform(cpuinfo: "", testui: .undefinedOpcode), .noKernel),
            (ScriptedPlatform(testui: .undefinedOpcode), .notEnabled),
            (ScriptedPlatform(testui: .untried(errno: 12)), .notEnabled),
        ] {
            let found = try Detection.detect(abi: "rfc-v1", on: machine.platform)
            #expect(found.finding == finding)
            #expect(found.abi == nil)
            #expect(found.backend == .emulation)
            #expect(machine.probed.isEmpty)
        }
    }

    @Test("a named ABI overrides CPUID and /proc/cpuinfo, which an emulation cannot change, and the reasons say what they are")
    func namedOverrides() throws {
        let machine = ScriptedPlatform(cpuid: false, cpuinfo: "")
        let found = try Detection.detect(abi: "intel-6.0", on: machine.platform)
        #expect(found.finding == .named)
        #expect(found.backend == .hardware)
        #expect(machine.probed.isEmpty)
        #expect(found.reasons.contains { $0.contains("EDX[5] is 0") && $0.contains("does not list") })
    }

    @Test("--abi goes before UINTR_ABI, and an empty UINTR_ABI is none")
    func precedence() throws {
        let machine = ScriptedPlatform()
        let found = try Detection.detect(
            abi: "intel-mt", environment: ["UINTR_ABI": "rfc-v1"], on: machine.platform)
        #expect(found.abi == .intelMT)
        #expect(found.reasons.contains { $0.contains("--abi") })
        #expect(try Detection.detect(environment: ["UINTR_ABI": ""], on: machine.platform).finding == .unknownABI)
    }

    @Test("an unknown ABI is an error that lists the names", arguments: ["intel", "RFC-V1", "471", " "])
    func unknownABI(name: String) {
        for (argument, environment) in [(name, [:]), (nil, ["UINTR_ABI": name])] as [(String?, [String: String])] {
            let error = #expect(throws: UserInterruptError.self) {
                try Detection.detect(abi: argument, environment: environment, on: ScriptedPlatform().platform)
            }
            #expect(error?.code == .unknownABI)
            for abi in ABI.names { #expect(error?.description.contains(abi) == true) }
        }
    }

    @Test("libnuma's absence and the hotplug files are sentences, not errors")
    func facts() throws {
        func detect(_ numa: Platform.NUMA, _ hotplug: Platform.Hotplug) throws -> Detection {
            try Detection.detect(on: ScriptedPlatform(cpuid: false, numa: numa, hotplug: hotplug).platform)
        }
        for reason in ["libnuma.so.1 is not installed", "this build was made without <numa.h>"] {
            #expect(try detect(.unknown(reason: reason), .absent).numa.hasSuffix("\(reason)."))
        }
        #expect(try detect(.nodes(1), .absent).numa.contains("one NUMA node"))
        #expect(try detect(.nodes(4), .absent).numa.contains("4 NUMA nodes"))
        #expect(try detect(.nodes(1), .absent).hotplug.contains("no CPU can be taken offline"))
        #expect(try detect(.nodes(1), .notWritable(cpu: 3)).hotplug.contains("no permission to write /sys/devices/system/cpu/cpu3/online"))
        #expect(try detect(.nodes(1), .writable(cpu: 1)).hotplug.contains("can be written"))
    }

    @Test("this machine is detected without a crash, and what is found agrees with its backend")
    func live() throws {
        let found = try Detection.detect()
        #expect(!found.cpu.isEmpty)
        #expect(found.kernel.hasPrefix("Linux "))
        #expect((found.abi == nil) == (found.backend == .emulation))
        #expect(found.reasons.count >= 2)
    }

    @Test("--backend hardware never falls back: it is an error with every reason")
    func hardwareNeverFallsBack() throws {
        let found = try Detection.detect(on: ScriptedPlatform(answers: [.registerHandler: enosys]).platform)
        #expect(try Backend.select(.auto, on: found).kind == .emulation)
        #expect(try Backend.select(.emulation, on: found).kind == .emulation)
        let error = #expect(throws: UserInterruptError.self) { try Backend.select(.hardware, on: found) }
        #expect(error?.code == .hardwareUnavailable)
        for reason in found.reasons { #expect(error?.description.contains(reason) == true) }
    }

    @Test("auto takes the hardware where it is found, and emulation can still be asked for")
    func autoTakesHardware() throws {
        let found = try Detection.detect(abi: "intel-mt", on: ScriptedPlatform().platform)
        for choice in [BackendChoice.auto, .hardware] {
            let backend = try Backend.select(choice, on: found)
            #expect(backend.kind == .hardware)
            #expect(backend.abi == .intelMT)
        }
        #expect(try Backend.select(.emulation, on: found).kind == .emulation)
    }

    @Test("an unknown backend is an error that lists the names")
    func unknownBackend() throws {
        let error = #expect(throws: UserInterruptError.self) { try BackendChoice(named: "bochs") }
        #expect(error?.code == .unknownBackend)
        for choice in BackendChoice.allCases { #expect(error?.description.contains(choice.rawValue) == true) }
    }
}
