// The MSRs 985H–98AH: addresses, fields, reserved bits, canonicality, what gates them.

extension Case {
    private static let msrNames = ["rr", "handler", "stackadjust", "misc", "pd", "tt"]
    private static func msr(_ name: String) -> UInt32 {
        0x985 + UInt32(msrNames.firstIndex(of: name) ?? 0)
    }
    private static let fields: [String: Field] = [
        "rr": .uirr, "handler": .uihandler, "stackadjust": .uistackadjust, "pd": .upidaddr, "tt": .uitt,
    ]
    private static let addresses = ["handler", "stackadjust", "pd", "tt"]

    static var registers: [Case] {
        readBack + miscHalves + gates + withoutFeature
    }

    static var reservedRegisterBits: [Case] {
        reserved("misc", bits: [40, 41, 47, 48, 55, 62, 63], accepted: [39, 31, 0])
            + reserved("pd", bits: [0, 1, 2, 3, 4, 5], accepted: [6])
            + reserved("tt", bits: [1, 2, 3], accepted: [0, 4])
    }

    static var canonicalRegisters: [Case] {
        addresses.flatMap(canonical) + notAddresses
    }

    /// What each register takes: every bit that may be 1 in one value or the other.
    private static let values: [String: (UInt64, UInt64)] = [
        "rr": (0xFFFF_FFFF_FFFF_FFFF, 0x8000_0000_0000_0001),
        "handler": (0xFFFF_8000_0000_0123, 0x0000_7FFF_FFFF_FFFF),
        "stackadjust": (0xFFFF_FFFF_FFFF_FFFF, 0x0000_7FFF_FFFF_FFFE),
        "misc": (0xFF_FFFF_FFFF, 0x5A_0000_0001),
        "pd": (0xFFFF_FFFF_FFFF_FFC0, 0x0000_7FFF_FFFF_FF40),
        "tt": (0xFFFF_FFFF_FFFF_FFF1, 0x0000_7FFF_FFFF_FFF0),
    ]

    private static var readBack: [Case] {
        msrNames.map { name in
            let (first, second) = values[name] ?? (0, 0)
            let number = msr(name)
            var steps: [Step] = [
                .wrmsr(number, first), .rdmsr(number), .expectResult(first),
                .wrmsr(number, second), .rdmsr(number), .expectResult(second),
            ]
            if let field = fields[name] { steps.append(.expect(field, second)) }
            for other in msrNames where other != name {
                steps += [.rdmsr(msr(other)), .expectResult(0)]
            }
            return Case(
                "msr.\(name)-reads-back", "MSR \(hex(UInt64(number))) returns what was written, and changes no other one.",
                source: Source.state, steps: steps)
        }
    }

    private static var miscHalves: [Case] {
        let number = msr("misc")
        return [
            Case(
                "msr.misc-write-splits", "A write of IA32_UINTR_MISC loads UITTSZ from bits 31:0 and UINV from bits 39:32.",
                source: Source.state,
                steps: [.wrmsr(number, 0xE1_8765_4321), .expect(.uittsz, 0x8765_4321), .expect(.uinv, 0xE1)]),
            Case(
                "msr.misc-read-joins", "A read of IA32_UINTR_MISC returns UITTSZ in bits 31:0 and UINV in bits 39:32.",
                source: Source.state,
                steps: [
                    .set(.uittsz, 0x8765_4321), .set(.uinv, 0xE1), .rdmsr(number), .expectResult(0xE1_8765_4321),
                ]),
            Case(
                "msr.misc-has-no-uif", "No MSR holds UIF: IA32_UINTR_MISC reads 0 in bit 63, and a write leaves UIF.",
                source: Source.state,
                steps: [
                    .set(.uif, 1), .rdmsr(number), .expectResult(0), .wrmsr(number, 0xE1_0000_0003), .expect(.uif, 1),
                    .set(.uif, 0), .wrmsr(number, 0), .expect(.uif, 0),
                ]),
        ]
    }

    private static var gates: [Case] {
        msrNames.flatMap { name in
            let (first, second) = values[name] ?? (0, 0)
            let number = msr(name)
            return [
                Case(
                    "msr.\(name)-without-cr4-uintr", "MSR \(hex(UInt64(number))) is read and written while CR4.UINTR is 0.",
                    source: Source.state,
                    steps: [.set(.cr4UINTR, 0), .wrmsr(number, first), .rdmsr(number), .expectResult(first)]),
                Case(
                    "msr.\(name)-at-cpl-3", "RDMSR and WRMSR of \(hex(UInt64(number))) raise #GP at CPL 3.",
                    source: "SDM Vol. 2, RDMSR, WRMSR",
                    steps: [
                        .wrmsr(number, first), .set(.cpl, 3), .wrmsr(number, second), .expectFault(.generalProtection),
                        .rdmsr(number), .expectFault(.generalProtection), .set(.cpl, 0), .rdmsr(number),
                        .expectResult(first),
                    ]),
            ]
        }
    }

    private static var withoutFeature: [Case] {
        msrNames.map { name in
            let number = msr(name)
            return Case(
                "msr.\(name)-without-cpuid", "RDMSR and WRMSR of \(hex(UInt64(number))) raise #GP without user interrupts.",
                source: Source.state, level: .core, features: CaseFeatures(uintr: false),
                steps: [
                    .rdmsr(number), .expectFault(.generalProtection), .wrmsr(number, 0), .expectFault(.generalProtection),
                ])
        }
            + [1, 2].map { cpl in
                Case(
                    "msr.rr-at-cpl-\(cpl)", "RDMSR and WRMSR of IA32_UINTR_RR raise #GP at CPL \(cpl).",
                    source: "SDM Vol. 2, RDMSR, WRMSR", level: .core,
                    steps: [
                        .set(.uirr, 4), .set(.cpl, cpl), .rdmsr(0x985), .expectFault(.generalProtection),
                        .wrmsr(0x985, 0), .expectFault(.generalProtection), .expect(.uirr, 4),
                    ])
            }
    }

    private static func reserved(_ name: String, bits: [UInt64], accepted: [UInt64]) -> [Case] {
        let number = msr(name)
        let old: UInt64 = name == "misc" ? 0xE1_0000_0003 : name == "pd" ? Layout.upid(1) : Layout.uitt | 1
        return bits.map { bit in
            Case(
                "msr.\(name)-bit-\(bit)-reserved",
                "WRMSR of \(hex(UInt64(number))) with bit \(bit) raises #GP and changes nothing.",
                source: Source.state,
                steps: [
                    .wrmsr(number, old), .wrmsr(number, 1 << bit), .expectFault(.generalProtection), .rdmsr(number),
                    .expectResult(old),
                ])
        }
            + accepted.map { bit in
                Case(
                    "msr.\(name)-bit-\(bit)-allowed", "WRMSR of \(hex(UInt64(number))) takes bit \(bit).", source: Source.state,
                    steps: [.wrmsr(number, old), .wrmsr(number, 1 << bit), .rdmsr(number), .expectResult(1 << bit)])
            }
    }

    /// The addresses are 64-byte aligned, so that no reserved bit decides.
    private static func canonical(_ name: String) -> [Case] {
        let number = msr(name)
        func one(
            _ id: String, _ claim: String, width: Int?, level: Level = .cpl0, la57: Bool = false, ok: [UInt64], bad: [UInt64]
        ) -> Case {
            var steps: [Step] = la57 ? [.set(.cr4LA57, 1)] : []
            steps.append(.wrmsr(number, Layout.upid(1)))
            for value in bad {
                steps += [
                    .wrmsr(number, value), .expectFault(.generalProtection), .rdmsr(number), .expectResult(Layout.upid(1)),
                ]
            }
            for value in ok { steps += [.wrmsr(number, value), .rdmsr(number), .expectResult(value)] }
            return Case(
                "msr.\(name)-\(id)", "WRMSR of \(hex(UInt64(number))) \(claim)", source: Source.state, level: level,
                features: CaseFeatures(linearAddressWidth: width), steps: steps)
        }
        let low48: UInt64 = 0x0000_7FFF_FFFF_FFC0
        let high48: UInt64 = 0xFFFF_8000_0000_0000
        let low57: UInt64 = 0x00FF_FFFF_FFFF_FFC0
        let high57: UInt64 = 0xFF00_0000_0000_0000
        return [
            one(
                "non-canonical", "raises #GP for an address that no paging mode has.", width: nil, ok: [low48, high48],
                bad: [Layout.nonCanonical, 0x7FFF_FFFF_FFFF_FFC0, 0x0100_0000_0000_0000, 0xFEFF_FFFF_FFFF_FFC0]),
            one(
                "canonical-by-48", "judges by 48 bits where CPUID enumerates 48.", width: 48, ok: [low48, high48],
                bad: [Layout.canonical57, low57, high57, 0xFFFF_7FFF_FFFF_FFC0]),
            one(
                "canonical-by-57", "judges by the 57 bits that CPUID enumerates, though CR4.LA57 is 0.", width: 57,
                ok: [Layout.canonical57, low57, high57], bad: [0x0100_0000_0000_0000, 0xFEFF_FFFF_FFFF_FFC0]),
            one(
                "canonical-by-57-with-la57", "judges by 57 bits with CR4.LA57 = 1 as with 0.", width: 57, level: .core,
                la57: true, ok: [Layout.canonical57, low57, high57], bad: [0x0100_0000_0000_0000]),
        ]
    }

    private static var notAddresses: [Case] {
        [
            Case(
                "msr.rr-takes-any-value", "IA32_UINTR_RR takes a value that is no canonical address.", source: Source.state,
                steps: [.wrmsr(0x985, Layout.nonCanonical), .expect(.uirr, 1 << 63)]),
            Case(
                "msr.stackadjust-takes-low-bits", "IA32_UINTR_STACKADJUST has no reserved bits: the low six may be 1.",
                source: Source.state, steps: [.wrmsr(0x987, 0x3F), .rdmsr(0x987), .expectResult(0x3F)]),
            Case(
                "msr.handler-takes-low-bits", "IA32_UINTR_HANDLER needs no alignment.", source: Source.state,
                steps: [.wrmsr(0x986, 0x3F), .rdmsr(0x986), .expectResult(0x3F)]),
        ]
    }
}
