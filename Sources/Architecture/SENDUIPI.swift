/// The notification that SENDUIPI sends: an ordinary, fixed, physical-destination IPI (SDM Vol. 2, SENDUIPI).
public struct Notification: Equatable, Hashable, Sendable {
    /// NV as it stood when the UPID was written, 8 bits.
    public var vector: UInt8
    /// NDST as it stood when the UPID was written, all 32 bits: the sender's APIC mode says which of them count.
    public var ndst: UInt32

    @inlinable public init(vector: UInt8, ndst: UInt32) {
        self.vector = vector
        self.ndst = ndst
    }
}

extension UserInterruptState {
    /// SENDUIPI, steps 2 and 3: checks the index and reads the UITT entry, with supervisor privilege.
    ///
    /// - Parameter index: the whole 64-bit register operand.
    /// - Throws: `Fault.generalProtection` for an index above UITTSZ, an entry that is not valid or sets a reserved bit, and for
    ///   a non-canonical address; `Fault.page`.
    @inlinable public func uittEntry<M: Memory & ~Copyable>(
        _ index: UInt64, paging: LinearAddressWidth, memory: inout M
    ) throws(Fault) -> UITTEntry {
        guard index <= UInt64(uittsz) else { throw .generalProtection }
        let address = uittaddr &+ index &* UITTEntry.size
        guard paging.isCanonical(address, count: UITTEntry.size) else { throw .generalProtection }
        let entry = UITTEntry(try memory.loadOctaword(address, .supervisorRead))
        guard entry.isValid, !entry.hasReservedBits else { throw .generalProtection }
        return entry
    }

    /// SENDUIPI, all of it: the look-up, the post, and what is to be sent; sending it is a later event of its own.
    ///
    /// - Returns: the notification that follows, or nil where ON or SN was set.
    @inlinable public func senduipi<M: Memory & ~Copyable>(
        _ index: UInt64, paging: LinearAddressWidth, memory: inout M
    ) throws(Fault) -> Notification? {
        let entry = try uittEntry(index, paging: paging, memory: &memory)
        return try entry.post(paging: paging, memory: &memory)
    }
}

extension UITTEntry {
    /// SENDUIPI, steps 4 and 5: one locked read-modify-write of the 16 bytes of the UPID.
    ///
    /// - Throws: `Fault.generalProtection`, the UPID unchanged, if it sets a reserved bit; `Fault.page`.
    /// - Returns: the notification that step 6 sends, or nil where ON or SN was set.
    @inlinable public func post<M: Memory & ~Copyable>(
        paging: LinearAddressWidth, memory: inout M
    ) throws(Fault) -> Notification? {
        guard paging.isCanonical(upidaddr, count: UPID.size) else { throw .generalProtection }
        var old = try memory.loadForUpdate(upidaddr)
        while true {
            var upid = UPID(old)
            let notify = try upid.post(uv)
            let seen = try memory.compareExchange(upidaddr, expected: old, desired: upid.octaword)
            if seen == old { return notify ? Notification(vector: upid.nv, ndst: upid.ndst) : nil }
            old = seen
        }
    }
}

extension UPID {
    /// What SENDUIPI does to a UPID while it holds the lock: PIR[uv] := 1; if SN = ON = 0, ON := 1.
    ///
    /// - Throws: `Fault.generalProtection`, nothing changed, if a reserved bit is set.
    /// - Returns: true if a notification is to be sent.
    @inlinable public mutating func post(_ uv: UInt8) throws(Fault) -> Bool {
        guard !hasReservedBits else { throw .generalProtection }
        pir |= 1 &<< UInt64(uv & 63)
        guard !sn, !on else { return false }
        on = true
        return true
    }
}
