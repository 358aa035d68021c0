// SDM Vol. 3A, 9.4.2.

extension LogicalProcessor {
    /// True when a user interrupt would be delivered at this instruction boundary. Ordinary interrupts go first.
    @inlinable public var deliversUserInterrupt: Bool {
        uintr.isRecognized && uintr.uif && cpl == 3 && in64BitMode && uintrEnabled && shadow != .movSS
            && (activity == .active || activity == .userWait)
    }

    /// Delivers the user interrupt with the highest vector in UIRR; call it when `deliversUserInterrupt`.
    ///
    /// Four quadwords are pushed, from high to low addresses: RSP, RFLAGS, RIP as they were, and the vector.
    /// - Returns: the vector, or nil if UIRR is 0.
    /// - Throws: `Fault.generalProtection` if UIHANDLER is not canonical in the paging mode in use; what the stack accesses
    ///   raise. Registers, UIRR and UIF are as before then.
    @inlinable public mutating func deliverUserInterrupt<M: Memory & ~Copyable>(
        memory: inout M
    ) throws(Fault) -> UInt8? {
        guard let vector = uintr.highestPending else { return nil }
        guard paging.isCanonical(uintr.uihandler) else { throw .generalProtection }

        var stack = gpr.rsp
        if uintr.uistackadjust & 1 != 0 {
            stack = uintr.uistackadjust
        } else {
            stack = stack &- uintr.uistackadjust
        }
        stack &= ~0xF
        try push(gpr.rsp, onto: &stack, memory: &memory)
        try push(rflags.rawValue, onto: &stack, memory: &memory)
        try push(rip, onto: &stack, memory: &memory)
        try push(UInt64(vector), onto: &stack, memory: &memory)

        var shadowStack = ssp
        if usesShadowStack {
            shadowStack = shadowStack &- 8
            guard paging.isCanonical(shadowStack, count: 8) else { throw .generalProtection }
            try memory.store(shadowStack, rip, Access(write: true, user: cpl == 3, shadowStack: true))
        }

        ssp = shadowStack
        if cr4 & CR4.cet != 0, userCET.endbranch { userCET.trackEndbranch() }
        gpr.rsp = stack
        uintr.uirr &= ~(1 &<< UInt64(vector))
        uintr.uif = false
        rflags.remove(.tf)
        rflags.remove(.rf)
        rip = uintr.uihandler
        activity = .active
        shadow = .none
        return vector
    }
}
