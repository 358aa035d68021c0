// SENDUIPI where it succeeds: index, post, ON and SN, what is kept.

extension Case {
    static var senduipi: [Case] {
        postedVectors + indices + suppression + kept + [
            Case(
                "senduipi.notifies", "SENDUIPI with SN = ON = 0 sets ON and sends NV to NDST.", source: Source.senduipi,
                steps: Prelude.sender() + [
                    .set(.apicTPR, 0xF0), .execute(Encoding.senduipi(0)), .arrive,
                    .expectMemory(Layout.upid(0), Prelude.control(on: true)), .expectMemory(Layout.upid(0) + 8, 1 << 5),
                    .expect(.apicIRR, UInt64(Prelude.vector)),
                ]),
            Case(
                "senduipi.notifies-another", "SENDUIPI notifies the processor that NDST names, and no other.",
                source: Source.senduipi, processors: 2,
                steps: Prelude.sender(ndst: 1) + [
                    .execute(Encoding.senduipi(0)), .arrive, .expect(.apicIRR, 0), .processor(1),
                    .expect(.apicIRR, UInt64(Prelude.vector)),
                ]),
            Case(
                "senduipi.needs-no-uif", "SENDUIPI neither reads nor changes UIF.", source: Source.senduipi,
                steps: Prelude.sender() + [
                    .set(.uif, 0), .execute(Encoding.senduipi(0)), .expect(.uif, 0), .set(.uif, 1), .set(.rip, Layout.code),
                    .execute(Encoding.senduipi(0)), .expect(.uif, 1), .expectMemory(Layout.upid(0) + 8, 1 << 5),
                ]),
            Case(
                "senduipi.self", "SENDUIPI at CPL 3 to the thread's own UPID ends in its handler.", source: Source.userIPI,
                ids: ["A-3"],
                steps: Prelude.sender(uv: 12) + Prelude.receiver(cpl: 3) + [
                    .set(.uif, 1), .execute(Encoding.senduipi(0)), .settle, .expectDelivered([12]), .expect(.uirr, 0),
                    .expectMemory(Layout.upid(0), Prelude.control()), .expectMemory(Layout.upid(0) + 8, 0),
                ]),
            Case(
                "senduipi.to-another", "SENDUIPI on one processor ends in the handler on another.", source: Source.userIPI,
                processors: 2,
                steps: Prelude.sender(uv: 63, ndst: 1) + [.processor(1)] + Prelude.receiver(cpl: 3)
                    + [
                        .set(.uif, 1), .processor(0), .set(.cpl, 3), .execute(Encoding.senduipi(0)), .settle,
                        .expectDelivered([63]),
                    ]),
            Case(
                "senduipi.needs-no-receiver-state", "SENDUIPI needs no UINV, UPIDADDR or UIHANDLER of its own.",
                source: Source.senduipi,
                steps: Prelude.sender() + [
                    .set(.uinv, 0), .set(.upidaddr, 0), .set(.uihandler, 0), .execute(Encoding.senduipi(0)),
                    .expectMemory(Layout.upid(0) + 8, 1 << 5),
                ]),
            Case(
                "senduipi.tables-are-supervisor", "At CPL 3 SENDUIPI reaches a UITT and a UPID in supervisor pages.",
                source: Source.state,
                steps: Prelude.sender() + [
                    .set(.cpl, 3), .execute(Encoding.senduipi(0)), .expectMemory(Layout.upid(0) + 8, 1 << 5),
                ]),
            Case(
                "senduipi.tables-in-user-pages", "At CPL 3 SENDUIPI reaches a UITT and a UPID in user pages.",
                source: Source.state,
                steps: Prelude.sender() + [
                    .store(Layout.stack, 5 << 8 | 1), .store(Layout.stack + 8, Layout.altStack),
                    .store(Layout.altStack, Prelude.control()), .set(.uitt, Layout.stack | 1), .set(.cpl, 3),
                    .execute(Encoding.senduipi(0)), .expectMemory(Layout.altStack + 8, 1 << 5),
                    .expectMemory(Layout.altStack, Prelude.control(on: true)),
                ]),
            Case(
                "senduipi.uitt-may-be-read-only", "SENDUIPI only reads the UITT: the page need not be writable.",
                source: Source.senduipi,
                steps: Prelude.sender() + [
                    .store(Layout.readOnlySupervisor, 5 << 8 | 1), .store(Layout.readOnlySupervisor + 8, Layout.upid(0)),
                    .set(.uitt, Layout.readOnlySupervisor | 1), .execute(Encoding.senduipi(0)),
                    .expectMemory(Layout.upid(0) + 8, 1 << 5),
                ]),
            Case(
                "senduipi.leaves-uitt", "SENDUIPI leaves the UITT entry as it is.", source: Source.senduipi,
                steps: Prelude.sender() + [
                    .execute(Encoding.senduipi(0)), .expectMemory(Layout.uittEntry(0), 5 << 8 | 1),
                    .expectMemory(Layout.uittEntry(0) + 8, Layout.upid(0)),
                ]),
        ]
    }

    private static var postedVectors: [Case] {
        [0, 1, 31, 32, 62, 63].map { (uv: UInt8) in
            Case(
                "senduipi.uv-\(uv)", "A UITT entry with UV = \(uv) posts PIR[\(uv)] and no other bit.", source: Source.senduipi,
                steps: Prelude.sender(uv: uv) + [
                    .execute(Encoding.senduipi(0)), .expectMemory(Layout.upid(0) + 8, 1 << UInt64(uv)),
                ])
        }
    }

    private static var indices: [Case] {
        [
            Case(
                "senduipi.index-is-uittsz", "An index equal to UITTSZ is valid: the table has UITTSZ + 1 entries.",
                source: Source.senduipi,
                steps: Prelude.sender() + Prelude.entry(3, uv: 7) + [
                    .set(.uittsz, 3), .set(.rax, 3), .execute(Encoding.senduipi(0)), .expectMemory(Layout.upid(0) + 8, 1 << 7),
                ]),
            Case(
                "senduipi.index-below-uittsz", "Entry n of the UITT lies at UITTADDR + 16 n.", source: Source.userIPI,
                steps: Prelude.sender() + Prelude.entry(2, uv: 8, upid: Layout.upid(9)) + Prelude.upid(9) + [
                    .set(.uittsz, 0xFFFF_FFFF), .set(.rax, 2), .execute(Encoding.senduipi(0)),
                    .expectMemory(Layout.upid(9) + 8, 1 << 8), .expectMemory(Layout.upid(0) + 8, 0),
                ]),
            Case(
                "senduipi.last-of-the-page", "Entry 255 ends with the UITT's page.", source: Source.userIPI,
                steps: Prelude.sender() + Prelude.entry(255, uv: 8) + [
                    .set(.uittsz, 255), .set(.rax, 255), .execute(Encoding.senduipi(0)),
                    .expectMemory(Layout.upid(0) + 8, 1 << 8),
                ]),
            Case(
                "senduipi.uittaddr-is-16-byte-aligned", "UITTADDR is bits 63:4: a table may start at any multiple of 16.",
                source: Source.state,
                steps: Prelude.sender() + Prelude.entry(1, uv: 8) + [
                    .set(.uitt, Layout.uitt + 16 | 1), .execute(Encoding.senduipi(0)), .expectMemory(Layout.upid(0) + 8, 1 << 8),
                ]),
        ]
    }

    private static var suppression: [Case] {
        let combinations: [(on: Bool, sn: Bool)] = [(false, false), (false, true), (true, false), (true, true)]
        return combinations.flatMap { on, sn in
            let name = "on-\(on ? 1 : 0)-sn-\(sn ? 1 : 0)"
            let notifies = !on && !sn
            let before = Prelude.sender(on: on, sn: sn, pir: 1 << 40) + [.set(.apicTPR, 0xF0), .execute(Encoding.senduipi(0))]
            return [
                Case(
                    "senduipi.\(name)",
                    "With ON = \(on ? 1 : 0) and SN = \(sn ? 1 : 0) SENDUIPI posts, and \(notifies ? "sets ON" : "leaves ON").",
                    source: Source.senduipi,
                    steps: before + [
                        .arrive, .expectMemory(Layout.upid(0), Prelude.control(on: on || notifies, sn: sn)),
                        .expectMemory(Layout.upid(0) + 8, 1 << 40 | 1 << 5),
                        .expect(.apicIRR, notifies ? UInt64(Prelude.vector) : 0),
                    ]),
                Case(
                    "senduipi.\(name)-messages",
                    "With ON = \(on ? 1 : 0) and SN = \(sn ? 1 : 0) SENDUIPI sends \(notifies ? "one IPI" : "nothing").",
                    source: Source.senduipi, level: .core, steps: before + [.expectInFlight(notifies ? 1 : 0)]),
            ]
        }
    }

    private static var kept: [Case] {
        [
            Case(
                "senduipi.keeps-the-upid", "SENDUIPI changes ON and PIR[UV] only: SN, NV, NDST and the other requests stay.",
                source: Source.senduipi,
                steps: Prelude.upid(control: Prelude.control(nv: 0xA5, ndst: 0xDEAD_BEEF), pir: 0xAAAA_AAAA_AAAA_AAAA)
                    + Prelude.entry(uv: 0) + [
                        .set(.uitt, Layout.uitt | 1), .execute(Encoding.senduipi(0)), .arrive,
                        .expectMemory(Layout.upid(0), Prelude.control(nv: 0xA5, ndst: 0xDEAD_BEEF, on: true)),
                        .expectMemory(Layout.upid(0) + 8, 0xAAAA_AAAA_AAAA_AAAB),
                    ]),
            Case(
                "senduipi.keeps-what-follows", "A UPID has 16 bytes: what follows it is not touched.", source: Source.userIPI,
                steps: Prelude.sender() + [
                    .store(Layout.upid(0) + 16, 0x1111_2222_3333_4444), .execute(Encoding.senduipi(0)),
                    .expectMemory(Layout.upid(0) + 16, 0x1111_2222_3333_4444),
                ]),
            Case(
                "senduipi.same-vector-merges", "A second SENDUIPI of the same user vector changes nothing more.",
                source: Source.senduipi, ids: ["A-6"],
                steps: Prelude.sender() + [
                    .set(.apicTPR, 0xF0), .execute(Encoding.senduipi(0)), .execute(Encoding.senduipi(0)),
                    .expectMemory(Layout.upid(0), Prelude.control(on: true)), .expectMemory(Layout.upid(0) + 8, 1 << 5),
                ]),
            Case(
                "senduipi.second-sends-nothing", "A second SENDUIPI finds ON = 1 and sends no IPI.", source: Source.senduipi,
                level: .core,
                steps: Prelude.sender() + Prelude.entry(1, uv: 6) + [
                    .set(.uittsz, 1), .execute(Encoding.senduipi(0)), .expectInFlight(1), .set(.rax, 1),
                    .execute(Encoding.senduipi(0)), .expectInFlight(1), .expectMemory(Layout.upid(0) + 8, 1 << 5 | 1 << 6),
                ]),
            Case(
                "senduipi.flags", "SENDUIPI changes no flag.", source: Source.senduipi,
                steps: Prelude.sender() + [
                    .set(.rflags, 0xCD7), .execute(Encoding.senduipi(0)), .expect(.rflags, 0xCD7), .set(.rflags, 0x2),
                    .execute(Encoding.senduipi(0)), .expect(.rflags, 0x2),
                ]),
            Case(
                "senduipi.clears-rf", "An instruction that ends without a fault clears RF.", source: "SDM Vol. 1, 3.4.3",
                level: .core,
                steps: Prelude.sender() + [
                    .set(.rflags, 0x1_0002), .execute(Encoding.senduipi(0)), .expect(.rflags, 0x2),
                ]),
            Case(
                "senduipi.keeps-registers", "SENDUIPI changes no general register.", source: Source.senduipi,
                steps: Prelude.sender() + (1..<16).filter { $0 != 4 }.map { .set(.register($0), 0x1111 * UInt64($0)) }
                    + [.execute(Encoding.senduipi(0)), .expect(.rax, 0), .expect(.rsp, Layout.stackTop)]
                    + (1..<16).filter { $0 != 4 }.map { .expect(.register($0), 0x1111 * UInt64($0)) }),
            Case(
                "senduipi.ends-the-shadow", "SENDUIPI ends the shadow of the instruction before it.", source: "SDM Vol. 2, MOV",
                level: .core,
                steps: Prelude.sender() + [.set(.shadow, 2), .execute(Encoding.senduipi(0)), .expect(.shadow, 0)]),
        ]
    }
}
