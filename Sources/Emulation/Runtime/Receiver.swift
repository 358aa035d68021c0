#if !hasFeature(Embedded)
internal import Architecture
#endif
internal import CEmulationRuntime

typealias Receiver = UnsafeMutablePointer<runtime_receiver>

extension uintr_abi {
    /// uintr-next 6.0 keeps a thread's UPID until the thread ends: what was posted in between is delivered after the next
    /// registration, and a sender may connect to it all the while.
    var keepsReceiver: Bool { vector_repeats }
    /// RFC v1: the last close of a descriptor makes its connections invalid.
    var closesConnections: Bool { unregister_sender == UINTR_SENDER_BY_FD }
    /// `project`: addresses from here up are not the user's (4-level paging, less the guard page).
    static var userEnd: UInt64 { 0x7FFF_FFFF_F000 }
    /// Only `project` checks more of an address than that it is not 0.
    var checksAddresses: Bool { alt_stack_by_base }
    /// Intel's kernels write MSRs at registration, and UIF is in none of them: a program may execute STUI first.
    var clearsUIF: Bool { alt_stack_by_base }
}

func registerHandler(_ thread: Thread, _ handler: UInt64, flags: UInt32) -> Int {
    guard flags & ~runtime_abi.handler_flags == 0 else { return Failure.invalid }
    guard handler != 0, !runtime_abi.checksAddresses || handler < uintr_abi.userEnd else { return Failure.address }
    guard thread.pointee.receiver == nil else { return Failure.busy }
    if let kept = thread.pointee.kept {
        kept.suppress(false)
        thread.pointee.receiver = kept
        // Whatever was posted while SN was set has sent no notification.
        thread.pointee.held = 1
    } else {
        guard let receiver = makeReceiver(thread, restarts: flags == 0) else { return Failure.memory }
        receiver.pointee.flags = flags
        thread.pointee.receiver = receiver
        if runtime_abi.keepsReceiver { thread.pointee.kept = receiver }
        runtime_watch_thread_end()
    }
    if flags != 0 { thread.pointee.receiver.pointee.flags = flags }
    thread.pointee.uihandler = handler
    thread.pointee.uistackadjust = UInt64(UINTR_STACK_ADJUST)
    thread.pointee.uirr = 0
    if runtime_abi.clearsUIF { thread.pointee.uif = 0 }
    return 0
}

private func makeReceiver(_ thread: Thread, restarts: Bool) -> Receiver? {
    let size = UInt64(MemoryLayout<runtime_receiver>.size)
    guard let memory = runtime_map(size) else { return nil }
    let receiver = memory.assumingMemoryBound(to: runtime_receiver.self)
    guard runtime_pipe_open(receiver, thread.pointee.tid, restarts) == 0 else {
        runtime_unmap(memory, size)
        return nil
    }
    receiver.pointee.next = runtime_receivers
    runtime_receivers = receiver
    return receiver
}

func unregisterHandler(_ thread: Thread, flags: UInt32) -> Int {
    guard flags == 0, let receiver = thread.pointee.receiver else { return Failure.invalid }
    thread.forgetHandler()
    if runtime_abi.keepsReceiver { receiver.suppress(true) } else { receiver.end() }
    return 0
}

extension UnsafeMutablePointer<runtime_thread> {
    func forgetHandler() {
        pointee.receiver = nil
        (pointee.uif, pointee.uirr, pointee.held) = (0, 0, 0)
        forgive()
        (pointee.uihandler, pointee.uistackadjust) = (0, 0)
    }
}

extension UnsafeMutablePointer<runtime_receiver> {
    /// SN in each UPID.
    func suppress(_ sn: Bool) {
        for vector in 0..<UInt64(RUNTIME_VECTORS) {
            guard let page = runtime_receiver_page(self, vector) else { continue }
            if sn { _ = runtime_fetch_or(page, UPID.snMask) } else { _ = runtime_fetch_and(page, ~UPID.snMask) }
        }
    }

    /// The page of its vector, where it has one and no more.
    var onlyPage: UnsafeMutablePointer<runtime_page>? {
        let vectors = pointee.vectors
        return vectors != 0 && vectors & (vectors &- 1) == 0 ? runtime_receiver_page(self, UInt64(vectors.trailingZeroBitCount)) : nil
    }

    /// The receiver is gone: senders go on posting into pages that nobody reads, and nobody is notified.
    func end() {
        for vector in 0..<UInt64(RUNTIME_VECTORS) { release(vector, RUNTIME_PAGE_ENDED) }
        dispose()
    }

    /// Lets go of a vector's page, and tells its senders why. A forked child, whose parent goes on, tells them nothing.
    func release(_ vector: UInt64, _ state: runtime_page_state?) {
        guard let page = runtime_receiver_page(self, vector) else { return }
        if let state {
            _ = runtime_fetch_or(page, UPID.snMask)
            runtime_page_set_state(page, state)
        }
        pointee.vectors &= ~(1 &<< vector)
        // Left there by a jump out of the sleep.
        if let thread = runtime_thread_current(), thread.pointee.sleeps_on == page { thread.pointee.sleeps_on = nil }
        runtime_close(runtime_receiver_memfd(self, vector))
        runtime_close(runtime_receiver_peer(self, vector))
        runtime_receiver_set(self, vector, nil, -1, -1)
        runtime_unmap(page, 4096)
    }

    /// The pipe and the memory; the lock is held.
    func dispose() {
        runtime_timer_delete(self)
        runtime_close(pointee.pipe_read)
        runtime_close(pointee.pipe_write)
        if runtime_receivers == self {
            runtime_receivers = pointee.next
        } else {
            var before = runtime_receivers
            while let other = before, other.pointee.next != self { before = other.pointee.next }
            before?.pointee.next = pointee.next
        }
        runtime_unmap(self, UInt64(MemoryLayout<runtime_receiver>.size))
    }

    /// The page of a vector, made if it has none: 0 or a negated errno.
    func makePage(_ vector: UInt64, _ thread: Thread) -> Int {
        guard runtime_receiver_page(self, vector) == nil else { return 0 }
        var made: UnsafeMutablePointer<runtime_page>?
        let memfd = runtime_page_make(&made)
        guard memfd >= 0, let page = made else { return Int(memfd) }
        let upid = UPID(nv: LogicalProcessor.notificationVector, ndst: thread.pointee.tid).octaword
        runtime_store(UnsafeMutableRawPointer(page) + 8, upid.high)
        runtime_store(page, upid.low)
        runtime_page_set_cookie(page, pointee.cookie)
        runtime_page_set_state(page, RUNTIME_PAGE_ACTIVE)
        runtime_receiver_set(self, vector, page, memfd, -1)
        pointee.vectors |= 1 &<< vector
        return 0
    }
}

/// uintr_create_fd and uintr_vector_fd.
func createDescriptor(_ thread: Thread, vector: UInt64, flags: UInt32) -> Int {
    guard flags == 0, let receiver = thread.pointee.receiver else { return Failure.invalid }
    guard vector < UInt64(UINTR_VECTOR_COUNT) else { return Failure.space }
    if !runtime_abi.vector_repeats, runtime_receiver_page(receiver, vector) != nil {
        guard runtime_descriptor_gone(runtime_receiver_peer(receiver, vector)) else { return Failure.busy }
        receiver.release(vector, RUNTIME_PAGE_CLOSED)
    }
    let failure = receiver.makePage(vector, thread)
    guard failure == 0 else { return failure }
    let memfd = runtime_receiver_memfd(receiver, vector)
    var peer: CInt = -1
    let descriptor = runtime_descriptor_make(memfd, receiver.pointee.pipe_write, vector, &peer)
    if runtime_abi.vector_repeats {
        runtime_close(peer)
    } else if descriptor < 0 {
        receiver.release(vector, RUNTIME_PAGE_CLOSED)
    } else {
        // The message in the socket keeps the page's file.
        runtime_close(memfd)
        runtime_receiver_set(receiver, vector, runtime_receiver_page(receiver, vector), -1, peer)
        if runtime_abi.closesConnections { runtime_descriptor_watch(peer, thread.pointee.tid) }
    }
    return Int(descriptor)
}

/// The last copy of a descriptor of this thread has been closed: its vector is free again, its connections are not valid.
@_cdecl("runtime_vectors_closed") func vectorsClosed(_ thread: Thread) {
    guard runtime_abi.closesConnections, let receiver = thread.pointee.receiver else { return }
    // What was posted before the close is delivered.
    thread.pointee.uirr |= receiver.takePosted()
    for vector in 0..<UInt64(RUNTIME_VECTORS) where runtime_receiver_page(receiver, vector) != nil {
        let peer = runtime_receiver_peer(receiver, vector)
        if peer >= 0, runtime_descriptor_gone(peer) { receiver.release(vector, RUNTIME_PAGE_CLOSED) }
    }
}

/// uintr_alt_stack. `first` is the high end of the stack, or in `project` its low end.
func alternateStack(_ thread: Thread, _ first: UInt64, size: UInt64, flags: UInt32) -> Int {
    guard flags == 0 else { return Failure.invalid }
    guard thread.pointee.receiver != nil else { return -Int(runtime_abi.no_handler_errno) }
    guard runtime_abi.alt_stack_by_base else {
        thread.pointee.uistackadjust = first == 0 ? UInt64(UINTR_STACK_ADJUST) : first | 1
        return 0
    }
    if first == 0, size == 0 {
        thread.pointee.uistackadjust = UInt64(UINTR_STACK_ADJUST)
        return 0
    }
    let (end, wraps) = first.addingReportingOverflow(size)
    guard first != 0, !wraps, end <= uintr_abi.userEnd else { return Failure.address }
    guard size >= UInt64(UINTR_ALT_STACK_MIN) else { return Failure.memory }
    thread.pointee.uistackadjust = end & ~0xF | 1
    return 0
}

/// The thread ends: so do its receiver and, where tables belong to threads, its table.
@_cdecl("runtime_thread_end") func threadEnd(_ thread: Thread) {
    let mask = runtime_signals_block()
    runtime_lock()
    let receiver = thread.pointee.receiver ?? thread.pointee.kept
    thread.forgetHandler()
    thread.pointee.kept = nil
    receiver?.end()
    if let senders = thread.pointee.senders {
        thread.pointee.senders = nil
        senders.dispose()
    }
    runtime_unlock()
    runtime_signals_restore(mask)
}

/// The child of a fork: nothing of its parent's receivers is its own. The table is, where the ABI hands it down.
@_cdecl("runtime_child") func child(_ thread: Thread) {
    thread.forgetHandler()
    thread.pointee.kept = nil
    while let receiver = runtime_receivers {
        for vector in 0..<UInt64(RUNTIME_VECTORS) { receiver.release(vector, nil) }
        receiver.dispose()
    }
    thread.pointee.senders = nil
    while let senders = runtime_thread_senders { senders.dispose() }
    if let senders = runtime_process_senders {
        senders.pointee.inside = 0
        guard !runtime_abi.table_inherited else { return }
        runtime_process_senders = nil
        senders.dispose()
    }
}
