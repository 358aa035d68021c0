import Synchronization
@testable import UserInterrupts

/// A machine whose answers are given, and which notes the system calls that were tried on it.
final class ScriptedPlatform: Sendable {
    let cpuid: Bool
    let cpuinfo: String?
    let testui: Platform.TestUI
    /// What is in the files that list calls, by path; every other is absent.
    let lists: [String: Platform.CallsFile]
    let answers: [Platform.Probe: Int]
    let numa: Platform.NUMA
    let hotplug: Platform.Hotplug
    private let calls = Mutex<[Platform.Probe]>([])
    private let instructions = Mutex(0)
    private let paths = Mutex<[String]>([])

    static let flagsWithUINTR = "processor\t: 0\nmodel name\t: Some Xeon\nflags\t\t: fpu vme uintr amx_tile\n"
    static let flagsWithout = "processor\t: 0\nmodel name\t: uintr in a name\nflags\t\t: fpu vme nouintr uintr2\nbugs\t\t: uintr\n"

    init(
        cpuid: Bool = true, cpuinfo: String? = flagsWithUINTR, testui: Platform.TestUI = .executed(uif: false),
        lists: [String: Platform.CallsFile] = [:], answers: [Platform.Probe: Int] = [:], numa: Platform.NUMA = .nodes(1), hotplug: Platform.Hotplug = .absent
    ) {
        self.cpuid = cpuid
        self.cpuinfo = cpuinfo
        self.testui = testui
        self.lists = lists
        self.answers = answers
        self.numa = numa
        self.hotplug = hotplug
    }

    /// The probes made, in their order.
    var probed: [Platform.Probe] { calls.withLock { $0 } }
    /// The files of calls that were looked for.
    var listsRead: [String] { paths.withLock { $0 } }
    /// How often TESTUI was executed.
    var testuiExecuted: Int { instructions.withLock { $0 } }

    var platform: Platform {
        Platform(
            cpuHasUserInterrupts: { self.cpuid },
            cpuModel: { "Some Xeon" },
            cpuinfo: { self.cpuinfo },
            kernel: { "Linux 6.0.0-test x86_64" },
            testui: {
                self.instructions.withLock { $0 += 1 }
                return self.testui
            },
            callsFile: { path in
                self.paths.withLock { $0.append(path) }
                return self.lists[path] ?? .absent
            },
            probe: { probe in
                self.calls.withLock { $0.append(probe) }
                return self.answers[probe] ?? -38
            },
            numa: { self.numa },
            hotplug: { self.hotplug })
    }
}
