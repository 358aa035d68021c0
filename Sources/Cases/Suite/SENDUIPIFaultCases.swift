import Architecture

// SENDUIPI where it faults: what is checked, in which order, and that nothing has changed.

extension Case {
    /// SENDUIPI of RAX faults: RIP, RAX, RSP, UIF, the UPID and IRR are as before.
    private static func faults(
        _ id: String, _ claim: String, _ fault: Fault, source: String = Source.senduipi, ids: [String] = [],
        level: Level = .cpl0, features: CaseFeatures = CaseFeatures(), cpl: UInt64 = 3, rax: UInt64 = 0,
        pir: UInt64 = 1 << 50, _ steps: [Step]
    ) -> Case {
        Case(
            "senduipi.\(id)", claim, source: source, ids: ids, level: level, features: features,
            steps: Prelude.sender(pir: pir) + steps
                + [.set(.rax, rax), .set(.uif, 1), .set(.rip, Layout.code), .set(.apicTPR, 0xF0), .set(.cpl, cpl)]
                + [.execute(Encoding.senduipi(0)), .expectFault(fault)]
                + [
                    .expect(.rip, Layout.code), .expect(.rax, rax), .expect(.rsp, Layout.stackTop), .expect(.uif, 1),
                    .expect(.apicIRR, 0), .expect(.cpl, cpl), .expectMemory(Layout.upid(0) + 8, pir),
                ])
    }

    static var senduipiFaults: [Case] {
        indexFaults + entryFaults + addressFaults + pageFaults + upidFaults + orderOfChecks
    }

    private static var indexFaults: [Case] {
        let control = Prelude.control()
        let same: [Step] = [.store(Layout.upid(0), control)]
        return [
            faults(
                "index-above-uittsz", "An index of UITTSZ + 1 raises #GP, however valid the entry.", .generalProtection,
                ids: ["S-8"], rax: 4, same + Prelude.entry(4, uv: 1) + [.set(.uittsz, 3)]),
            faults("index-1-of-one-entry", "With UITTSZ = 0 only index 0 is valid.", .generalProtection, rax: 1,
                Prelude.entry(1, uv: 1)),
            faults(
                "index-bit-31", "The comparison with UITTSZ is unsigned: 80000000H is above 7FFFFFFFH.", .generalProtection,
                rax: 0x8000_0000, [.set(.uittsz, 0x7FFF_FFFF)]),
            faults(
                "index-bit-32", "Bit 32 of the index counts: 100000000H is above any UITTSZ.", .generalProtection,
                rax: 1 << 32, [.set(.uittsz, 0xFFFF_FFFF)]),
            faults(
                "index-bit-63", "Bit 63 of the index counts.", .generalProtection, rax: 1 << 63,
                [.set(.uittsz, 0xFFFF_FFFF)]),
            faults(
                "index-minus-1", "An index of −1 raises #GP: it is not the entry before the first.", .generalProtection,
                rax: UInt64.max, Prelude.entry(0, uv: 1) + [.set(.uitt, Layout.uitt + 16 | 1), .set(.uittsz, 0xFFFF_FFFF)]),
            faults(
                "index-above-uittsz-at-cpl-0", "An index above UITTSZ raises #GP at CPL 0 too.", .generalProtection, cpl: 0,
                rax: 1, Prelude.entry(1, uv: 1)),
        ]
    }

    private static var entryFaults: [Case] {
        let entry = Layout.uittEntry(0)
        var cases = [
            faults(
                "entry-not-valid", "An entry with V = 0 raises #GP.", .generalProtection, ids: ["S-8"],
                [.store(entry, 5 << 8)]),
            faults("entry-all-zero", "An entry of zeros raises #GP.", .generalProtection, ids: ["S-8"],
                [.store(entry, 0), .store(entry + 8, 0)]),
        ]
        for bit: UInt64 in [1, 2, 4, 7, 16, 17, 31, 32, 63] {
            cases.append(
                faults(
                    "entry-bit-\(bit)", "An entry with the reserved bit \(bit) set raises #GP.", .generalProtection,
                    source: Source.userIPI, ids: bit == 1 ? ["S-8"] : [], [.store(entry, 1 << bit | 5 << 8 | 1)]))
        }
        for uv: UInt64 in [64, 128, 192, 255] {
            cases.append(
                faults(
                    "entry-uv-\(uv)", "An entry with UV = \(uv) raises #GP: user vectors end at 63.", .generalProtection,
                    source: Source.userIPI, [.store(entry, uv << 8 | 1)]))
        }
        for misalignment: UInt64 in [1, 2, 4, 8, 16, 32] {
            cases.append(
                faults(
                    "entry-upidaddr-plus-\(misalignment)",
                    "An entry whose UPIDADDR is \(misalignment) above a multiple of 64 raises #GP.", .generalProtection,
                    source: Source.userIPI, [.store(entry + 8, Layout.upid(0) + misalignment)]))
        }
        return cases
    }

    private static var addressFaults: [Case] {
        let wide = CaseFeatures(linearAddressWidth: 57)
        return [
            faults(
                "upidaddr-non-canonical", "A UPIDADDR that is not canonical raises #GP.", .generalProtection,
                [.store(Layout.uittEntry(0) + 8, Layout.nonCanonical)]),
            faults(
                "upidaddr-canonical-57", "A UPIDADDR is judged by the paging mode in use: 4-level paging refuses bit 47 alone.",
                .generalProtection, [.store(Layout.uittEntry(0) + 8, Layout.canonical57)]),
            faults(
                "uittaddr-canonical-57", "UITTADDR is judged by the paging mode in use, though the MSR takes 57 bits.",
                .generalProtection, features: wide, [.set(.uitt, Layout.canonical57 | 1)]),
            faults(
                "uittaddr-non-canonical", "A UITTADDR that is not canonical raises #GP.", .generalProtection, level: .core,
                [.set(.uitt, Layout.nonCanonical | 1)]),
            faults(
                "entry-address-leaves-canonical-space", "An entry beyond the last canonical address raises #GP.",
                .generalProtection, rax: 1, [.set(.uitt, 0x0000_7FFF_FFFF_FFF1), .set(.uittsz, 1)]),
            Case(
                "senduipi.upidaddr-with-la57", "With CR4.LA57 = 1 an address with bit 47 alone is canonical: #PF, not #GP.",
                source: Source.senduipi, level: .core, features: wide,
                steps: [.set(.cr4LA57, 1)] + Prelude.sender() + [
                    .store(Layout.uittEntry(0) + 8, Layout.canonical57), .execute(Encoding.senduipi(0)),
                    .expectFault(Prelude.page(Layout.canonical57, 2)), .set(.uitt, Layout.canonical57 | 1),
                    .execute(Encoding.senduipi(0)), .expectFault(Prelude.page(Layout.canonical57, 0)),
                ]),
        ]
    }

    private static var pageFaults: [Case] {
        let entry = Layout.uittEntry(0) + 8
        let upid = Prelude.control()
        return [0, 3].flatMap { (cpl: UInt64) -> [Case] in
            [
                faults(
                    "uitt-absent-at-cpl-\(cpl)", "An absent UITT raises #PF, a supervisor read even at CPL \(cpl).",
                    Prelude.page(Layout.absent, 0), cpl: cpl, [.set(.uitt, Layout.absent | 1)]),
                faults(
                    "upid-absent-at-cpl-\(cpl)", "An absent UPID raises #PF, a supervisor write even at CPL \(cpl).",
                    Prelude.page(Layout.absent, 2), cpl: cpl, [.store(entry, Layout.absent)]),
                faults(
                    "upid-read-only-at-cpl-\(cpl)", "A UPID in a read-only supervisor page raises #PF, a write, at CPL \(cpl).",
                    Prelude.page(Layout.readOnlySupervisor, 3), cpl: cpl,
                    [.store(entry, Layout.readOnlySupervisor), .store(Layout.readOnlySupervisor, upid)]),
            ]
        } + [
            faults(
                "uitt-entry-absent", "#PF names the entry, not the table.", Prelude.page(Layout.absent + 48, 0), rax: 3,
                [.set(.uitt, Layout.absent | 1), .set(.uittsz, 3)]),
            faults(
                "upid-read-only-user", "A UPID in a read-only user page raises #PF; the code has no U/S bit.",
                Prelude.page(Layout.readOnlyUser, 3), [.store(entry, Layout.readOnlyUser), .store(Layout.readOnlyUser, upid)]),
            faults(
                "upid-read-only-on-and-sn", "The UPID needs to be writable even where ON and PIR[UV] are 1 already.",
                Prelude.page(Layout.readOnlySupervisor, 3),
                [
                    .store(entry, Layout.readOnlySupervisor),
                    .store(Layout.readOnlySupervisor, Prelude.control(on: true, sn: true)),
                    .store(Layout.readOnlySupervisor + 8, 1 << 5),
                ]),
            faults(
                "upid-read-only-reserved", "The locked read of a read-only UPID faults before its reserved bits are seen.",
                Prelude.page(Layout.readOnlySupervisor, 3), level: .core,
                [.store(entry, Layout.readOnlySupervisor), .store(Layout.readOnlySupervisor, upid | 1 << 7)]),
        ]
    }

    private static var upidFaults: [Case] {
        [2, 3, 7, 8, 14, 15, 24, 25, 30, 31].map { (bit: UInt64) in
            let control = Prelude.control() | 1 << bit
            var testCase = faults(
                "upid-bit-\(bit)",
                "A UPID with the reserved bit \(bit) set raises #GP, and stays as it is\(bit == 7 ? ": a kernel may arm it" : "").",
                .generalProtection, source: Source.userIPI, ids: bit == 7 ? ["S-2", "S-1"] : [],
                [.store(Layout.upid(0), control)])
            testCase.steps.append(.expectMemory(Layout.upid(0), control))
            return testCase
        } + [
            faults(
                "upid-reserved-with-sn", "A reserved bit raises #GP with SN = 1 too.", .generalProtection,
                source: Source.userIPI, [.store(Layout.upid(0), Prelude.control(sn: true) | 1 << 7)]),
            faults(
                "upid-reserved-with-on", "A reserved bit raises #GP with ON = 1 too.", .generalProtection,
                source: Source.userIPI, [.store(Layout.upid(0), Prelude.control(on: true) | 1 << 7)]),
            Case(
                "senduipi.upid-neighbours-of-reserved", "Bits 16, 23 and 32 of a UPID are not reserved: NV and NDST.",
                source: Source.userIPI,
                steps: Prelude.sender(nv: 0x81, ndst: 1, sn: true) + [
                    .execute(Encoding.senduipi(0)), .expectMemory(Layout.upid(0) + 8, 1 << 5),
                ]),
        ]
    }

    private static var orderOfChecks: [Case] {
        let entry = Layout.uittEntry(0)
        return [
            faults(
                "index-before-entry", "The index is checked before the entry is read: #GP, not #PF.", .generalProtection,
                rax: 1, [.set(.uitt, Layout.absent | 1)]),
            faults(
                "valid-before-upid", "V = 0 raises #GP before the UPID is asked for: not #PF.", .generalProtection,
                [.store(entry, 5 << 8), .store(entry + 8, Layout.absent)]),
            faults(
                "reserved-before-upid", "A reserved bit of the entry raises #GP before the UPID is asked for: not #PF.",
                .generalProtection, [.store(entry, 1 << 16 | 1), .store(entry + 8, Layout.absent)]),
            faults(
                "uv-before-upid", "UV = 64 raises #GP before the UPID is asked for: not #PF.", .generalProtection,
                [.store(entry, 64 << 8 | 1), .store(entry + 8, Layout.absent)]),
            faults(
                "alignment-before-upid", "A misaligned UPIDADDR raises #GP before the UPID is asked for: not #PF.",
                .generalProtection, [.store(entry + 8, Layout.absent + 8)]),
            Case(
                "senduipi.fault-is-repeatable", "After the cause is mended, the same SENDUIPI posts exactly once.",
                source: Source.senduipi, ids: ["S-2"],
                steps: Prelude.sender() + [
                    .set(.apicTPR, 0xF0), .store(Layout.upid(0), Prelude.control() | 1 << 7),
                    .execute(Encoding.senduipi(0)), .expectFault(.generalProtection),
                    .store(Layout.upid(0), Prelude.control()), .execute(Encoding.senduipi(0)),
                    .expect(.rip, Layout.code + 4), .expectMemory(Layout.upid(0), Prelude.control(on: true)),
                    .expectMemory(Layout.upid(0) + 8, 1 << 5),
                ]),
            Case(
                "senduipi.fault-keeps-rflags", "A SENDUIPI that faults changes no flag, RF included.", source: Source.senduipi,
                level: .core,
                steps: Prelude.sender() + [
                    .set(.rflags, 0x1_0AD7), .set(.rax, 1), .execute(Encoding.senduipi(0)),
                    .expectFault(.generalProtection), .expect(.rflags, 0x1_0AD7),
                ]),
        ]
    }
}
