internal import CEmulationRuntime

/// Any of the ABI's calls, by its number. Arguments are registers: what a call takes as 32 bits ignores the upper half.
///
/// The tables change under the runtime's lock. Signals are blocked, but for uintr_wait.
/// - Returns: what the kernel returns: 0 and above, or a negated errno.
@_cdecl("runtime_emulate_call")
func emulateCall(_ thread: Thread, _ number: Int, _ a: UInt64, _ b: UInt64, _ c: UInt64) -> Int {
    runtime_event(RUNTIME_CALLED, UInt64(bitPattern: Int64(number)), 0)
    return emulate(uintr_call(rawValue: runtime_call_of(number)), thread, a, b, c)
}

/// The same by the call's name.
func emulate(_ which: uintr_call, _ thread: Thread, _ a: UInt64, _ b: UInt64, _ c: UInt64) -> Int {
    thread.forgive()
    defer { thread.forgive() }
    if which == UINTR_CALL_WAIT { return wait(thread, a, b) }
    runtime_lock()
    defer { runtime_unlock() }
    let second = UInt32(truncatingIfNeeded: b)
    switch which {
    case UINTR_CALL_REGISTER_HANDLER: return registerHandler(thread, a, flags: second)
    case UINTR_CALL_UNREGISTER_HANDLER: return unregisterHandler(thread, flags: UInt32(truncatingIfNeeded: a))
    case UINTR_CALL_CREATE_FD, UINTR_CALL_VECTOR_FD: return createDescriptor(thread, vector: a, flags: second)
    case UINTR_CALL_REGISTER_SENDER: return registerSender(thread, descriptor: CInt(truncatingIfNeeded: a), flags: second)
    case UINTR_CALL_UNREGISTER_SENDER: return unregisterSender(thread, CInt(truncatingIfNeeded: a), flags: second)
    case UINTR_CALL_REGISTER_SELF: return registerSelf(thread, vector: a, flags: second)
    case UINTR_CALL_ALT_STACK: return alternateStack(thread, a, size: b, flags: UInt32(truncatingIfNeeded: c))
    case UINTR_CALL_IPI_FD: return ipiDescriptor(thread, flags: UInt32(truncatingIfNeeded: a))
    default: return Failure.noCall
    }
}
