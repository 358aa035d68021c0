import Architecture

// Claims of the thread that the processor alone settles, or bears on.

extension Case {
    static var thread: [Case] {
        receivers + switches + offline
    }

    private static var receivers: [Case] {
        [
            Case(
                "thread.another-receiver-runs", "An IPI for a task that left finds another receiver: its own UPID is processed.",
                source: "message f5a971e4", ids: ["W-8"], processors: 2,
                steps: Prelude.sender(uv: 5, ndst: 1) + Prelude.upid(1, control: Prelude.control(ndst: 1)) + [.processor(1)]
                    + Prelude.receiver(upid: 1, cpl: 3) + [
                        .set(.uif, 1), .processor(0), .execute(Encoding.senduipi(0)), .settle, .expectDelivered([]), .processor(1),
                        .expect(.uirr, 0), .expectMemory(Layout.upid(0) + 8, 1 << 5),
                        .expectMemory(Layout.upid(0), Prelude.control(ndst: 1, on: true)),
                        .expectMemory(Layout.upid(1), Prelude.control(ndst: 1)),
                    ]),
            Case(
                "thread.other-vector-wakes-nobody-else", "A waiter's own vector on a CPU with a receiver is ordinary there.",
                source: "message c6e83d0e", ids: ["W-8"], processors: 2,
                steps: Prelude.sender(uv: 5, nv: 0xEB, ndst: 1) + [.processor(1)]
                    + Prelude.receiver(upid: 1) + Prelude.upid(1, control: Prelude.control(ndst: 1), pir: 2) + [
                        .processor(0), .execute(Encoding.senduipi(0)), .arrive, .processor(1), .takeInterrupt,
                        .expectOrdinary(0xEB), .expect(.uirr, 0), .expectMemory(Layout.upid(1) + 8, 2),
                        .expectMemory(Layout.upid(0) + 8, 1 << 5),
                    ]),
            Case(
                "thread.bogus-handler-absent", "A handler's address that is absent is entered: the fetch faults the receiver.",
                source: "message 87a6k2g7mo", ids: ["C-7"], level: .core,
                steps: Prelude.pending(2) + [
                    .set(.uihandler, Layout.absent), .deliver, .expectDelivered([1]), .expect(.rip, Layout.absent),
                    .expect(.cpl, 3),
                ]),
            Case(
                "thread.pir-merged-by-or", "What a kernel ORs into UIRR by its MSR joins what was there.",
                source: "message 878rzhazlq", ids: ["C-3", "C-4"],
                steps: [.set(.uirr, 1), .rdmsr(0x985), .expectResult(1), .wrmsr(0x985, 1 | 4)] + Prelude.pending(5).dropFirst()
                    + [.settle, .expectDelivered([2, 0])]),
            Case(
                "thread.pir-not-cleared-delivers-twice", "Requests copied to UIRR and left in PIR are delivered again.",
                source: "message 447377f0", ids: ["C-4"],
                steps: Prelude.receiver(cpl: 0) + Prelude.upid(pir: 4) + [.wrmsr(0x985, 4), .set(.uif, 1), .set(.cpl, 3), .settle]
                    + [.expectDelivered([2])] + Prelude.interrupt() + [.settle, .expectDelivered([2])]),
            Case(
                "thread.self-ipi-takes-what-is-posted", "An IPI with UINV to oneself takes what was posted while SN was 1.",
                source: "message 877df6g603", ids: ["C-3", "W-11"],
                steps: Prelude.sender(sn: true) + Prelude.receiver(cpl: 3) + [
                    .set(.uif, 1), .execute(Encoding.senduipi(0)), .settle,
                ]
                    + [.expectDelivered([]), .store(Layout.upid(0), Prelude.control())] + Prelude.interrupt()
                    + [.settle, .expectDelivered([5]), .expectMemory(Layout.upid(0) + 8, 0)]),
        ]
    }

    private static var switches: [Case] {
        [
            Case(
                "thread.sn-after-the-check",
                "SN set after a SENDUIPI's check: its IPI is ordinary once UINV is 0, the request stays.",
                source: "message 87fstugabg", ids: ["C-5", "C-1"], processors: 2,
                steps: Prelude.sender(ndst: 1) + [.processor(1)] + Prelude.receiver() + [
                    .processor(0), .execute(Encoding.senduipi(0)), .processor(1),
                    .xsaves(area: Layout.xsave, mask: 1 << 14),
                    .store(Layout.upid(0), Prelude.control(ndst: 1, on: true, sn: true)), .arrive, .takeInterrupt,
                    .expectOrdinary(Prelude.vector), .expect(.uirr, 0), .expectMemory(Layout.upid(0) + 8, 1 << 5),
                    .expectMemory(Layout.upid(0), Prelude.control(ndst: 1, on: true, sn: true)),
                ]),
            Case(
                "thread.sn-keeps-senders-quiet", "While SN is 1 senders post, and no CPU is interrupted.",
                source: "message 25ba1e1f", ids: ["S-1", "A-4"],
                steps: Prelude.sender(sn: true) + Prelude.receiver() + [
                    .execute(Encoding.senduipi(0)), .arrive, .takeInterrupt, .expectNoInterrupt,
                    .expectMemory(Layout.upid(0) + 8, 1 << 5),
                ]),
            Case(
                "thread.on-stays-silent", "ON left at 1 silences every later SENDUIPI: it must not be 1 at an untended sleep.",
                source: "message 25ba1e1f", ids: ["S-4"],
                steps: Prelude.sender(on: true) + Prelude.receiver() + [
                    .execute(Encoding.senduipi(0)), .arrive, .takeInterrupt, .expectNoInterrupt, .expect(.uirr, 0),
                    .expectMemory(Layout.upid(0) + 8, 1 << 5),
                ]),
            Case(
                "thread.armed-waiter-faults-the-sender", "With bit 7 armed each SENDUIPI faults, posts nothing, and sends nothing.",
                source: "message 25ba1e1f", ids: ["S-1", "S-2", "W-9"],
                steps: Prelude.sender() + Prelude.receiver() + [
                    .store(Layout.upid(0), Prelude.control() | 1 << 7), .execute(Encoding.senduipi(0)),
                    .expectFault(.generalProtection), .execute(Encoding.senduipi(0)), .expectFault(.generalProtection), .arrive,
                    .takeInterrupt, .expectNoInterrupt, .expectMemory(Layout.upid(0) + 8, 0), .expect(.rip, Layout.code),
                ]),
            Case(
                "thread.arming-keeps-what-is-posted", "A request posted before the bit is armed is there after it is disarmed.",
                source: "message 25ba1e1f", ids: ["S-2", "W-1"],
                steps: Prelude.sender(sn: true) + [
                    .execute(Encoding.senduipi(0)), .store(Layout.upid(0), Prelude.control() | 1 << 7), .set(.rip, Layout.code),
                    .execute(Encoding.senduipi(0)), .expectFault(.generalProtection),
                    .store(Layout.upid(0), Prelude.control()), .expectMemory(Layout.upid(0) + 8, 1 << 5),
                    .execute(Encoding.senduipi(0)), .expectMemory(Layout.upid(0) + 8, 1 << 5),
                    .expectMemory(Layout.upid(0), Prelude.control(on: true)),
                ]),
            Case(
                "thread.uif-cleared-holds-the-event", "With UIF = 0 an event that came during a wait stays pending in UIRR.",
                source: "message 874ka7csce", ids: ["W-7"],
                steps: Prelude.receiver(cpl: 3) + Prelude.upid(pir: 8) + Prelude.interrupt() + [
                    .settle, .expectDelivered([]), .expect(.uirr, 8), .set(.uif, 1), .settle, .expectDelivered([3]),
                ]),
            Case(
                "thread.kernel-interlude", "XSAVES, an interlude with UINV = 0, and UINV written back: events come again.",
                source: "message 875yug4eos", ids: ["S-6", "C-3"],
                steps: Prelude.sender() + Prelude.receiver() + [
                    .xsaves(area: Layout.xsave, mask: 1 << 14), .execute(Encoding.senduipi(0)), .arrive, .takeInterrupt,
                    .expectOrdinary(Prelude.vector), .endOfInterrupt, .wrmsr(0x988, UInt64(Prelude.vector) << 32),
                ] + Prelude.interrupt() + [.takeInterrupt, .expectNotification, .expect(.uirr, 1 << 5)]),
        ]
    }

    private static var offline: [Case] {
        [
            Case(
                "thread.ndst-names-an-offline-cpu", "A SENDUIPI whose NDST names a CPU that went offline posts, and wakes nobody.",
                source: "message 87czoweu2d", ids: ["W-5"], processors: 2,
                steps: [.processor(1), .set(.apicEnabled, 0), .processor(0)] + Prelude.sender(ndst: 1) + [
                    .execute(Encoding.senduipi(0)), .arrive, .expect(.apicIRR, 0), .processor(1), .expect(.apicIRR, 0),
                    .expectMemory(Layout.upid(0) + 8, 1 << 5),
                    .expectMemory(Layout.upid(0), Prelude.control(ndst: 1, on: true)),
                ]),
            Case(
                "thread.retargeting-ndst", "After NDST names another CPU and ON is 0, the next SENDUIPI notifies there.",
                source: "message 87tui162am", ids: ["S-3", "A-10"], processors: 2,
                steps: Prelude.sender(ndst: 77) + [
                    .execute(Encoding.senduipi(0)), .arrive, .processor(1), .expect(.apicIRR, 0), .processor(0),
                    .store(Layout.upid(0), Prelude.control(ndst: 1)), .execute(Encoding.senduipi(0)), .arrive, .processor(1),
                    .expect(.apicIRR, UInt64(Prelude.vector)), .expectMemory(Layout.upid(0) + 8, 1 << 5),
                ]),
            Case(
                "thread.stale-ipi-after-init", "An IPI in flight to a CPU through INIT is not accepted, and harms nothing.",
                source: "message b537a890", ids: ["W-10", "S-5"], level: .core, processors: 2,
                steps: Prelude.sender(ndst: 1) + [
                    .execute(Encoding.senduipi(0)), .expectInFlight(1), .processor(1), .initialize, .arrive, .expect(.apicIRR, 0),
                    .expectInFlight(0), .takeInterrupt, .expectNoInterrupt,
                ]),
            Case(
                "thread.stale-ipi-uinv-0", "A stale IPI to a CPU with UINV = 0 is ordinary, and reads no UPID, absent or not.",
                source: "message b537a890", ids: ["W-10", "S-5", "W-12"],
                steps: Prelude.receiver(uinv: 0) + [.set(.upidaddr, Layout.absent)] + Prelude.interrupt() + [
                    .takeInterrupt, .expectOrdinary(Prelude.vector), .endOfInterrupt, .expect(.uirr, 0),
                ]),
        ]
    }
}
