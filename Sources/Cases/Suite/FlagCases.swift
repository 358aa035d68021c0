// CLUI, STUI, TESTUI.

extension Case {
    static var testui: [Case] {
        var cases: [Case] = []
        for uif: UInt64 in 0...1 {
            cases.append(
                Case(
                    "testui.cf-is-uif-\(uif)", "TESTUI with UIF = \(uif) sets CF to \(uif).", source: "SDM Vol. 2, TESTUI",
                    level: .cpl3,
                    steps: [
                        .set(.uif, uif), .set(.rflags, 0x202 | (1 - uif)), .execute(Encoding.testui),
                        .expect(.rflags, 0x202 | uif), .expect(.uif, uif),
                    ]))
        }
        return cases
    }

    static var clui: [Case] {
        [
            Case(
                "clui.clears-uif", "CLUI clears UIF, and changes no flag of RFLAGS.", source: "SDM Vol. 2, CLUI",
                level: .cpl3,
                steps: [
                    .set(.uif, 1), .set(.rflags, 0xAD7), .execute(Encoding.clui), .expect(.uif, 0), .expect(.rflags, 0xAD7),
                ]),
            Case(
                "clui.ud-without-cr4-uintr", "CLUI raises #UD while CR4.UINTR is 0.", source: "SDM Vol. 2, CLUI",
                steps: [
                    .set(.cr4UINTR, 0), .set(.uif, 1), .execute(Encoding.clui), .expectFault(.invalidOpcode), .expect(.uif, 1),
                ]),
        ]
    }
}
