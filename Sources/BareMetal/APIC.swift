import Architecture
import CBareMetal

/// This processor's local APIC, in the mode that it is in (SDM Vol. 3A, ch. 11).
enum APIC {
    static let taskPriority: UInt32 = 0x08
    static let processorPriority: UInt32 = 0x0A
    static let endOfInterrupt: UInt32 = 0x0B
    static let spurious: UInt32 = 0x0F
    static let inService: UInt32 = 0x10
    static let requests: UInt32 = 0x20
    static let errors: UInt32 = 0x28
    static let command: UInt32 = 0x30

    /// The spurious vector: one that no case uses, as an EOI for it means nothing.
    static let spuriousVector: UInt8 = 0x6F

    private static let baseRegister: UInt32 = 0x1B
    /// Physical FEE00000H, as `CaseMemory` maps it.
    private static let window: UInt64 = 0x7F00_FEE0_0000

    static var supportsX2APIC: Bool { bm_cpuid(1, 0).ecx & 1 << 21 != 0 }

    static var mode: LocalAPIC.Mode {
        switch bm_rdmsr(baseRegister) >> 10 & 3 {
        case 2: .xAPIC
        case 3: .x2APIC
        default: .disabled
        }
    }

    /// Registers by their number, offset / 10H. A disabled one reads 0.
    static func read(_ register: UInt32) -> UInt32 {
        switch mode {
        case .disabled: 0
        case .xAPIC: bm_mmio_read(window + UInt64(register) << 4)
        case .x2APIC: UInt32(truncatingIfNeeded: bm_rdmsr(0x800 + register))
        }
    }

    static func write(_ register: UInt32, _ value: UInt32) {
        switch mode {
        case .disabled: break
        case .xAPIC: bm_mmio_write(window + UInt64(register) << 4, value)
        case .x2APIC: bm_wrmsr(0x800 + register, UInt64(value))
        }
    }

    static var id: UInt32 { mode == .xAPIC ? read(2) >> 24 : read(2) }

    /// Changes the mode by the transitions there are: from x2APIC to xAPIC only by way of disabled (11.12.5).
    static func setMode(_ new: LocalAPIC.Mode) {
        let old = mode
        guard old != new else { return }
        let base = bm_rdmsr(baseRegister) & ~(3 << 10)
        if new == .disabled || old == .x2APIC { bm_wrmsr(baseRegister, base) }
        if new != .disabled { bm_wrmsr(baseRegister, base | 1 << 11) }
        if new == .x2APIC { bm_wrmsr(baseRegister, base | 3 << 10) }
        if old == .disabled || old == .x2APIC { setUp() }
    }

    /// Enabled by software, no local interrupts, task priority 0.
    static func setUp() {
        setEnabled(true)
        for entry: UInt32 in 0x32...0x37 where entry - 0x32 <= highestLocalVector { write(entry, 1 << 16) }
        write(taskPriority, 0)
        _ = takeErrors()
    }

    /// SVR[8].
    static func setEnabled(_ enabled: Bool, spurious vector: UInt8 = spuriousVector) {
        write(spurious, (enabled ? 1 << 8 : 0) | UInt32(vector))
    }

    /// The number of entries in the local vector table, less one, and at most the six that every later processor has.
    private static var highestLocalVector: UInt32 { min(5, read(3) >> 16 & 0xFF) }

    static func contains(_ set: UInt32, _ vector: UInt8) -> Bool {
        read(set + UInt32(vector >> 5)) & 1 << UInt32(vector & 31) != 0
    }

    /// The highest vector in IRR or ISR, 0 for none.
    static func highest(_ set: UInt32) -> UInt8 {
        for word in (0 as UInt32..<8).reversed() {
            let bits = read(set + word)
            if bits != 0 { return UInt8(word) * 32 + UInt8(31 - bits.leadingZeroBitCount) }
        }
        return 0
    }

    /// All of ESR since the last such call.
    static func takeErrors() -> UInt32 {
        write(errors, 0)
        return read(errors)
    }

    /// Sends an IPI: `low` is the ICR's low half, `destination` a physical ID.
    static func send(_ low: UInt32, to destination: UInt32) {
        switch mode {
        case .disabled: break
        case .xAPIC:
            bm_mmio_write(window + 0x310, destination << 24)
            bm_mmio_write(window + 0x300, low)
            while bm_mmio_read(window + 0x300) & 1 << 12 != 0 { bm_pause() }
        case .x2APIC:
            bm_wrmsr(0x830, UInt64(destination) << 32 | UInt64(low))
        }
    }
}
