import Architecture

// XRSTORS of state component 14.

extension Case {
    private static let restore: Step = .xrstors(area: Area.base, mask: Area.uintr)

    static var xrstors: [Case] {
        loading + recognitionByXRSTORS + uinvNotZero + refusedImages + acceptedImages + headers + gatesOfXRSTORS
    }

    private static func loaded(
        _ id: String, _ claim: String, source: String = Source.xsaveUINTR, ids: [String] = [], level: Level = .cpl0,
        features: CaseFeatures = CaseFeatures(), _ before: [Step], _ after: [Step]
    ) -> Case {
        Case("xrstors.\(id)", claim, source: source, ids: ids, level: level, features: features, steps: before + [restore] + after)
    }

    private static var loading: [Case] {
        let image = Area.header() + Area.store(Area.quadwords())
        return [
            loaded("layout", "XRSTORS loads the six quadwords of component 14, UINV and UIF too.", image, Area.expectRegisters()),
            loaded(
                "uif-0", "UIF is loaded from bit 63 of bytes 23:16: 0 clears it.",
                [.set(.uif, 1)] + Area.header() + Area.store(Area.quadwords(misc: Area.misc)), Area.expectRegisters(uif: 0)),
            loaded(
                "replaces", "What was loaded before is replaced, not merged.",
                [
                    .set(.uihandler, Layout.handler), .set(.uistackadjust, 3), .set(.uittsz, 0xF), .set(.upidaddr, 0x40),
                    .set(.uirr, 0xFF00), .set(.uitt, 0x10),
                ] + image, Area.expectRegisters()),
            loaded(
                "without-cr4-uintr", "XRSTORS loads component 14 while CR4.UINTR is 0.", [.set(.cr4UINTR, 0)] + image,
                Area.expectRegisters()),
            loaded(
                "reads-only", "XRSTORS leaves the area as it is: it may be read-only.", image, Area.expect(Area.quadwords())),
            Case(
                "xrstors.read-only-area", "XRSTORS takes an area in a read-only page.", source: Source.xrstors,
                steps: [
                    .store(Layout.readOnlySupervisor + 512, Area.uintr),
                    .store(Layout.readOnlySupervisor + 520, Area.compacted | Area.uintr),
                ] + Area.store(Area.quadwords(), at: Layout.readOnlySupervisor + 576) + [
                    .xrstors(area: Layout.readOnlySupervisor, mask: Area.uintr)
                ] + Area.expectRegisters()),
            loaded(
                "initial", "With XSTATE_BV[14] = 0 component 14 takes its initial configuration, UIF = 0 too.",
                Area.registers() + [.set(.uinv, 0)] + Area.header(xstateBV: 0) + Area.store(Area.quadwords()),
                Area.expectInitial()),
            loaded(
                "initial-without-place", "With no place in XCOMP_BV either, it takes its initial configuration.",
                source: Source.xrstors, Area.registers() + [.set(.uinv, 0)] + Area.header(xstateBV: 0, xcompBV: Area.compacted),
                Area.expectInitial()),
            Case(
                "xrstors.undoes-xsaves", "XSAVES and XRSTORS of the same area restore all of it, UINV too.",
                source: Source.xsaveUINTR,
                steps: Area.registers() + [.xsaves(area: Area.base, mask: Area.uintr), restore] + Area.expectRegisters()),
        ] + offsetsOfXRSTORS
    }

    private static var offsetsOfXRSTORS: [Case] {
        let places: [(id: String, xcr0: UInt64, bits: UInt64, offset: UInt64, names: String)] = [
            ("avx", 0x7, 1 << 2, 256, "AVX"), ("pkru", 0x203, 1 << 9, 8, "PKRU"),
            ("avx-pkru", 0x207, 1 << 9 | 1 << 2, 264, "AVX and PKRU"),
        ]
        return places.map { id, xcr0, bits, offset, names in
            loaded(
                "offset-\(id)", "\(names) in XCOMP_BV has a place, though neither asked for nor in XSTATE_BV.",
                source: "SDM Vol. 1, 13.4.3",
                [.set(.xcr0, xcr0)] + Area.header(xcompBV: Area.compacted | Area.uintr | bits)
                    + Area.store(Area.quadwords(), at: Area.image + offset), Area.expectRegisters())
        } + [
            loaded(
                "offset-not-in-xcomp-bv", "A component that is enabled and not in XCOMP_BV has no place.",
                source: "SDM Vol. 1, 13.4.3", [.set(.xcr0, 0x207)] + Area.header() + Area.store(Area.quadwords()),
                Area.expectRegisters())
        ]
    }

    private static var recognitionByXRSTORS: [Case] {
        let image: [UInt64] = [Layout.handler, 0, 1 << 63, 0, 1 << 11, 0]
        var empty = image
        empty[4] = 0
        return [
            loaded(
                "recognizes", "A UIRR that XRSTORS loads is recognised at once.", source: Source.recognition, ids: ["A-4"],
                Area.header() + Area.store(image), [.set(.cpl, 3), .deliver, .expectDelivered([11]), .expect(.uirr, 0)]),
            loaded(
                "ends-recognition", "A UIRR of 0 that XRSTORS loads ends a recognition.", source: Source.recognition,
                [.set(.uirr, 0xFF), .set(.uif, 1), .set(.uihandler, Layout.handler)] + Area.header() + Area.store(empty),
                [.set(.cpl, 3), .deliver, .expectDelivered([]), .expect(.uirr, 0), .expect(.rsp, Layout.stackTop)]),
            loaded(
                "initial-ends-recognition", "The initial configuration ends a recognition too.", source: Source.recognition,
                [.set(.uirr, 0xFF), .set(.uif, 1), .set(.uihandler, Layout.handler)] + Area.header(xstateBV: 0),
                [.set(.cpl, 3), .deliver, .expectDelivered([]), .expect(.uirr, 0), .expect(.rsp, Layout.stackTop)]),
            loaded(
                "arms-uinv", "A UINV that XRSTORS loads makes its vector a notification.",
                Prelude.upid(pir: 2) + Area.header() + Area.store([0, 0, 0xE1_0000_0000, Layout.upid(0), 4, 0])
                    + [.set(.rflags, 0x202)],
                Prelude.interrupt() + [.takeInterrupt, .expectNotification, .expect(.uirr, 6)]),
        ]
    }

    /// XRSTORS raises `fault`; the state is that of `Area.registers`, with this UINV.
    private static func refused(
        _ id: String, _ claim: String, _ fault: Fault = .generalProtection, source: String = Source.xsaveUINTR,
        ids: [String] = [], level: Level = .cpl0, features: CaseFeatures = CaseFeatures(), uinv: UInt64 = 0,
        area: UInt64 = Area.base, header: [Step] = Area.header(), image: [UInt64] = [0, 0, 0, 0, 0, 0], _ before: [Step] = []
    ) -> Case {
        Case(
            "xrstors.\(id)", claim, source: source, ids: ids, level: level, features: features,
            steps: Area.registers() + [.set(.uinv, uinv)] + header + Area.store(image) + before
                + [.xrstors(area: area, mask: Area.uintr), .expectFault(fault)] + Area.expectRegisters(uinv: uinv))
    }

    private static var uinvNotZero: [Case] {
        let image = Area.header() + Area.store(Area.quadwords())
        let idle = Area.header() + Area.store(Area.quadwords(misc: Area.misc & 0xFFFF_FFFF | Area.uif))
        return [
            refused("uinv-not-0", "With UINV ≠ 0 XRSTORS raises #GP before it loads anything.", ids: ["S-7"], uinv: 0xE1),
            refused("uinv-1", "Any UINV but 0 raises #GP: 1 too.", uinv: 1),
            refused("uinv-80", "Any UINV but 0 raises #GP: 80H too.", uinv: 0x80),
            refused(
                "uinv-not-0-initial", "With UINV ≠ 0 XRSTORS to the initial configuration raises #GP as well.", uinv: 0xE1,
                header: Area.header(xstateBV: 0)),
            refused(
                "uinv-not-0-same-image", "With UINV ≠ 0 an image that equals the registers raises #GP all the same.",
                ids: ["S-7"], uinv: Area.misc >> 32, image: Area.quadwords()),
            Case(
                "xrstors.twice-armed", "XRSTORS twice in a row raises #GP where the image has UINV ≠ 0.",
                source: Source.xsaveUINTR, ids: ["S-7"],
                steps: image + [restore, restore, .expectFault(.generalProtection)] + Area.expectRegisters()),
            Case(
                "xrstors.twice-idle", "XRSTORS twice in a row is fine where the image has UINV = 0.", source: Source.xsaveUINTR,
                ids: ["S-7"], steps: idle + [restore, restore] + Area.expectRegisters(uinv: 0)),
            Case(
                "xrstors.after-clearing-uinv", "Clearing UINV in between makes XRSTORS repeatable.", source: Source.xsaveUINTR,
                ids: ["S-7"], steps: image + [restore, .wrmsr(0x988, 0), restore] + Area.expectRegisters()),
            Case(
                "xrstors.other-misc-bits-do-not-count", "UITTSZ ≠ 0 is no obstacle: only UINV is checked.",
                source: Source.xsaveUINTR,
                steps: image + [.set(.uittsz, 0xFFFF_FFFF), .set(.uif, 1), restore] + Area.expectRegisters()),
            Case(
                "xrstors.uinv-not-0-not-asked", "UINV ≠ 0 is no obstacle where EDX:EAX[14] is 0.", source: Source.xsaveUINTR,
                steps: image + [.set(.uinv, 0x33), .set(.uirr, 2), .xrstors(area: Area.base, mask: 0)] + [
                    .expect(.uinv, 0x33), .expect(.uirr, 2), .expect(.uif, 0),
                ]),
        ]
    }

    private static func image(_ index: Int, _ value: UInt64) -> [UInt64] {
        var quadwords: [UInt64] = [Layout.handler, 128, 0xE1_0000_0003, Layout.upid(0), 6, Layout.uitt | 1]
        quadwords[index] = value
        return quadwords
    }

    private static let addressNames: [(name: String, index: Int)] = [
        ("uihandler", 0), ("uistackadjust", 1), ("upidaddr", 3), ("uittaddr", 5),
    ]

    private static var refusedImages: [Case] {
        let narrow = CaseFeatures(linearAddressWidth: 48)
        var cases: [Case] = []
        for bit: UInt64 in [40, 41, 47, 48, 55, 56, 62] {
            cases.append(
                refused(
                    "misc-bit-\(bit)", "Bit \(bit) of bytes 23:16 is reserved: #GP, and nothing is loaded.",
                    image: image(2, 0xE1_0000_0003 | 1 << bit)))
        }
        for bit: UInt64 in [0, 1, 2, 3, 4, 5] {
            cases.append(
                refused(
                    "pd-bit-\(bit)", "Bit \(bit) of UPIDADDR is reserved: #GP, and nothing is loaded.",
                    image: image(3, Layout.upid(0) | 1 << bit)))
        }
        for bit: UInt64 in [1, 2, 3] {
            cases.append(
                refused(
                    "tt-bit-\(bit)", "Bit \(bit) of bytes 47:40 is reserved: #GP, and nothing is loaded.",
                    image: image(5, Layout.uitt | 1 << bit | 1)))
        }
        for (name, index) in addressNames {
            cases += [
                refused(
                    "\(name)-non-canonical", "A \(name) that is not canonical raises #GP, and nothing is loaded.",
                    image: image(index, Layout.nonCanonical)),
                refused(
                    "\(name)-by-48", "Where CPUID enumerates 48 bits a \(name) of 57 raises #GP.", features: narrow,
                    image: image(index, Layout.canonical57)),
            ]
        }
        return cases
    }

    private static var acceptedImages: [Case] {
        addressNames.map { name, index in
            let fields: [Field] = [.uihandler, .uistackadjust, .uinv, .upidaddr, .uirr, .uitt]
            return loaded(
                "\(name)-by-57", "Where CPUID enumerates 57 bits a \(name) of 57 is loaded, though CR4.LA57 is 0.",
                features: CaseFeatures(linearAddressWidth: 57), Area.header() + Area.store(image(index, Layout.canonical57)),
                [.expect(fields[index], Layout.canonical57), .expect(.uirr, 6)])
        } + [
            loaded(
                "limits", "Every bit that is not reserved is loaded: MISC 80FF_FFFF_FFFFH in its bits, PD[6], TT[0] and TT[4].",
                Area.header() + Area.store([0, 0x3F, 0x8000_00FF_FFFF_FFFF, 0x40, UInt64.max, 0x11]),
                [
                    .expect(.uistackadjust, 0x3F), .expect(.uittsz, 0xFFFF_FFFF), .expect(.uinv, 0xFF), .expect(.uif, 1),
                    .expect(.upidaddr, 0x40), .expect(.uirr, UInt64.max), .expect(.uitt, 0x11),
                ])
        ]
    }

    private static var headers: [Case] {
        func header(_ id: String, _ claim: String, _ steps: [Step], level: Level = .cpl0) -> Case {
            refused(id, claim, source: Source.xrstors, level: level, header: steps)
        }
        return [
            header(
                "standard-format", "XCOMP_BV[63] = 0 raises #GP: XRSTORS takes the compacted format only.",
                Area.header(xcompBV: Area.uintr)),
            header(
                "xcomp-bv-not-enabled", "A component in XCOMP_BV that is not enabled raises #GP.",
                Area.header(xcompBV: Area.compacted | Area.uintr | 1 << 9)),
            header(
                "xcomp-bv-bit-62", "Bit 62 of XCOMP_BV raises #GP.",
                Area.header(xcompBV: Area.compacted | Area.uintr | 1 << 62)),
            header(
                "xstate-bv-not-in-xcomp-bv", "A component in XSTATE_BV that is not in XCOMP_BV raises #GP.",
                Area.header(xcompBV: Area.compacted)),
            header(
                "xstate-bv-other-not-in-xcomp-bv", "Any component in XSTATE_BV needs a place, whether asked for or not.",
                Area.header(xstateBV: Area.uintr | 2)),
            // Reading 13.8.2 to the letter: only a bit of XSTATE_BV "that is not set in XCOMP_BV" faults, and bit 63 is set there.
            loaded(
                "xstate-bv-bit-63", "Bit 63 of XSTATE_BV is let pass, since XCOMP_BV[63] is 1.", source: "SDM Vol. 1, 13.8.2",
                level: .core, Area.header(xstateBV: Area.uintr | 1 << 63) + Area.store(Area.quadwords()),
                Area.expectRegisters()),
            refused(
                "xss-without-bit-14", "Component 14 in XCOMP_BV raises #GP while IA32_XSS[14] is 0.", source: Source.xrstors,
                [.set(.xss, 0)]),
        ]
            + (2..<8).map { (index: UInt64) in
                header(
                    "header-bytes-\(index * 8)", "Bytes \(index * 8 + 7):\(index * 8) of the header must be 0, or #GP.",
                    Area.header() + [.store(Area.xstateBV + index * 8, 1 << 63)])
            }
    }

    private static var gatesOfXRSTORS: [Case] {
        func gate(
            _ id: String, _ claim: String, _ fault: Fault = .generalProtection, level: Level = .cpl0,
            area: UInt64 = Area.base, _ before: [Step] = []
        ) -> Case {
            refused(id, claim, fault, source: Source.xrstors, level: level, area: area, before)
        }
        let last = Layout.xsave + 0x2000
        return [
            gate("without-osxsave", "With CR4.OSXSAVE = 0 XRSTORS raises #UD.", .invalidOpcode, [.set(.cr4OSXSAVE, 0)]),
            gate("at-cpl-3", "At CPL 3 XRSTORS raises #GP.", .generalProtection, [.set(.cpl, 3)]),
            gate("misaligned-32", "An area that is not 64-byte aligned raises #GP.", area: Area.base + 32),
            gate("misaligned-8", "An area 8 bytes off raises #GP.", area: Area.base + 8),
            gate("non-canonical", "An area that is not canonical raises #GP.", level: .core, area: Layout.nonCanonical),
            gate(
                "image-absent", "#PF on the image leaves the state as it was, UINV = 0 too.", Prelude.page(last, 0),
                area: last - 576, [.store(last - 64, Area.uintr), .store(last - 56, Area.compacted | Area.uintr)]),
            gate(
                "header-absent", "#PF on the header leaves the state as it was.", Prelude.page(last, 0), level: .core,
                area: last - 512),
            Case(
                "xrstors.not-asked", "Where EDX:EAX[14] is 0 component 14 is left alone.", source: Source.xrstors,
                steps: Area.registers() + Area.header() + Area.store([0, 0, 0, 0, 0, 0]) + [
                    .xrstors(area: Area.base, mask: 0)
                ] + Area.expectRegisters()),
            Case(
                "xrstors.not-enabled", "Where IA32_XSS[14] is 0 component 14 is left alone, its bit of EDX:EAX 1 or not.",
                source: Source.xrstors,
                steps: Area.registers() + [.set(.xss, 0)] + Area.header(xstateBV: 0, xcompBV: Area.compacted) + [restore]
                    + Area.expectRegisters()),
        ]
    }
}
