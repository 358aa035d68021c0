import Architecture
import Cases
import Conformance

/// Random cases: a state that is mostly valid, a few steps, and no expectation. Each is made from the seed and its own number, so
/// that any of them can be made again alone.
public struct RandomCase {
    /// What their ids begin with: `random.7.123` is the 123rd of seed 7.
    public static let prefix = "random."

    private var generator: SeededGenerator
    private var steps: [Step] = []
    private var vector: UInt8 = 0

    private init(seed: UInt64, number: Int) {
        var mix = SeededGenerator(seed: seed)
        generator = SeededGenerator(seed: mix.next() ^ UInt64(number) &* 0xD134_2543_DE82_EF95)
    }

    public static func make(_ number: Int, seed: UInt64) -> Case {
        var random = RandomCase(seed: seed, number: number)
        random.state()
        for _ in 0..<1 + random.below(6) { random.act() }
        return Case(
            "\(prefix)\(seed).\(number)", "A random state, and random steps.", source: "uintr lab fuzz --seed \(seed)",
            steps: random.steps)
    }

    private mutating func below(_ bound: UInt64) -> UInt64 { generator.next().multipliedFullWidth(by: bound).high }
    /// True once in `n`.
    private mutating func once(in n: UInt64) -> Bool { below(n) == 0 }
    private mutating func one<Value>(of values: [Value]) -> Value { values[Int(below(UInt64(values.count)))] }
    private mutating func oneBit() -> UInt64 { 1 << below(64) }
    /// Few bits, many, or none.
    private mutating func bits() -> UInt64 {
        switch below(4) {
        case 0: 0
        case 1: generator.next()
        case 2: oneBit() | oneBit()
        default: oneBit()
        }
    }

    // MARK: The state

    private mutating func state() {
        vector = one(of: [0xE1, 0xE1, 0xEC, 0x20, 0x41, 0x8F, 0xFE, 0x1F])
        for index in 0..<2 { upid(index) }
        for index in 0..<3 { entry(index) }
        set(.uittsz, one(of: [0, 1, 2, 2, 2, 255, 0xFFFF_FFFF]))
        if !once(in: 12) { set(.uitt, once(in: 10) ? supervisorPlace() & ~0xF | below(2) : Layout.uitt | 1) }
        if !once(in: 6) {
            set(.uinv, UInt64(once(in: 8) ? anyVector() : vector))
            set(.upidaddr, once(in: 8) ? supervisorPlace() & ~63 : Layout.upid(Int(below(2))))
        }
        set(.uihandler, once(in: 12) ? one(of: [Layout.code + 0x700, Layout.absent, Layout.canonical57 - 1]) : Layout.handler)
        set(.uistackadjust, stackAdjust())
        if once(in: 2) { set(.uirr, bits()) }
        if once(in: 2) { set(.uif, 1) }
        if once(in: 10) { set(.cr0AM, 1) }
        if once(in: 16) { set(.cr4UINTR, 0) }
        if once(in: 40) { set(.cr4OSXSAVE, 0) }
        if once(in: 40) { set(.xss, 0) }
        if once(in: 8) { set(.apicTPR, below(256)) }
        set(.rflags, flags())
        set(.cpl, one(of: [3, 3, 3, 3, 0, 0, 1, 2]))
        set(.rsp, stackPointer())
        if once(in: 3) { set(.rip, Layout.code + below(0xE00)) }
    }

    private mutating func set(_ field: Field, _ value: UInt64) { steps.append(.set(field, value)) }

    /// Bit 1, IF most of the time, and any of the flags that change nothing of how an instruction is run alone.
    private mutating func flags() -> UInt64 {
        2 | (once(in: 4) ? 0 : 0x200) | (once(in: 2) ? generator.next() & 0x24_4CD5 : 0)
    }

    private mutating func upid(_ index: Int) {
        var control = UInt64(once(in: 20) ? anyVector() : vector) << 16
        if once(in: 3) { control |= 1 + below(3) }
        if once(in: 10) { control |= UInt64(one(of: [1, 0xFF, 0x100, 0xFFFF_FFFF] as [UInt32])) << 32 }
        if once(in: 10) { control ^= 1 << below(32) }
        if control >> 16 & 0xFF == RandomCase.spuriousVector { control ^= 1 << 16 }
        steps += [.store(Layout.upid(index), control), .store(Layout.upid(index) + 8, bits())]
    }

    private mutating func entry(_ index: Int) {
        var control = below(64) << 8 | 1
        if once(in: 8) { control ^= oneBit() }
        var pointer = once(in: 6) ? anyPlace() & ~63 : Layout.upid(Int(below(2)))
        if once(in: 12) { pointer ^= oneBit() }
        // The code page is full of INT3 on the machine, and of zeros in the core.
        if pointer & ~0xFFF == Layout.code { pointer = Layout.absent }
        steps += [.store(Layout.uittEntry(index), control), .store(Layout.uittEntry(index) + 8, pointer)]
    }

    private mutating func stackAdjust() -> UInt64 {
        switch below(10) {
        case 0...3: 128
        case 4: 0
        case 5: below(4096) & ~1
        case 6: Layout.altStackTop | 1
        case 7: (Layout.altStackTop - below(0x100)) | 1
        case 8: anyPlace() | below(2)
        default: 0x7FFF_FFFF_F000 + below(0x1000)
        }
    }

    private mutating func stackPointer() -> UInt64 {
        switch below(10) {
        case 0...3: Layout.stackTop
        case 4, 5: Layout.stackTop - below(512)
        case 6: Layout.stack + below(256)
        case 7: one(of: [Layout.nonCanonical, 0x7FFF_FFFF_FFF8, Layout.canonical57, 8, 0, 0xFFFF_8000_0000_0010])
        default: anyPlace() + below(0x1000)
        }
    }

    private mutating func supervisorPlace() -> UInt64 {
        one(of: [
            Layout.upids, Layout.uitt, Layout.xsave, Layout.readOnlySupervisor, Layout.absent, Layout.stack, Layout.readOnlyUser,
        ]) + below(64) * 64 + (once(in: 8) ? 0xFF0 : 0)
    }

    private mutating func anyPlace() -> UInt64 {
        one(of: [
            Layout.stack, Layout.altStack, Layout.upids, Layout.uitt, Layout.readOnlyUser, Layout.readOnlySupervisor,
            Layout.absent, Layout.xsave, Layout.shadowStack,
        ]) + (once(in: 3) ? below(64) * 64 : 0)
    }

    /// The runner's own spurious vector, whose EOI means nothing.
    private static let spuriousVector: UInt64 = 0x6F

    private mutating func anyVector() -> UInt8 {
        let vector = below(256)
        return UInt8(truncatingIfNeeded: vector == RandomCase.spuriousVector ? 0x6E : vector)
    }

    // MARK: The steps

    private mutating func act() {
        switch below(16) {
        case 0...3: senduipi()
        case 4, 5: uiret()
        case 6: steps.append(.execute(Encoding.testui))
        case 7: steps.append(.execute(Encoding.clui))
        case 8: steps.append(.execute(Encoding.stui))
        case 9: writeRegister()
        case 10: steps += [.set(.cpl, privileged()), .xsaves(area: area(), mask: mask()), .set(.cpl, afterwards())]
        case 11: restore()
        case 12, 13:
            let sent = once(in: 4) ? anyVector() : vector
            steps += [.send(sent, 0, x2APIC: true), .arrive, .takeInterrupt]
        case 14: steps.append(.deliver)
        default: steps.append(once(in: 8) ? .endOfInterrupt : .set(.cpl, afterwards()))
        }
        if once(in: 4) { steps.append(.settle) }
    }

    /// The CPL of a privileged instruction: 0, but for one in eight.
    private mutating func privileged() -> UInt64 { once(in: 8) ? 3 : 0 }
    private mutating func afterwards() -> UInt64 { once(in: 3) ? 0 : 3 }

    private mutating func senduipi() {
        let register = UInt8(truncatingIfNeeded: below(16))
        // Register 4 is RSP: it stays what it is.
        if register != 4 { set(.register(register), once(in: 12) ? bits() : below(4)) }
        let encoding: [UInt8] =
            register < 8 ? [0xF3, 0x0F, 0xC7, 0xF0 | register] : [0xF3, 0x41, 0x0F, 0xC7, 0xF0 | register & 7]
        steps.append(.execute((once(in: 10) ? [0x66] : []) + encoding))
    }

    private mutating func uiret() {
        if !once(in: 4) {
            let at = Layout.stackTop - 24 - below(8) * 8
            let rip =
                once(in: 8) ? one(of: [Layout.nonCanonical, Layout.absent, Layout.canonical57 - 1]) : Layout.code + below(0xE0) * 16
            // TF would single-step, RF is not to be seen.
            let flags = once(in: 2) ? generator.next() & ~0x10100 : self.flags()
            let rsp = once(in: 4) ? generator.next() : Layout.stackTop
            steps += [.store(at, rip), .store(at + 8, flags), .store(at + 16, rsp), .set(.rsp, at)]
        }
        steps.append(.execute(Encoding.uiret))
    }

    private mutating func writeRegister() {
        let register: UInt32 = 0x985 + UInt32(truncatingIfNeeded: below(6))
        var value: UInt64 =
            switch register {
            case 0x985: bits()
            case 0x986: Layout.handler
            case 0x987: stackAdjust()
            case 0x988: UInt64(vector) << 32 | below(4)
            case 0x989: Layout.upid(Int(below(2)))
            default: Layout.uitt | 1
            }
        if once(in: 3) { value ^= oneBit() }
        if once(in: 12) { value = generator.next() }
        steps += [.set(.cpl, privileged()), .wrmsr(register, value), .set(.cpl, afterwards())]
    }

    private mutating func area() -> UInt64 {
        switch below(12) {
        case 0: Layout.xsave + 1 << below(7)
        case 1: one(of: [Layout.readOnlySupervisor, Layout.absent, Layout.nonCanonical, Layout.xsave + 0x2000 - 576])
        case 2: Layout.xsave + below(16) * 64
        default: Layout.xsave
        }
    }

    /// Component 14, alone or with AVX; never x87 and SSE, of which the core has only the room.
    private mutating func mask() -> UInt64 { one(of: [0x4000, 0x4000, 0x4000, 0, 0x4004, ~3]) }

    private mutating func restore() {
        if !once(in: 4) {
            steps += [
                .store(Layout.xsave + 512, once(in: 5) ? 0 : 0x4000),
                .store(Layout.xsave + 520, once(in: 10) ? (1 << 63 | 0x4000) ^ oneBit() : 1 << 63 | 0x4000),
            ]
            if once(in: 12) { steps.append(.store(Layout.xsave + 512 + below(8) * 8, oneBit())) }
            let misc = UInt64(once(in: 2) ? 0 : vector) << 32 | below(4) | below(2) << 63
            let image: [UInt64] = [Layout.handler, 128, misc, Layout.upid(0), bits(), Layout.uitt | 1]
            let wrong = once(in: 3) ? Int(below(6)) : -1
            for (index, value) in image.enumerated() {
                steps.append(.store(Layout.xsave + 576 + UInt64(index) * 8, index == wrong ? value ^ oneBit() : value))
            }
        }
        if !once(in: 3) { set(.uinv, 0) }
        steps += [.set(.cpl, privileged()), .xrstors(area: area(), mask: mask()), .set(.cpl, afterwards())]
    }

    private enum Encoding {
        static let uiret: [UInt8] = [0xF3, 0x0F, 0x01, 0xEC]
        static let testui: [UInt8] = [0xF3, 0x0F, 0x01, 0xED]
        static let clui: [UInt8] = [0xF3, 0x0F, 0x01, 0xEE]
        static let stui: [UInt8] = [0xF3, 0x0F, 0x01, 0xEF]
    }
}
