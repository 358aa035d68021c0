// SDM Vol. 3A, 9.5. Step 2's two halves are separate: a SENDUIPI may fall between them. The manual lets a processor join them;
// whoever wants that calls both in one step.

extension UserInterruptState {
    /// Identification (9.5.1, step 2): true if an interrupt with this vector is a notification. Needs CR4.UINTR = EFER.LMA = 1.
    @inlinable public func isNotification(_ vector: UInt8) -> Bool {
        vector == uinv
    }

    /// Processing (9.5.2, step 1): a locked AND clears ON in the UPID at UPIDADDR, with supervisor privilege.
    /// - Throws: `Fault.page`, or `Fault.generalProtection` for a non-canonical UPIDADDR. The interrupt stays dismissed.
    @inlinable public func clearOutstandingNotification<M: Memory & ~Copyable>(
        paging: LinearAddressWidth, memory: inout M
    ) throws(Fault) {
        guard paging.isCanonical(upidaddr, count: UPID.size) else { throw .generalProtection }
        _ = try memory.fetchAnd(upidaddr, ~UPID.onMask)
    }

    /// Processing (9.5.2, steps 2 and 3): a locked exchange of PIR with 0, whose bits are added to UIRR.
    /// - Throws: `Fault.page`, or `Fault.generalProtection`; ON stays cleared.
    @inlinable public mutating func takePostedRequests<M: Memory & ~Copyable>(
        paging: LinearAddressWidth, memory: inout M
    ) throws(Fault) {
        guard paging.isCanonical(upidaddr, count: UPID.size) else { throw .generalProtection }
        uirr |= try memory.exchange(upidaddr &+ 8, 0)
    }

    /// Processing as a whole, for a caller to whom nothing can come in between.
    @inlinable public mutating func processNotification<M: Memory & ~Copyable>(
        paging: LinearAddressWidth, memory: inout M
    ) throws(Fault) {
        try clearOutstandingNotification(paging: paging, memory: &memory)
        try takePostedRequests(paging: paging, memory: &memory)
    }
}
