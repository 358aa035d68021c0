// Prefixes and lengths of the five instructions.

extension Case {
    private static let encoding = "SDM Vol. 2, 2.1.1 and 2.2.1"

    static var userPrefixes: [Case] {
        let forms: [(String, String, [UInt8])] = [
            ("66h", "66H before F3H", [0x66, 0xF3, 0x0F, 0xC7, 0xF0]),
            ("66h-last", "66H after F3H", [0xF3, 0x66, 0x0F, 0xC7, 0xF0]),
            ("67h", "67H", [0x67, 0xF3, 0x0F, 0xC7, 0xF0]),
            ("es", "a segment prefix ES", [0x26, 0xF3, 0x0F, 0xC7, 0xF0]),
            ("cs", "a segment prefix CS", [0x2E, 0xF3, 0x0F, 0xC7, 0xF0]),
            ("ss", "a segment prefix SS", [0x36, 0xF3, 0x0F, 0xC7, 0xF0]),
            ("ds", "a segment prefix DS", [0x3E, 0xF3, 0x0F, 0xC7, 0xF0]),
            ("fs", "a segment prefix FS", [0xF3, 0x64, 0x0F, 0xC7, 0xF0]),
            ("gs", "a segment prefix GS", [0xF3, 0x65, 0x0F, 0xC7, 0xF0]),
            ("rex-w", "REX.W", [0xF3, 0x48, 0x0F, 0xC7, 0xF0]),
            ("rex-r", "REX.R", [0xF3, 0x44, 0x0F, 0xC7, 0xF0]),
            ("rex-x", "REX.X", [0xF3, 0x42, 0x0F, 0xC7, 0xF0]),
            ("rex-before-f3", "a REX.B that is not right before the opcode", [0x41, 0xF3, 0x0F, 0xC7, 0xF0]),
            ("f3-twice", "F3H twice", [0xF3, 0xF3, 0x0F, 0xC7, 0xF0]),
        ]
        return forms.map { name, words, bytes in
            // R8 holds an index of no entry: a REX.B that counted would show.
            user(
                "user-prefix.senduipi-\(name)", "SENDUIPI with \(words) is SENDUIPI of RAX, five bytes long.", source: encoding,
                [
                    .connect(14), .set(.rax, 0), .set(.r8, 77), .execute(bytes), .expect(.rip, Layout.code + 5), .settle,
                ],
                open, [.expectDelivered([14])])
        } + [
            user(
                "user-prefix.flag-instructions", "66H, 67H, a segment prefix and REX.W change nothing of STUI, TESTUI and CLUI.",
                source: encoding,
                [0x66, 0x67, 0x64].flatMap { prefix in prefixed([prefix], behind: []) } + prefixed([], behind: [0x48])),
            user(
                "user-prefix.uiret", "66H, 67H and REX.W change nothing of UIRET: it pops three quadwords.", source: encoding,
                [[0x66] + Encoding.uiret, [0x67] + Encoding.uiret, [0xF3, 0x48, 0x0F, 0x01, 0xEC]].flatMap { bytes in
                    uiretFrame() + [
                        .execute(bytes), .expect(.rip, Layout.code + 0x40), .expect(.rsp, Layout.stackTop - 0x100),
                        .set(.rip, Layout.code),
                    ]
                }),
        ]
    }

    /// STUI, TESTUI, CLUI and TESTUI, each with `prefix` before F3H and `rex` behind it.
    private static func prefixed(_ prefix: [UInt8], behind rex: [UInt8]) -> [Step] {
        func bytes(_ last: UInt8) -> [UInt8] { prefix + [0xF3] + rex + [0x0F, 0x01, last] }
        return [
            .set(.rflags, userFlags), .execute(bytes(0xEF)), .expect(.uif, 1), .execute(bytes(0xED)),
            .expect(.rflags, userFlags | 1), .execute(bytes(0xEE)), .expect(.uif, 0), .execute(bytes(0xED)),
            .expect(.rflags, userFlags),
        ]
    }

    static var userLock: [Case] {
        fiveInstructions.map { name, bytes in
            user(
                "user-lock.\(name)", "\(name.uppercased()) with a LOCK prefix raises #UD, wherever it stands, and changes nothing.",
                source: "SDM Vol. 2, \(name.uppercased())",
                [.set(.uif, name == "stui" ? 0 : 1), .connect(8), .set(.rflags, userFlags | 0x8D5)], uiretFrame(), [.set(.rax, 0)],
                [[0xF0] + bytes, [bytes[0], 0xF0] + bytes[1...]].flatMap { bytes -> [Step] in
                    [
                        .execute(bytes), .expectFault(.invalidOpcode), .expect(.rip, Layout.code),
                        .expect(.rflags, userFlags | 0x8D5), .expect(.rsp, Layout.stackTop), .expect(.rax, 0),
                        .expect(.uif, name == "stui" ? 0 : 1),
                    ]
                },
                [.settle, .expectDelivered([])])
        }
    }

    static var userLength: [Case] {
        fiveInstructions.flatMap { name, bytes -> [Case] in
            let longest = [UInt8](repeating: 0x2E, count: 11) + bytes
            return [
                user(
                    "user-length.\(name)-16", "\(name.uppercased()) of 16 bytes raises #GP: none is longer than 15.",
                    source: "SDM Vol. 2, 2.3.11",
                    [.connect(8), .set(.rflags, userFlags | 0x8D5)], uiretFrame(),
                    [
                        .set(.rax, 0), .execute([0x2E] + longest), .expectFault(.generalProtection), .expect(.rip, Layout.code),
                        .expect(.rflags, userFlags | 0x8D5), .expect(.rsp, Layout.stackTop), .expect(.uif, 0),
                    ])
            ] + (name == "uiret"
                ? []
                : [
                    user(
                        "user-length.\(name)-15", "\(name.uppercased()) of 15 bytes executes.", source: "SDM Vol. 2, 2.3.11",
                        [.connect(8), .set(.rax, 0), .execute(longest), .expect(.rip, Layout.code + 15)])
                ])
        } + [
            user(
                "user-length.uiret-15", "UIRET of 15 bytes executes.", source: "SDM Vol. 2, 2.3.11", uiretFrame(),
                [
                    .execute([UInt8](repeating: 0x2E, count: 11) + Encoding.uiret), .expect(.rip, Layout.code + 0x40),
                    .expect(.uif, 1),
                ])
        ]
    }

    static var userEnumeration: [Case] {
        let source = "SDM Vol. 2, CPUID; Vol. 1, 13.2"
        return [
            user(
                "user-cpuid.uintr", "CPUID.(7,0):EDX[5] is 1.", source: source,
                [.cpuid(7, 0), .expectCPUID(.edx, mask: 1 << 5, 1 << 5)]),
            user(
                "user-cpuid.component-size", "CPUID.(0DH,14): state component 14 has 48 bytes and no offset of its own.",
                source: source, [.cpuid(0xD, 14), .expectCPUID(.eax, mask: .max, 48), .expectCPUID(.ebx, mask: .max, 0)]),
            user(
                "user-cpuid.component-kind",
                "CPUID.(0DH,14):ECX: component 14 is a supervisor component (bit 0), and is not aligned to 64 bytes (bit 1).",
                source: source, [.cpuid(0xD, 14), .expectCPUID(.ecx, mask: 3, 1)]),
            user(
                "user-cpuid.xsaves", "CPUID.(0DH,1): XSAVES is there (EAX[3]), and IA32_XSS may enable component 14 (ECX[14]).",
                source: source,
                [.cpuid(0xD, 1), .expectCPUID(.eax, mask: 1 << 3, 1 << 3), .expectCPUID(.ecx, mask: 1 << 14, 1 << 14)]),
        ]
    }
}
