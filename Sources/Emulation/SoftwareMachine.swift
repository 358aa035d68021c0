internal import Architecture
public import CEmulation
internal import Glibc

/// A software machine: threads of one process that send each other user interrupts, through the core of `Architecture`.
///
/// Each thread stands for the CPU that it runs on: NDST is its thread id. A notification is a real-time signal (SIGRTMIN + 8, or
/// the next that has the default action) to that thread; the signal's handler does what the processor does when the interrupt
/// arrives and at the next boundary. Errnos and their order are intel-6.0's, with two promises more: a wait sees what was posted
/// before it, and a receiver that has unregistered answers ESHUTDOWN.
///
/// Calls act on the calling thread and return 0 or above, or a negated errno. `clui`, `stui`, `testui` and `senduipi` may be used
/// in a handler; in handlers of other signals only `senduipi` may. Most system calls that a notification interrupts go on
/// (SA_RESTART); those that never do (poll, nanosleep) end with EINTR. A forked child has neither receiver nor sender.
public enum SoftwareMachine {
    /// The longest time of `wait`, in microseconds.
    public static var longestWait: UInt64 { 1_000_000_000 }

    private static let hasSignal = emulation_signal_open { context in
        if let context { Processor.current?.notified(context) }
    }

    /// With either bit of `flags` 0x3000 (UINTR_HANDLER_FLAG_WAITING_*), user interrupts end a wait.
    public static func registerHandler(
        _ handler: @escaping emulation_handler, context: UnsafeMutableRawPointer?, flags: UInt32
    ) -> CInt {
        guard flags & ~0x3000 == 0 else { return -EINVAL }
        let thread = EmulatedThread.current()
        guard thread.target == nil else { return -EBUSY }
        guard hasSignal else { return -ENOMEM }
        thread.start(handler, context, isWoken: flags != 0)
        return 0
    }

    public static func unregisterHandler() -> CInt {
        let thread = EmulatedThread.current()
        guard thread.target != nil else { return -EINVAL }
        thread.stop()
        return 0
    }

    /// uintr_vector_fd.
    public static func descriptor(vector: UInt64) -> CInt {
        guard let target = EmulatedThread.current().target else { return -EINVAL }
        return vector < 64 ? emulation_ticket_make(target.id, vector) : -ENOSPC
    }

    public static func registerSender(descriptor: CInt) -> CInt {
        var ticket = emulation_ticket()
        let failure = emulation_ticket_read(descriptor, &ticket)
        guard failure == 0 else { return failure }
        guard let target = Target.find(ticket.receiver) else { return -ESHUTDOWN }
        return EmulatedThread.current().connect(to: target, vector: ticket.vector)
    }

    public static func unregisterSender(index: CInt) -> CInt { EmulatedThread.current().disconnect(Int(index)) }

    public static func registerSelf(vector: UInt64) -> CInt {
        let thread = EmulatedThread.current()
        guard let target = thread.target else { return -EINVAL }
        return vector < 64 ? thread.connect(to: target, vector: vector) : -ENOSPC
    }

    /// 0 after the full time; -EINTR when a user interrupt is pending or a signal was handled.
    ///
    /// No wakeup is lost: the signal is blocked before PIR and UIRR are looked at. What was posted before that is seen; what
    /// is posted later brings the signal, which stays pending until ppoll unblocks it and sleeps, in one step.
    public static func wait(microseconds: UInt64) -> CInt {
        guard microseconds <= longestWait else { return -EINVAL }
        let thread = EmulatedThread.current()
        guard let target = thread.target else { return microseconds == 0 ? 0 : -EOPNOTSUPP }
        let wasBlocked = emulation_signal_block(true)
        let isPending = thread.processor.pointee.cpu.uintr.isRecognized || emulation_load(target.upid + 8) != 0
        let interrupted = thread.isWoken && isPending
            || microseconds > 0 && emulation_sleep(microseconds &* 1000, thread.isWoken)
        if !wasBlocked { _ = emulation_signal_block(false) }
        thread.processor.settle(nil)
        return interrupted ? -EINTR : 0
    }

    // #UD, so SIGILL, on a thread that was neither receiver nor sender; #GP, so SIGSEGV, for an index that is not connected.
    public static func clui() { _ = execute(.clui) }
    public static func stui() { _ = execute(.stui) }
    public static func testui() -> Bool { execute(.testui) }
    public static func senduipi(_ index: UInt64) {
        if let processor = Processor.current { processor.senduipi(index) } else { emulation_fault(true) }
    }

    private static func execute(_ operation: Operation) -> Bool {
        if let processor = Processor.current { return processor.execute(operation) }
        emulation_fault(true)
        return false
    }
}
