import CUserInterrupts
import SystemPackage
import Testing
@testable import UserInterrupts

@Suite("Errors say what was tried, what the system answered and what to do")
struct ErrorTests {
    /// Every errno that a kernel's code gives, or docs/uapi.md for `project`; what a wait says of its end apart.
    static let published: [(abis: [ABI], call: SystemCall, errnos: [Errno])] = {
        let v1: [ABI] = [.rfcV1, .port5_16, .intelMT]
        let next: [ABI] = [.intel6_0]
        let own: [ABI] = [.project]
        return [
            (v1, .registerHandler, [.notSupported, .invalidArgument, .badAddress, .resourceBusy, .noMemory]),
            (v1, .unregisterHandler, [.notSupported, .invalidArgument]),
            (v1, .createFD, [
                .notSupported, .invalidArgument, .noMemory, .noSpace, .resourceBusy, .tooManyOpenFiles,
                .tooManyOpenFilesInSystem, .operationNotSupportedByDevice,
            ]),
            (v1, .registerSender, [
                .invalidArgument, .badFileDescriptor, .notSupported, .socketIsConnected, .noMemory, .socketShutdown, .noSpace,
            ]),
            (v1, .unregisterSender, [.invalidArgument, .badFileDescriptor, .notSupported]),
            (v1, .wait, [.invalidArgument, .notSupported]),
            (next, .registerHandler, [.noFunction, .invalidArgument, .badAddress, .resourceBusy, .noMemory]),
            (next, .unregisterHandler, [.noFunction, .invalidArgument]),
            (next, .vectorFD, [
                .noFunction, .invalidArgument, .noMemory, .noSpace, .tooManyOpenFiles, .tooManyOpenFilesInSystem,
                .operationNotSupportedByDevice,
            ]),
            (next, .registerSender, [
                .noFunction, .invalidArgument, .badFileDescriptor, .notSupported, .socketShutdown, .noMemory, .noSpace,
            ]),
            (next, .unregisterSender, [.noFunction, .invalidArgument]),
            (next, .registerSelf, [.noFunction, .invalidArgument, .noSpace, .noMemory, .socketShutdown]),
            (next, .alternateStack, [.noFunction, .invalidArgument, .notSupported]),
            (next, .ipiFD, [
                .noFunction, .invalidArgument, .noMemory, .tooManyOpenFiles, .tooManyOpenFilesInSystem,
                .operationNotSupportedByDevice,
            ]),
            (next, .wait, [.noFunction, .invalidArgument, .notSupported]),
            (own, .registerHandler, [.noFunction, .notSupported, .invalidArgument, .badAddress, .resourceBusy, .noMemory]),
            (own, .unregisterHandler, [.noFunction, .notSupported, .invalidArgument]),
            (own, .alternateStack, [.noFunction, .notSupported, .invalidArgument, .badAddress, .noMemory]),
            (own, .createFD, [
                .noFunction, .notSupported, .invalidArgument, .noSpace, .resourceBusy, .tooManyOpenFiles,
                .tooManyOpenFilesInSystem, .noMemory,
            ]),
            (own, .registerSender, [
                .noFunction, .notSupported, .invalidArgument, .badFileDescriptor, .socketShutdown, .noSpace, .noMemory,
            ]),
            (own, .unregisterSender, [.noFunction, .notSupported, .invalidArgument]),
            (own, .wait, [.noFunction, .notSupported, .invalidArgument]),
        ]
    }()

    @Test("every errno of every published call has its own advice")
    func everyErrno() {
        for row in Self.published {
            for abi in row.abis {
                for errno in row.errnos {
                    let advice = UserInterruptError.advice(for: row.call, errno: errno, abi: abi)
                    #expect(advice != nil, "\(row.call.rawValue) \(errno) \(abi.rawValue)")
                    let text = UserInterruptError.failed(row.call, "x", errno: errno, abi: abi).description
                    #expect(text.contains(row.call.rawValue))
                    #expect(text.contains(UserInterruptError.name(of: errno)))
                    #expect(text.contains(abi.rawValue))
                    #expect(UserInterruptError.name(of: errno).hasPrefix("E"))
                }
            }
        }
    }

    @Test("different errnos of one call have different advice", arguments: ABI.allCases)
    func distinct(abi: ABI) {
        for row in Self.published where row.abis.contains(abi) {
            let advice = row.errnos.map { UserInterruptError.advice(for: row.call, errno: $0, abi: abi) ?? "" }
            #expect(Set(advice).count == advice.count, "\(row.call.rawValue)")
        }
    }

    @Test("an errno that no kernel gives is said to be unexpected, and points at the ABI")
    func unexpected() {
        #expect(UserInterruptError.advice(for: .registerSender, errno: .brokenPipe, abi: .rfcV1) == nil)
        let text = UserInterruptError.failed(.registerSender, "descriptor 3", errno: .brokenPipe, abi: .rfcV1).description
        #expect(text.contains("None of the known kernels answers so"))
    }

    @Test("every ABI's name is a row of the shim's table")
    func table() {
        #expect(ABI.allCases.count == Int(UINTR_ABI_COUNT))
        for (place, abi) in ABI.allCases.enumerated() {
            let row = uintr_abi_at(place)
            #expect(row.map { String(cString: uintr_abi_name($0)) } == abi.rawValue)
            #expect(uintr_abi_named(abi.rawValue) != nil)
        }
    }

    @Test("what an ABI has follows its calls")
    func capabilities() {
        for abi in [ABI.rfcV1, .port5_16, .intelMT] {
            #expect(!abi.hasTimedWait && !abi.hasRegisterSelf && !abi.hasAlternateStack && !abi.hasWaitingModes)
            #expect(abi.unregistersSenderByDescriptor)
        }
        let next = ABI.intel6_0
        #expect(next.hasTimedWait && next.hasRegisterSelf && next.hasAlternateStack && next.hasWaitingModes)
        #expect(!next.unregistersSenderByDescriptor)
        #expect(next.longestWait == 1_000_000_000)
        let own = ABI.project
        #expect(own.hasTimedWait && own.hasAlternateStack && !own.hasRegisterSelf && !own.hasWaitingModes)
        #expect(!own.unregistersSenderByDescriptor)
        #expect(own.longestWait == .max)
        #expect(ABI.allCases.map(\.descriptorCall) == [.createFD, .createFD, .createFD, .vectorFD, .createFD])
    }

    @Test("what project answers where a kernel before it answers otherwise is not explained in that one's words")
    func projectDiffers() {
        func advice(_ call: SystemCall, _ errno: Errno) -> String {
            UserInterruptError.advice(for: call, errno: errno, abi: .project) ?? ""
        }
        #expect(advice(.wait, .invalidArgument).contains("no handler registered"))
        #expect(!advice(.wait, .invalidArgument).contains("1000 seconds"))
        #expect(!advice(.registerHandler, .invalidArgument).contains("intel-6.0"))
        #expect(advice(.registerSender, .notSupported).contains("switched off"))
        #expect(advice(.registerSender, .badFileDescriptor).contains("is not one of a receiver's vector"))
        #expect(advice(.alternateStack, .noMemory).contains("2048"))
        #expect(advice(.registerHandler, .noFunction).contains(CallNumbers.path))
    }

    @Test("a project without numbers reaches no kernel: every call is ENOSYS")
    func projectHasNoNumbers() {
        let calls = HardwareCalls(.project)
        #expect(calls.descriptor(vector: 0) == -Errno.noFunction.rawValue)
        #expect(calls.registerSender(descriptor: 0) == -Errno.noFunction.rawValue)
        #expect(calls.unregisterHandler() == -Errno.noFunction.rawValue)
        #expect(calls.wait(microseconds: 0) == -Errno.noFunction.rawValue)
    }
}

@Suite("The API on a scripted kernel")
struct ScriptedKernelTests {
    private let eintr: CInt = -4, einval: CInt = -22, ebusy: CInt = -16, ebadf: CInt = -9

    /// Runs a body on a receiver of the scripted kernel and returns what it threw.
    private func run(
        _ kernel: ScriptedKernel, _ body: @escaping @Sendable (borrowing Receiver) throws -> Void = { _ in }
    ) -> UserInterruptError? {
        do {
            try Receiver.run(on: kernel.backend, handler: ignoring, body)
            return nil
        } catch {
            return error as? UserInterruptError
        }
    }

    private func passes(_ kernel: ScriptedKernel, _ body: @escaping @Sendable (borrowing Receiver) throws -> Void) {
        let error = run(kernel, body)
        #expect(error == nil)
    }

    @Test("a failed registration is reported with its errno and advice, and nothing is unregistered", arguments: [
        -22, -14, -16, -12, -38, -1,
    ] as [CInt])
    func registration(answer: CInt) {
        let kernel = ScriptedKernel(.intel6_0, [answer])
        let error = run(kernel)
        #expect(error?.errno?.rawValue == -answer)
        #expect(error?.abi == .intel6_0)
        #expect(error?.operation.hasPrefix("uintr_register_handler") == true)
        #expect(kernel.asked == ["register_handler \(0x2000)"])
    }

    @Test("an interrupted registration is made again", arguments: 1...3)
    func retried(times: Int) {
        let kernel = ScriptedKernel(.rfcV1, [CInt](repeating: eintr, count: times) + [0, eintr, 0])
        #expect(run(kernel) == nil)
        #expect(kernel.asked.filter { $0.hasPrefix("register_handler") }.count == times + 1)
        #expect(kernel.asked.filter { $0 == "unregister_handler" }.count == 2)
    }

    @Test("waiting flags are passed where the ABI has them, and only there")
    func waitingFlags() throws {
        for (mode, flags) in [(.none, 0), (.receiver, 0x1000), (.sender, 0x2000)] as [(Receiver.WaitingMode, Int)] {
            for (abi, expected) in [(ABI.intel6_0, flags), (.rfcV1, 0), (.intelMT, 0)] {
                let kernel = ScriptedKernel(abi, [])
                try Receiver.run(on: kernel.backend, waiting: mode, handler: ignoring) { _ in }
                #expect(kernel.asked.first == "register_handler \(expected)")
            }
        }
    }

    @Test("a body that throws is unregistered, and its error goes before that of unregistering")
    func bodyThrows() {
        struct Mine: Error {}
        let kernel = ScriptedKernel(.rfcV1, [0, einval])
        #expect(throws: Mine.self) { try Receiver.run(on: kernel.backend, handler: ignoring) { _ in throw Mine() } }
        #expect(kernel.asked.last == "unregister_handler")
    }

    @Test("a failed unregistration is reported")
    func unregisterFails() {
        let error = run(ScriptedKernel(.rfcV1, [0, einval]))
        #expect(error?.operation.hasPrefix("uintr_unregister_handler") == true)
        #expect(error?.errno == .invalidArgument)
    }

    @Test("a timed wait on an ABI without time is an error that says so, and no call is made", arguments: [
        ABI.rfcV1, .port5_16, .intelMT,
    ])
    func noTimedWait(abi: ABI) {
        let kernel = ScriptedKernel(abi, [])
        let error = run(kernel) { receiver in _ = try receiver.wait(timeout: .seconds(1)) }
        #expect(error?.code == .unsupported)
        #expect(error?.description.contains("takes no time") == true)
        #expect(!kernel.asked.contains { $0.hasPrefix("wait") })
    }

    @Test("EINTR ends a wait and is no error; the first series' wait is called without a time")
    func waitInterrupted() {
        let old = ScriptedKernel(.rfcV1, [0, eintr])
        passes(old) { receiver in
            let result4 = try receiver.wait()
            #expect(result4 == .interrupted)
        }
        #expect(old.asked[1] == "wait -")
        let new = ScriptedKernel(.intel6_0, [0, eintr])
        passes(new) { receiver in
            let result5 = try receiver.wait(timeout: .microseconds(7))
            #expect(result5 == .interrupted)
        }
        #expect(new.asked[1] == "wait 7")
    }

    @Test("a wait is one call: one that is longer than the ABI's ends early, and a part of a microsecond counts as one")
    func waitIsOneCall() {
        let kernel = ScriptedKernel(.intel6_0, [])
        passes(kernel) { receiver in
            let result1 = try receiver.wait(timeout: .seconds(1000))
            #expect(result1 == .timedOut)
            let result2 = try receiver.wait(timeout: .seconds(1000) + .nanoseconds(1))
            #expect(result2 == .interrupted)
            let result3 = try receiver.wait(timeout: .nanoseconds(1))
            #expect(result3 == .timedOut)
            let result4 = try receiver.wait(timeout: .zero)
            #expect(result4 == .timedOut)
        }
        #expect(kernel.asked.filter { $0.hasPrefix("wait") } == ["wait 1000000000", "wait 1000000000", "wait 1", "wait 0"])
    }

    @Test("a wait without a limit ends after the longest time, since an interrupt between two calls would end neither")
    func waitWithoutLimit() {
        let kernel = ScriptedKernel(.intel6_0, [0, 0])
        passes(kernel) { receiver in
            let result6 = try receiver.wait()
            #expect(result6 == .interrupted)
        }
        #expect(kernel.asked.filter { $0.hasPrefix("wait") } == ["wait 1000000000"])
    }

    @Test("a negative time is refused before any call")
    func negativeWait() {
        let error = run(ScriptedKernel(.intel6_0, [])) { receiver in _ = try receiver.wait(timeout: .seconds(-1)) }
        #expect(error?.code == .invalidArgument)
    }

    @Test("ENOSYS of a wait names CONFIG_X86_UINTR_BLOCKING")
    func waitNotBuilt() {
        let error = run(ScriptedKernel(.intel6_0, [0, -38])) { receiver in _ = try receiver.wait() }
        #expect(error?.description.contains("CONFIG_X86_UINTR_BLOCKING") == true)
    }

    @Test("register_self and alternate stacks are unsupported where the ABI has none", arguments: [ABI.rfcV1, .intelMT])
    func unsupported(abi: ABI) {
        let kernel = ScriptedKernel(abi, [])
        #expect(run(kernel) { receiver in _ = try receiver.makeSelfSender(for: UserVector(1)) }?.code == .unsupported)
        #expect(run(kernel) { receiver in try receiver.useAlternateStack(nil) }?.code == .unsupported)
        #expect(!kernel.asked.contains { $0.hasPrefix("alt_stack") || $0.hasPrefix("register_self") })
    }

    @Test("a sender is unregistered once: when its life ends, or by close, whose error is reported")
    func senderEnds() {
        let kernel = ScriptedKernel(.intel6_0, [0, 5])
        passes(kernel) { receiver in
            let sender = try receiver.makeSelfSender(for: UserVector(1))
            sender.send()
        }
        #expect(kernel.asked == ["register_handler 8192", "register_self 1", "senduipi 5", "unregister_sender 5", "unregister_handler"])

        let failing = ScriptedKernel(.intel6_0, [0, 5, einval])
        let error = run(failing) { receiver in try receiver.makeSelfSender(for: UserVector(1)).close() }
        #expect(error?.operation == "uintr_unregister_sender(index 5)")
        #expect(failing.asked.filter { $0.hasPrefix("unregister_sender") }.count == 1)
    }

    @Test("withMasked puts UIF back to what it was, also when the body throws")
    func withMasked() {
        struct Mine: Error {}
        passes(ScriptedKernel(.rfcV1, [])) { receiver in
            let within = receiver.withMasked { receiver.isUnmasked }
            let after = receiver.isUnmasked
            #expect(!within && !after)
            receiver.unmask()
            do {
                try receiver.withMasked { throw Mine() }
                Issue.record("withMasked swallowed the error")
            } catch is Mine {}
            let restored = receiver.isUnmasked
            #expect(restored)
        }
    }
}
