/// Everything that detection asks of the machine, one closure each, so that a test can be any machine.
public struct Platform: Sendable {
    /// What TESTUI did, executed under a guard for SIGILL.
    public enum TestUI: Hashable, Sendable {
        /// #UD: CR4.UINTR (bit 25) is 0. The SDM gives TESTUI no other reason to raise it in 64-bit mode.
        case undefinedOpcode
        /// It ran, and CF was the thread's UIF.
        case executed(uif: Bool)
        /// It could not be tried, with the errno, or raised something else, with 0.
        case untried(errno: CInt)
    }

    /// The only system calls that are ever made to find out whether they exist. Each is refused by
    /// the kernel that has it before it does anything.
    public enum Probe: CaseIterable, Hashable, Sendable {
        /// 471 with a handler and flags = 1: EINVAL where it is uintr_register_handler; 0 where it is rseq_slice_yield.
        case registerHandler
        /// 473 with vector 64: EINVAL without a handler, ENOSPC with one; ENOSYS in mainline.
        case vector
        /// 478 with flags = 1: EINVAL where it is uintr_alt_stack (intel-6.0), ENOSYS in intel-mt.
        case alternateStack

        /// The system call's number.
        public var number: Int {
            switch self {
            case .registerHandler: 471
            case .vector: 473
            case .alternateStack: 478
            }
        }
    }

    /// A file in which a kernel lists its calls (``CallNumbers``).
    public enum CallsFile: Hashable, Sendable {
        /// There is none: the kernel has not the ABI `project`.
        case absent
        /// It is there and cannot be read, with the errno.
        case unreadable(errno: CInt)
        /// Its text, or as much of it as a list could have.
        case text(String)
    }

    /// CPUID.(EAX=7,ECX=0):EDX[5].
    public var cpuHasUserInterrupts: @Sendable () -> Bool
    /// The brand string of CPUID 80000002H–80000004H, or what stands for it.
    public var cpuModel: @Sendable () -> String
    /// The text of /proc/cpuinfo; `nil` where it cannot be read.
    public var cpuinfo: @Sendable () -> String?
    /// The kernel's name, release and machine, as `uname -srm` prints them.
    public var kernel: @Sendable () -> String
    /// Executes TESTUI under a guard against SIGILL.
    public var testui: @Sendable () -> TestUI
    /// Reads the file of that path, in which a kernel may list its calls.
    public var callsFile: @Sendable (_ path: String) -> CallsFile
    /// Makes one probe and returns its result: 0 or above, or the negated errno.
    public var probe: @Sendable (Probe) -> Int
    /// What libnuma tells of NUMA nodes.
    public var numa: @Sendable () -> NUMA
    /// What of CPU hotplug this process may use.
    public var hotplug: @Sendable () -> Hotplug

    /// NUMA nodes, as libnuma tells them.
    public enum NUMA: Hashable, Sendable {
        /// How many nodes are configured, at least 1.
        case nodes(Int)
        /// They are not known, for this reason: no library, no numa.h when this was built, a kernel without NUMA.
        case unknown(reason: String)
    }

    /// The files `/sys/devices/system/cpu/cpuN/online`.
    public enum Hotplug: Hashable, Sendable {
        /// No CPU has the file: none can go offline.
        case absent
        /// The file of this CPU exists and this process may not write it.
        case notWritable(cpu: Int)
        /// The file of this CPU exists and this process may write it.
        case writable(cpu: Int)
    }

    /// A platform that answers as these closures do; ``live`` is this machine.
    public init(
        cpuHasUserInterrupts: @escaping @Sendable () -> Bool,
        cpuModel: @escaping @Sendable () -> String,
        cpuinfo: @escaping @Sendable () -> String?,
        kernel: @escaping @Sendable () -> String,
        testui: @escaping @Sendable () -> TestUI,
        callsFile: @escaping @Sendable (_ path: String) -> CallsFile,
        probe: @escaping @Sendable (Probe) -> Int,
        numa: @escaping @Sendable () -> NUMA,
        hotplug: @escaping @Sendable () -> Hotplug
    ) {
        self.cpuHasUserInterrupts = cpuHasUserInterrupts
        self.cpuModel = cpuModel
        self.cpuinfo = cpuinfo
        self.kernel = kernel
        self.testui = testui
        self.callsFile = callsFile
        self.probe = probe
        self.numa = numa
        self.hotplug = hotplug
    }
}
