/// What a processor enumerates about user interrupts and what they stand on.
public struct Features: Equatable, Hashable, Sendable {
    /// CPUID.(EAX=7,ECX=0):EDX[5]: user interrupts.
    public var uintr: Bool
    /// CPUID.(EAX=7,ECX=1):EDX[17]: UIRET loads UIF from bit 1 of the popped RFLAGS, instead of setting it.
    public var flexibleUIRET: Bool
    /// CPUID.80000008H:EAX[15:8]: the largest linear-address width; it decides what the MSRs and XRSTORS accept.
    public var linearAddressWidth: LinearAddressWidth
    /// True if the processor tracks whether component 14 is in its initial configuration (SDM Vol. 1, 13.6). Software may rely
    /// on neither answer.
    public var tracksInitialConfiguration: Bool

    @inlinable public init(
        uintr: Bool = true, flexibleUIRET: Bool = true, linearAddressWidth: LinearAddressWidth = .bits57,
        tracksInitialConfiguration: Bool = true
    ) {
        self.uintr = uintr
        self.flexibleUIRET = flexibleUIRET
        self.linearAddressWidth = linearAddressWidth
        self.tracksInitialConfiguration = tracksInitialConfiguration
    }
}

/// The four registers that CPUID returns.
public struct CPUIDResult: Equatable, Hashable, Sendable {
    public var eax: UInt32
    public var ebx: UInt32
    public var ecx: UInt32
    public var edx: UInt32

    @inlinable public init(eax: UInt32 = 0, ebx: UInt32 = 0, ecx: UInt32 = 0, edx: UInt32 = 0) {
        self.eax = eax
        self.ebx = ebx
        self.ecx = ecx
        self.edx = edx
    }
}

extension Features {
    /// The leaves that say something of user interrupts; every other bit and leaf reads 0.
    ///
    /// Leaf 7 (SDM Vol. 2, CPUID), leaf 0DH sub-leaves 1 and 14 (Vol. 1, 13.2), leaf 80000008H.
    public func cpuid(_ leaf: UInt32, _ subleaf: UInt32) -> CPUIDResult {
        switch (leaf, subleaf) {
        case (7, 0):
            CPUIDResult(eax: 1, edx: uintr ? 1 << 5 : 0)
        case (7, 1):
            CPUIDResult(edx: uintr && flexibleUIRET ? 1 << 17 : 0)
        case (0xD, 1):
            // EAX[3]: XSAVES and IA32_XSS; ECX: the components that IA32_XSS may enable.
            CPUIDResult(eax: 1 << 3, ecx: uintr ? UInt32(truncatingIfNeeded: XSAVEArea.uintrComponent) : 0)
        case (0xD, 14):
            // EBX = 0 and ECX[1] = 0: no fixed offset, no 64-byte alignment in the compacted format. ECX[0]: supervisor.
            uintr ? CPUIDResult(eax: UInt32(truncatingIfNeeded: XSAVEArea.uintrSize), ecx: 1) : CPUIDResult()
        case (0x8000_0008, _):
            CPUIDResult(eax: UInt32(linearAddressWidth.rawValue) &<< 8)
        default:
            CPUIDResult()
        }
    }
}
