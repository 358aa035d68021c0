// XSAVES and XRSTORS of state component 14 (SDM Vol. 1, 13.5.11, 13.11, 13.12). Of the other components only the place in the
// area is modelled: they count as being in their initial configuration.

extension LogicalProcessor {
    /// XINUSE[14]. 0 only in the initial configuration; 1 is allowed even then (SDM Vol. 1, 13.6).
    @inlinable public var uintrInUse: Bool {
        !features.tracksInitialConfiguration || uintr != UserInterruptState()
    }

    @inlinable func checkXSAVE(_ area: UInt64) throws(Fault) {
        guard cr4 & CR4.osxsave != 0 else { throw .invalidOpcode }
        guard cpl == 0, area & 63 == 0, paging.isCanonical(area, count: XSAVEArea.extendedRegion) else {
            throw .generalProtection
        }
    }

    /// XSAVES to the area at `area`, which is 64-byte aligned; `mask` is EDX:EAX.
    ///
    /// Destructive: where component 14 is asked for and enabled in IA32_XSS, UINV is 0 afterwards.
    /// - Throws: `Fault.invalidOpcode` (CR4.OSXSAVE = 0), `.generalProtection` (CPL > 0, alignment), `.page`: UINV stays then.
    @inlinable public mutating func xsaves<M: Memory & ~Copyable>(
        _ area: UInt64, mask: UInt64, memory: inout M
    ) throws(Fault) {
        try checkXSAVE(area)
        let requested = (xcr0 | xss) & mask
        let saves = requested & XSAVEArea.uintrComponent != 0
        let stored = saves && uintrInUse
        if stored {
            let offset = XSAVEArea.uintrOffset(xcompBV: requested)
            try UINTRStateImage(uintr).store(area &+ offset, memory: &memory)
        }
        try memory.store(area &+ XSAVEArea.xstateBV, stored ? XSAVEArea.uintrComponent : 0, .supervisorWrite)
        try memory.store(area &+ XSAVEArea.xcompBV, requested | XSAVEArea.compacted, .supervisorWrite)
        if saves { uintr.uinv = 0 }
    }

    /// XRSTORS from the area at `area`, which is 64-byte aligned; `mask` is EDX:EAX.
    ///
    /// Not repeatable: where component 14 is to be loaded or initialised, UINV must be 0. "Before restoring" (13.5.11) is read as
    /// covering both.
    /// - Throws: `Fault.invalidOpcode`, `.generalProtection` (CPL > 0, alignment, header, UINV ≠ 0, a value that the MSRs
    ///   refuse), `.page`. Every check and every read comes before the first change, so the rule that a fault after loading any
    ///   part clears UINV has nothing to clear: UINV was 0.
    @inlinable public mutating func xrstors<M: Memory & ~Copyable>(
        _ area: UInt64, mask: UInt64, memory: inout M
    ) throws(Fault) {
        try checkXSAVE(area)
        let enabled = xcr0 | xss
        let xstateBV = try memory.load(area &+ XSAVEArea.xstateBV, .supervisorRead)
        let xcompBV = try memory.load(area &+ XSAVEArea.xcompBV, .supervisorRead)
        guard xcompBV & XSAVEArea.compacted != 0,
            xcompBV & ~(enabled | XSAVEArea.compacted) == 0,
            xstateBV & ~xcompBV == 0
        else { throw .generalProtection }
        for offset: UInt64 in 2..<8 {
            guard try memory.load(area &+ XSAVEArea.xstateBV &+ offset &* 8, .supervisorRead) == 0 else {
                throw .generalProtection
            }
        }

        guard enabled & mask & XSAVEArea.uintrComponent != 0 else { return }
        guard uintr.uinv == 0 else { throw .generalProtection }
        guard xstateBV & XSAVEArea.uintrComponent != 0 else {
            uintr = UserInterruptState()
            return
        }
        let offset = XSAVEArea.uintrOffset(xcompBV: xcompBV)
        let image = try UINTRStateImage.load(area &+ offset, memory: &memory)
        guard let state = image.state(maximum: features.linearAddressWidth) else { throw .generalProtection }
        uintr = state
    }
}
