internal import SystemPackage

/// What this machine has of user interrupts, with the reasons in words.
///
/// The order of the questions is what makes asking safe on every kernel; each is put only if the one before said yes:
/// 1. CPUID.(7,0):EDX[5] (SDM Vol. 2, CPUID);
/// 2. `uintr` among the flags of /proc/cpuinfo, which only a patched kernel prints. Without it no system call is tried,
///    because mainline has other calls at the same numbers;
/// 3. TESTUI under a guard for SIGILL: #UD says that the kernel has left CR4.UINTR at 0 (SDM Vol. 3A 9.2);
/// 4. the discovery of the project's own kernel (``projectDiscovery``);
/// 5. the probes of ``Platform/Probe``. The calls 449–470 are never made: 450 changes the memory policy, 454 and 455 are
///    futex calls.
///
/// A named ABI (`UINTR_ABI`, `--abi`) overrides all of them but the third: TESTUI makes no system call, and executes only where
/// user interrupts are enabled, by a kernel or by an emulation that stands in for one and that CPUID does not show.
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
        /// Enabled, and the ABI was recognised by probing.
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
    ///   - environment: the environment's variables, of which `UINTR_ABI` is read; empty counts as unset.
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
        let (finding, abi) = ask(platform, named: named, source: override == nil ? "UINTR_ABI" : "--abi", &reasons)
        let backend: Backend.Kind = abi == nil ? .emulation : .hardware
        reasons.append(
            backend == .hardware
                ? "So the backend is the hardware."
                : "So the backend is the emulation: what runs on it says nothing about a processor.")
        return Detection(
            finding: finding, backend: backend, abi: abi, kernel: platform.kernel(), cpu: platform.cpuModel(),
            reasons: reasons, numa: sentence(platform.numa()), hotplug: sentence(platform.hotplug()))
    }

    private static func ask(
        _ platform: Platform, named: ABI?, source: String, _ reasons: inout [String]
    ) -> (Finding, ABI?) {
        if let named { return ask(platform, named: named, source: source, &reasons) }
        guard platform.cpuHasUserInterrupts() else {
            reasons.append("CPUID.(EAX=7,ECX=0):EDX[5] is 0: this processor, or the hypervisor above it, has no user interrupts.")
            return (.noProcessor, nil)
        }
        reasons.append("CPUID.(EAX=7,ECX=0):EDX[5] is 1: the processor has user interrupts.")

        guard let text = platform.cpuinfo() else {
            reasons.append("/proc/cpuinfo cannot be read, so nothing shows that the kernel knows user interrupts, and no system call was tried. Mount /proc.")
            return (.noKernel, nil)
        }
        guard flags(ofCPUInfo: text).contains("uintr") else {
            reasons.append("/proc/cpuinfo does not list the flag uintr: the kernel does not know user interrupts (mainline never did) or has them switched off (nouintr, page-table isolation). No system call was tried.")
            return (.noKernel, nil)
        }
        reasons.append("/proc/cpuinfo lists the flag uintr: the kernel knows user interrupts.")

        guard testuiExecutes(platform, &reasons) else { return (.notEnabled, nil) }
        reasons.append(projectDiscovery)
        guard let found = probe(platform, &reasons) else { return (.unknownABI, nil) }
        reasons.append("So the ABI is \(found.rawValue).")
        return (.recognised, found)
    }

    /// With a named ABI. Whether the processor and the kernel say that they have user interrupts is told, and does not decide.
    private static func ask(
        _ platform: Platform, named: ABI, source: String, _ reasons: inout [String]
    ) -> (Finding, ABI?) {
        let processor = platform.cpuHasUserInterrupts()
        let kernel = platform.cpuinfo().map { flags(ofCPUInfo: $0).contains("uintr") } ?? false
        reasons.append(
            "\(source) names the ABI \(named.rawValue), so TESTUI alone decides: CPUID.(EAX=7,ECX=0):EDX[5] is "
                + "\(processor ? 1 : 0), and /proc/cpuinfo \(kernel ? "lists" : "does not list") the flag uintr.")
        guard testuiExecutes(platform, &reasons) else {
            return (!processor ? .noProcessor : !kernel ? .noKernel : .notEnabled, nil)
        }
        guard named != .project else {
            reasons.append(projectDiscovery)
            return (.unknownABI, nil)
        }
        reasons.append("No system call was tried to confirm the ABI.")
        return (.named, named)
    }

    private static func testuiExecutes(_ platform: Platform, _ reasons: inout [String]) -> Bool {
        switch platform.testui() {
        case .undefinedOpcode:
            reasons.append(
                "TESTUI raises #UD: CR4.UINTR is 0, or the processor has no user interrupts. Look for uintr in dmesg and for nouintr in /proc/cmdline.")
            return false
        case .untried(let errno):
            reasons.append(
                "TESTUI could not be tried (\(errno == 0 ? "it raised another fault than #UD" : UserInterruptError.name(of: Errno(rawValue: errno)))), so nothing shows that the kernel has set CR4.UINTR.")
            return false
        case .executed:
            reasons.append("TESTUI executes: user interrupts are enabled.")
            return true
        }
    }

    /// Where `project` will be discovered: docs/uapi.md is to say how its kernel tells its numbers, and a later issue
    /// reads it here, before any probe. Today nothing is read.
    private static let projectDiscovery =
        "The project's own kernel was not looked for: how it tells its call numbers is not settled yet."

    /// The probes, in the order of `Platform.Probe`. Any other answer than those a known kernel gives ends them.
    private static func probe(_ platform: Platform, _ reasons: inout [String]) -> ABI? {
        let advice = "Kernels whose calls start at 449 or 450 are never tried, since mainline has other calls there: if this is one, set UINTR_ABI=rfc-v1 or port-5.16."
        func ask(_ probe: Platform.Probe, _ what: String) -> Errno? {
            let result = platform.probe(probe)
            let errno = result < 0 ? Errno(rawValue: CInt(truncatingIfNeeded: -result)) : nil
            let answer = errno.map(UserInterruptError.name(of:)) ?? "\(result)"
            reasons.append("System call \(probe.number) with \(what) answers \(answer).")
            return errno
        }
        guard let first = ask(.registerHandler, "a handler and the invalid flag 1") else {
            reasons.append("That is rseq_slice_yield of mainline 7.0 or later, not uintr_register_handler. " + advice)
            return nil
        }
        guard first == .invalidArgument else {
            reasons.append("uintr_register_handler would answer EINVAL, so it is not at 471. " + advice)
            return nil
        }
        let second = ask(.vector, "vector 64")
        guard second == .invalidArgument || second == .noSpace else {
            reasons.append("uintr_vector_fd and uintr_create_fd would answer EINVAL or ENOSPC, so neither is at 473. " + advice)
            return nil
        }
        switch ask(.alternateStack, "the invalid flag 1") {
        case .invalidArgument: return .intel6_0
        case .noFunction: return .intelMT
        default:
            reasons.append("uintr_alt_stack would answer EINVAL, and a kernel without it ENOSYS: the ABI stays unknown. Set UINTR_ABI to name it.")
            return nil
        }
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
