// CLUI, STUI and TESTUI as a process executes them.

extension Case {
    static var userTESTUI: [Case] {
        let cleared: [(String, UInt64)] = [("ZF", 1 << 6), ("AF", 1 << 4), ("OF", 1 << 11), ("PF", 1 << 2), ("SF", 1 << 7)]
        return cleared.map { name, mask in
            user(
                "user-testui.clears-\(name.lowercased())", "TESTUI clears \(name).", source: "SDM Vol. 2, TESTUI",
                [.set(.rflags, userFlags | mask), .execute(Encoding.testui), .expect(.rflags, userFlags), .expect(.uif, 0)])
        } + [0, 1].map { (uif: UInt64) in
            user(
                "user-testui.others-uif-\(uif)",
                "With every flag set TESTUI with UIF = \(uif) leaves DF, NT, AC and ID, makes CF \(uif) and clears the rest.",
                source: "SDM Vol. 2, TESTUI",
                [
                    .set(.uif, uif), .set(.rflags, userFlags | quietFlags), .execute(Encoding.testui),
                    .expect(.rflags, userFlags | 0x24_4400 | uif), .expect(.uif, uif),
                ])
        } + [
            user(
                "user-testui.follows", "TESTUI shows 1 after STUI and 0 after CLUI.", source: "SDM Vol. 2, TESTUI",
                [
                    .execute(Encoding.stui), .execute(Encoding.testui), .expect(.rflags, userFlags | 1), .execute(Encoding.clui),
                    .execute(Encoding.testui), .expect(.rflags, userFlags),
                ]),
            user(
                "user-testui.registers", "TESTUI changes no general register; RIP goes to the next instruction.",
                source: "SDM Vol. 2, TESTUI", setAllRegisters, [.execute(Encoding.testui)], expectAllRegisters,
                [.expect(.rsp, Layout.stackTop), .expect(.rip, Layout.code + 4)]),
        ]
    }

    static var userUIF: [Case] {
        let instructions: [(String, [UInt8], UInt64)] = [("clui", Encoding.clui, 0), ("stui", Encoding.stui, 1)]
        return instructions.flatMap { name, bytes, after -> [Case] in
            let source = "SDM Vol. 2, \(name.uppercased())"
            return [0, 1].map { (before: UInt64) in
                user(
                    "user-\(name).from-\(before)", "\(name.uppercased()) with UIF = \(before) leaves UIF = \(after).",
                    source: source, [.set(.uif, before), .execute(bytes), .expect(.uif, after)])
            } + [
                user(
                    "user-\(name).flags", "\(name.uppercased()) changes no flag of RFLAGS, be they all set or all clear.",
                    source: source,
                    [
                        .set(.rflags, userFlags | quietFlags), .execute(bytes), .expect(.rflags, userFlags | quietFlags),
                        .set(.rflags, userFlags), .execute(bytes), .expect(.rflags, userFlags),
                    ]),
                user(
                    "user-\(name).registers", "\(name.uppercased()) changes no general register; RIP goes to the next instruction.",
                    source: source, setAllRegisters, [.execute(bytes)], expectAllRegisters,
                    [.expect(.rsp, Layout.stackTop), .expect(.rip, Layout.code + 4)]),
            ]
        }
    }
}
