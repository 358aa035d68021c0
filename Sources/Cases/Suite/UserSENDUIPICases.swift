// SENDUIPI as a process executes it.

extension Case {
    private static let source = "SDM Vol. 2, SENDUIPI"

    /// Index 1 in the register under test and an index of other entries, or of none, in all others.
    static var userSENDUIPIRegisters: [Case] {
        (0 as UInt8..<16).map { number in
            let register = Field.register(number)
            let name = register.rawValue
            // Where it is RSP, it points at no stack for the length of one instruction: UIF is 0, so nothing is delivered to it.
            return user(
                "user-senduipi.through-\(name)", "SENDUIPI takes its index from \(name.uppercased()), and leaves it.",
                source: source,
                [.connect(3), .connect(9), .set(register, 1), .execute(Encoding.senduipi(number)), .expect(register, 1)],
                number == 4 ? [.set(.rsp, Layout.stackTop)] : [],
                [.settle], open, [.expectDelivered([9])])
        }
    }

    static var userSENDUIPIOperand: [Case] {
        let operands: [(String, UInt64, UInt8, [UInt8])] = [
            ("bit-32", 1 << 32, 0, []), ("bit-63", 1 << 63, 0, []), ("all-ones", .max, 0, []), ("bit-32-r15", 1 << 32, 15, []),
            ("bit-32-rsp", 1 << 32, 4, []), ("bit-16-with-66h", 1 << 16, 0, [0x66]), ("bit-32-with-67h", 1 << 32, 0, [0x67]),
        ]
        return operands.map { name, value, number, prefix in
            let register = Field.register(number)
            return user(
                "user-senduipi.operand-\(name)",
                "SENDUIPI of \(register.rawValue.uppercased()) = \(hex(value))\(prefix.isEmpty ? "" : " with prefix \(hex(UInt64(prefix[0])))") "
                    + "raises #GP: all 64 bits are the index.",
                source: source, ids: ["S-8"],
                [
                    .connect(7), .set(register, value), .execute(prefix + Encoding.senduipi(number)),
                    .expectFault(.generalProtection), .expect(register, value), .expect(.rip, Layout.code),
                    .set(.rsp, Layout.stackTop), .settle,
                ],
                open, [.expectDelivered([])])
        }
    }

    static var userSENDUIPIIndices: [Case] {
        let indices: [(String, String, UInt64)] = [
            ("next", "behind the last entry", 1), ("last-of-table", "255, which no entry was made for,", 255),
            ("beyond-table", "10000H, above any UITTSZ that a kernel sets,", 0x1_0000),
            ("32-bits", "FFFFFFFFH", 0xFFFF_FFFF),
        ]
        return indices.map { name, words, index in
            user(
                "user-senduipi.index-\(name)", "SENDUIPI with the index \(words) raises #GP, posts nothing and changes nothing.",
                source: source, ids: ["S-8"],
                [
                    .connect(11), .set(.rbx, index), .set(.rflags, userFlags | quietFlags), .execute(Encoding.senduipi(3)),
                    .expectFault(.generalProtection), .expect(.rip, Layout.code), .expect(.rbx, index),
                    .expect(.rsp, Layout.stackTop), .expect(.rflags, userFlags | quietFlags), .settle,
                ],
                open, [.expectDelivered([])])
        } + [
            user(
                "user-senduipi.usable-after-gp", "SENDUIPI posts as ever after a SENDUIPI that raised #GP.", source: source,
                ids: ["S-8"],
                [.connect(11), .set(.rax, 1), .execute(Encoding.senduipi(0)), .expectFault(.generalProtection)],
                send(0), open, [.expectDelivered([11])]),
            user(
                "user-senduipi.each-index-its-vector", "Each index posts the vector of its own entry.", source: source,
                [.connect(40), .connect(2), .connect(21)], send(2), open, [.expectDelivered([21])], send(0),
                [.expectDelivered([40])], send(1), [.expectDelivered([2])]),
        ]
    }

    static var userSENDUIPIEffects: [Case] {
        let flags: [(String, UInt64)] = [("set", userFlags | quietFlags), ("clear", userFlags)]
        return flags.map { name, rflags in
            user(
                "user-senduipi.flags-\(name)", "SENDUIPI with the flags \(name) leaves every flag of RFLAGS, and UIF, as it is.",
                source: source,
                [
                    .connect(5), .set(.rflags, rflags), .set(.rax, 0), .execute(Encoding.senduipi(0)), .expect(.rflags, rflags),
                    .expect(.uif, 0),
                ])
        } + [
            user(
                "user-senduipi.registers", "SENDUIPI changes no general register; RIP goes to the next instruction.",
                source: source, [.connect(5)], setAllRegisters, [.set(.r10, 0), .execute(Encoding.senduipi(10))],
                expectAllRegisters.filter { $0 != .expect(.r10, pattern(10)) },
                [.expect(.r10, 0), .expect(.rsp, Layout.stackTop), .expect(.rip, Layout.code + 5)])
        ]
    }

    /// A value for each general register, and no two the same.
    static func pattern(_ number: UInt8) -> UInt64 { 0x0101_0101_0101_0101 * UInt64(number + 1) }
    static var setAllRegisters: [Step] {
        (0 as UInt8..<16).filter { $0 != 4 }.map { .set(.register($0), pattern($0)) }
    }
    static var expectAllRegisters: [Step] {
        (0 as UInt8..<16).filter { $0 != 4 }.map { .expect(.register($0), pattern($0)) }
    }
}
