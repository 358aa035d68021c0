internal import SystemPackage

/// The questions of ``Detection``, in their order. Each answer adds a sentence to the reasons.
struct Questions {
    let platform: Platform
    /// Where the name of a named ABI came from: `--abi` or `UINTR_ABI`.
    let source: String
    /// The file in which a kernel may list its calls.
    let callsFile: String
    /// Whether `UINTR_CALLS` named it.
    let isNamedByVariable: Bool

    struct Answer {
        var finding: Detection.Finding
        var abi: ABI?
        var calls: CallNumbers?
    }

    /// Without a named ABI.
    func ask(_ reasons: inout [String]) -> Answer {
        guard platform.cpuHasUserInterrupts() else {
            reasons.append("CPUID.(EAX=7,ECX=0):EDX[5] is 0: this processor, or the hypervisor above it, has no user interrupts.")
            return Answer(finding: .noProcessor)
        }
        reasons.append("CPUID.(EAX=7,ECX=0):EDX[5] is 1: the processor has user interrupts.")

        guard let text = platform.cpuinfo() else {
            reasons.append("/proc/cpuinfo cannot be read, so nothing shows that the kernel knows user interrupts, and no system call was tried. Mount /proc.")
            return Answer(finding: .noKernel)
        }
        guard Detection.flags(ofCPUInfo: text).contains("uintr") else {
            reasons.append("/proc/cpuinfo does not list the flag uintr: the kernel does not know user interrupts (mainline never did) or has them switched off (nouintr, page-table isolation). No system call was tried.")
            return Answer(finding: .noKernel)
        }
        reasons.append("/proc/cpuinfo lists the flag uintr: the kernel knows user interrupts.")

        guard testuiExecutes(&reasons) else { return Answer(finding: .notEnabled) }
        switch readCalls(&reasons) {
        case .listed(let calls):
            reasons.append("So the ABI is \(ABI.project.rawValue).")
            return Answer(finding: .recognised, abi: .project, calls: calls)
        case .unusable:
            return Answer(finding: .unknownABI)
        case .absent:
            reasons.append("\(callsFile) is not there, so the kernel has not the ABI \(ABI.project.rawValue).")
        }
        guard let found = probe(&reasons) else { return Answer(finding: .unknownABI) }
        reasons.append("So the ABI is \(found.rawValue).")
        return Answer(finding: .recognised, abi: found)
    }

    /// With a named ABI. Whether the processor and the kernel say that they have user interrupts is told, and does not decide.
    func ask(naming named: ABI, _ reasons: inout [String]) -> Answer {
        let processor = platform.cpuHasUserInterrupts()
        let kernel = platform.cpuinfo().map { Detection.flags(ofCPUInfo: $0).contains("uintr") } ?? false
        reasons.append(
            "\(source) names the ABI \(named.rawValue), so TESTUI alone decides: CPUID.(EAX=7,ECX=0):EDX[5] is "
                + "\(processor ? 1 : 0), and /proc/cpuinfo \(kernel ? "lists" : "does not list") the flag uintr.")
        guard testuiExecutes(&reasons) else {
            return Answer(finding: !processor ? .noProcessor : !kernel ? .noKernel : .notEnabled)
        }
        guard named == .project else {
            reasons.append("No system call was tried to confirm the ABI.")
            return Answer(finding: .named, abi: named)
        }
        switch readCalls(&reasons) {
        case .listed(let calls):
            return Answer(finding: .named, abi: .project, calls: calls)
        case .unusable:
            return Answer(finding: .unknownABI)
        case .absent:
            reasons.append(
                isNamedByVariable
                    ? "\(callsFile), which UINTR_CALLS names, is not there. Give the file in which the emulation lists its calls."
                    : "\(callsFile) is not there, and nothing else has the numbers of this ABI: it is not this kernel's. An emulation has to name its own list by UINTR_CALLS.")
            return Answer(finding: .unknownABI)
        }
    }

    private func testuiExecutes(_ reasons: inout [String]) -> Bool {
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

    private enum Calls {
        case listed(CallNumbers)
        /// The file is there, so the kernel is none that the probes know; and yet its calls are not known.
        case unusable
        case absent
    }

    private func readCalls(_ reasons: inout [String]) -> Calls {
        switch platform.callsFile(callsFile) {
        case .absent:
            return .absent
        case .unreadable(let errno):
            reasons.append(
                "\(callsFile) is there and cannot be read (\(UserInterruptError.name(of: Errno(rawValue: errno)))), so the numbers of the calls are not known. Run outside the sandbox or container, or allow the file to be read there.")
            return .unusable
        case .text(let text):
            do throws(CallNumbers.Malformed) {
                let calls = try CallNumbers(listedIn: text)
                reasons.append(
                    "\(callsFile) lists \(calls.numbers.count) calls of the ABI \(ABI.project.rawValue); no system call was tried.")
                return .listed(calls)
            } catch {
                reasons.append(
                    "\(callsFile) \(error.reason): the numbers of the calls are not known, and none was tried. Use the version of this program that came with the kernel.")
                return .unusable
            }
        }
    }

    /// The probes, in the order of `Platform.Probe`. Any other answer than those a known kernel gives ends them.
    private func probe(_ reasons: inout [String]) -> ABI? {
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
}
