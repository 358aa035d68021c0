import CUserInterrupts
import Cases
import Conformance
import Glibc
import Synchronization
import Testing
import UserInterrupts

/// A kernel by script. Asked for a descriptor, it delivers the vector as the processor would: the frame is built on the case's
/// stack, and the recording entry is run on it (the one that returns by IRETQ, where no UIRET is).
private final class ScriptedKernel: KernelCalls, Sendable {
    struct Script {
        var register: CInt = 0
        var descriptor: CInt?
        var indices: [CInt] = Array(0..<300)
        var unregisterSender: CInt = 0
        var unregister: CInt = 0
        /// How many frames a descriptor brings.
        var deliveries = 1
        var vector: UInt64?
    }

    let script: Script
    let calls = Mutex<[String]>([])

    init(_ script: Script = Script()) { self.script = script }

    private func note(_ call: String) -> Int {
        calls.withLock {
            $0.append(call)
            return $0.count { $0.hasPrefix(call.prefix { $0 != " " }) } - 1
        }
    }

    func registerHandler() -> CInt {
        _ = note("register")
        return script.register
    }

    func unregisterHandler() -> CInt {
        _ = note("unregister")
        return script.unregister
    }

    func descriptor(vector: UInt8) -> CInt {
        let number = note("descriptor \(vector)")
        if let descriptor = script.descriptor { return descriptor }
        for _ in 0..<script.deliveries { deliver(script.vector ?? UInt64(vector)) }
        return CInt(100 + number)
    }

    func registerSender(descriptor: CInt) -> CInt {
        script.indices[note("sender \(descriptor)")]
    }

    func unregisterSender(descriptor: CInt, index: CInt) -> CInt {
        _ = note("unsender \(descriptor) \(index)")
        return script.unregisterSender
    }

    func close(descriptor: CInt) { _ = note("close \(descriptor)") }

    static let rsp = Layout.stackTop + 5
    static let entryRSP = (rsp - 128) & ~0xF - 32

    private func deliver(_ vector: UInt64) {
        guard let frame = UnsafeMutablePointer<UInt64>(bitPattern: UInt(Self.entryRSP)) else { return }
        (frame[0], frame[1], frame[2], frame[3]) = (vector, Layout.code, 0x2D7, Self.rsp)
        var context = uintr_cpu_context()
        context.rip = UInt64(UInt(bitPattern: uintr_test_record_entry_address()))
        context.rsp = Self.entryRSP
        context.rflags = 0x202
        #expect(uintr_execute(&context, Layout.code, nil) == 0)
    }
}

@Suite("The hardware machine, on a kernel by script")
struct HardwareMachineTests {
    private func run(_ kernel: ScriptedKernel, _ steps: Step...) -> CaseResult.Verdict {
        HardwareSuite.run(
            Case("test.hardware", "", source: "", level: .cpl3, steps: steps), kernel: kernel, noHardware: ENOSYS, quietReads: 100,
            patience: 2
        ).verdict
    }

    @Test("what the entry records is what a case may expect: vectors in their order, and the last frame")
    func deliveries() {
        let kernel = ScriptedKernel()
        #expect(
            run(
                kernel, .settle, .expectDelivered([]), .connect(3), .connect(63), .settle, .expectDelivered([3, 63]),
                .expectDelivered([]), .expectFrameRSP(ScriptedKernel.rsp), .expectEntryRSP(ScriptedKernel.entryRSP),
                .expectFrameRFLAGS(mask: 0xFD5, 0x2D5), .connect(0), .expectDelivered([0])) == .passed)
    }

    @Test("a delivery that comes twice, not at all or with another vector fails the case")
    func wrongDeliveries() {
        #expect(sentence(run(ScriptedKernel(.init(deliveries: 2)), .connect(3), .settle, .expectDelivered([3])))?.contains("found [3, 3]") == true)
        #expect(sentence(run(ScriptedKernel(.init(deliveries: 0)), .connect(3), .settle, .expectDelivered([3])))?.contains("found []") == true)
        #expect(sentence(run(ScriptedKernel(.init(vector: 4)), .connect(3), .settle, .expectDelivered([3])))?.contains("found [4]") == true)
        #expect(sentence(run(ScriptedKernel(.init(vector: 64)), .connect(3), .settle))?.contains("vector is 64") == true)
        #expect(sentence(run(ScriptedKernel(.init(deliveries: 1025)), .connect(3), .settle))?.contains("more deliveries than") == true)
        #expect(sentence(run(ScriptedKernel(), .connect(3), .settle, .expectFrameRSP(0)))?.contains("the frame's RSP") == true)
        #expect(sentence(run(ScriptedKernel(), .expectEntryRSP(0))) == "step 1, expect-entry-rsp 0x0: no frame was recorded")
    }

    @Test("an index other than the case counts fails the case, and says what to do")
    func indices() {
        let kernel = ScriptedKernel(.init(indices: [0, 2]))
        let found = sentence(run(kernel, .connect(3), .connect(4)))
        #expect(found?.contains("the index 2 where the case counts 1") == true)
        #expect(found?.contains("a process that has no other") == true)
        #expect(kernel.calls.withLock { $0.contains("unsender 101 2") }, "what was connected is still undone")
    }

    @Test("everything is undone at the end, last first, also after a failure")
    func undoing() {
        let kernel = ScriptedKernel()
        #expect(run(kernel, .connect(3), .connect(4), .expect(.rax, 1)) != .passed)
        #expect(
            kernel.calls.withLock { $0 } == [
                "register", "descriptor 3", "sender 100", "descriptor 4", "sender 101", "unsender 101 1", "close 101",
                "unsender 100 0", "close 100", "unregister",
            ])
    }

    @Test("a kernel's refusal is a failure with its errno in words; that it has no user interrupts is a skip")
    func refusals() {
        #expect(sentence(run(ScriptedKernel(.init(register: -EBUSY)), .settle))?.contains("(\(EBUSY))") == true)
        #expect(sentence(run(ScriptedKernel(.init(descriptor: -ENOSPC)), .connect(3)))?.contains("no descriptor for vector 3") == true)
        #expect(sentence(run(ScriptedKernel(.init(indices: [-ESHUTDOWN])), .connect(3)))?.contains("(\(ESHUTDOWN))") == true)
        #expect(sentence(run(ScriptedKernel(.init(unregisterSender: -EINVAL)), .connect(3)))?.contains("unregister_sender of index 0") == true)
        #expect(sentence(run(ScriptedKernel(.init(unregister: -EINVAL)), .settle))?.contains("at the end: uintr_unregister_handler") == true)
        guard case .skipped(let reason) = run(ScriptedKernel(.init(register: -ENOSYS)), .settle) else {
            Issue.record("a kernel without user interrupts is a skip")
            return
        }
        #expect(reason.contains("uintr_register_handler answered"))
    }
}

@Suite("The suite on hardware")
struct HardwareSuiteTests {
    private static let cpl3 = Case.all.filter { $0.level == .cpl3 }

    @Test("a case that needs CPL 0, the core or a second processor is skipped, and says so")
    func levels() {
        func reason(_ level: Level, processors: Int = 1) -> String? {
            let testCase = Case("test.level", "", source: "", level: level, processors: processors, steps: [.settle])
            if case .skipped(let reason) = HardwareSuite.run(testCase, abi: .intel6_0).verdict { return reason }
            return nil
        }
        #expect(reason(.cpl0)?.hasPrefix("needs CPL 0") == true)
        #expect(reason(.core)?.hasPrefix("needs the emulator core") == true)
        #expect(reason(.cpl3, processors: 2)?.hasPrefix("needs 2 processors") == true)
    }

    @Test("a case is skipped for each thing that the processor is not, with the reason; else it is taken")
    func features() {
        func reason(_ features: CaseFeatures, _ change: (inout ProcessorAtHand) -> Void = { _ in }) -> String? {
            var processor = ProcessorAtHand(uintr: true, flexibleUIRET: true, linearAddressWidth: 48, testui: .executes)
            change(&processor)
            let testCase = Case("test.features", "", source: "", level: .cpl3, features: features, steps: [.settle])
            return HardwareSuite.reasonToSkip(testCase, on: processor)
        }
        #expect(reason(CaseFeatures()) == nil)
        #expect(reason(CaseFeatures(flexibleUIRET: true, linearAddressWidth: 48)) == nil)
        #expect(reason(CaseFeatures(flexibleUIRET: false))?.contains("EDX[17] = 0") == true)
        #expect(reason(CaseFeatures(flexibleUIRET: true)) { $0.flexibleUIRET = false }?.contains("EDX[17] = 1") == true)
        #expect(reason(CaseFeatures(linearAddressWidth: 57))?.contains("57 bits; this processor has 48") == true)
        #expect(reason(CaseFeatures(tracksInitialConfiguration: true)) != nil)
        #expect(reason(CaseFeatures()) { ($0.uintr, $0.testui) = (false, .invalidOpcode) }?.contains("EDX[5] is 0") == true)
        #expect(reason(CaseFeatures()) { $0.testui = .invalidOpcode }?.contains("CR4.UINTR") == true)
        #expect(reason(CaseFeatures()) { $0.testui = .untried(errno: ENOMEM) }?.contains("(\(ENOMEM))") == true)
    }

    @Test("without user interrupts every case at CPL 3 is skipped with the reason, and no system call is made")
    func withoutHardware() {
        var uif = false
        guard uintr_try_testui(&uif, nil) == 1 else {
            print("skipped: this kernel has set CR4.UINTR")
            return
        }
        // 9999 is no system call; a thread that called it would be told ENOSYS, and the reason would name it.
        var abi = uintr_abi()
        #expect(uintr_abi_project(&abi, 9999) == 0)
        for testCase in Self.cpl3 {
            guard case .skipped(let reason) = HardwareSuite.run(testCase, calls: abi).verdict else {
                Issue.record("\(testCase.id) was not skipped")
                continue
            }
            #expect(!reason.contains("uintr_register_handler"))
        }
    }

    @Test("every case at CPL 3 holds on the processor, where detection finds user interrupts")
    func onHardware() throws {
        var environment: [String: String] = [:]
        for variable in ["UINTR_ABI", "UINTR_CALLS"] { environment[variable] = getenv(variable).map { String(cString: $0) } }
        let detection = try Detection.detect(environment: environment)
        guard let abi = detection.abi else {
            print("skipped: the cases at CPL 3 were not run on the processor:", detection.reasons.joined(separator: " "))
            return
        }
        print("The cases at CPL 3 run on \(detection.cpu), \(detection.kernel), ABI \(abi.rawValue).")
        for testCase in Self.cpl3 {
            let verdict = HardwareSuite.run(testCase, abi: abi, numbers: detection.calls).verdict
            if case .skipped(let reason) = verdict { print("skipped: \(testCase.id): \(reason)") }
            #expect(sentence(verdict) == nil, "\(testCase.id): \(testCase.claim)")
        }
    }
}
