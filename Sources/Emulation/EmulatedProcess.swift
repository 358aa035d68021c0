public import CEmulationBackend
internal import CEmulationRuntime
internal import Glibc

/// User interrupts for a process that calls the runtime, where another executes instructions that trap.
///
/// The process is as it was but for one signal (`emulation_open`): nothing is interposed, patched or filtered, no instruction traps.
/// A notification brings that signal to the receiver's thread, and its handler has the interrupted code go on in the handler of
/// the user interrupt. What becomes due in ordinary code, after STUI or a call, is delivered there without a signal.
///
/// Errnos and their order are those of docs/uapi.md, `project`. Calls act on the calling thread and return 0 or above, or a negated
/// errno. The instructions may be used in handlers, of signals too. A descriptor may be handed to another process. A forked child
/// has neither receiver nor sender, and may connect with the descriptors.
///
/// A thread that blocks the signal itself is interrupted when it unblocks it, in ``wait(until:flags:)``, or by what it sends itself.
/// System calls that a notification interrupts go on (SA_RESTART); those that never do (poll, nanosleep) end with EINTR.
public enum EmulatedProcess {
    /// 0, or why there are no user interrupts.
    private static let opening: CInt = {
        let failure = emulation_open()
        if failure == 0 { warmUp() }
        return failure
    }()

    /// - Parameter flags: none is defined.
    public static func registerHandler(
        _ handler: @escaping emulation_handler, context: UnsafeMutableRawPointer?, flags: UInt32 = 0
    ) -> CInt {
        guard opening == 0 else { return opening }
        return register(handler, context, flags)
    }

    private static func register(_ handler: @escaping emulation_handler, _ context: UnsafeMutableRawPointer?, _ flags: UInt32) -> CInt {
        // Set before anything can be delivered. A thread that has a handler keeps it: the call answers EBUSY or EINVAL.
        let isFirst = runtime_thread_current()?.pointee.receiver == nil
        if isFirst { emulation_handler_set(handler, context) }
        let result = call(UINTR_CALL_REGISTER_HANDLER, emulation_entry_address(), UInt64(flags))
        if result == 0 { _ = emulation_signal_block(false) } else if isFirst { emulation_handler_set(nil, nil) }
        return result
    }

    public static func unregisterHandler() -> CInt { call(UINTR_CALL_UNREGISTER_HANDLER, 0) }

    /// `base` is the lowest address of the stack; 0 and 0: none.
    public static func alternateStack(base: UInt64, size: UInt64) -> CInt { call(UINTR_CALL_ALT_STACK, base, size, 0) }

    /// uintr_create_fd.
    public static func descriptor(vector: UInt64) -> CInt { call(UINTR_CALL_CREATE_FD, vector, 0) }

    public static func registerSender(descriptor: CInt) -> CInt {
        guard opening == 0 else { return opening }
        return call(UINTR_CALL_REGISTER_SENDER, UInt64(UInt32(bitPattern: descriptor)), 0)
    }

    public static func unregisterSender(index: CInt) -> CInt {
        call(UINTR_CALL_UNREGISTER_SENDER, UInt64(UInt32(bitPattern: index)), 0)
    }

    /// - Parameter until: nanoseconds of CLOCK_MONOTONIC; 0: do not sleep; from 2^63 - 1 up: for ever.
    /// - Returns: 0 while a user interrupt is pending or after one was delivered, -ETIMEDOUT, -EINTR.
    public static func wait(until deadline: UInt64, flags: UInt32 = 0) -> CInt {
        guard opening == 0 else { return opening }
        // A program may have blocked the signal: the sleep would not end.
        let wasBlocked = emulation_signal_block(false)
        let result = call(UINTR_CALL_WAIT, deadline, UInt64(flags))
        if wasBlocked { _ = emulation_signal_block(true) }
        return result
    }

    // SENDUIPI: SIGILL while the process was never connected to anything, SIGSEGV for an index that is not connected.
    public static func clui() { emulation_clui() }
    public static func stui() { emulation_stui() }
    public static func testui() -> Bool { emulation_testui() }
    public static func senduipi(_ index: UInt64) { emulation_senduipi(index) }

    private static func call(_ which: uintr_call, _ a: UInt64, _ b: UInt64 = 0, _ c: UInt64 = 0) -> CInt {
        guard let thread = runtime_thread_current() else { return -ENOMEM }
        thread.pointee.delivered_before = thread.pointee.delivered
        // The runtime's lock is taken within: what a signal delivered there might need it too, or never come back. A wait takes none.
        let mask = which == UINTR_CALL_WAIT ? nil : runtime_signals_block()
        let result = CInt(truncatingIfNeeded: emulate(which, thread, a, b, c))
        if let mask { runtime_signals_restore(mask) }
        emulation_settle()
        return result
    }
}

extension EmulatedProcess {
    /// Runs, on the calling thread, all that a delivery can come to: unoptimised Swift allocates and locks when it first uses a type,
    /// and must not do so in a signal's handler.
    private static func warmUp() {
        let wasBlocked = emulation_signal_block(true)
        defer { _ = emulation_signal_block(wasBlocked) }
        guard let thread = runtime_thread_current(), register(emulation_idle(), nil, 0) == 0 else { return }
        let descriptor = descriptor(vector: 0)
        let index = UInt64(bitPattern: Int64(call(UINTR_CALL_REGISTER_SENDER, UInt64(UInt32(bitPattern: descriptor)), 0)))
        if descriptor >= 0, index < UInt64(RUNTIME_ENTRIES), let receiver = thread.pointee.receiver {
            // To itself, seen by a wait and delivered by STUI; then by SENDUIPI itself; then by a signal.
            senduipi(index)
            _ = call(UINTR_CALL_WAIT, UInt64.max)
            stui()
            senduipi(index)
            clui()
            senduipi(index)
            emulation_stui_by_signal()
            // As another thread sends: through the pipe.
            receiver.pointee.cookie ^= 2
            senduipi(index)
            receiver.pointee.cookie ^= 2
            // As in a flood: the timer is set, and its signal comes, or the next call lets it be.
            clui()
            senduipi(index)
            (thread.pointee.receiving, thread.pointee.debt) = (1, 1 << 40)
            emulation_stui_by_signal()
            _ = call(UINTR_CALL_UNREGISTER_SENDER, index, 0)
        }
        if descriptor >= 0 { Glibc.close(descriptor) }
        _ = unregisterHandler()
        emulation_handler_set(nil, nil)
        forgetTable()
    }

    /// The process has connected to nothing yet.
    private static func forgetTable() {
        let mask = runtime_signals_block()
        runtime_lock()
        let senders = runtime_process_senders
        runtime_process_senders = nil
        senders?.dispose()
        runtime_unlock()
        runtime_signals_restore(mask)
    }
}
