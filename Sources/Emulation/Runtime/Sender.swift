#if !hasFeature(Embedded)
internal import Architecture
#endif
internal import CEmulationRuntime

typealias Senders = UnsafeMutablePointer<runtime_senders>

extension UnsafeMutablePointer<runtime_thread> {
    /// The table, made if there is none.
    fileprivate func makeSenders() -> Senders? {
        if let senders { return senders }
        guard let memory = runtime_map(UInt64(MemoryLayout<runtime_senders>.size)) else { return nil }
        let made = memory.assumingMemoryBound(to: runtime_senders.self)
        if runtime_abi.table_of_process {
            runtime_process_senders = made
        } else {
            made.pointee.next = runtime_thread_senders
            runtime_thread_senders = made
            pointee.senders = made
            runtime_watch_thread_end()
        }
        return made
    }
}

extension UnsafeMutablePointer<runtime_senders> {
    private func entry(_ index: UInt64) -> UITTEntry {
        guard let words = runtime_entry(self, index) else { return UITTEntry() }
        return UITTEntry(control: runtime_load(words), upidaddr: runtime_load(words + 1))
    }

    /// SENDUIPI reads V first: the address is there before it, and goes after it.
    private func set(_ index: UInt64, _ entry: UITTEntry) {
        guard let words = runtime_entry(self, index) else { return }
        if !entry.isValid { runtime_store(words, entry.control) }
        runtime_store(words + 1, entry.upidaddr)
        if entry.isValid { runtime_store(words, entry.control) }
    }

    fileprivate func isConnected(_ index: UInt64) -> Bool {
        index < UInt64(RUNTIME_ENTRIES) && entry(index).isValid
    }

    /// The entry that a descriptor is connected to; it is told by its inode.
    fileprivate func index(of identity: UInt64) -> UInt64? {
        for index in 0..<UInt64(RUNTIME_ENTRIES)
        where isConnected(index) && runtime_connection_get(self, index).identity == identity { return index }
        return nil
    }

    /// Fills the lowest free entry; ENOSPC without one. The connection is the table's then.
    fileprivate func connect(_ connection: runtime_connection, vector: UInt64) -> Int {
        for index in 0..<UInt64(RUNTIME_ENTRIES) where !isConnected(index) {
            runtime_connection_set(self, index, connection)
            let upid = UInt64(UInt(bitPattern: connection.page))
            set(index, UITTEntry(uv: UInt8(truncatingIfNeeded: vector), upidaddr: upid))
            pointee.used &+= 1
            return Int(truncatingIfNeeded: index)
        }
        return Failure.space
    }

    /// When this returns, no SENDUIPI of any thread posts through the entry any more.
    fileprivate func disconnect(_ index: UInt64) {
        set(index, UITTEntry())
        pointee.used &-= 1
        while runtime_is_entered(self) { runtime_yield() }
        close(runtime_connection_get(self, index))
    }

    /// The table goes, with all that it holds. Nobody uses it any more.
    func dispose() {
        for index in 0..<UInt64(RUNTIME_ENTRIES) where isConnected(index) { close(runtime_connection_get(self, index)) }
        if runtime_thread_senders == self {
            runtime_thread_senders = pointee.next
        } else {
            var before = runtime_thread_senders
            while let other = before, other.pointee.next != self { before = other.pointee.next }
            before?.pointee.next = pointee.next
        }
        runtime_unmap(self, UInt64(MemoryLayout<runtime_senders>.size))
    }
}

private func close(_ connection: runtime_connection) {
    runtime_close(connection.notify)
    runtime_close(connection.descriptor)
    if let page = connection.page { runtime_unmap(page, 4096) }
}

func registerSender(_ thread: Thread, descriptor: CInt, flags: UInt32) -> Int {
    guard flags == 0 else { return Failure.invalid }
    var ticket = runtime_ticket()
    let failure = runtime_descriptor_read(descriptor, &ticket)
    guard failure == 0 else {
        return Int(failure) == Failure.descriptor ? Failure.descriptor : -Int(runtime_abi.other_descriptor_errno)
    }
    defer { runtime_close(ticket.memfd) }
    if !runtime_abi.sender_repeats, thread.senders?.index(of: ticket.identity) != nil {
        runtime_close(ticket.notify)
        return Failure.connected
    }
    guard let page = runtime_page_map(ticket.memfd) else {
        runtime_close(ticket.notify)
        return -Int(runtime_abi.other_descriptor_errno)
    }
    // A connection of `project` keeps the vector busy, as a descriptor does.
    let kept = runtime_abi.table_of_process && !runtime_abi.vector_repeats ? runtime_duplicate(descriptor) : -1
    let connection = runtime_connection(page: page, identity: ticket.identity, notify: ticket.notify, descriptor: kept)
    guard runtime_load(UnsafeRawPointer(page) + 64) != 0, !runtime_pipe_gone(ticket.notify) else {
        close(connection)
        return Failure.shutdown
    }
    guard let senders = thread.makeSenders() else {
        close(connection)
        return Failure.memory
    }
    let index = senders.connect(connection, vector: ticket.vector)
    if index < 0 { close(connection) }
    return index
}

/// - Parameter operand: the descriptor or the index, as the ABI has it.
func unregisterSender(_ thread: Thread, _ operand: CInt, flags: UInt32) -> Int {
    guard flags == 0 else { return Failure.invalid }
    let index: UInt64?
    if runtime_abi.unregister_sender == UINTR_SENDER_BY_FD {
        var ticket = runtime_ticket()
        let failure = runtime_descriptor_read(operand, &ticket)
        guard failure == 0 else {
            return Int(failure) == Failure.descriptor ? Failure.descriptor : -Int(runtime_abi.other_descriptor_errno)
        }
        runtime_close(ticket.memfd)
        runtime_close(ticket.notify)
        index = thread.senders?.index(of: ticket.identity)
    } else {
        index = UInt64(UInt32(bitPattern: operand))
    }
    guard let index, let senders = thread.senders, senders.isConnected(index) else { return Failure.invalid }
    senders.disconnect(index)
    return 0
}

/// uintr_register_self: a connection to a vector of the calling thread, without a descriptor.
func registerSelf(_ thread: Thread, vector: UInt64, flags: UInt32) -> Int {
    guard flags == 0, let receiver = thread.pointee.receiver else { return Failure.invalid }
    guard vector < UInt64(UINTR_VECTOR_COUNT) else { return Failure.space }
    let failure = receiver.makePage(vector, thread)
    guard failure == 0 else { return failure }
    let notify = runtime_duplicate(receiver.pointee.pipe_write)
    guard notify >= 0 else { return Int(notify) }
    guard let page = runtime_page_map(runtime_receiver_memfd(receiver, vector)), let senders = thread.makeSenders() else {
        runtime_close(notify)
        return Failure.memory
    }
    let connection = runtime_connection(page: page, identity: 0, notify: notify, descriptor: -1)
    let index = senders.connect(connection, vector: vector)
    if index < 0 { close(connection) }
    return index
}
