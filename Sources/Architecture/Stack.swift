extension LogicalProcessor {
    /// Where an 8-byte stack access at `address` faults before memory is asked: #SS(0) non-canonical, #AC(0) misaligned.
    @inlinable func checkStack(_ address: UInt64) throws(Fault) {
        guard paging.isCanonical(address, count: 8) else { throw .stackSegment }
        if cpl == 3, alignmentMask, rflags.contains(.ac), address & 7 != 0 { throw .alignmentCheck }
    }

    @inlinable func push<M: Memory & ~Copyable>(
        _ value: UInt64, onto stack: inout UInt64, memory: inout M
    ) throws(Fault) {
        let address = stack &- 8
        try checkStack(address)
        try memory.store(address, value, Access(write: true, user: cpl == 3))
        stack = address
    }

    @inlinable func pop<M: Memory & ~Copyable>(
        from stack: inout UInt64, memory: inout M
    ) throws(Fault) -> UInt64 {
        try checkStack(stack)
        let value = try memory.load(stack, Access(write: false, user: cpl == 3))
        stack = stack &+ 8
        return value
    }
}
