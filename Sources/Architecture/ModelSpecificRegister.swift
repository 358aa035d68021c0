/// The MSRs of user interrupts (SDM Vol. 3A, 9.3.2, and Vol. 4).
public enum UINTRRegister: UInt32, Equatable, Hashable, Sendable {
    /// IA32_UINTR_RR: UIRR.
    case rr = 0x985
    /// IA32_UINTR_HANDLER: UIHANDLER.
    case handler = 0x986
    /// IA32_UINTR_STACKADJUST: UISTACKADJUST.
    case stackadjust = 0x987
    /// IA32_UINTR_MISC: UITTSZ in bits 31:0, UINV in bits 39:32.
    case misc = 0x988
    /// IA32_UINTR_PD: UPIDADDR.
    case pd = 0x989
    /// IA32_UINTR_TT: UITTADDR in bits 63:4, the SENDUIPI enable in bit 0.
    case tt = 0x98A
}

extension UINTRRegister {
    /// The bits that must be 0 in a value written to the register.
    @inlinable public var reservedMask: UInt64 {
        switch self {
        case .rr, .handler, .stackadjust: 0
        case .misc: 0xFFFF_FF00_0000_0000
        case .pd: 0x3F
        case .tt: 0xE
        }
    }

    /// True when the register holds a linear address, which must be canonical.
    @inlinable public var holdsAddress: Bool {
        switch self {
        case .rr, .misc: false
        case .handler, .stackadjust, .pd, .tt: true
        }
    }

    /// True when WRMSR, and XRSTORS alike, accept `value`.
    /// - Parameter maximum: the largest linear-address width that CPUID enumerates, not that of the paging mode in use.
    @inlinable public func accepts(_ value: UInt64, maximum: LinearAddressWidth) -> Bool {
        value & reservedMask == 0 && (!holdsAddress || maximum.isCanonical(value))
    }
}

extension UserInterruptState {
    /// RDMSR of a UINTR register.
    @inlinable public func read(_ register: UINTRRegister) -> UInt64 {
        switch register {
        case .rr: uirr
        case .handler: uihandler
        case .stackadjust: uistackadjust
        case .misc: misc
        case .pd: upidaddr
        case .tt: uitt
        }
    }

    /// WRMSR of a UINTR register. A write of UIRR recognises or ends a pending user interrupt (9.4.1).
    /// - Throws: `Fault.generalProtection` for a reserved bit or a non-canonical address; nothing is changed then.
    @inlinable public mutating func write(
        _ register: UINTRRegister, _ value: UInt64, maximum: LinearAddressWidth
    ) throws(Fault) {
        guard register.accepts(value, maximum: maximum) else { throw .generalProtection }
        switch register {
        case .rr: uirr = value
        case .handler: uihandler = value
        case .stackadjust: uistackadjust = value
        case .misc:
            uittsz = UInt32(truncatingIfNeeded: value)
            uinv = UInt8(truncatingIfNeeded: value &>> 32)
        case .pd: upidaddr = value
        case .tt: uitt = value
        }
    }
}
