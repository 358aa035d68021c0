import Architecture

// The local APIC: vectors, priorities, EOI, software disable, INIT.

extension Case {
    static var localAPIC: [Case] {
        allWords + priorities + merging + disabled
    }

    private static func apic(
        _ id: String, _ claim: String, source: String = Source.apic, ids: [String] = [], level: Level = .cpl0, _ steps: [Step]
    ) -> Case {
        Case("apic.\(id)", claim, source: source, ids: ids, level: level, steps: [.set(.rflags, 0x202)] + steps)
    }

    private static func take(_ vector: UInt8) -> [Step] { [.takeInterrupt, .expectOrdinary(vector)] }

    private static var allWords: [Case] {
        [0x10, 0x3F, 0x40, 0x7F, 0x80, 0xBF, 0xC0, 0xFF].map { (vector: UInt8) in
            apic(
                "vector-\(hex(UInt64(vector)))", "Vector \(hex(UInt64(vector))) passes from IRR to ISR, and EOI ends it.",
                Prelude.interrupt(vector) + [.expect(.apicIRR, UInt64(vector)), .expect(.apicISR, 0)] + take(vector) + [
                    .expect(.apicIRR, 0), .expect(.apicISR, UInt64(vector)), .endOfInterrupt, .expect(.apicISR, 0),
                ])
        }
    }

    private static var priorities: [Case] {
        [
            apic(
                "highest-first", "Of two interrupts in IRR the higher vector is taken first.",
                Prelude.interrupt(0x31) + Prelude.interrupt(0x41) + take(0x41) + [.endOfInterrupt] + take(0x31)),
            apic(
                "highest-first-within-a-class", "The order within a priority class is that of the vectors.",
                Prelude.interrupt(0x41) + Prelude.interrupt(0x42) + take(0x42) + [.endOfInterrupt] + take(0x41)),
            apic(
                "same-class-waits", "An interrupt of the class in service waits, though its vector is higher.",
                Prelude.interrupt(0x41) + take(0x41) + Prelude.interrupt(0x4F) + [
                    .takeInterrupt, .expectNoInterrupt, .expect(.apicIRR, 0x4F), .endOfInterrupt,
                ] + take(0x4F)),
            apic(
                "higher-class-nests", "An interrupt of a higher class nests, and EOI ends the highest in service.",
                Prelude.interrupt(0x41) + take(0x41) + Prelude.interrupt(0x50) + take(0x50) + [
                    .expect(.apicISR, 0x50), .endOfInterrupt, .expect(.apicISR, 0x41), .endOfInterrupt, .expect(.apicISR, 0),
                ]),
            apic(
                "lower-class-waits", "An interrupt of a lower class waits for the EOI.",
                Prelude.interrupt(0x41) + take(0x41) + Prelude.interrupt(0x31) + [
                    .takeInterrupt, .expectNoInterrupt, .endOfInterrupt,
                ] + take(0x31)),
            apic(
                "eoi-without-service", "An EOI with nothing in service changes nothing.",
                Prelude.interrupt(0x31) + [.endOfInterrupt, .expect(.apicIRR, 0x31)] + take(0x31)),
            apic(
                "tpr-holds-its-class", "TPR holds the vectors of its class and below: 40H holds 4FH, not 50H.",
                [.set(.apicTPR, 0x40)] + Prelude.interrupt(0x4F) + [.takeInterrupt, .expectNoInterrupt]
                    + Prelude.interrupt(0x50) + take(0x50)),
            apic(
                "tpr-low-bits", "Bits 3:0 of TPR hold nothing: 4FH does not hold 50H.",
                [.set(.apicTPR, 0x4F)] + Prelude.interrupt(0x50) + take(0x50)),
            apic(
                "tpr-f0", "TPR = F0H holds every vector.",
                [.set(.apicTPR, 0xF0)] + Prelude.interrupt(0xFF) + [
                    .takeInterrupt, .expectNoInterrupt, .expect(.apicIRR, 0xFF), .set(.apicTPR, 0xEF),
                ] + take(0xFF)),
            apic(
                "ppr-idle", "With nothing in service PPR is TPR.", [.set(.apicTPR, 0x65), .expect(.apicPPR, 0x65)]),
            apic(
                "ppr-in-service", "With a higher class in service PPR is that class, bits 3:0 being 0.",
                [.set(.apicTPR, 0x25)] + Prelude.interrupt(0x51) + take(0x51) + [.expect(.apicPPR, 0x50)]),
            apic(
                "ppr-tpr-above", "With TPR's class above the one in service PPR is TPR.",
                Prelude.interrupt(0x51) + take(0x51) + [.set(.apicTPR, 0x65), .expect(.apicPPR, 0x65)]),
        ]
    }

    private static var merging: [Case] {
        [
            apic(
                "merges-in-irr", "A second IPI of the same vector merges into IRR while the first is not taken.",
                Prelude.interrupt(0x41) + Prelude.interrupt(0x41) + take(0x41) + [
                    .endOfInterrupt, .takeInterrupt, .expectNoInterrupt,
                ]),
            apic(
                "irr-and-isr", "An IPI of the vector in service waits in IRR, and is taken after EOI.",
                Prelude.interrupt(0x41) + take(0x41) + Prelude.interrupt(0x41) + [
                    .expect(.apicIRR, 0x41), .expect(.apicISR, 0x41), .takeInterrupt, .expectNoInterrupt, .endOfInterrupt,
                ] + take(0x41)),
            apic(
                "different-vectors-do-not-merge", "IPIs of different vectors are taken one by one.",
                Prelude.interrupt(0x41) + Prelude.interrupt(0x51) + take(0x51) + [.endOfInterrupt] + take(0x41) + [
                    .endOfInterrupt, .takeInterrupt, .expectNoInterrupt,
                ]),
            apic(
                "arrival-overtakes", "Nothing orders arrivals: a later IPI may overtake an earlier one.", ids: ["W-10"],
                level: .core,
                [
                    .send(0x31, 0, x2APIC: true), .send(0x41, 0, x2APIC: true), .expectInFlight(2), .arriveNewest,
                    .expect(.apicIRR, 0x41), .expectInFlight(1), .takeInterrupt, .expectOrdinary(0x41), .endOfInterrupt,
                    .arrive, .takeInterrupt, .expectOrdinary(0x31), .expectInFlight(0),
                ]),
            apic(
                "in-flight-is-not-in-irr", "An IPI in flight is in no IRR yet.", level: .core,
                [.send(0x31, 0, x2APIC: true), .expect(.apicIRR, 0), .takeInterrupt, .expectNoInterrupt, .expectInFlight(1)]),
        ]
    }

    private static var disabled: [Case] {
        let off: Step = .set(.apicEnabled, 0)
        return [
            apic(
                "software-disabled-accepts-nothing", "A software-disabled local APIC accepts no IPI.",
                source: "SDM Vol. 3A, 11.4.7.2",
                ids: ["W-5"],
                [off] + Prelude.interrupt(0x41) + [
                    .expect(.apicIRR, 0), .set(.apicEnabled, 1), .takeInterrupt, .expectNoInterrupt,
                ]),
            apic(
                "software-disabled-keeps-irr", "What is in IRR stays through a software disable, and is taken after it.",
                source: "SDM Vol. 3A, 11.4.7.2",
                Prelude.interrupt(0x41) + [off, .expect(.apicIRR, 0x41), .set(.apicEnabled, 1)] + take(0x41)),
            apic(
                "software-disabled-irr-is-taken", "The processor handles what is in IRR while the APIC is software-disabled.",
                source: "SDM Vol. 3A, 11.4.7.2", Prelude.interrupt(0x41) + [off] + take(0x41)),
            apic(
                "software-disabled-keeps-isr", "What is in ISR stays through a software disable, until EOI.",
                source: "SDM Vol. 3A, 11.4.7.2",
                Prelude.interrupt(0x41) + take(0x41) + [off, .expect(.apicISR, 0x41), .endOfInterrupt, .expect(.apicISR, 0)]),
            Case(
                "apic.software-disabled-sends", "A software-disabled local APIC still sends notifications.",
                source: "SDM Vol. 3A, 11.4.7.2", processors: 2,
                steps: Prelude.sender(ndst: 1) + [
                    off, .execute(Encoding.senduipi(0)), .arrive, .processor(1), .expect(.apicIRR, UInt64(Prelude.vector)),
                ]),
            apic(
                "disabled-takes-nothing", "A globally disabled local APIC offers nothing.", source: "SDM Vol. 3A, 11.4.3",
                level: .core, Prelude.interrupt(0x41) + [.set(.apicMode, 0), .takeInterrupt, .expectNoInterrupt]),
            apic(
                "disabled-accepts-nothing", "A globally disabled local APIC accepts nothing.", source: "SDM Vol. 3A, 11.4.3",
                level: .core, [.set(.apicMode, 0)] + Prelude.interrupt(0x41) + [.expect(.apicIRR, 0)]),
            Case(
                "apic.disabled-sends-nothing", "A globally disabled local APIC sends nothing: ON is set all the same.",
                source: "SDM Vol. 3A, 11.4.3", level: .core,
                steps: Prelude.sender() + [
                    .set(.apicMode, 0), .execute(Encoding.senduipi(0)), .expectInFlight(0),
                    .expectMemory(Layout.upid(0), Prelude.control(on: true)),
                ]),
            apic(
                "init-clears-irr-and-isr", "INIT clears IRR, ISR and TPR, and leaves the APIC software-disabled.",
                source: "SDM Vol. 3A, 11.4.7.3", ids: ["W-5", "W-10"], level: .core,
                Prelude.interrupt(0x41) + take(0x41) + Prelude.interrupt(0x51) + [
                    .set(.apicTPR, 0x20), .initialize, .expect(.apicIRR, 0), .expect(.apicISR, 0), .expect(.apicTPR, 0),
                    .expect(.apicEnabled, 0), .expect(.apicMode, 2),
                ]),
            apic(
                "init-resets-the-processor", "INIT clears CR4 and EFER.LMA; the processor waits for a start-up IPI.",
                source: "SDM Vol. 3A, table 10-1", level: .core,
                [
                    .set(.cpl, 3), .set(.shadow, 1), .set(.rflags, 0x246), .initialize, .expect(.cr4UINTR, 0),
                    .expect(.cr4OSXSAVE, 0), .expect(.eferLMA, 0), .expect(.csL, 0), .expect(.cpl, 0), .expect(.rflags, 2),
                    .expect(.shadow, 0), .expect(.activity, 3),
                ]),
            apic(
                "init-keeps-the-msrs", "INIT leaves the user-interrupt MSRs as they are.", source: "SDM Vol. 3A, table 10-1",
                level: .core, Area.registers() + [.initialize] + Area.expectRegisters()),
        ]
    }
}
