import Cases
package import CUserInterrupts
internal import Glibc
internal import Synchronization
public import UserInterrupts

/// Runs the cases at CPL 3 on the processor, in this process.
public enum HardwareSuite {
    /// The cases' memory has fixed addresses: one case at a time.
    private static let turn = Mutex(())

    /// Takes a case on a thread of its own, registered with the kernel by the calls of `abi`.
    ///
    /// To be called where `Detection` has found that ABI, in a process without other senders. Cases of other levels, and cases
    /// that ask for what this processor is not, are skipped, as are all without a processor and a kernel that have user
    /// interrupts.
    ///
    /// - Parameter numbers: what the kernel lists of its calls, with ``ABI/project``; without it the cases are skipped there.
    public static func run(_ testCase: Case, abi: ABI, numbers: CallNumbers? = nil) -> CaseResult {
        if abi == .project {
            guard let numbers else {
                return CaseResult(testCase, .skipped("the numbers of the calls of the ABI project are not known: see `uintr probe`"))
            }
            return run(testCase, calls: numbers.table)
        }
        guard let table = uintr_abi_named(abi.rawValue) else {
            return CaseResult(testCase, .skipped("the shim has no table of calls for the ABI \(abi.rawValue)"))
        }
        return run(testCase, calls: table.pointee)
    }

    /// The same, with a table of calls; `project`'s is made when its numbers are known.
    package static func run(_ testCase: Case, calls abi: uintr_abi) -> CaseResult {
        if let reason = reasonToSkip(testCase, on: .this) { return CaseResult(testCase, .skipped(reason)) }
        return run(testCase, kernel: ShimCalls(abi: abi), noHardware: abi.no_hardware_errno)
    }

    /// The same with any kernel, and without asking the processor.
    ///
    /// - Parameters:
    ///   - noHardware: the errno by which the kernel says that it has no user interrupts.
    ///   - quietReads, patience: see `DeliveryLog`.
    package static func run(
        _ testCase: Case, kernel: some KernelCalls & Sendable, noHardware: CInt, quietReads: Int = DeliveryLog.quietReads,
        patience: Int = DeliveryLog.patience
    ) -> CaseResult {
        CaseResult(testCase, onOwnThread { pages in
            do throws(Registration.Refused) {
                var machine = try HardwareMachine(pages: pages, kernel: kernel, quietReads: quietReads, patience: patience)
                let verdict = judge(testCase, on: &machine)
                return verdict.unless(machine.end(), in: testCase)
            } catch {
                return error.errno == noHardware ? .skipped(error.sentence) : .failed(step: 0, error.sentence)
            }
        })
    }

    /// Takes a case at CPL 3 that needs no kernel with user interrupts: no connection, no delivery.
    public static func runWithoutKernel(_ testCase: Case) -> CaseResult {
        if let reason = levelReason(testCase) { return CaseResult(testCase, .skipped(reason)) }
        return CaseResult(testCase, onOwnThread { pages in
            var machine = NativeMachine(pages: pages)
            let verdict = judge(testCase, on: &machine)
            return verdict.unless(machine.heldFault.map { "\($0.words.joined(separator: " ")) is left over" }, in: testCase)
        })
    }

    private static func levelReason(_ testCase: Case) -> String? {
        switch testCase.level {
        case .core: "needs the emulator core: it sets or separates what no machine lets software set or separate"
        case .cpl0: "needs CPL 0: a process can neither set nor read this state"
        case .cpl3: testCase.processors == 1 ? nil : "needs \(testCase.processors) processors; a process cannot choose them"
        }
    }

    /// Why a case is not for a process on `processor`; nil if it is.
    package static func reasonToSkip(_ testCase: Case, on processor: ProcessorAtHand) -> String? {
        if let reason = levelReason(testCase) { return reason }
        guard processor.uintr || processor.testui == .executes else {
            return "this processor has no user interrupts: CPUID.(EAX=7,ECX=0):EDX[5] is 0"
        }
        if !processor.uintr, testCase.steps.contains(where: { if case .cpuid = $0 { true } else { false } }) {
            return "asks CPUID, which does not show user interrupts here: an emulation stands in for the processor, or a hypervisor hides them"
        }
        let features = testCase.features
        if let flexible = features.flexibleUIRET, flexible != processor.flexibleUIRET {
            return "needs CPUID.(EAX=7,ECX=1):EDX[17] = \(flexible ? 1 : 0), and this processor has the other kind of UIRET"
        }
        if let width = features.linearAddressWidth, width != processor.linearAddressWidth {
            return "needs linear addresses of \(width) bits; this processor has \(processor.linearAddressWidth)"
        }
        if features.tracksInitialConfiguration != nil {
            return "needs to know whether the processor tracks the initial configuration of component 14, which nothing tells"
        }
        switch processor.testui {
        case .executes: return nil
        case .invalidOpcode: return "TESTUI raises #UD: the kernel has not set CR4.UINTR. Look for uintr in dmesg"
        case .untried(let errno): return "TESTUI could not be tried: \(describe(errno: errno))"
        }
    }

    /// Runs `body` with the cases' memory on a new thread, whose UIF is 0 and which no kernel knows yet.
    private static func onOwnThread(
        _ body: @escaping @Sendable (UserPages) -> CaseResult.Verdict
    ) -> CaseResult.Verdict {
        turn.withLock { _ in
            do throws(Unavailable) {
                return try OwnThread.run {
                    do throws(Unavailable) {
                        return body(try UserPages())
                    } catch {
                        return .skipped(error.sentence)
                    }
                }
            } catch {
                return .failed(step: 0, error.sentence)
            }
        }
    }
}

extension CaseResult.Verdict {
    /// A failure at the end of a case that went well until then.
    fileprivate func unless(_ sentence: String?, in testCase: Case) -> CaseResult.Verdict {
        guard case .passed = self, let sentence else { return self }
        return .failed(step: testCase.steps.count - 1, "at the end: \(sentence)")
    }
}
