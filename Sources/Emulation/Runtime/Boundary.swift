#if !hasFeature(Embedded)
internal import Architecture
#endif
internal import CEmulationRuntime

/// A notification has come to the calling thread, by its signal.
#if !DEBUG && !hasFeature(Embedded)
@_noLocks @_noAllocation
#endif
@_cdecl("runtime_notified") func notified(_ thread: Thread) {
    // 2, where 1 has been seen: returnQuietly must not take this one for that.
    thread.pointee.held = 2
    thread.pointee.awake = 1
    if let page = thread.pointee.sleeps_on { runtime_page_set_asleep(page, false) }
}

/// An instruction boundary: takes what was posted, and delivers the highest pending vector where UIF is 1.
///
/// While UIF is 0 the UPIDs are left alone. Their ON stays set, so senders do not notify: that is the private word `held`, which
/// has the UPIDs looked at when UIF is 1 again. ON is cleared only when nothing is left to take, and PIR is looked at once more
/// after that (SDM Vol. 3A, 9.5.2, its two steps in the order of the manual).
/// - Returns: a `Verdict`: `done`, or the fault that the delivery raised, after which the vector is pending still.
#if !DEBUG && !hasFeature(Embedded)
@_noLocks @_noAllocation
#endif
@_cdecl("runtime_boundary") func boundary(_ thread: Thread, _ registers: Registers, _ address: Registers) -> CInt {
    guard thread.pointee.uif != 0 else { return Verdict.done.rawValue }
    if thread.pointee.held != 0, let receiver = thread.pointee.receiver {
        guard !thread.owesItself() else { return Verdict.done.rawValue }
        thread.pointee.uirr |= receiver.takePosted()
        if thread.pointee.uirr == 0 {
            thread.pointee.held = 0
            runtime_fence()
            receiver.clearNotifications()
            thread.pointee.uirr |= receiver.takePosted()
        }
    }
    guard thread.pointee.uirr != 0 else {
        thread.endReceiving()
        return Verdict.done.rawValue
    }
    var cpu = LogicalProcessor(thread, registers)
    guard cpu.deliversUserInterrupt else { return Verdict.done.rawValue }
    var memory = ProcessMemory()
    let vector: UInt64
    do throws(Fault) {
        vector = UInt64(try cpu.deliverUserInterrupt(memory: &memory) ?? 0)
        runtime_event(RUNTIME_DELIVERED, vector, registers[RUNTIME_RIP])
    } catch {
        return Verdict.fault(error, of: thread, address).rawValue
    }
    // What a thread sends to itself is its own doing.
    if thread.pointee.own != 0 { thread.pointee.own = 0 } else { thread.beginReceiving(vector) }
    cpu.store(thread, registers)
    thread.pointee.delivered &+= 1
    return Verdict.done.rawValue
}

extension UnsafeMutablePointer<runtime_receiver> {
    /// Step 2 of notification processing for each UPID of the receiver. A page counts for its vector alone, whatever a sender
    /// has written to it.
    func takePosted() -> UInt64 {
        var (posted, left) = (0 as UInt64, pointee.vectors)
        while var next = nextPage(&left) {
            var memory = ProcessMemory()
            // Such a mapping cannot fault.
            try? next.state.takePostedRequests(paging: .bits57, memory: &memory)
            posted |= next.state.uirr & next.vector
        }
        return posted
    }

    /// Step 1 for each of them.
    func clearNotifications() {
        var left = pointee.vectors
        while let next = nextPage(&left) {
            var memory = ProcessMemory()
            try? next.state.clearOutstandingNotification(paging: .bits57, memory: &memory)
        }
    }

    /// True if anything is posted.
    var hasPosted: Bool {
        var (posted, left) = (false, pointee.vectors)
        while let next = nextPage(&left) {
            let page = UnsafeRawPointer(bitPattern: UInt(truncatingIfNeeded: next.state.upidaddr &+ 8))
            if let page, runtime_load(page) & next.vector != 0 { posted = true }
        }
        return posted
    }

    /// The next of the vectors that are `left`, as a bit, and the state of a processor whose UPIDADDR is its page.
    private func nextPage(_ left: inout UInt64) -> (vector: UInt64, state: UserInterruptState)? {
        while left != 0 {
            let vector = UInt64(left.trailingZeroBitCount)
            left &= left &- 1
            guard let page = runtime_receiver_page(self, vector) else { continue }
            let upid = UInt64(UInt(bitPattern: page))
            return (1 &<< vector, UserInterruptState(uinv: LogicalProcessor.notificationVector, upidaddr: upid))
        }
        return nil
    }
}
