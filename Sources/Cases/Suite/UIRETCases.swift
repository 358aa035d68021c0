import Architecture

// UIRET: the three pops, the flags it loads, UIF of both kinds, faults, shadow stacks.

extension Case {
    static var uirets: [Case] {
        pops + loadedFlags + keptFlags + uif + uiretFaults + alignmentChecks + uiretShadowStacks
    }

    private static func returning(
        _ id: String, _ claim: String, level: Level = .cpl0, cpl: UInt64 = 3, before: [Step] = [], frame: [Step] = Prelude.frame(),
        _ after: [Step]
    ) -> Case {
        Case(
            "uiret.\(id)", claim, source: Source.uiret, level: level,
            steps: before + frame + [.set(.cpl, cpl), .execute(Encoding.uiret)] + after)
    }

    private static var pops: [Case] {
        [
            returning(
                "pops-three", "UIRET pops RIP, RFLAGS and RSP, from low to high addresses.",
                frame: Prelude.frame(rip: Layout.code + 0x123, rflags: 0x2C7, rsp: Layout.stackTop - 0x358),
                [
                    .expect(.rip, Layout.code + 0x123), .expect(.rflags, 0xC7), .expect(.rsp, Layout.stackTop - 0x358),
                ]),
            returning(
                "keeps-cpl", "UIRET at CPL 3 stays there.", [.expect(.cpl, 3), .expect(.rip, Layout.code + 0x40)]),
            returning(
                "rsp-may-be-anything", "The popped RSP is not checked: it may be non-canonical.",
                frame: Prelude.frame(rsp: Layout.nonCanonical | 1), [.expect(.rsp, Layout.nonCanonical | 1)]),
            returning(
                "rip-last-of-the-lower-half", "The highest canonical RIP of 4-level paging is accepted.", level: .core,
                frame: Prelude.frame(rip: 0x0000_7FFF_FFFF_FFFF), [.expect(.rip, 0x0000_7FFF_FFFF_FFFF)]),
            returning(
                "rip-first-of-the-upper-half", "The lowest canonical RIP of the upper half is accepted.", level: .core,
                frame: Prelude.frame(rip: 0xFFFF_8000_0000_0000), [.expect(.rip, 0xFFFF_8000_0000_0000)]),
            returning(
                "writes-nothing", "UIRET only reads the stack: it may be read-only.",
                frame: Prelude.frame(at: Layout.readOnlyUser), [.expect(.rip, Layout.code + 0x40)]),
            returning(
                "keeps-uirr", "UIRET changes nothing else of the user-interrupt state.",
                before: [.set(.uirr, 6), .set(.uinv, 0xE1), .set(.uihandler, Layout.handler), .set(.uistackadjust, 128)],
                [
                    .expect(.uirr, 6), .expect(.uinv, 0xE1), .expect(.uihandler, Layout.handler),
                    .expect(.uistackadjust, 128),
                ]),
            returning(
                "keeps-registers", "UIRET changes no general register but RSP.",
                before: (0..<16).filter { $0 != 4 }.map { .set(.register($0), 0x2002 + UInt64($0)) },
                (0..<16).filter { $0 != 4 }.map { .expect(.register($0), 0x2002 + UInt64($0)) }),
            Case(
                "uiret.undoes-delivery", "Delivery, POP of the vector and UIRET restore RIP, RFLAGS, RSP and UIF.",
                source: Source.uiret,
                steps: [.set(.rsp, Layout.stackTop + 5)] + Prelude.pending(2, stackadjust: 128, rflags: 0x4_0ED7) + [
                    .settle, .expectDelivered([1]), .expect(.rip, Layout.code + 0x10), .expect(.rsp, Layout.stackTop + 5),
                    .expect(.rflags, 0x4_0ED7), .expect(.uif, 1), .expect(.uirr, 0),
                ]),
            Case(
                "uiret.next-vector-at-once", "With UIF = 1 again, a pending vector is delivered right after UIRET.",
                source: Source.uiret, ids: ["A-12"],
                steps: Prelude.pending(6) + [
                    .deliver, .expectDelivered([2]), .set(.rsp, Layout.stackTop - 24), .execute(Encoding.uiret), .deliver,
                    .expectDelivered([1]), .expectMemory(Layout.stackTop - 24, Layout.code + 0x10),
                ]),
            Case(
                "uiret.ends-the-shadow", "UIRET ends the shadow of the instruction before it.", source: "SDM Vol. 2, MOV",
                level: .core,
                steps: Prelude.frame() + [.set(.shadow, 2), .execute(Encoding.uiret), .expect(.shadow, 0)]),
        ]
    }

    /// CF PF AF ZF SF TF DF OF NT RF AC ID.
    private static var loadedFlags: [Case] {
        let names: [(name: String, bit: UInt64)] = [
            ("cf", 0), ("pf", 2), ("af", 4), ("zf", 6), ("sf", 7), ("tf", 8), ("df", 10), ("of", 11), ("nt", 14), ("rf", 16),
            ("ac", 18), ("id", 21),
        ]
        return names.map { name, bit in
            // TF and RF at the start of the second UIRET are the debug exceptions' matter on a machine.
            let level: Level = name == "tf" || name == "rf" ? .core : .cpl0
            return Case(
                "uiret.loads-\(name)", "UIRET loads \(name.uppercased()), bit \(bit), from the frame, 1 or 0.",
                source: Source.uiret, level: level,
                steps: [.set(.rflags, 0x2), .set(.cpl, 3)] + Prelude.frame(rflags: 0x2 | 1 << bit)
                    + [.execute(Encoding.uiret), .expect(.rflags, 0x2 | 1 << bit), .set(.rflags, 0x2 | 1 << bit)]
                    + Prelude.frame(rflags: 0x2) + [.execute(Encoding.uiret), .expect(.rflags, 0x2)])
        }
    }

    /// The frame has the bit, RFLAGS has not; then the other way round where a machine can start so.
    private static var keptFlags: [Case] {
        let bits: [(name: String, bit: UInt64)] = [
            ("bit-3", 3), ("bit-5", 5), ("if", 9), ("iopl-low", 12), ("iopl-high", 13), ("bit-15", 15), ("vm", 17),
            ("vif", 19), ("vip", 20), ("bit-22", 22), ("bit-31", 31), ("bit-32", 32), ("bit-63", 63),
        ]
        return bits.map { name, bit in
            returning(
                "keeps-\(name)-0", "UIRET does not load bit \(bit) of RFLAGS: it stays 0.", before: [.set(.rflags, 0x2)],
                frame: Prelude.frame(rflags: 0x3 | 1 << bit), [.expect(.rflags, 0x3)])
        }
            + [("if", 9), ("iopl-low", 12), ("iopl-high", 13)].map { (name: String, bit: UInt64) in
                returning(
                    "keeps-\(name)-1", "UIRET does not load bit \(bit) of RFLAGS: it stays 1, at CPL 0 too.", cpl: 0,
                    before: [.set(.rflags, 0x2 | 1 << bit)], frame: Prelude.frame(rflags: 0x3), [.expect(.rflags, 0x3 | 1 << bit)])
            }
            + [("vif", 19), ("vip", 20)].map { (name: String, bit: UInt64) in
                returning(
                    "keeps-\(name)-1", "UIRET does not load bit \(bit) of RFLAGS: it stays 1.", level: .core,
                    before: [.set(.rflags, 0x2 | 1 << bit)], frame: Prelude.frame(rflags: 0x3), [.expect(.rflags, 0x3 | 1 << bit)])
            } + [
                returning(
                    "keeps-bit-1", "Bit 1 of RFLAGS stays 1, whatever the frame has there.", before: [.set(.rflags, 0x2)],
                    frame: Prelude.frame(rflags: 0), [.expect(.rflags, 0x2)]),
                returning(
                    "whole-mask", "From a frame of ones UIRET loads the mask 254DD5H and nothing else.", level: .core,
                    before: [.set(.rflags, 0x2)], frame: Prelude.frame(rflags: UInt64.max), [.expect(.rflags, 0x25_4DD7)]),
                returning(
                    "whole-mask-cleared", "From a frame of zeros UIRET clears the mask 254DD5H and nothing else.", level: .core,
                    before: [.set(.rflags, 0x3F_7FD7)], frame: Prelude.frame(rflags: 0), [.expect(.rflags, 0x3F_7FD7 & ~0x25_4DD5)]),
            ]
    }

    private static var uif: [Case] {
        [(true, 0, 0), (true, 1, 1), (false, 0, 1), (false, 1, 1)].flatMap { (flexible: Bool, popped: UInt64, expected: UInt64) in
            [0, 3].map { (cpl: UInt64) in
                Case(
                    "uiret.uif-\(flexible ? "flexible" : "plain")-\(popped)-at-cpl-\(cpl)",
                    "\(flexible ? "Flexible UIRET" : "UIRET that sets UIF") with bit 1 of the frame = \(popped): UIF := \(expected).",
                    source: Source.uiret, features: CaseFeatures(flexibleUIRET: flexible),
                    steps: Prelude.frame(rflags: 0x200 | popped << 1) + [
                        .set(.uif, 1 - expected), .set(.cpl, cpl), .execute(Encoding.uiret), .expect(.uif, expected),
                        .expect(.rip, Layout.code + 0x40),
                    ])
            }
        } + [
            returning(
                "uif-either-kind", "A frame as delivery left it has bit 1 set: UIF becomes 1 with either UIRET.",
                before: [.set(.uif, 0)], frame: Prelude.frame(rflags: 0x202), [.expect(.uif, 1)])
        ]
    }

    /// Nothing has changed: RIP, RSP, UIF, and on the core RFLAGS and SSP.
    private static func refused(
        _ id: String, _ claim: String, _ fault: Fault, level: Level = .cpl0, features: CaseFeatures = CaseFeatures(),
        cpl: UInt64 = 3, before: [Step] = [], frame: [Step] = Prelude.frame(rflags: 0xAD7), after: [Step] = [],
        rsp: UInt64 = Layout.stackTop, _ more: [Step] = []
    ) -> Case {
        Case(
            "uiret.\(id)", claim, source: Source.uiret, level: level, features: features,
            steps: before + frame + after + [.set(.rsp, rsp), .set(.uif, 0), .set(.rflags, 0x4_0202), .set(.cpl, cpl)]
                + [.execute(Encoding.uiret), .expectFault(fault)]
                + [.expect(.rip, Layout.code), .expect(.rsp, rsp), .expect(.uif, 0), .expect(.cpl, cpl)]
                + (level == .core ? [.expect(.rflags, 0x4_0202)] : []) + more)
    }

    private static var uiretFaults: [Case] {
        let end = Layout.stack + 0x4000
        let wide = CaseFeatures(linearAddressWidth: 57)
        func frame(_ rip: UInt64) -> [Step] { Prelude.frame(rip: rip, rflags: 0xAD7) }
        return [
            refused(
                "rip-non-canonical", "A popped RIP that is not canonical raises #GP.", .generalProtection,
                frame: frame(Layout.nonCanonical)),
            refused(
                "rip-canonical-57", "RIP is judged by the paging mode in use: 4-level paging refuses bit 47 alone.",
                .generalProtection, frame: frame(Layout.canonical57)),
            refused(
                "rip-non-canonical-at-cpl-0", "A popped RIP that is not canonical raises #GP at CPL 0 too.", .generalProtection,
                cpl: 0, frame: frame(Layout.canonical57)),
            refused(
                "rip-below-the-upper-half", "The address below the canonical upper half raises #GP.", .generalProtection,
                frame: frame(0xFFFF_7FFF_FFFF_FFFF)),
            Case(
                "uiret.rip-with-la57", "With CR4.LA57 = 1 RIP may have 57 bits, and no more.", source: Source.uiret,
                level: .core, features: wide,
                steps: [.set(.cr4LA57, 1)] + frame(Layout.canonical57) + [
                    .execute(Encoding.uiret), .expect(.rip, Layout.canonical57),
                ] + frame(1 << 56) + [.execute(Encoding.uiret), .expectFault(.generalProtection), .expect(.rip, Layout.code)]),
            refused(
                "stack-non-canonical", "A stack that is not canonical raises #SS.", .stackSegment, rsp: Layout.nonCanonical),
            refused(
                "stack-canonical-57", "The stack is judged by the paging mode in use: #SS.", .stackSegment,
                rsp: Layout.canonical57),
            refused(
                "stack-runs-out-of-canonical-space", "A pop whose last byte is not canonical raises #SS.", .stackSegment,
                level: .core, rsp: 0x0000_7FFF_FFFF_FFFC),
            refused(
                "stack-absent", "An absent stack raises #PF, a user read at CPL 3.", Prelude.page(Layout.absent, 4),
                rsp: Layout.absent),
            refused(
                "stack-absent-at-cpl-0", "An absent stack raises #PF, a supervisor read at CPL 0.",
                Prelude.page(Layout.absent, 0), level: .core, cpl: 0, rsp: Layout.absent),
            refused(
                "stack-supervisor", "A stack in a supervisor page raises #PF at CPL 3.", Prelude.page(Layout.upids, 5),
                rsp: Layout.upids),
            refused(
                "second-pop-faults", "#PF at the pop of RFLAGS changes nothing.", Prelude.page(end, 4),
                after: [.store(end - 8, Layout.code + 0x40)], rsp: end - 8),
            refused(
                "third-pop-faults", "#PF at the pop of RSP changes nothing.", Prelude.page(end, 4),
                after: [.store(end - 16, Layout.code + 0x40), .store(end - 8, 0xAD7)], rsp: end - 16),
            refused(
                "page-fault-before-gp", "All three are popped before RIP is checked: #PF, not #GP.", Prelude.page(end, 4),
                after: [.store(end - 16, Layout.nonCanonical), .store(end - 8, 0xAD7)], rsp: end - 16),
        ]
    }

    private static var alignmentChecks: [Case] {
        let stack = Layout.stackTop + 4
        func allowed(_ id: String, _ claim: String, cpl: UInt64 = 3, am: UInt64 = 1, ac: Bool = true, at: UInt64) -> Case {
            returning(
                "alignment-\(id)", claim, cpl: cpl, before: [.set(.cr0AM, am), .set(.rflags, ac ? 0x4_0202 : 0x202)],
                frame: Prelude.frame(at: at), [.expect(.rip, Layout.code + 0x40)])
        }
        return [
            refused(
                "alignment-check", "A misaligned stack raises #AC at CPL 3 with CR0.AM = 1 and AC = 1.", .alignmentCheck,
                before: [.set(.cr0AM, 1)], frame: Prelude.frame(at: stack), rsp: stack),
            refused(
                "alignment-check-before-page-fault", "#AC comes before the #PF of the same access.", .alignmentCheck,
                level: .core, before: [.set(.cr0AM, 1)], rsp: Layout.absent + 1),
            allowed("not-without-am", "With CR0.AM = 0 UIRET pops a misaligned stack.", am: 0, at: stack),
            allowed("not-without-ac", "With AC = 0 UIRET pops a misaligned stack.", ac: false, at: stack),
            allowed("not-at-cpl-0", "At CPL 0 UIRET pops a misaligned stack.", cpl: 0, at: stack),
            allowed("of-8-suffices", "An alignment of 8 raises no #AC.", at: Layout.stackTop + 8),
        ]
    }

    private static var uiretShadowStacks: [Case] {
        let ssp = Layout.shadowStack + 0x100
        let on: [Step] = [.set(.cr4CET, 1), .set(.userCET, 1)]
        let rip = Layout.code + 0x40
        func same(_ value: UInt64) -> [Step] { [.store(ssp, value), .set(.ssp, ssp)] }
        return [
            returning(
                "shadow-stack", "With a shadow stack UIRET pops it too, 8 bytes.", before: on + same(rip),
                [.expect(.ssp, ssp + 8), .expect(.rip, rip)]),
            returning(
                "shadow-stack-off", "Without one, SSP stays and nothing is compared.",
                before: [.set(.cr4CET, 1), .set(.userCET, 0)] + same(0), [.expect(.ssp, ssp), .expect(.rip, rip)]),
            returning(
                "shadow-stack-without-cr4-cet", "With CR4.CET = 0 nothing is compared.", level: .core,
                before: [.set(.userCET, 1)] + same(0), [.expect(.ssp, ssp), .expect(.rip, rip)]),
            returning(
                "shadow-stack-of-the-supervisor-only", "At CPL 3 IA32_S_CET plays no part.", level: .core,
                before: [.set(.cr4CET, 1), .set(.supervisorCET, 1)] + same(0), [.expect(.ssp, ssp), .expect(.rip, rip)]),
            returning(
                "shadow-stack-of-the-user-at-cpl-0", "At CPL 0 IA32_U_CET plays no part.", level: .core, cpl: 0,
                before: on + same(0), [.expect(.ssp, ssp), .expect(.rip, rip)]),
            returning(
                "shadow-stack-at-cpl-0", "At CPL 0 UIRET pops the supervisor shadow stack.", level: .core, cpl: 0,
                before: [
                    .set(.cr4CET, 1), .set(.supervisorCET, 1), .store(Layout.supervisorShadowStack, rip),
                    .set(.ssp, Layout.supervisorShadowStack),
                ], [.expect(.ssp, Layout.supervisorShadowStack + 8), .expect(.rip, rip)]),
            refused(
                "shadow-stack-at-cpl-0-is-supervisor", "At CPL 0 a user shadow stack raises #PF.", Prelude.page(ssp, 0x41),
                level: .core, cpl: 0, before: [.set(.cr4CET, 1), .set(.supervisorCET, 1)] + same(rip), [.expect(.ssp, ssp)]),
            refused(
                "shadow-stack-mismatch", "Another RIP on the shadow stack raises #CP with error code 2, FAR-RET/IRET.",
                .controlProtection(code: 2), before: on + same(rip + 1), [.expect(.ssp, ssp)]),
            refused(
                "shadow-stack-mismatch-high", "All 64 bits of RIP are compared.", .controlProtection(code: 2),
                before: on + same(rip | 1 << 63), [.expect(.ssp, ssp)]),
            refused(
                "gp-before-cp", "RIP is checked before the shadow stack: #GP, not #CP.", .generalProtection,
                before: on + same(rip), frame: Prelude.frame(rip: Layout.nonCanonical), [.expect(.ssp, ssp)]),
            refused(
                "shadow-stack-absent", "An absent shadow stack raises #PF.", Prelude.page(Layout.absent, 0x44),
                before: on + [.set(.ssp, Layout.absent)], [.expect(.ssp, Layout.absent)]),
            refused(
                "shadow-stack-in-ordinary-page", "A shadow stack needs a shadow-stack page.",
                Prelude.page(Layout.altStack, 0x45), before: on + [.store(Layout.altStack, rip), .set(.ssp, Layout.altStack)],
                [.expect(.ssp, Layout.altStack)]),
            refused(
                "shadow-stack-non-canonical", "An SSP that is not canonical raises #GP.", .generalProtection, level: .core,
                before: on + [.set(.ssp, Layout.nonCanonical)]),
        ]
    }
}
