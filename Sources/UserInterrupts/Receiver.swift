internal import CUserInterrupts
internal import SystemPackage

/// A thread that user interrupts are delivered to.
///
/// The handler, its UPID and UIF belong to one thread of the system. So a receiver owns its thread: ``run(on:waiting:handler:context:_:)``
/// creates it, registers, runs the body there, unregisters and joins. A receiver cannot be copied, sent elsewhere or kept,
/// and no `await` can stand in its body, since after one another thread might continue.
public struct Receiver: ~Copyable {
    /// The backend that it is registered with.
    public let backend: Backend

    /// How a blocked receiver is woken; only intel-6.0 distinguishes, the others ignore it.
    public enum WaitingMode: Sendable, Hashable {
        /// User interrupts do not end a wait. All that a kernel without CONFIG_X86_UINTR_BLOCKING has.
        case none
        /// UPID.NV names a kernel vector while the thread is blocked (UINTR_HANDLER_FLAG_WAITING_RECEIVER).
        case receiver
        /// A reserved bit of the UPID is set while the thread is blocked, so that SENDUIPI faults on the sender's side, where
        /// no CPU of the receiver is needed (UINTR_HANDLER_FLAG_WAITING_SENDER; Lutomirski's proposal in the thread).
        case sender

        var flags: UInt32 {
            switch self {
            case .none: UInt32(UINTR_HANDLER_FLAG_WAITING_NONE)
            case .receiver: UInt32(UINTR_HANDLER_FLAG_WAITING_RECEIVER)
            case .sender: UInt32(UINTR_HANDLER_FLAG_WAITING_SENDER)
            }
        }
    }

    /// Why a wait ended.
    public enum WaitResult: Sendable, Hashable {
        /// A user interrupt was pending or came; or the thread took a signal, which no kernel tells apart.
        case interrupted
        /// The time was over.
        case timedOut
    }

    /// Creates a thread, registers `handler` on it, runs `body` there, unregisters, joins the thread and hands back what `body`
    /// returned or threw. The calling thread is blocked meanwhile.
    ///
    /// The body starts with UIF = 0, as the processor does: nothing is delivered before ``unmask()`` or the end of a
    /// ``withMasked(_:)`` that began unmasked. Descriptors and senders made for the receiver may outlive it; a sender then
    /// sends to nobody.
    ///
    /// - Parameters:
    ///   - handler: runs as ``Handler`` says.
    ///   - context: handed to `handler`; it must stay valid until this returns, and is reached by both through atomics only.
    /// - Throws: ``UserInterruptError`` if the thread or the handler could not be set up, or anything that `body` throws.
    public static func run<R: ~Copyable & Sendable>(
        on backend: Backend, waiting: WaitingMode = .sender, handler: @escaping Handler,
        context: UnsafeMutableRawPointer? = nil, _ body: @escaping @Sendable (borrowing Receiver) throws -> R
    ) throws -> R {
        // The pointer crosses to the one thread that uses it, under the contract above.
        nonisolated(unsafe) let context = context
        return try runOnOwnThread {
            try register(on: backend, waiting: waiting, handler: handler, context: context)
            var registered = true
            defer {
                if registered { _ = unregister(from: backend) }
            }
            let value = try body(Receiver(backend: backend))
            registered = false
            if let error = unregister(from: backend) { throw error }
            return value
        }
    }

    /// Registers on the calling thread.
    static func register(
        on backend: Backend, waiting: WaitingMode, handler: @escaping Handler, context: UnsafeMutableRawPointer?
    ) throws(UserInterruptError) {
        let flags = backend.answers.hasWaitingModes ? waiting.flags : 0
        _ = try backend.call(.registerHandler, flags == 0 ? "handler" : "handler, flags 0x\(String(flags, radix: 16))") {
            $0.registerHandler(handler, context: context, flags: flags)
        }
    }

    /// Ends delivery on the calling thread; the error is handed back, since the body's own goes first.
    static func unregister(from backend: Backend) -> UserInterruptError? {
        backend.calls.clui()
        do throws(UserInterruptError) {
            _ = try backend.call(.unregisterHandler, "") { $0.unregisterHandler() }
            return nil
        } catch {
            return error
        }
    }

    /// A descriptor of one of this thread's vectors, for senders.
    ///
    /// - Throws: EBUSY with the first series' ABIs, `project` and the emulation if the vector has one already (with the last two:
    ///   or a sender); EMFILE, ENFILE, ENOMEM.
    public borrowing func makeDescriptor(for vector: UserVector) throws(UserInterruptError) -> VectorDescriptor {
        let fd = try backend.call(backend.answers.descriptorCall, "\(vector)") { $0.descriptor(vector: vector.rawValue) }
        return VectorDescriptor(adopting: fd, vector: vector, on: backend)
    }

    /// A sender from this thread to itself without a descriptor.
    ///
    /// - Throws: ``UserInterruptError/Code/unsupported`` where the ABI has no uintr_register_self; ENOSPC; on the emulation, which
    ///   makes a descriptor, connects and closes it, whatever these answer.
    public borrowing func makeSelfSender(for vector: UserVector) throws(UserInterruptError) -> Sender {
        guard backend.hasRegisterSelf else {
            throw .unsupported(
                "\(SystemCall.registerSelf.rawValue)(\(vector))", abi: backend.abi,
                because: "This ABI has no such call. Make a descriptor with makeDescriptor(for:) and a Sender to it.")
        }
        let index = try backend.call(.registerSelf, "\(vector)") { $0.registerSelf(vector: vector.rawValue) }
        return Sender(index: index, descriptor: -1, on: backend)
    }

    /// Has the handler run on a stack of its own; `nil` goes back to the interrupted one. The memory must stay valid until
    /// then or until the body ends.
    ///
    /// The handler must not execute STUI then: every delivery loads RSP with the same address (SDM Vol. 3A 9.4.2), so one
    /// nested in it would overwrite its frame.
    ///
    /// - Throws: ``UserInterruptError/Code/unsupported`` where the ABI has no uintr_alt_stack; with `project` and the emulation
    ///   ENOMEM below 2048 bytes. The handler's entry needs up to 5 KiB, most of it for vector registers.
    public borrowing func useAlternateStack(_ stack: UnsafeMutableRawBufferPointer?) throws(UserInterruptError) {
        let operation = "\(SystemCall.alternateStack.rawValue)(\(stack?.count ?? 0) bytes)"
        guard backend.hasAlternateStack else {
            throw .unsupported(
                operation, abi: backend.abi,
                because: "This ABI has no such call: the handler runs on the interrupted stack.")
        }
        // uintr-next loads RSP with the address itself: it is the high end of the stack, whatever the manual page says.
        let top = stack.flatMap { stack in stack.baseAddress.map { $0 + stack.count } }
        _ = try backend.call(.alternateStack, "\(stack?.count ?? 0) bytes") {
            $0.alternateStack(top: top, size: stack?.count ?? 0)
        }
    }

    /// Blocks until a user interrupt is pending or the time is over.
    ///
    /// A pending interrupt ends the wait at once, even if it was posted before, and also with UIF = 0: then the handler runs
    /// at the next ``unmask()``, and `mask(); if !flag { wait() }; unmask()` cannot miss an event. It may end early without
    /// one (a signal; and after the 1000 seconds that one call takes at most, since what is delivered between two calls would
    /// end neither): look at what you wait for again. Where a kernel's own wait can lose an interrupt posted before it
    /// (rfc-v1, intel-6.0), it is lost here too.
    ///
    /// - Parameter timeout: rounded up to microseconds; `nil` is no limit.
    /// - Throws: ``UserInterruptError/Code/unsupported`` for a time where the ABI's wait takes none;
    ///   ``UserInterruptError/Code/invalidArgument`` for a negative time.
    public borrowing func wait(timeout: Duration? = nil) throws(UserInterruptError) -> WaitResult {
        guard let timeout else {
            let longest = backend.calls.longestWait
            _ = try waitOnce(microseconds: longest > 0 ? longest : nil)
            return .interrupted
        }
        guard backend.hasTimedWait else {
            throw .unsupported(
                "\(SystemCall.wait.rawValue)(\(timeout))", abi: backend.abi,
                because: "The wait of this ABI takes no time: it ends only with an interrupt or a signal. Wait without a timeout, or have a timer send a signal to this thread.")
        }
        guard let time = timeout.microsecondsRoundedUp else {
            throw UserInterruptError(
                code: .invalidArgument, operation: "\(SystemCall.wait.rawValue)(\(timeout))", abi: backend.abi,
                advice: "The time is negative or longer than 584000 years. Give 0 or more, or nil to wait for ever.")
        }
        let longest = backend.calls.longestWait
        let result = try waitOnce(microseconds: min(time, longest))
        return time > longest ? .interrupted : result
    }

    private borrowing func waitOnce(microseconds: UInt64?) throws(UserInterruptError) -> WaitResult {
        let result = backend.calls.wait(microseconds: microseconds)
        // Here EINTR is the answer and not a reason to try again.
        if result == -Errno.interrupted.rawValue { return .interrupted }
        if result >= 0 { return .timedOut }
        throw .failed(
            .wait, microseconds.map { "\($0) microseconds" } ?? "", errno: Errno(rawValue: -result), abi: backend.abi)
    }

    /// CLUI: UIF := 0. What is sent from now on stays pending.
    public borrowing func mask() { backend.calls.clui() }
    /// STUI: UIF := 1. What is pending is delivered at once, the highest vector first.
    public borrowing func unmask() { backend.calls.stui() }
    /// TESTUI: UIF.
    public var isUnmasked: Bool { backend.calls.testui() }

    /// Runs `body` with UIF = 0 and puts UIF back to what it was.
    public borrowing func withMasked<R: ~Copyable, E: Error>(_ body: () throws(E) -> R) throws(E) -> R {
        let wasUnmasked = isUnmasked
        mask()
        defer { if wasUnmasked { unmask() } }
        return try body()
    }
}

@available(*, unavailable, message: "a receiver belongs to its thread")
extension Receiver: Sendable {}

extension Backend {
    /// Makes a call and turns a negative answer into an error that names it.
    func call(_ call: SystemCall, _ arguments: String, _ make: (any Calls) -> CInt) throws(UserInterruptError) -> CInt {
        let result = calls.retrying { make(calls) }
        guard result < 0 else { return result }
        throw .failed(call, arguments, errno: Errno(rawValue: -result), abi: abi)
    }
}

extension Duration {
    /// `nil` if negative or beyond 64 bits.
    var microsecondsRoundedUp: UInt64? {
        let (seconds, attoseconds) = components
        guard seconds >= 0, attoseconds >= 0 else { return nil }
        let (whole, overflow) = UInt64(seconds).multipliedReportingOverflow(by: 1_000_000)
        let (sum, overflow2) = whole.addingReportingOverflow(UInt64((attoseconds + 999_999_999_999) / 1_000_000_000_000))
        return overflow || overflow2 ? nil : sum
    }
}
