/// A set of interrupt vectors, one bit for each: IRR or ISR (SDM Vol. 3A, 11.8.4).
public struct VectorSet: Equatable, Hashable, Sendable {
    @usableFromInline var words: (UInt64, UInt64, UInt64, UInt64) = (0, 0, 0, 0)

    @inlinable public init() {}

    @inlinable public subscript(vector: UInt8) -> Bool {
        get { word(vector &>> 6) & (1 &<< UInt64(vector & 63)) != 0 }
        set {
            let bit: UInt64 = 1 &<< UInt64(vector & 63)
            let old = word(vector &>> 6)
            setWord(vector &>> 6, newValue ? old | bit : old & ~bit)
        }
    }

    /// The 64 vectors from 64 × `index` up; `index` is 0–3.
    @inlinable public func word(_ index: UInt8) -> UInt64 {
        switch index & 3 {
        case 0: words.0
        case 1: words.1
        case 2: words.2
        default: words.3
        }
    }

    @inlinable mutating func setWord(_ index: UInt8, _ value: UInt64) {
        switch index & 3 {
        case 0: words.0 = value
        case 1: words.1 = value
        case 2: words.2 = value
        default: words.3 = value
        }
    }

    /// The highest vector in the set.
    @inlinable public var highest: UInt8? {
        var index: UInt8 = 4
        while index > 0 {
            index &-= 1
            let bits = word(index)
            if bits != 0 { return index &* 64 &+ UInt8(truncatingIfNeeded: 63 &- bits.leadingZeroBitCount) }
        }
        return nil
    }

    @inlinable public static func == (a: VectorSet, b: VectorSet) -> Bool {
        a.words.0 == b.words.0 && a.words.1 == b.words.1 && a.words.2 == b.words.2 && a.words.3 == b.words.3
    }

    public func hash(into hasher: inout Hasher) {
        for index: UInt8 in 0..<4 { hasher.combine(word(index)) }
    }
}

/// A local APIC (SDM Vol. 3A, ch. 11, "Advanced Programmable Interrupt Controller"), edge-triggered fixed interrupts only.
public struct LocalAPIC: Equatable, Hashable, Sendable {
    /// IA32_APIC_BASE[11:10].
    public enum Mode: UInt8, Equatable, Hashable, Sendable {
        /// Globally disabled: it neither sends nor accepts.
        case disabled
        case xAPIC
        case x2APIC
    }

    public var mode: Mode
    /// The physical ID: all 32 bits in x2APIC mode, the low 8 in xAPIC mode.
    public var id: UInt32
    /// SVR[8]. While 0 nothing more is accepted, but IRR and ISR keep what they have, the processor still takes it, and still
    /// sends (11.4.7.2: "held and require masking or handling by the processor").
    public var softwareEnabled: Bool
    /// TPR, 8 bits: vectors of its class (bits 7:4) and below wait.
    public var taskPriority: UInt8 = 0
    /// IRR: accepted, not yet taken.
    public var irr = VectorSet()
    /// ISR: taken, EOI not yet written.
    public var isr = VectorSet()
    /// ESR[5], send illegal vector.
    public var sentIllegalVector = false
    /// ESR[6], receive illegal vector.
    public var receivedIllegalVector = false

    public init(id: UInt32, mode: Mode = .x2APIC, softwareEnabled: Bool = true) {
        self.id = id
        self.mode = mode
        self.softwareEnabled = softwareEnabled
    }

    /// The lowest vector that is legal in an interrupt message (11.5.2).
    public static var lowestLegalVector: UInt8 { 16 }

    /// PPR, 8 bits (11.8.3.1).
    @inlinable public var processorPriority: UInt8 {
        let inService = isr.highest ?? 0
        return taskPriority &>> 4 >= inService &>> 4 ? taskPriority : inService & 0xF0
    }

    /// The vector that the processor would take now: IRR's highest, if its class is above PPR's.
    @inlinable public var deliverable: UInt8? {
        guard mode != .disabled, let vector = irr.highest else { return nil }
        return vector &>> 4 > processorPriority &>> 4 ? vector : nil
    }

    /// The processor takes the interrupt: its vector moves from IRR to ISR.
    @inlinable public mutating func acknowledge() -> UInt8? {
        guard let vector = deliverable else { return nil }
        irr[vector] = false
        isr[vector] = true
        return vector
    }

    /// A write to EOI: ISR's highest vector is cleared (11.8.5).
    @inlinable public mutating func endOfInterrupt() {
        if let vector = isr.highest { isr[vector] = false }
    }

    /// Software takes a request out of IRR: what re-sending the interrupts of a CPU that leaves amounts to.
    public mutating func withdraw(_ vector: UInt8) {
        irr[vector] = false
    }

    /// INIT (11.4.7.3): IRR, ISR, TPR, ESR and SVR are reset; mode and ID stay.
    public mutating func initialize() {
        irr = VectorSet()
        isr = VectorSet()
        taskPriority = 0
        softwareEnabled = false
        sentIllegalVector = false
        receivedIllegalVector = false
    }
}
