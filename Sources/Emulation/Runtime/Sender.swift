#if !hasFeature(Embedded)
internal import Architecture
#endif
internal import CEmulationRuntime

typealias Senders = UnsafeMutablePointer<runtime_senders>

extension UnsafeMutablePointer<runtime_thread> {
    /// The table, made if there is none.
    fileprivate func makeSenders() -> Senders? {
        runtime_signals_send()
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
    fileprivate func entry(_ index: UInt64) -> UITTEntry {
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

    /// ON is set in the UPID of the entry.
    func isNotified(_ index: UInt64) -> Bool {
        guard isConnected(index), let page = runtime_connection_get(self, index).page else { return false }
        return runtime_load(page) & UPID.onMask != 0
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
            fill(index, connection, vector: vector)
            return Int(truncatingIfNeeded: index)
        }
        return Failure.space
    }

    fileprivate func fill(_ index: UInt64, _ connection: runtime_connection, vector: UInt64) {
        runtime_connection_set(self, index, connection)
        let upid = UInt64(UInt(bitPattern: connection.page))
        set(index, UITTEntry(uv: UInt8(truncatingIfNeeded: vector), upidaddr: upid))
        pointee.used &+= 1
    }

    /// When this returns, no SENDUIPI of any thread posts through the entry any more.
    fileprivate func disconnect(_ index: UInt64) {
        set(index, UITTEntry())
        pointee.used &-= 1
        // A thread that a signal handler keeps within, or took out of it by longjmp, is not waited for: then the page and the pipe
        // stay, and what it posts goes where it always went.
        var tries = 0
        while runtime_is_entered(self), tries < 10_000 {
            runtime_yield()
            tries &+= 1
        }
        guard !runtime_is_entered(self) else { return }
        close(runtime_connection_get(self, index))
    }

    /// RFC v1: an entry whose descriptor has been closed for the last time is not valid any more. The table is the thread's own.
    func dropIfClosed(_ index: UInt64) {
        guard isConnected(index), let page = runtime_connection_get(self, index).page,
            runtime_page_state(page) == UInt64(RUNTIME_PAGE_CLOSED.rawValue)
        else { return }
        disconnect(index)
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
    defer { if !runtime_abi.handsOnTables { runtime_close(ticket.memfd) } }
    if !runtime_abi.sender_repeats, thread.senders?.index(of: ticket.identity) != nil {
        runtime_close(ticket.notify)
        return Failure.connected
    }
    guard let page = runtime_page_map(ticket.memfd) else {
        runtime_close(ticket.notify)
        if runtime_abi.handsOnTables { runtime_close(ticket.memfd) }
        return -Int(runtime_abi.other_descriptor_errno)
    }
    // A connection of `project` keeps the vector busy, as a descriptor does.
    var kept: CInt = -1
    if runtime_abi.handsOnTables {
        kept = runtime_high(ticket.memfd)
    } else if runtime_abi.table_of_process {
        kept = runtime_duplicate(descriptor)
    }
    let connection = runtime_connection(page: page, identity: ticket.identity, notify: ticket.notify, descriptor: kept)
    guard runtime_page_state(page) == UInt64(RUNTIME_PAGE_ACTIVE.rawValue), !runtime_pipe_gone(ticket.notify) else {
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
    let memfd = runtime_abi.handsOnTables ? runtime_duplicate(runtime_receiver_memfd(receiver, vector)) : -1
    let connection = runtime_connection(page: page, identity: 0, notify: notify, descriptor: memfd)
    let index = senders.connect(connection, vector: vector)
    if index < 0 { close(connection) }
    return index
}

extension uintr_abi {
    /// uintr-next 6.0: a uipi_fd hands the whole table on.
    fileprivate var handsOnTables: Bool { nr.9 >= 0 }
}

/// uintr_ipi_fd: a descriptor for the process's table, as it is now. A kernel's would show later additions too.
func ipiDescriptor(_ thread: Thread, flags: UInt32) -> Int {
    guard flags == 0 else { return Failure.invalid }
    guard let memory = runtime_map(UInt64(MemoryLayout<runtime_table>.size)) else { return Failure.memory }
    defer { runtime_unmap(memory, UInt64(MemoryLayout<runtime_table>.size)) }
    let table = memory.assumingMemoryBound(to: runtime_table.self)
    if let senders = thread.senders {
        for index in 0..<UInt64(RUNTIME_ENTRIES) where senders.isConnected(index) {
            guard table.pointee.count < UInt64(RUNTIME_TABLE_MAX) else { return Failure.memory }
            let connection = runtime_connection_get(senders, index)
            runtime_table_add(table, index, UInt64(senders.entry(index).uv), connection.descriptor, connection.notify)
        }
    }
    return Int(runtime_table_make(table))
}

/// ioctl(UIPI_SET_TARGET_TABLE): the table of a uipi_fd becomes the process's. EBUSY where it has one.
@_cdecl("runtime_adopt_table") func adoptTable(_ thread: Thread, _ descriptor: CInt) -> Int {
    let mask = runtime_signals_block()
    runtime_lock()
    defer {
        runtime_unlock()
        runtime_signals_restore(mask)
    }
    guard let memory = runtime_map(UInt64(MemoryLayout<runtime_table>.size)) else { return Failure.memory }
    defer { runtime_unmap(memory, UInt64(MemoryLayout<runtime_table>.size)) }
    let table = memory.assumingMemoryBound(to: runtime_table.self)
    let failure = runtime_table_read(descriptor, table)
    guard failure == 0 else { return Int(failure) }
    let senders = thread.senders == nil ? thread.makeSenders() : nil
    for place in 0..<table.pointee.count {
        let notify = runtime_high(runtime_table_notify(table, place))
        let memfd = runtime_high(runtime_table_memfd(table, place))
        let (index, vector) = (runtime_table_index(table, place), runtime_table_vector(table, place))
        guard let senders, vector < UInt64(UINTR_VECTOR_COUNT), index < UInt64(RUNTIME_ENTRIES),
            let page = runtime_page_map(memfd)
        else {
            runtime_close(notify)
            runtime_close(memfd)
            continue
        }
        senders.fill(index, runtime_connection(page: page, identity: 0, notify: notify, descriptor: memfd), vector: vector)
    }
    return senders == nil ? Failure.busy : 0
}
