/// What this machine has of user interrupts, with the reasons in words.
///
/// The order of the questions is what makes asking safe on every kernel; each is put only if the one before said yes:
/// 1. CPUID.(7,0):EDX[5] (SDM Vol. 2, CPUID);
/// 2. `uintr` among the flags of /proc/cpuinfo, which only a patched kernel prints. Without it no system call is tried,
///    because mainline has other calls at the same numbers;
/// 3. TESTUI under a guard for SIGILL: #UD says that the kernel has left CR4.UINTR at 0 (SDM Vol. 3A 9.2);
/// 4. the file in which a kernel with the ABI `project` lists its calls (``CallNumbers``): where it is there, no probe follows;
/// 5. the probes of ``Platform/Probe``. The calls 449–470 are never made: 450 changes the memory policy, 454 and 455 are
///    futex calls.
///
/// A named ABI (`UINTR_ABI`, `--abi`) overrides all of them but the third: TESTUI makes no system call, and executes only where
/// user interrupts are enabled, by a kernel or by an emulation that stands in for one and that CPUID does not show. If the name
/// is `project`, the file is read too: nothing else has the numbers. `UINTR_CALLS` names another file in its place.
public struct Detection: Hashable, Sendable, Codable {
    /// How far the questions got.
    public enum Finding: String, Hashable, Sendable, Codable, CaseIterable {
        /// The processor does not have user interrupts.
        case noProcessor = "no-processor"
        /// The processor has them; the kernel does not know them.
        case noKernel = "no-kernel"
        /// The kernel prints `uintr` and has not enabled them in CR4.
        case notEnabled = "not-enabled"
        /// They are enabled; which system calls the kernel has is not known.
        case unknownABI = "unknown-abi"
        /// Enabled, and the ABI was recognised: by the kernel's list of its calls, or by probing.
        case recognised
        /// Enabled, and the user named the ABI.
        case named
    }

    /// Where the questions ended.
    public let finding: Finding
    /// The backend that ``BackendChoice/auto`` takes here.
    public let backend: Backend.Kind
    /// The kernel's ABI; `nil` if none was found.
    public let abi: ABI?
    /// The numbers of its calls, with ``ABI/project``; `nil` with any other, which has them by name.
    public let calls: CallNumbers?
    /// Name, release and machine of the kernel, as `uname -srm` prints them.
    public let kernel: String
    /// The processor's brand string.
    public let cpu: String
    /// One sentence for each question asked, in the order asked; the last says what follows from them.
    public let reasons: [String]
    /// A sentence on NUMA, whose absence only means that placement is not controlled.
    public let numa: String
    /// A sentence on whether CPUs can be taken offline from here.
    public let hotplug: String

    /// Asks this machine.
    ///
    /// - Parameters:
    ///   - abi: the name given by `--abi`; it goes before `UINTR_ABI`.
    ///   - environment: the environment's variables, of which `UINTR_ABI` and `UINTR_CALLS` are read; empty counts as unset.
    ///   - platform: the machine to ask.
    /// - Throws: ``UserInterruptError/Code/unknownABI`` if the given name is none of ``ABI/names``.
    public static func detect(
        abi override: String? = nil, environment: [String: String] = [:], on platform: Platform = .live
    ) throws(UserInterruptError) -> Detection {
        var named: ABI?
        if let override {
            named = try ABI(named: override)
        } else if let name = environment["UINTR_ABI"], !name.isEmpty {
            named = try ABI(named: name)
        }
        var reasons: [String] = []
        let variable = environment["UINTR_CALLS"].flatMap { $0.isEmpty ? nil : $0 }
        let questions = Questions(
            platform: platform, source: override == nil ? "UINTR_ABI" : "--abi", callsFile: variable ?? CallNumbers.path,
            isNamedByVariable: variable != nil)
        let answer = named.map { questions.ask(naming: $0, &reasons) } ?? questions.ask(&reasons)
        let (finding, abi) = (answer.finding, answer.abi)
        let backend: Backend.Kind = abi == nil ? .emulation : .hardware
        reasons.append(
            backend == .hardware
                ? "So the backend is the hardware."
                : "So the backend is the emulation: what runs on it says nothing about a processor.")
        return Detection(
            finding: finding, backend: backend, abi: abi, calls: answer.calls, kernel: platform.kernel(), cpu: platform.cpuModel(),
            reasons: reasons, numa: sentence(platform.numa()), hotplug: sentence(platform.hotplug()))
    }

    /// The words of the `flags` lines; `uintr` as a part of another word, or in a model name, does not count.
    static func flags(ofCPUInfo text: String) -> Set<Substring> {
        var flags: Set<Substring> = []
        for line in text.split(separator: "\n") {
            let parts = line.split(separator: ":", maxSplits: 1)
            guard parts.count == 2, parts[0].split(whereSeparator: \.isWhitespace) == ["flags"] else { continue }
            flags.formUnion(parts[1].split(whereSeparator: \.isWhitespace))
        }
        return flags
    }

    private static func sentence(_ numa: Platform.NUMA) -> String {
        switch numa {
        case .unknown(let reason): "Threads are not placed by NUMA node: \(reason)."
        case .nodes(1): "libnuma is there: one NUMA node."
        case .nodes(let nodes): "libnuma is there: \(nodes) NUMA nodes."
        }
    }

    private static func sentence(_ hotplug: Platform.Hotplug) -> String {
        switch hotplug {
        case .absent:
            "CPU hotplug: no file /sys/devices/system/cpu/cpuN/online, so no CPU can be taken offline here."
        case .notWritable(let cpu):
            "CPU hotplug: no permission to write /sys/devices/system/cpu/cpu\(cpu)/online. Run as root to take CPUs offline."
        case .writable(let cpu):
            "CPU hotplug: /sys/devices/system/cpu/cpu\(cpu)/online can be written."
        }
    }
}
