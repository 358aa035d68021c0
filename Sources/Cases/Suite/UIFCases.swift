// CLUI, STUI and TESTUI at CPL 0: UIF and each flag of RFLAGS.

extension Case {
    static var uifAndFlags: [Case] {
        testuiFlags + [
            Case(
                "stui.sets-uif", "STUI sets UIF, changes no flag of RFLAGS, and may be repeated.", source: "SDM Vol. 2, STUI",
                steps: [
                    .set(.rflags, 0xCD7), .execute(Encoding.stui), .expect(.uif, 1), .execute(Encoding.stui), .expect(.uif, 1),
                    .expect(.rflags, 0xCD7), .expect(.rip, Layout.code + 8),
                ]),
            Case(
                "stui.keeps-flags-clear", "STUI sets no flag of RFLAGS.", source: "SDM Vol. 2, STUI",
                steps: [.set(.rflags, 0x2), .execute(Encoding.stui), .expect(.rflags, 0x2)]),
            Case(
                "clui.repeated", "CLUI may be repeated, and sets no flag of RFLAGS.", source: "SDM Vol. 2, CLUI",
                steps: [
                    .set(.uif, 1), .set(.rflags, 0x2), .execute(Encoding.clui), .execute(Encoding.clui), .expect(.uif, 0),
                    .expect(.rflags, 0x2), .expect(.rip, Layout.code + 8),
                ]),
            Case(
                "clui.keeps-uirr", "CLUI changes UIF only of the user-interrupt state.", source: "SDM Vol. 2, CLUI",
                steps: Area.registers() + [.execute(Encoding.clui)] + Area.expectRegisters(uif: 0)),
            Case(
                "stui.keeps-uirr", "STUI changes UIF only of the user-interrupt state.", source: "SDM Vol. 2, STUI",
                steps: Area.registers(uif: 0) + [.execute(Encoding.stui)] + Area.expectRegisters(uif: 1)),
            Case(
                "testui.keeps-uif", "TESTUI changes nothing of the user-interrupt state.", source: "SDM Vol. 2, TESTUI",
                steps: Area.registers() + [.execute(Encoding.testui)] + Area.expectRegisters()),
        ]
    }

    private static var testuiFlags: [Case] {
        let cleared: [(name: String, bit: UInt64)] = [("pf", 2), ("af", 4), ("zf", 6), ("sf", 7), ("of", 11)]
        let kept: [(name: String, bit: UInt64)] = [("if", 9), ("df", 10), ("nt", 14), ("ac", 18), ("id", 21)]
        return cleared.map { name, bit in
            Case(
                "testui.clears-\(name)", "TESTUI clears \(name.uppercased()).", source: "SDM Vol. 2, TESTUI",
                steps: [
                    .set(.uif, 1), .set(.rflags, 0x2 | 1 << bit), .execute(Encoding.testui), .expect(.rflags, 0x3),
                    .set(.rflags, 0x2), .execute(Encoding.testui), .expect(.rflags, 0x3),
                ])
        } + kept.map { name, bit in
            Case(
                "testui.keeps-\(name)", "TESTUI keeps \(name.uppercased()).", source: "SDM Vol. 2, TESTUI",
                steps: [
                    .set(.uif, 0), .set(.rflags, 0x3 | 1 << bit), .execute(Encoding.testui), .expect(.rflags, 0x2 | 1 << bit),
                ])
        }
    }
}
