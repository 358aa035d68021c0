extension LogicalProcessor {
    /// UIRET (SDM Vol. 2): pops RIP, RFLAGS and RSP; the handler has popped the vector before.
    ///
    /// Any CPL, which stays. UIF becomes 1, or bit 1 of the popped RFLAGS where `Features.flexibleUIRET`.
    /// - Throws: `Fault.stackSegment`, `.page`, `.alignmentCheck` for the pops; `.generalProtection` if the popped RIP is not
    ///   canonical in the paging mode in use; `.controlProtection` if the shadow stack has another RIP. Nothing is changed.
    @inlinable mutating func uiret<M: Memory & ~Copyable>(memory: inout M) throws(Fault) {
        var stack = gpr.rsp
        let newRIP = try pop(from: &stack, memory: &memory)
        let newRFLAGS = RFLAGS(rawValue: try pop(from: &stack, memory: &memory))
        let newRSP = try pop(from: &stack, memory: &memory)
        guard paging.isCanonical(newRIP) else { throw .generalProtection }
        if usesShadowStack {
            guard paging.isCanonical(ssp, count: 8) else { throw .generalProtection }
            let access = Access(write: false, user: cpl == 3, shadowStack: true)
            guard try memory.load(ssp, access) == newRIP else { throw .controlProtection(code: 2) }
            ssp = ssp &+ 8
        }
        rip = newRIP
        rflags = rflags.subtracting(.loadedByUIRET).union(newRFLAGS.intersection(.loadedByUIRET))
        gpr.rsp = newRSP
        uintr.uif = features.flexibleUIRET ? newRFLAGS.contains(.fixed) : true
    }
}
