import Architecture

// Notification processing: ON, PIR and UIRR; the two atomic steps apart; faults.

extension Case {
    static var processing: [Case] {
        effects + apart + processingFaults
    }

    private static func processed(
        _ id: String, _ claim: String, ids: [String] = [], level: Level = .cpl0, cpl: UInt64 = 0, _ before: [Step],
        _ after: [Step]
    ) -> Case {
        Case(
            "processing.\(id)", claim, source: Source.processing, ids: ids, level: level,
            steps: Prelude.receiver(cpl: cpl) + before + Prelude.interrupt() + [.takeInterrupt, .expectNotification] + after)
    }

    private static var effects: [Case] {
        [
            processed(
                "clears-on", "Processing clears ON, and nothing else of the UPID's control bits.",
                Prelude.upid(control: Prelude.control(nv: 0xA5, ndst: 0xDEAD_BEEF, on: true, sn: true)),
                [.expectMemory(Layout.upid(0), Prelude.control(nv: 0xA5, ndst: 0xDEAD_BEEF, sn: true))]),
            processed(
                "keeps-reserved-bits", "Processing does not look at reserved bits: an armed UPID is processed, and stays armed.",
                ids: ["S-1"], Prelude.upid(control: Prelude.control(on: true) | 1 << 7, pir: 2),
                [.expectMemory(Layout.upid(0), Prelude.control() | 1 << 7), .expect(.uirr, 2)]),
            processed(
                "takes-pir", "Processing moves all 64 bits of PIR to UIRR, and leaves PIR 0.",
                Prelude.upid(control: Prelude.control(on: true), pir: 0x8000_0001_8000_0001),
                [.expect(.uirr, 0x8000_0001_8000_0001), .expectMemory(Layout.upid(0) + 8, 0)]),
            processed(
                "merges", "PIR is ORed into UIRR: what was pending stays.", ids: ["C-4"],
                Prelude.upid(pir: 0x0F) + [.set(.uirr, 0xF1)], [.expect(.uirr, 0xFF)]),
            processed(
                "empty-pir", "An empty PIR adds nothing and takes nothing away: a spurious notification is harmless.",
                ids: ["C-5", "S-5"], Prelude.upid(control: Prelude.control(on: true)) + [.set(.uirr, 0x10)],
                [.expect(.uirr, 0x10), .expectMemory(Layout.upid(0), Prelude.control())]),
            processed(
                "empty-pir-recognizes-nothing", "A notification with an empty PIR delivers nothing.", ids: ["C-5"], cpl: 3,
                Prelude.upid() + [.set(.uif, 1)], [.settle, .expectDelivered([]), .expect(.uif, 1)]),
            processed(
                "on-is-0", "Processing with ON = 0 takes PIR all the same.", Prelude.upid(pir: 4),
                [.expect(.uirr, 4), .expectMemory(Layout.upid(0), Prelude.control())]),
            processed(
                "sn-is-1", "Processing with SN = 1 takes PIR all the same.", ids: ["C-5"],
                Prelude.upid(control: Prelude.control(on: true, sn: true), pir: 4),
                [.expect(.uirr, 4), .expectMemory(Layout.upid(0), Prelude.control(sn: true))]),
            processed(
                "upidaddr-decides", "The UPID is the one that UPIDADDR names now, whoever the IPI was for.", ids: ["W-8"],
                Prelude.upid(control: Prelude.control(on: true), pir: 1)
                    + Prelude.upid(
                        1, control: Prelude.control(on: true), pir: 2) + [.set(.upidaddr, Layout.upid(1))],
                [
                    .expect(.uirr, 2), .expectMemory(Layout.upid(0), Prelude.control(on: true)),
                    .expectMemory(Layout.upid(0) + 8, 1), .expectMemory(Layout.upid(1), Prelude.control()),
                    .expectMemory(Layout.upid(1) + 8, 0),
                ]),
            processed(
                "nv-does-not-decide", "NV and NDST of the UPID play no part in processing.",
                Prelude.upid(control: Prelude.control(nv: 0x33, ndst: 9, on: true), pir: 4),
                [.expect(.uirr, 4), .expectMemory(Layout.upid(0), Prelude.control(nv: 0x33, ndst: 9))]),
            processed(
                "supervisor-privilege", "Processing reaches a UPID in a supervisor page at CPL 3.", cpl: 3,
                Prelude.upid(pir: 4), [.expect(.uirr, 4)]),
            processed(
                "not-delivered-at-cpl-0", "At CPL 0 the requests wait in UIRR.", Prelude.upid(pir: 4) + [.set(.uif, 1)],
                [.deliver, .expectDelivered([]), .expect(.uirr, 4), .expect(.uif, 1)]),
            processed(
                "then-delivered", "At CPL 3 with UIF = 1, what the notification brought is delivered.", cpl: 3,
                Prelude.upid(pir: 1 << 4 | 1 << 44) + [.set(.uif, 1)],
                [.deliver, .expectDelivered([44]), .expect(.uirr, 1 << 4)]),
            Case(
                "processing.merged-ipis", "Two IPIs that merge in IRR are one notification, which takes both requests.",
                source: Source.processing, ids: ["A-6"],
                steps: Prelude.receiver() + Prelude.upid(control: Prelude.control(on: true), pir: 3) + Prelude.interrupt()
                    + Prelude.interrupt() + [
                        .takeInterrupt, .expectNotification, .expect(.uirr, 3), .takeInterrupt, .expectNoInterrupt,
                    ]),
            Case(
                "processing.after-on-a-new-ipi", "After processing a SENDUIPI notifies again.", source: Source.processing,
                steps: Prelude.sender() + Prelude.receiver() + [
                    .execute(Encoding.senduipi(0)), .arrive, .takeInterrupt, .expectNotification, .expect(.uirr, 1 << 5),
                    .set(.uirr, 0), .execute(Encoding.senduipi(0)), .arrive, .takeInterrupt, .expectNotification,
                    .expect(.uirr, 1 << 5),
                ]),
        ]
    }

    /// Processor 0 sends, processor 1 receives: SENDUIPI between and around the two atomic steps.
    private static func raced(_ id: String, _ claim: String, ids: [String] = [], _ steps: [Step]) -> Case {
        Case(
            "processing.\(id)", claim, source: Source.processing, ids: ids, level: .core, processors: 2,
            steps: Prelude.sender(ndst: 1) + Prelude.entry(1, uv: 6) + [.set(.uittsz, 1), .processor(1)]
                + Prelude.receiver(cpl: 3)
                + [
                    .processor(0), .execute(Encoding.senduipi(0)), .arrive, .set(.rax, 1), .processor(1), .identify,
                    .expectNotification,
                ]
                + steps)
    }

    private static var apart: [Case] {
        let on = Layout.upid(0)
        return [
            raced(
                "identify-touches-no-memory", "Identification alone leaves ON and PIR.",
                [
                    .expectMemory(on, Prelude.control(ndst: 1, on: true)), .expectMemory(on + 8, 1 << 5), .expect(.uirr, 0),
                ]),
            raced(
                "clear-outstanding", "The first step clears ON, and leaves PIR and UIRR.",
                [
                    .clearOutstanding, .expectMemory(on, Prelude.control(ndst: 1)), .expectMemory(on + 8, 1 << 5),
                    .expect(.uirr, 0),
                ]),
            raced(
                "take-requests", "The second step moves PIR to UIRR, and leaves ON.",
                [
                    .takeRequests, .expectMemory(on, Prelude.control(ndst: 1, on: true)), .expectMemory(on + 8, 0),
                    .expect(.uirr, 1 << 5),
                ]),
            raced(
                "senduipi-between", "A SENDUIPI between the steps notifies again; its request is taken at once.",
                ids: ["C-4"],
                [
                    .clearOutstanding, .processor(0), .execute(Encoding.senduipi(0)), .expectInFlight(1), .processor(1),
                    .takeRequests, .expect(.uirr, 1 << 5 | 1 << 6), .expectMemory(on, Prelude.control(ndst: 1, on: true)),
                    .arrive, .identify, .expectNotification, .clearOutstanding, .takeRequests,
                    .expect(.uirr, 1 << 5 | 1 << 6), .expectMemory(on, Prelude.control(ndst: 1)), .expectMemory(on + 8, 0),
                ]),
            raced(
                "senduipi-before", "A SENDUIPI before the first step sends nothing; its request is taken.",
                [
                    .processor(0), .execute(Encoding.senduipi(0)), .expectInFlight(0), .processor(1), .clearOutstanding,
                    .takeRequests, .expect(.uirr, 1 << 5 | 1 << 6), .expectMemory(on, Prelude.control(ndst: 1)),
                ]),
            raced(
                "senduipi-after", "A SENDUIPI after both steps notifies; its request waits for that notification.",
                [
                    .clearOutstanding, .takeRequests, .processor(0), .execute(Encoding.senduipi(0)), .expectInFlight(1),
                    .processor(1), .expect(.uirr, 1 << 5), .expectMemory(on + 8, 1 << 6), .arrive, .takeInterrupt,
                    .expectNotification, .expect(.uirr, 1 << 5 | 1 << 6),
                ]),
            raced(
                "upidaddr-between", "The second step uses UPIDADDR as it stands then.",
                [
                    .store(Layout.upid(2) + 8, 1 << 30), .clearOutstanding, .set(.upidaddr, Layout.upid(2)), .takeRequests,
                    .expect(.uirr, 1 << 30), .expectMemory(on + 8, 1 << 5),
                ]),
        ]
    }

    /// After a fault the interrupt is dismissed: neither IRR nor ISR has it, and UIRR is as before.
    private static func faulting(
        _ id: String, _ claim: String, upidaddr: UInt64, _ fault: Fault, level: Level = .cpl0, cpl: UInt64 = 0,
        features: CaseFeatures = CaseFeatures(), store: [Step] = []
    ) -> Case {
        Case(
            "processing.\(id)", claim, source: Source.processing, level: level, features: features,
            steps: Prelude.receiver(cpl: cpl) + [.set(.uirr, 0x10), .set(.upidaddr, upidaddr)] + store + Prelude.interrupt()
                + [
                    .takeInterrupt, .expectFault(fault), .expectNotification, .expect(.uirr, 0x10), .expect(.apicISR, 0),
                    .expect(.apicIRR, 0), .takeInterrupt, .expectNoInterrupt,
                ])
    }

    private static var processingFaults: [Case] {
        [
            faulting(
                "upid-absent", "An absent UPID raises #PF, a supervisor write; the interrupt stays dismissed.",
                upidaddr: Layout.absent, Prelude.page(Layout.absent, 2)),
            faulting(
                "upid-absent-at-cpl-3", "At CPL 3 the fault's code has no U/S bit.", upidaddr: Layout.absent,
                Prelude.page(Layout.absent, 2), cpl: 3),
            faulting(
                "upid-read-only", "A read-only UPID raises #PF, even where ON = 0 and PIR = 0.",
                upidaddr: Layout.readOnlySupervisor, Prelude.page(Layout.readOnlySupervisor, 3)),
            faulting(
                "upid-canonical-57", "UPIDADDR is judged by the paging mode in use: #GP under 4-level paging.",
                upidaddr: Layout.canonical57, .generalProtection, features: CaseFeatures(linearAddressWidth: 57)),
            faulting(
                "upid-non-canonical", "A UPIDADDR that is not canonical raises #GP.", upidaddr: Layout.nonCanonical,
                .generalProtection, level: .core),
            Case(
                "processing.fault-in-step-2", "A fault in the second step leaves ON cleared, and UIRR as it was.",
                source: Source.processing, level: .core,
                steps: Prelude.receiver() + Prelude.upid(control: Prelude.control(on: true), pir: 2) + Prelude.interrupt() + [
                    .identify, .expectNotification, .clearOutstanding, .set(.upidaddr, Layout.absent), .set(.uirr, 4),
                    .takeRequests, .expectFault(Prelude.page(Layout.absent + 8, 2)), .expect(.uirr, 4),
                    .expectMemory(Layout.upid(0), Prelude.control()), .expectMemory(Layout.upid(0) + 8, 2),
                ]),
            Case(
                "processing.non-canonical-in-step-2", "A UPIDADDR that is not canonical raises #GP in the second step too.",
                source: Source.processing, level: .core,
                steps: Prelude.receiver() + [
                    .set(.upidaddr, Layout.nonCanonical), .set(.uirr, 4), .takeRequests, .expectFault(.generalProtection),
                    .expect(.uirr, 4),
                ]),
            Case(
                "processing.la57", "With CR4.LA57 = 1 a UPIDADDR with bit 47 alone is canonical: #PF, not #GP.",
                source: Source.processing, level: .core, features: CaseFeatures(linearAddressWidth: 57),
                steps: [.set(.cr4LA57, 1)] + Prelude.receiver() + [.set(.upidaddr, Layout.canonical57)]
                    + Prelude.interrupt() + [.takeInterrupt, .expectFault(Prelude.page(Layout.canonical57, 2))]),
        ]
    }
}
