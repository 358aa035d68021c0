internal import CEmulationRuntime

/// uintr_wait, with the arguments that the ABI has.
///
/// No wakeup is lost: what the sleep is on (`awake`, the pipe, or a word of the vector's page) and ON are cleared before PIR and UIRR are
/// looked at. What was posted before that is seen; what is posted later brings a notification, by which the sleep does not begin, or
/// ends. Signals that the program does not block come in the sleep, where nothing is half done.
func wait(_ thread: Thread, _ a: UInt64, _ b: UInt64) -> Int {
    // A wait that a handler has interrupted, to wait itself, sleeps on the same word.
    let awake = thread.pointee.awake
    defer { thread.pointee.awake |= awake }
    switch runtime_abi.wait {
    case UINTR_WAIT_FLAGS:
        guard UInt32(truncatingIfNeeded: a) == 0 else { return Failure.invalid }
        guard thread.pointee.receiver != nil else { return -Int(runtime_abi.no_handler_errno) }
        _ = sleep(thread, until: .max, ends: true, restarts: false)
        return Failure.interrupted
    case UINTR_WAIT_USEC_FLAGS:
        guard UInt32(truncatingIfNeeded: b) == 0, a <= runtime_abi.wait_usec_max else { return Failure.invalid }
        guard a > 0 else { return 0 }
        guard let receiver = thread.pointee.receiver else { return -Int(runtime_abi.no_handler_errno) }
        let deadline = runtime_monotonic() &+ a &* 1000
        let end = sleep(thread, until: deadline, ends: receiver.pointee.flags != 0, restarts: false)
        return end == .time ? 0 : Failure.interrupted
    case UINTR_WAIT_DEADLINE_FLAGS:
        guard UInt32(truncatingIfNeeded: b) == 0, thread.pointee.receiver != nil else { return Failure.invalid }
        return switch sleep(thread, until: a, ends: true, restarts: true) {
        case .interrupt: 0
        case .time: Failure.timedOut
        case .signal: Failure.interrupted
        }
    default:
        return Failure.noCall
    }
}

private enum End { case interrupt, time, signal }

/// - Parameter ends: a user interrupt ends the sleep; otherwise it is taken, and the sleep goes on.
private func sleep(_ thread: Thread, until deadline: UInt64, ends: Bool, restarts: Bool) -> End {
    let delivered = thread.pointee.delivered_before
    // Where some handlers restart calls and some do not, only the kernel can say what a signal was to do.
    if ends, thread.pointee.receiver != nil, !restarts || runtime_restarting() != RUNTIME_SOME_RESTART {
        let restarts = restarts && runtime_restarting() == RUNTIME_ALL_RESTART
        // A close of a descriptor, which its signal tells of, may take the page at any time.
        if thread.pointee.uif == 0, !runtime_abi.closesConnections, let page = thread.pointee.receiver.onlyPage {
            return sleep(thread, on: page, until: deadline, restarts: restarts)
        }
        return sleepOnPipe(thread, until: deadline, restarts: restarts)
    }
    while true {
        thread.pointee.awake = 0
        runtime_fence()
        thread.pointee.receiver?.clearNotifications()
        if ends, thread.isPending || thread.pointee.delivered != delivered { return .interrupt }
        let result = runtime_sleep(thread, deadline, restarts)
        runtime_fence()
        if ends, thread.isPending || thread.pointee.delivered != delivered { return .interrupt }
        if result == CInt(Failure.timedOut) { return .time }
        // A notification that brought nothing has set `awake`.
        if result == CInt(Failure.interrupted), thread.pointee.awake == 0 { return .signal }
    }
}

/// The sleep of a thread with UIF = 0 and a single vector, on that vector's page (sleep.c).
private func sleep(
    _ thread: Thread, on page: UnsafeMutablePointer<runtime_page>, until deadline: UInt64, restarts: Bool
) -> End {
    let delivered = thread.pointee.delivered_before
    // A handler of the program's may unregister the thread's own within the sleep, and the page with it.
    while let receiver = thread.pointee.receiver, receiver.onlyPage == page {
        thread.pointee.held = 1
        thread.pointee.awake = 0
        runtime_page_set_asleep(page, true)
        thread.pointee.sleeps_on = page
        runtime_fence()
        receiver.clearNotifications()
        var result: CInt = 0
        if !thread.isPending, thread.pointee.delivered == delivered, thread.pointee.awake == 0 {
            result = runtime_page_sleep(page, deadline)
        }
        thread.pointee.sleeps_on = nil
        runtime_fence()
        if thread.pointee.receiver?.onlyPage == page { runtime_page_set_asleep(page, false) }
        if thread.isPending || thread.pointee.delivered != delivered { return .interrupt }
        if result == CInt(Failure.timedOut) { return .time }
        if result == CInt(Failure.interrupted), thread.pointee.awake == 0, !restarts { return .signal }
    }
    return sleepOnPipe(thread, until: deadline, restarts: restarts)
}

/// The sleep of a wait that a user interrupt ends, on the pipe (sleep.c). What has come is delivered at the boundary after the call.
private func sleepOnPipe(_ thread: Thread, until deadline: UInt64, restarts: Bool) -> End {
    let delivered = thread.pointee.delivered_before
    let mask = runtime_signals_block()
    defer { runtime_signals_restore(mask) }
    // A handler of the program's may unregister the thread's own within the sleep.
    while let receiver = thread.pointee.receiver {
        runtime_pipe_drain(receiver)
        thread.pointee.awake = 0
        receiver.clearNotifications()
        if thread.isPending || thread.pointee.delivered != delivered { return .interrupt }
        runtime_fence()
        let result = runtime_pipe_sleep(receiver, deadline, mask)
        runtime_fence()
        if result == 0 {
            thread.pointee.held = 1
            _ = runtime_notification_take(receiver)
        }
        if thread.isPending || thread.pointee.delivered != delivered { return .interrupt }
        if result == CInt(Failure.timedOut) { return .time }
        if result == CInt(Failure.interrupted), thread.pointee.awake == 0, !restarts { return .signal }
    }
    return .signal
}

extension UnsafeMutablePointer<runtime_thread> {
    /// A user interrupt is pending, in UIRR or in a PIR.
    fileprivate var isPending: Bool {
        guard pointee.uirr != 0 || pointee.receiver?.hasPosted == true else { return false }
        // ON may be clear and its notification still to come: the next boundary is to look.
        pointee.held = 1
        return true
    }
}
