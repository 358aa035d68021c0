import Architecture

// From SENDUIPI's notification to the local APICs that it addresses: modes, IDs, broadcast, illegal vectors.

extension Case {
    static var messages: [Case] {
        sent + x2APIC + xAPIC + illegal
    }

    private static func xapic(_ processors: Int) -> [Step] {
        (0..<processors).flatMap { [.processor($0), .set(.apicMode, 1)] } + [.processor(0)]
    }

    private static func irr(_ expected: [UInt64]) -> [Step] {
        expected.enumerated().flatMap { [.processor($0.offset), .expect(.apicIRR, $0.element)] }
    }

    /// SENDUIPI on processor 0 with this NDST, and who has it in IRR then.
    private static func notifies(
        _ id: String, _ claim: String, ndst: UInt32, mode: Int = 2, ids: [String] = [], level: Level = .cpl0, before: [Step] = [],
        _ expected: [UInt64]
    ) -> Case {
        Case(
            "message.\(id)", claim, source: Source.senduipi, ids: ids, level: level, processors: expected.count,
            steps: (mode == 1 ? xapic(expected.count) : []) + before + Prelude.sender(ndst: ndst) + [
                .execute(Encoding.senduipi(0)), .arrive,
            ] + irr(expected) + [.expectMemory(Layout.upid(0), Prelude.control(ndst: ndst, on: true))])
    }

    /// What leaves the local APIC.
    private static var sent: [Case] {
        let cases: [(id: String, claim: String, mode: UInt64, nv: UInt8, ndst: UInt32, destination: UInt32)] = [
            ("x2apic-32-bits", "In x2APIC mode the destination is all of NDST.", 2, 0xE1, 0xDEAD_BEEF, 0xDEAD_BEEF),
            ("x2apic-high", "In x2APIC mode bit 31 of NDST counts.", 2, 0xE1, 0x8000_0000, 0x8000_0000),
            ("x2apic-low", "In x2APIC mode bits 7:0 of NDST count.", 2, 0xE1, 0x0000_0001, 1),
            ("xapic-8-bits", "In xAPIC mode the destination is bits 47:40 of the UPID alone.", 1, 0xE1, 0xDEAD_BEEF, 0xBE),
            ("xapic-low", "In xAPIC mode bits 39:32 of the UPID do not count.", 1, 0xE1, 0x0000_00FF, 0),
            ("xapic-high", "In xAPIC mode bits 63:48 of the UPID do not count.", 1, 0xE1, 0xFFFF_0200, 2),
            ("vector-10h", "NV = 10H is the lowest vector that is sent.", 2, 0x10, 3, 3),
            ("vector-ffh", "NV = FFH is the highest vector that is sent.", 2, 0xFF, 3, 3),
        ]
        return cases.map { id, claim, mode, nv, ndst, destination in
            Case(
                "message.sent-\(id)", claim, source: Source.senduipi, level: .core,
                steps: Prelude.sender(nv: nv, ndst: ndst) + [
                    .set(.apicMode, mode), .execute(Encoding.senduipi(0)), .expectInFlight(1), .expectMessage(nv, destination),
                ])
        } + [
            Case(
                "message.values-of-the-post", "NV and NDST are those of the post, however the UPID changes before the IPI arrives.",
                source: Source.senduipi, ids: ["W-10", "S-5"], level: .core, processors: 2,
                steps: Prelude.sender(nv: 0x51, ndst: 1) + [
                    .execute(Encoding.senduipi(0)), .store(Layout.upid(0), Prelude.control(nv: 0x61, ndst: 0)),
                    .expectMessage(0x51, 1), .arrive,
                ] + irr([0, 0x51]))
        ]
    }

    private static var x2APIC: [Case] {
        let vector = UInt64(Prelude.vector)
        return [
            notifies("x2apic-self", "In x2APIC mode NDST = 0 reaches processor 0 alone.", ndst: 0, [vector, 0]),
            notifies("x2apic-other", "In x2APIC mode NDST = 1 reaches processor 1 alone.", ndst: 1, [0, vector]),
            notifies(
                "x2apic-broadcast", "In x2APIC mode NDST = FFFFFFFFH reaches every processor, the sender too.",
                ndst: 0xFFFF_FFFF, [vector, vector]),
            notifies(
                "x2apic-ff-is-an-id", "In x2APIC mode NDST = FFH is an ID, not broadcast: nobody has it.", ndst: 0xFF, [0, 0]),
            notifies(
                "x2apic-id-101h", "In x2APIC mode an ID has more than 8 bits: 101H is not 1.", ndst: 0x101, level: .core,
                before: [.processor(1), .set(.apicID, 0x101), .processor(0)], [0, vector]),
            notifies("x2apic-101h-is-not-1", "In x2APIC mode 101H does not reach ID 1.", ndst: 0x101, [0, 0]),
            notifies(
                "x2apic-nobody", "An IPI to an ID that nobody has is dropped; ON stays 1, and the sender sees nothing.",
                ndst: 77, ids: ["W-5"], [0, 0]),
            notifies(
                "x2apic-shifted", "In x2APIC mode NDST = 100H does not reach ID 1: there is no shift.", ndst: 0x100, [0, 0]),
        ]
    }

    private static var xAPIC: [Case] {
        let vector = UInt64(Prelude.vector)
        return [
            notifies("xapic-other", "In xAPIC mode ID 1 stands in bits 47:40 of the UPID.", ndst: 0x100, mode: 1, [0, vector]),
            notifies(
                "xapic-other-bits", "In xAPIC mode the other bits of NDST do not count.", ndst: 0xABCD_01EF, mode: 1, [0, vector]),
            notifies("xapic-self", "In xAPIC mode NDST = 1 is ID 0.", ndst: 1, mode: 1, [vector, 0]),
            notifies(
                "xapic-broadcast", "In xAPIC mode FFH in bits 47:40 is broadcast: what BAD_APICID turns into.", ndst: 0xFF00,
                mode: 1, ids: ["C-6"], [vector, vector]),
            notifies("xapic-nobody", "In xAPIC mode an ID that nobody has is dropped.", ndst: 0x7700, mode: 1, [0, 0]),
            notifies(
                "xapic-id-has-8-bits", "In xAPIC mode bits 7:0 of the APIC's own ID count.", ndst: 0x0500, mode: 1, level: .core,
                before: [.processor(1), .set(.apicID, 0x105), .processor(0)], [0, vector]),
            Case(
                "message.xapic-ipi", "An IPI in xAPIC mode arrives by its 8-bit ID.", source: Source.apic, processors: 2,
                steps: xapic(2) + [.send(0x41, 1, x2APIC: false), .arrive] + irr([0, 0x41])),
            Case(
                "message.xapic-ipi-broadcast", "An IPI in xAPIC mode to FFH arrives everywhere.", source: Source.apic,
                processors: 2, steps: xapic(2) + [.send(0x41, 0xFF, x2APIC: false), .arrive] + irr([0x41, 0x41])),
        ]
    }

    private static var illegal: [Case] {
        [0, 1, 14, 15].flatMap { (vector: UInt8) -> [Case] in
            [
                Case(
                    "message.nv-\(vector)", "NV = \(vector) is illegal: the request is posted, and nothing arrives.",
                    source: "SDM Vol. 3A, 11.5.2",
                    steps: Prelude.sender(nv: vector) + [
                        .execute(Encoding.senduipi(0)), .arrive, .expect(.apicIRR, 0), .expectMemory(Layout.upid(0) + 8, 1 << 5),
                        .expectMemory(Layout.upid(0), Prelude.control(nv: vector, on: true)), .expect(.rip, Layout.code + 4),
                    ]),
                Case(
                    "message.nv-\(vector)-esr", "An illegal NV of \(vector) is not sent; ESR[5] records it.",
                    source: "SDM Vol. 3A, 11.5.3", level: .core,
                    steps: Prelude.sender(nv: vector) + [
                        .expect(.apicSentIllegal, 0), .execute(Encoding.senduipi(0)), .expectInFlight(0),
                        .expect(.apicSentIllegal, 1), .expect(.apicReceivedIllegal, 0),
                    ]),
                Case(
                    "message.received-\(vector)-esr",
                    "An IPI with the illegal vector \(vector) is not accepted; ESR[6] records it.",
                    source: "SDM Vol. 3A, 11.5.3", level: .core,
                    steps: Prelude.interrupt(vector) + [
                        .expect(.apicIRR, 0), .expect(.apicReceivedIllegal, 1), .expect(.apicSentIllegal, 0), .initialize,
                        .expect(.apicReceivedIllegal, 0),
                    ]),
            ]
        } + [
            Case(
                "message.nv-16", "NV = 16 is legal, and arrives.", source: "SDM Vol. 3A, 11.5.2",
                steps: Prelude.sender(nv: 16) + [
                    .execute(Encoding.senduipi(0)), .arrive, .expect(.apicIRR, 16),
                ]),
            Case(
                "message.received-16-esr", "An IPI with vector 16 leaves ESR.", source: "SDM Vol. 3A, 11.5.3", level: .core,
                steps: Prelude.interrupt(16) + [.expect(.apicIRR, 16), .expect(.apicReceivedIllegal, 0)]),
            Case(
                "message.uinv-15-never-comes", "With UINV = NV = 15 no notification ever comes.", source: "SDM Vol. 3A, 11.5.2",
                steps: Prelude.sender(nv: 15) + Prelude.receiver(uinv: 15) + [
                    .execute(Encoding.senduipi(0)), .arrive, .takeInterrupt, .expectNoInterrupt, .expect(.uirr, 0),
                ]),
        ]
    }
}
