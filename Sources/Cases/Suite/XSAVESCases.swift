import Architecture

// XSAVES of state component 14.

/// An XSAVE area with component 14 in it.
enum Area {
    static let base = Layout.xsave
    static let uintr: UInt64 = 1 << 14
    static let compacted: UInt64 = 1 << 63
    static let xstateBV = base + 512
    static let xcompBV = base + 520
    /// Where component 14 lies if no lower one has a place.
    static let image = base + 576

    /// Six quadwords of component 14, each bit that may be 1 in some; MISC without UIF.
    static let handler: UInt64 = 0xFFFF_8123_4567_89AB
    static let stackadjust: UInt64 = 0x0000_7654_3210_FEDC
    static let misc: UInt64 = 0x0000_00E1_8765_4321
    static let pd: UInt64 = 0xFFFF_8000_0000_1FC0
    static let rr: UInt64 = 0x8421_0000_0000_1248
    static let tt: UInt64 = 0x0000_7FFF_FFFF_F0F1
    static let uif: UInt64 = 1 << 63

    /// The registers as the image has them.
    static func registers(uif: UInt64 = 1) -> [Step] {
        [
            .set(.uihandler, handler), .set(.uistackadjust, stackadjust), .set(.uittsz, misc & 0xFFFF_FFFF),
            .set(.uinv, misc >> 32), .set(.upidaddr, pd), .set(.uirr, rr), .set(.uitt, tt), .set(.uif, uif),
        ]
    }

    static func expectRegisters(uinv: UInt64 = misc >> 32, uif: UInt64 = 1) -> [Step] {
        [
            .expect(.uihandler, handler), .expect(.uistackadjust, stackadjust), .expect(.uittsz, misc & 0xFFFF_FFFF),
            .expect(.uinv, uinv), .expect(.upidaddr, pd), .expect(.uirr, rr), .expect(.uitt, tt), .expect(.uif, uif),
        ]
    }

    static func expectInitial() -> [Step] {
        [
            .expect(.uihandler, 0), .expect(.uistackadjust, 0), .expect(.uittsz, 0), .expect(.uinv, 0), .expect(.upidaddr, 0),
            .expect(.uirr, 0), .expect(.uitt, 0), .expect(.uif, 0),
        ]
    }

    /// The image as XSAVES writes it, or as XRSTORS finds it.
    static func quadwords(misc: UInt64 = misc | uif) -> [UInt64] { [handler, stackadjust, misc, pd, rr, tt] }

    static func store(_ quadwords: [UInt64], at image: UInt64 = image) -> [Step] {
        quadwords.enumerated().map { .store(image + UInt64($0.offset) * 8, $0.element) }
    }

    static func expect(_ quadwords: [UInt64], at image: UInt64 = image) -> [Step] {
        quadwords.enumerated().map { .expectMemory(image + UInt64($0.offset) * 8, $0.element) }
    }

    /// A header that says that component 14 is in the area.
    static func header(xstateBV xstate: UInt64 = uintr, xcompBV xcomp: UInt64 = compacted | uintr) -> [Step] {
        [.store(xstateBV, xstate), .store(xcompBV, xcomp)] + (2..<8).map { .store(xstateBV + $0 * 8, 0) }
    }

    /// The image's place filled with ones, so that what is written shows.
    static var ones: [Step] { store([UInt64](repeating: UInt64.max, count: 7)) }
}

extension Case {
    static var xsaves: [Case] {
        saving + gatesOfXSAVES + inUse + afterXSAVES
    }

    private static let save: Step = .xsaves(area: Area.base, mask: Area.uintr)

    private static var saving: [Case] {
        let source = Source.xsaveUINTR
        return [
            Case(
                "xsaves.layout", "XSAVES writes the six quadwords of component 14 in their order, and the header.", source: source,
                steps: Area.registers() + Area.ones + [save] + Area.expect(Area.quadwords()) + [
                    .expectMemory(Area.xstateBV, Area.uintr), .expectMemory(Area.xcompBV, Area.compacted | Area.uintr),
                    .expectMemory(Area.image + 48, UInt64.max),
                ]),
            Case(
                "xsaves.uif-0", "With UIF = 0 bit 63 of bytes 23:16 is 0, and so are the reserved bits.", source: source,
                steps: Area.registers(uif: 0) + Area.ones + [save] + Area.expect(Area.quadwords(misc: Area.misc))),
            Case(
                "xsaves.reserved-bits-are-0", "The reserved bits are written as 0, with UITTSZ and UINV all ones too.",
                source: source,
                steps: [.set(.uittsz, 0xFFFF_FFFF), .set(.uinv, 0xFF), .set(.uif, 1)] + Area.ones + [
                    save, .expectMemory(Area.image + 16, 0x8000_00FF_FFFF_FFFF),
                ]),
            Case(
                "xsaves.clears-uinv", "XSAVES clears UINV, and nothing else.", source: source, ids: ["S-6"],
                steps: Area.registers() + [save] + Area.expectRegisters(uinv: 0)),
            Case(
                "xsaves.clears-uinv-only-of-misc", "IA32_UINTR_MISC keeps UITTSZ when XSAVES clears UINV.", source: source,
                steps: Area.registers() + [save, .rdmsr(0x988), .expectResult(Area.misc & 0xFFFF_FFFF)]),
            Case(
                "xsaves.with-uif-0-clears-uinv", "XSAVES with UIF = 0 clears UINV, and leaves UIF 0.", source: source,
                steps: Area.registers(uif: 0) + [save] + Area.expectRegisters(uinv: 0, uif: 0)),
            Case(
                "xsaves.without-cr4-uintr", "XSAVES saves component 14 and clears UINV while CR4.UINTR is 0.", source: source,
                steps: Area.registers() + [.set(.cr4UINTR, 0), save] + Area.expect(Area.quadwords())
                    + Area.expectRegisters(uinv: 0)),
            Case(
                "xsaves.twice", "A second XSAVES finds UINV = 0, and writes that.", source: source, ids: ["S-7"],
                steps: Area.registers() + [save, save] + Area.expect(Area.quadwords(misc: Area.misc & 0xFFFF_FFFF | Area.uif))),
        ] + offsets
    }

    /// Where component 14 lies: after every lower component that the instruction asks for and that is enabled.
    private static var offsets: [Case] {
        let places: [(id: String, xcr0: UInt64, mask: UInt64, offset: UInt64, names: String)] = [
            ("avx", 0x7, 1 << 2, 256, "AVX"), ("pkru", 0x203, 1 << 9, 8, "PKRU"),
            ("avx-pkru", 0x207, 1 << 9 | 1 << 2, 264, "AVX and PKRU"),
        ]
        return places.map { id, xcr0, mask, offset, names in
            Case(
                "xsaves.offset-\(id)", "With \(names) asked for, component 14 lies \(offset) bytes further.",
                source: "SDM Vol. 1, 13.4.3",
                steps: Area.registers() + [.set(.xcr0, xcr0), .xsaves(area: Area.base, mask: mask | Area.uintr)]
                    + Area.expect(Area.quadwords(), at: Area.image + offset)
                    + [.expectMemory(Area.xcompBV, Area.compacted | Area.uintr | mask)])
        } + [
            Case(
                "xsaves.offset-not-asked", "A component that is enabled and not asked for has no place.",
                source: "SDM Vol. 1, 13.4.3",
                steps: Area.registers() + [.set(.xcr0, 0x207), save] + Area.expect(Area.quadwords())),
            Case(
                "xsaves.offset-not-enabled", "A component that is asked for and not enabled has no place.",
                source: Source.xsaves,
                steps: Area.registers() + [.set(.xcr0, 3), .xsaves(area: Area.base, mask: UInt64.max)]
                    + Area.expect(Area.quadwords()) + [.expectMemory(Area.xcompBV, Area.compacted | Area.uintr | 3)]),
        ]
    }

    /// XSAVES raises `fault`, or saves no component 14: UINV and the rest stay.
    private static func noSave(
        _ id: String, _ claim: String, _ fault: Fault?, level: Level = .cpl0, area: UInt64 = Area.base,
        mask: UInt64 = Area.uintr, _ before: [Step] = []
    ) -> Case {
        Case(
            "xsaves.\(id)", claim, source: Source.xsaves, level: level,
            steps: Area.ones + Area.registers() + before + [.xsaves(area: area, mask: mask)]
                + (fault.map { [.expectFault($0)] } ?? []) + Area.expectRegisters()
                + Area.expect([UInt64](repeating: UInt64.max, count: 6)))
    }

    private static var gatesOfXSAVES: [Case] {
        [
            noSave("not-asked", "Where EDX:EAX[14] is 0 XSAVES leaves UINV and the image.", nil, mask: 3),
            noSave("not-enabled", "Where IA32_XSS[14] is 0 XSAVES leaves UINV and the image.", nil, [.set(.xss, 0)]),
            noSave("without-osxsave", "With CR4.OSXSAVE = 0 XSAVES raises #UD.", .invalidOpcode, [.set(.cr4OSXSAVE, 0)]),
            noSave("at-cpl-3", "At CPL 3 XSAVES raises #GP.", .generalProtection, [.set(.cpl, 3)]),
            noSave("at-cpl-1", "At CPL 1 XSAVES raises #GP.", .generalProtection, level: .core, [.set(.cpl, 1)]),
            noSave(
                "osxsave-before-cpl", "CR4.OSXSAVE = 0 is #UD at CPL 3 too.", .invalidOpcode,
                [.set(.cr4OSXSAVE, 0), .set(.cpl, 3)]),
            noSave("misaligned-32", "An area that is not 64-byte aligned raises #GP.", .generalProtection, area: Area.base + 32),
            noSave("misaligned-8", "An area 8 bytes off raises #GP.", .generalProtection, area: Area.base + 8),
            noSave(
                "non-canonical", "An area that is not canonical raises #GP.", .generalProtection, level: .core,
                area: Layout.nonCanonical),
            noSave(
                "image-absent", "#PF on the image leaves UINV: nothing was saved.", Prelude.page(Layout.xsave + 0x2000, 2),
                area: Layout.xsave + 0x2000 - 576),
            noSave(
                "area-read-only", "#PF on a read-only area leaves UINV.", Prelude.page(Layout.readOnlySupervisor + 576, 3),
                level: .core, area: Layout.readOnlySupervisor),
        ]
    }

    /// One field of the state is not as in the initial configuration: it is saved, and XSTATE_BV[14] says so.
    private static var inUse: [Case] {
        let fields: [(Field, UInt64, Int, UInt64)] = [
            (.uihandler, 1 << 46, 0, 1 << 46), (.uistackadjust, 1, 1, 1), (.uittsz, 1, 2, 1), (.uinv, 1, 2, 1 << 32),
            (.uif, 1, 2, 1 << 63), (.upidaddr, 64, 3, 64), (.uirr, 1 << 63, 4, 1 << 63), (.uitt, 1, 5, 1),
        ]
        return fields.map { field, value, index, saved in
            var image = [UInt64](repeating: 0, count: 6)
            image[index] = saved
            return Case(
                "xsaves.in-use-\(field.rawValue)", "With \(field.rawValue) alone not 0, component 14 is in use and saved.",
                source: "SDM Vol. 1, 13.6",
                steps: Area.ones + [.set(field, value), save, .expectMemory(Area.xstateBV, Area.uintr)] + Area.expect(image))
        } + [
            Case(
                "xsaves.initial-tracked", "A processor that tracks it saves nothing of the initial configuration.",
                source: "SDM Vol. 1, 13.6", level: .core, features: CaseFeatures(tracksInitialConfiguration: true),
                steps: Area.ones + [
                    save, .expectMemory(Area.xstateBV, 0), .expectMemory(Area.xcompBV, Area.compacted | Area.uintr),
                ] + Area.expect([UInt64](repeating: UInt64.max, count: 6))),
            Case(
                "xsaves.initial-not-tracked", "A processor that does not track it saves the initial configuration as zeros.",
                source: "SDM Vol. 1, 13.6", level: .core, features: CaseFeatures(tracksInitialConfiguration: false),
                steps: Area.ones + [save, .expectMemory(Area.xstateBV, Area.uintr)]
                    + Area.expect([UInt64](repeating: 0, count: 6))),
            Case(
                "xsaves.initial-restores", "With either processor, XSAVES of the initial configuration restores it.",
                source: "SDM Vol. 1, 13.6",
                steps: Area.header() + Area.ones + [save] + Area.registers() + [
                    .set(.uinv, 0), .xrstors(area: Area.base, mask: Area.uintr),
                ] + Area.expectInitial()),
        ]
    }

    private static var afterXSAVES: [Case] {
        let before = Prelude.receiver() + Prelude.upid(control: Prelude.control(on: true), pir: 4)
        return [
            Case(
                "xsaves.old-uinv-is-ordinary", "After XSAVES an IPI with the old UINV is an ordinary interrupt; the UPID stays.",
                source: Source.xsaveUINTR, ids: ["C-5", "S-5", "W-10"],
                steps: before + [save] + Prelude.interrupt() + [
                    .takeInterrupt, .expectOrdinary(Prelude.vector), .expect(.uirr, 0), .expectMemory(Layout.upid(0) + 8, 4),
                    .expectMemory(Layout.upid(0), Prelude.control(on: true)), .expect(.apicISR, UInt64(Prelude.vector)),
                ]),
            Case(
                "xsaves.ipi-in-irr-is-ordinary", "An IPI that waits in IRR during XSAVES is an ordinary interrupt after it.",
                source: Source.xsaveUINTR, ids: ["C-5", "S-5", "W-10"],
                steps: before + Prelude.interrupt() + [
                    save, .takeInterrupt, .expectOrdinary(Prelude.vector), .expect(.uirr, 0),
                    .expectMemory(Layout.upid(0) + 8, 4),
                ]),
            Case(
                "xsaves.uirr-still-delivered", "After XSAVES what is in UIRR can still be delivered: only UINV is cleared.",
                source: Source.xsaveUINTR,
                steps: [.set(.uinv, 0xE1), .set(.uirr, 8), save] + Prelude.pending(8).dropFirst() + [.deliver, .expectDelivered([3])]),
            Case(
                "xsaves.rearmed-by-msr", "A write of IA32_UINTR_MISC after XSAVES makes the vector a notification again.",
                source: Source.xsaveUINTR, ids: ["S-6", "C-3"],
                steps: before + [save, .wrmsr(0x988, UInt64(Prelude.vector) << 32)] + Prelude.interrupt() + [
                    .takeInterrupt, .expectNotification, .expect(.uirr, 4),
                ]),
        ]
    }
}
