import Architecture

// Delivery where it faults, and where control-flow enforcement is on.

extension Case {
    static var deliveryFaults: [Case] {
        faults + shadowStacks + tracking
    }

    private static func fault(
        _ id: String, _ claim: String, _ fault: Fault, level: Level = .cpl0, features: CaseFeatures = CaseFeatures(),
        rsp: UInt64 = Layout.stackTop, stackadjust: UInt64 = 0, ids: [String] = [], before: [Step] = [], _ after: [Step] = []
    ) -> Case {
        Case(
            "delivery.\(id)", claim, source: Source.delivery, ids: ids, level: level, features: features,
            steps: before + [.set(.rsp, rsp)] + Prelude.pending(6, stackadjust: stackadjust, rflags: 0x302) + after
                + [.deliver, .expectFault(fault)] + Prelude.nothingDelivered(6, rsp: rsp)
                + (level == .core ? [.expect(.rflags, 0x302)] : []))
    }

    private static var faults: [Case] {
        let wide = CaseFeatures(linearAddressWidth: 57)
        return [
            fault(
                "handler-canonical-57", "UIHANDLER is judged by the paging mode in use: #GP, though the MSR takes 57 bits.",
                .generalProtection, features: wide, ids: ["C-7"], [.set(.uihandler, Layout.canonical57)]),
            fault(
                "handler-non-canonical", "A UIHANDLER that is not canonical raises #GP.", .generalProtection, level: .core,
                ids: ["C-7"], [.set(.uihandler, Layout.nonCanonical)]),
            fault(
                "handler-before-stack", "UIHANDLER is checked before the stack: #GP, not #PF.", .generalProtection,
                features: wide, rsp: Layout.absent + 0x100, [.set(.uihandler, Layout.canonical57)]),
            Case(
                "delivery.handler-with-la57", "With CR4.LA57 = 1 a UIHANDLER with bit 47 alone is canonical.",
                source: Source.delivery, level: .core, features: wide,
                steps: [.set(.cr4LA57, 1)] + Prelude.pending(6) + [
                    .set(.uihandler, Layout.canonical57), .deliver, .expectDelivered([2]), .expect(.rip, Layout.canonical57),
                ]),
            fault("stack-non-canonical", "A stack that is not canonical raises #SS.", .stackSegment, rsp: Layout.nonCanonical),
            fault(
                "stack-canonical-57", "The stack is judged by the paging mode in use: #SS under 4-level paging.", .stackSegment,
                rsp: Layout.canonical57 + 0x1000),
            fault(
                "stack-adjusted-out", "A subtraction may leave the canonical space: #SS.", .stackSegment,
                rsp: 0xFFFF_8000_0000_0040, stackadjust: 128),
            fault(
                "stack-loaded-canonical-57", "A loaded stack is judged by the paging mode in use.", .stackSegment,
                features: wide, stackadjust: (Layout.canonical57 + 0x1000) | 1),
            fault(
                "stack-absent", "An absent stack raises #PF, a user write, at the first push.",
                Prelude.page(Layout.absent + 0xF8, 6), rsp: Layout.absent + 0x100),
            fault(
                "stack-read-only", "A read-only stack raises #PF.", Prelude.page(Layout.readOnlyUser + 0xF8, 7),
                rsp: Layout.readOnlyUser + 0x100),
            fault(
                "stack-supervisor", "A stack in a supervisor page raises #PF: the pushes are user accesses.",
                Prelude.page(Layout.upids + 0xF8, 7), rsp: Layout.upids + 0x100),
            fault(
                "loaded-stack-absent", "A loaded stack that is absent raises #PF.", Prelude.page(Layout.absent + 0xFF8, 6),
                stackadjust: (Layout.absent + 0x1000) | 1),
            fault(
                "stack-ends-before-rip", "#PF at the third push leaves RSP, UIRR, UIF and RIP as they were.",
                Prelude.page(Layout.stack - 8, 6), rsp: Layout.stack + 16),
        ]
    }

    private static func cet(_ id: String, _ claim: String, level: Level = .cpl0, _ before: [Step], _ after: [Step]) -> Case {
        Case(
            "delivery.\(id)", claim, source: Source.delivery, level: level,
            steps: before + Prelude.pending(6) + [.set(.ssp, Layout.shadowStack + 0x100), .deliver, .expectDelivered([2])] + after)
    }

    private static var shadowStacks: [Case] {
        let ssp = Layout.shadowStack + 0x100
        let on: [Step] = [.set(.cr4CET, 1), .set(.userCET, 1)]
        return [
            cet(
                "shadow-stack", "With a user shadow stack RIP is pushed on it too, 8 bytes.", on,
                [.expect(.ssp, ssp - 8), .expectMemory(ssp - 8, Layout.code + 0x10), .expectMemory(ssp - 16, 0)]),
            cet(
                "no-shadow-stack", "With IA32_U_CET.SH_STK_EN = 0 SSP stays.", [.set(.cr4CET, 1), .set(.userCET, 0)],
                [.expect(.ssp, ssp), .expectMemory(ssp - 8, 0)]),
            cet(
                "shadow-stack-without-cr4-cet", "With CR4.CET = 0 SSP stays.", level: .core,
                [.set(.cr4CET, 0), .set(.userCET, 1)], [.expect(.ssp, ssp), .expectMemory(ssp - 8, 0)]),
            cet(
                "shadow-stack-of-the-supervisor", "IA32_S_CET plays no part in delivery.", level: .core,
                [.set(.cr4CET, 1), .set(.supervisorCET, 5)],
                [.expect(.ssp, ssp), .expect(.supervisorCET, 5), .expect(.userCET, 0)]),
            fault(
                "shadow-stack-absent", "An absent shadow stack raises #PF, and leaves RSP, UIRR, UIF and RIP.",
                Prelude.page(Layout.absent + 0xF8, 0x46), before: on,
                [.set(.ssp, Layout.absent + 0x100)]).adding([.expect(.ssp, Layout.absent + 0x100)]),
            fault(
                "shadow-stack-in-ordinary-page", "A shadow stack needs a shadow-stack page.",
                Prelude.page(Layout.altStack + 0xF8, 0x47), before: on, [.set(.ssp, Layout.altStack + 0x100)]),
            fault(
                "shadow-stack-non-canonical", "An SSP that is not canonical raises #GP.", .generalProtection, level: .core,
                before: on, [.set(.ssp, Layout.nonCanonical)]),
            fault(
                "stack-before-shadow-stack", "The stack is pushed before the shadow stack.",
                Prelude.page(Layout.absent + 0xF8, 6), rsp: Layout.absent + 0x100, before: on,
                [.set(.ssp, Layout.absent + 0x800)]),
        ]
    }

    private static var tracking: [Case] {
        [
            cet(
                "tracks-endbranch", "With user IBT, delivery waits for ENDBRANCH, and ends SUPPRESS.", level: .core,
                [.set(.cr4CET, 1), .set(.userCET, 1 << 2 | 1 << 10)], [.expect(.userCET, 1 << 2 | 1 << 11)]),
            cet(
                "tracks-nothing-without-ibt", "With IA32_U_CET.ENDBR_EN = 0 the tracker stays.", level: .core,
                [.set(.cr4CET, 1), .set(.userCET, 1)], [.expect(.userCET, 1)]),
            cet(
                "tracks-nothing-without-cr4-cet", "With CR4.CET = 0 the tracker stays.", level: .core,
                [.set(.cr4CET, 0), .set(.userCET, 1 << 2)], [.expect(.userCET, 1 << 2)]),
            fault(
                "tracker-after-faults", "A delivery that faults leaves the tracker.", Prelude.page(Layout.absent + 0xF8, 6),
                level: .core, rsp: Layout.absent + 0x100, before: [.set(.cr4CET, 1), .set(.userCET, 1 << 2)]
            ).adding([.expect(.userCET, 1 << 2)]),
        ]
    }
}
