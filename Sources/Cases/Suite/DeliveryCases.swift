// Recognition and delivery: when, which vector, the frame, what changes.

extension Case {
    static var deliveries: [Case] {
        recognition + conditions + vectors + frame + changes
    }

    private static var recognition: [Case] {
        let source = Source.recognition
        return [
            Case(
                "recognition.by-wrmsr", "A write of IA32_UINTR_RR with a bit set recognises a user interrupt.", source: source,
                steps: [.wrmsr(0x985, 1 << 17)] + Prelude.pending(1 << 17).dropFirst() + [
                    .deliver, .expectDelivered([17]), .expect(.uirr, 0),
                ]),
            Case(
                "recognition.ended-by-wrmsr", "A write of 0 to IA32_UINTR_RR ends it.", source: source,
                steps: [.set(.uirr, 1 << 17), .wrmsr(0x985, 0)] + Prelude.pending(0).dropFirst() + [.deliver]
                    + Prelude.nothingDelivered(0)),
            Case(
                "recognition.by-notification", "A notification recognises a user interrupt.", source: source,
                steps: Prelude.receiver(cpl: 3) + Prelude.upid(pir: 1 << 3) + [.set(.uif, 1)] + Prelude.interrupt()
                    + [.takeInterrupt, .deliver, .expectDelivered([3])]),
            Case(
                "recognition.none-pending", "With UIRR = 0 nothing is delivered.", source: source,
                steps: Prelude.pending(0) + [.deliver] + Prelude.nothingDelivered(0)),
            Case(
                "recognition.stui", "STUI with a request pending: it is delivered at the next boundary.",
                source: "SDM Vol. 2, STUI",
                steps: Prelude.pending(2) + [
                    .set(.uif, 0), .deliver, .expectDelivered([]), .execute(Encoding.stui), .deliver, .expectDelivered([1]),
                    .expectMemory(Layout.stackTop - 24, Layout.code + 0x14),
                ]),
            Case(
                "recognition.clui", "CLUI keeps a pending request back.", source: "SDM Vol. 2, CLUI",
                steps: Prelude.pending(2) + [
                    .execute(Encoding.clui), .deliver, .expectDelivered([]), .expect(.uirr, 2), .expect(.uif, 0),
                    .expect(.rsp, Layout.stackTop),
                ]),
            Case(
                "recognition.waits-for-cpl-3", "A request that waits at CPL 0 is delivered on the return to CPL 3.",
                source: Source.delivery, ids: ["W-11"],
                steps: Prelude.pending(2) + [
                    .set(.cpl, 0), .deliver, .expectDelivered([]), .set(.cpl, 3), .deliver, .expectDelivered([1]),
                ]),
        ]
    }

    /// Each condition of delivery, wanting: nothing is delivered.
    private static func held(_ id: String, _ claim: String, level: Level = .cpl0, before: [Step] = [], _ after: [Step] = []) -> Case
    {
        Case(
            "delivery.\(id)", claim, source: Source.delivery, level: level,
            steps: before + Prelude.pending(6) + after + [.deliver] + Prelude.nothingDelivered(6))
    }

    private static var conditions: [Case] {
        [
            Case(
                "delivery.waits-for-uif", "Nothing is delivered while UIF is 0.", source: Source.delivery,
                steps: Prelude.pending(6) + [
                    .set(.uif, 0), .deliver, .expectDelivered([]), .expect(.uirr, 6), .expect(.rsp, Layout.stackTop),
                    .set(.uif, 1), .deliver, .expectDelivered([2]),
                ]),
            held("not-at-cpl-0", "Nothing is delivered at CPL 0.", [.set(.cpl, 0)]),
            held("not-at-cpl-1", "Nothing is delivered at CPL 1.", level: .core, [.set(.cpl, 1)]),
            held("not-at-cpl-2", "Nothing is delivered at CPL 2.", level: .core, [.set(.cpl, 2)]),
            held("not-without-cr4-uintr", "Nothing is delivered while CR4.UINTR is 0.", before: [.set(.cr4UINTR, 0)]),
            held("not-without-lma", "Nothing is delivered outside IA-32e mode.", level: .core, [.set(.eferLMA, 0)]),
            held("not-in-compatibility-mode", "Nothing is delivered in compatibility mode.", level: .core, [.set(.csL, 0)]),
            held("not-after-mov-ss", "MOV SS holds delivery back for an instruction.", level: .core, [.set(.shadow, 2)]),
            held("not-in-hlt", "A user interrupt does not end HLT.", level: .core, [.set(.activity, 1)])
                .adding([.expect(.activity, 1)]),
            held(
                "not-while-waiting-for-startup", "A processor that waits for a start-up IPI delivers nothing.", level: .core,
                [.set(.activity, 3)]),
            Case(
                "delivery.after-sti", "STI holds ordinary interrupts back, not user interrupts; delivery ends its shadow.",
                source: "SDM Vol. 2, STI", level: .core,
                steps: Prelude.pending(6) + [.set(.shadow, 1)] + Prelude.interrupt(0x41) + [
                    .takeInterrupt, .expectNoInterrupt, .deliver, .expectDelivered([2]), .expect(.shadow, 0), .takeInterrupt,
                    .expectOrdinary(0x41),
                ]),
            Case(
                "delivery.after-an-instruction-in-mov-ss-shadow", "One instruction after MOV SS, delivery goes on.",
                source: Source.delivery, level: .core,
                steps: Prelude.pending(6) + [.set(.shadow, 2), .execute(Encoding.testui), .deliver, .expectDelivered([2])]),
            Case(
                "delivery.ends-umwait", "Delivery ends UMWAIT and TPAUSE.", source: Source.delivery, level: .core,
                steps: Prelude.pending(6) + [.set(.activity, 2), .deliver, .expectDelivered([2]), .expect(.activity, 0)]),
            Case(
                "delivery.needs-no-if", "RFLAGS.IF plays no part in delivery.", source: Source.delivery,
                steps: Prelude.pending(6, rflags: 0x2) + [.deliver, .expectDelivered([2]), .expect(.rflags, 0x2)]),
            Case(
                "delivery.needs-no-senduipi-enable", "IA32_UINTR_TT, UINV and UPIDADDR play no part in delivery.",
                source: Source.delivery,
                steps: Prelude.pending(6) + [
                    .set(.uitt, 0), .set(.uinv, 0), .set(.upidaddr, 0), .deliver, .expectDelivered([2]),
                ]),
            Case(
                "delivery.ordinary-interrupts-still-taken", "With both due, the ordinary interrupt can be taken first.",
                source: Source.delivery,
                steps: Prelude.pending(6) + Prelude.interrupt(0x41) + [
                    .takeInterrupt, .expectOrdinary(0x41), .expect(.uirr, 6), .expect(.uif, 1), .endOfInterrupt, .deliver,
                    .expectDelivered([2]),
                ]),
        ]
    }

    private static var vectors: [Case] {
        [0, 1, 31, 32, 62, 63].map { (vector: UInt8) in
            Case(
                "delivery.vector-\(vector)", "With UIRR[\(vector)] alone, vector \(vector) is pushed and its bit cleared.",
                source: Source.delivery,
                steps: Prelude.pending(1 << UInt64(vector)) + [
                    .deliver, .expectDelivered([vector]), .expect(.uirr, 0),
                    .expectMemory(Layout.stackTop - 32, UInt64(vector)),
                ])
        } + [
            Case(
                "delivery.highest-first", "The highest vector is delivered first, and only its bit of UIRR is cleared.",
                source: Source.delivery, ids: ["A-6"],
                steps: Prelude.pending(0x8000_0001_0000_0011) + [
                    .deliver, .expectDelivered([63]), .expect(.uirr, 0x0000_0001_0000_0011),
                ]),
            Case(
                "delivery.all-in-order", "Each entry of the handler has one vector; UIRET brings the next one down.",
                source: Source.delivery, ids: ["A-6", "A-12"],
                steps: Prelude.pending(0x8000_0001_0000_0011) + [
                    .settle, .expectDelivered([63, 32, 4, 0]), .expect(.uirr, 0), .expect(.rsp, Layout.stackTop),
                    .expect(.rip, Layout.code + 0x10),
                ]),
            Case(
                "delivery.nested-by-stui", "After STUI in the handler any vector nests, a lower one too.",
                source: "SDM Vol. 2, STUI",
                ids: ["A-6"],
                steps: Prelude.pending(1 << 40) + [
                    .deliver, .expectDelivered([40]), .set(.uirr, 1 << 2), .deliver, .expectDelivered([]),
                    .set(.rip, Layout.code), .execute(Encoding.stui), .deliver, .expectDelivered([2]),
                    .expect(.rsp, Layout.stackTop - 64), .expectMemory(Layout.stackTop - 40, Layout.stackTop - 32),
                ]),
            Case(
                "delivery.not-twice", "UIF = 0 in the handler: the next vector waits.", source: Source.delivery, ids: ["A-6"],
                steps: Prelude.pending(6) + [.deliver, .expectDelivered([2]), .deliver, .expectDelivered([]), .expect(.uirr, 2)]),
        ]
    }

    /// RSP := (RSP or UISTACKADJUST) & ~FH, and 32 bytes below that at the handler's entry.
    private static func stack(_ id: String, _ claim: String, rsp: UInt64, adjust: UInt64, base: UInt64) -> Case {
        Case(
            "delivery.\(id)", claim, source: Source.delivery,
            steps: [.set(.rsp, rsp)] + Prelude.pending(1 << 7, stackadjust: adjust) + [
                .deliver, .expectDelivered([7]), .expect(.rsp, base - 32), .expectMemory(base - 8, rsp),
                .expectMemory(base - 32, 7), .expectEntryRSP(base - 32), .expectFrameRSP(rsp),
            ])
    }

    private static var frame: [Case] {
        let top = Layout.stackTop
        let aligned = (0..<16).map { (low: UInt64) in
            stack(
                "alignment-\(low)", "With RSP & 15 = \(low) the frame begins at a multiple of 16, and holds RSP as it was.",
                rsp: top + low, adjust: 0, base: top)
        }
        return aligned + [
            stack("red-zone", "UISTACKADJUST = 128 is subtracted from RSP.", rsp: top, adjust: 128, base: top - 128),
            stack("adjust-8", "RSP is aligned after the subtraction: 8 costs 16.", rsp: top, adjust: 8, base: top - 16),
            stack(
                "adjust-8-from-8", "RSP is aligned after the subtraction: 8 from 8 costs none.", rsp: top + 8, adjust: 8, base: top),
            stack(
                "adjust-low-bits", "Bits 3:1 of a subtracted UISTACKADJUST count, before the alignment.", rsp: top + 15,
                adjust: 0x8E, base: top - 128),
            stack(
                "adjust-negative", "Subtraction is modulo 2^64: a negative UISTACKADJUST moves RSP up.", rsp: top,
                adjust: UInt64.max - 255, base: top + 256),
            stack(
                "adjust-load", "With UISTACKADJUST[0] = 1 RSP is loaded, not adjusted.", rsp: top,
                adjust: Layout.altStackTop | 1, base: Layout.altStackTop),
            stack(
                "adjust-load-low-bits", "A loaded UISTACKADJUST is aligned too: bits 3:0 are dropped.", rsp: top,
                adjust: Layout.altStackTop - 1, base: Layout.altStackTop - 16),
            stack(
                "adjust-load-forgets-rsp", "A loaded stack serves whatever RSP was, non-canonical too.",
                rsp: Layout.nonCanonical, adjust: Layout.altStackTop | 1, base: Layout.altStackTop),
            Case(
                "delivery.frame", "The frame, from high to low addresses: RSP, RFLAGS, RIP, vector.", source: Source.delivery,
                steps: Prelude.pending(1 << 21, rflags: 0x246) + [
                    .deliver, .expectMemory(top - 8, top), .expectMemory(top - 16, 0x246),
                    .expectMemory(top - 24, Layout.code + 0x10), .expectMemory(top - 32, 21), .expect(.rsp, top - 32),
                    .expectDelivered([21]),
                ]),
            Case(
                "delivery.frame-has-32-bytes", "Four quadwords are pushed: what lies around them stays.", source: Source.delivery,
                steps: [.store(top, 0x1111), .store(top - 40, 0x2222)] + Prelude.pending(1) + [
                    .deliver, .expectMemory(top, 0x1111), .expectMemory(top - 40, 0x2222), .expectDelivered([0]),
                ]),
            Case(
                "delivery.misaligned-with-ac", "Delivery raises no #AC: its pushes are aligned.", source: Source.delivery,
                steps: [.set(.cr0AM, 1), .set(.rsp, top + 3)] + Prelude.pending(1, rflags: 0x4_0202) + [
                    .deliver, .expectDelivered([0]), .expectMemory(top - 8, top + 3),
                ]),
        ]
    }

    private static var changes: [Case] {
        let allFlags: UInt64 = 0x25_4DD5 | 0x202
        return [
            Case(
                "delivery.enters-the-handler", "RIP := UIHANDLER, UIF := 0, and CPL stays 3.", source: Source.delivery,
                steps: Prelude.pending(6) + [
                    .deliver, .expect(.rip, Layout.handler), .expect(.uif, 0), .expect(.cpl, 3), .expectDelivered([2]),
                ]),
            Case(
                "delivery.clears-tf-and-rf", "Delivery clears TF and RF; the frame has them, and the other flags stay.",
                source: Source.delivery,
                steps: Prelude.pending(1, rflags: allFlags) + [
                    .deliver, .expect(.rflags, allFlags & ~0x1_0100), .expectMemory(Layout.stackTop - 16, allFlags),
                    .expectFrameRFLAGS(mask: 0x1_0100, 0x1_0100), .expectDelivered([0]),
                ]),
            Case(
                "delivery.flags-otherwise", "Delivery sets no flag.", source: Source.delivery,
                steps: Prelude.pending(1, rflags: 0x2) + [
                    .deliver, .expect(.rflags, 0x2), .expectMemory(Layout.stackTop - 16, 0x2), .expectDelivered([0]),
                ]),
            Case(
                "delivery.keeps-registers", "Delivery changes no general register but RSP.", source: Source.delivery,
                steps: (0..<16).filter { $0 != 4 }.map { .set(.register($0), 0x1001 + UInt64($0)) } + Prelude.pending(1)
                    + [.deliver, .expectDelivered([0])]
                    + (0..<16).filter { $0 != 4 }.map { .expect(.register($0), 0x1001 + UInt64($0)) }),
            Case(
                "delivery.keeps-the-rest", "Delivery changes UIRR and UIF only of the user-interrupt state.",
                source: Source.delivery,
                steps: Prelude.pending(3, stackadjust: 128) + [
                    .set(.uinv, 0xE1), .set(.uittsz, 7), .set(.upidaddr, Layout.upid(3)), .set(.uitt, Layout.uitt | 1),
                    .deliver, .expectDelivered([1]), .expect(.uirr, 1), .expect(.uinv, 0xE1), .expect(.uittsz, 7),
                    .expect(.upidaddr, Layout.upid(3)), .expect(.uitt, Layout.uitt | 1), .expect(.uistackadjust, 128),
                    .expect(.uihandler, Layout.handler),
                ]),
        ]
    }
}
