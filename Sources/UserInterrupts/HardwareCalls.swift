internal import CUserInterrupts
internal import Glibc

/// The kernel and the processor, through the shim. Nothing is decided here.
struct HardwareCalls: Calls {
    let table: uintr_abi
    let abi: ABI?

    /// - Parameter numbers: what the kernel lists, with ``ABI/project``; without it every call is ENOSYS there.
    init(_ abi: ABI, numbers: CallNumbers? = nil) {
        self.abi = abi
        table = abi == .project ? numbers?.table ?? abi.table : abi.table
    }

    var longestWait: UInt64 { table.wait_usec_max }

    func registerHandler(_ handler: @escaping Handler, context: UnsafeMutableRawPointer?, flags: UInt32) -> CInt {
        // Set before the kernel can deliver. But a thread that has a handler keeps it during a call that answers EBUSY: what is
        // delivered meanwhile is its own.
        let isFirst = uintr_handler_get(nil) == nil
        let set = isFirst ? uintr_handler_set(handler, context) : 0
        guard set == 0 else { return set }
        let result = calling { uintr_register_handler($0, uintr_handler_entry_address(), flags) }
        if isFirst != (result >= 0) { _ = isFirst ? uintr_handler_set(nil, nil) : uintr_handler_set(handler, context) }
        return result
    }

    func unregisterHandler() -> CInt {
        let result = calling { uintr_unregister_handler($0, 0) }
        if result >= 0 { _ = uintr_handler_set(nil, nil) }
        return result
    }

    func descriptor(vector: UInt8) -> CInt {
        calling {
            uintr_abi_has($0, UINTR_CALL_VECTOR_FD)
                ? uintr_vector_fd($0, UInt64(vector), 0) : uintr_create_fd($0, UInt64(vector), 0)
        }
    }

    func registerSender(descriptor: CInt) -> CInt {
        calling { uintr_register_sender($0, uintr_fd(value: descriptor), 0) }
    }

    func unregisterSender(descriptor: CInt, index: CInt) -> CInt {
        calling {
            table.unregister_sender == UINTR_SENDER_BY_FD
                ? uintr_unregister_sender_by_fd($0, uintr_fd(value: descriptor), 0)
                : uintr_unregister_sender_by_index($0, uintr_index(value: index), 0)
        }
    }

    func registerSelf(vector: UInt8) -> CInt {
        calling { uintr_register_self($0, UInt64(vector), 0) }
    }

    func alternateStack(top: UnsafeMutableRawPointer?, size: Int) -> CInt {
        let address = table.alt_stack_by_base ? top.map { $0 - size } : top
        return calling { uintr_alt_stack($0, address, size, 0) }
    }

    func wait(microseconds: UInt64?) -> CInt {
        if table.wait == UINTR_WAIT_DEADLINE_FLAGS {
            let deadline = Self.deadline(in: microseconds)
            return Self.wakeup(calling { uintr_wait_deadline($0, deadline, 0) })
        }
        return calling { table in
            if let microseconds { uintr_wait_usec(table, microseconds, 0) } else { uintr_wait_flags(table, 0) }
        }
    }

    /// What ``Calls/wait(microseconds:)`` says for an answer of `project`, which has 0 for a pending interrupt and an errno for
    /// the time.
    static func wakeup(_ answer: CInt) -> CInt {
        switch answer {
        case 0: -EINTR
        case -ETIMEDOUT: 0
        default: answer
        }
    }

    /// Nanoseconds of CLOCK_MONOTONIC; `UInt64.max` is UINTR_WAIT_FOREVER. No time at all needs no clock: every deadline that is past means the same.
    static func deadline(in microseconds: UInt64?) -> UInt64 {
        guard let microseconds else { return UInt64.max }
        guard microseconds > 0 else { return 0 }
        var now = timespec()
        clock_gettime(CLOCK_MONOTONIC, &now)
        let (time, tooLong) = microseconds.multipliedReportingOverflow(by: 1000)
        let (sum, overflow) = (UInt64(now.tv_sec) * 1_000_000_000 + UInt64(now.tv_nsec)).addingReportingOverflow(time)
        return tooLong || overflow ? UInt64.max : sum
    }

    func clui() { uintr_clui() }
    func stui() { uintr_stui() }
    func testui() -> Bool { uintr_testui() }
    func senduipi(_ index: UInt64) { uintr_senduipi(index) }

    private func calling(_ call: (UnsafePointer<uintr_abi>) -> CInt) -> CInt {
        withUnsafePointer(to: table, call)
    }
}
