import Architecture

// When the five instructions raise #UD, at which CPL they run, and how they are encoded.

extension Case {
    private static let instructions: [(name: String, bytes: [UInt8])] = [
        ("clui", Encoding.clui), ("stui", Encoding.stui), ("testui", Encoding.testui), ("uiret", Encoding.uiret),
        ("senduipi", Encoding.senduipi(0)),
    ]

    /// A state in which each of the five instructions would change something; UIF is the opposite of what it would make it.
    private static func ready(_ name: String) -> [Step] {
        Prelude.sender() + Prelude.frame(rflags: 0x2D7)
            + [.set(.rflags, 0x295), .set(.uif, name == "clui" ? 1 : 0)]
    }

    /// Nothing of it has changed. RF of the saved image is the exception's own, so RFLAGS is looked at on the core only.
    private static func untouched(_ name: String) -> [Step] {
        [
            .expect(.rip, Layout.code), .expect(.uif, name == "clui" ? 1 : 0), .expect(.rsp, Layout.stackTop),
            .expectMemory(Layout.upid(0), Prelude.control()), .expectMemory(Layout.upid(0) + 8, 0),
        ]
    }

    static var invalidOpcodes: [Case] {
        instructions.flatMap { name, bytes in
            let upper = name.uppercased()
            let source = "SDM Vol. 2, \(upper)"
            func refused(_ id: String, _ claim: String, _ set: [Step], _ code: [UInt8], level: Level = .cpl0) -> Case {
                Case(
                    "ud.\(name)-\(id)", "\(upper) raises #UD \(claim).", source: source, level: level,
                    steps: ready(name) + set + [.execute(code), .expectFault(.invalidOpcode)] + untouched(name)
                        + (level == .core ? [.expect(.rflags, 0x295)] : []))
            }
            return [
                refused("without-cr4-uintr", "while CR4.UINTR is 0", [.set(.cr4UINTR, 0)], bytes),
                refused(
                    "without-cr4-uintr-at-cpl-3", "while CR4.UINTR is 0, at CPL 3", [.set(.cr4UINTR, 0), .set(.cpl, 3)], bytes),
                refused("lock", "with a LOCK prefix", [], [0xF0] + bytes),
                refused("lock-after-f3", "with LOCK between F3 and the opcode", [], [0xF3, 0xF0] + bytes.dropFirst()),
                refused("without-lma", "outside IA-32e mode", [.set(.eferLMA, 0)], bytes, level: .core),
                refused("without-cs-l", "in compatibility mode", [.set(.csL, 0)], bytes, level: .core),
                refused("in-enclave", "in an enclave", [.set(.enclave, 1)], bytes, level: .core),
                Case(
                    "ud.\(name)-without-cpuid", "\(upper) raises #UD where CPUID does not enumerate user interrupts.",
                    source: source, level: .core, features: CaseFeatures(uintr: false),
                    steps: ready(name) + [.execute(bytes), .expectFault(.invalidOpcode)] + untouched(name)),
            ]
        } + senduipiEnable
    }

    private static var senduipiEnable: [Case] {
        [
            Case(
                "ud.senduipi-not-enabled", "SENDUIPI raises #UD while IA32_UINTR_TT[0] is 0, though CR4.UINTR is 1.",
                source: Source.senduipi,
                steps: ready("senduipi") + [
                    .set(.uitt, Layout.uitt), .execute(Encoding.senduipi(0)), .expectFault(.invalidOpcode),
                ] + untouched("senduipi")),
            Case(
                "ud.senduipi-not-enabled-goes-first", "IA32_UINTR_TT[0] = 0 is #UD even where the index is above UITTSZ.",
                source: Source.senduipi,
                steps: ready("senduipi") + [
                    .set(.uitt, Layout.uitt), .set(.rax, 7), .execute(Encoding.senduipi(0)), .expectFault(.invalidOpcode),
                ] + untouched("senduipi")),
            Case(
                "ud.cr4-uintr-goes-before-the-index", "CR4.UINTR = 0 is #UD even where the index is above UITTSZ.",
                source: Source.senduipi,
                steps: ready("senduipi") + [
                    .set(.cr4UINTR, 0), .set(.rax, 7), .execute(Encoding.senduipi(0)), .expectFault(.invalidOpcode),
                ] + untouched("senduipi")),
            Case(
                "ud.cr4-uintr-goes-before-the-frame", "CR4.UINTR = 0 is #UD even where the stack of UIRET is absent.",
                source: Source.uiret, level: .core,
                steps: [
                    .set(.cr4UINTR, 0), .set(.rsp, Layout.absent), .execute(Encoding.uiret), .expectFault(.invalidOpcode),
                ]),
        ]
    }

    /// IA32_UINTR_TT[0] is SENDUIPI's gate only; and each instruction runs at every CPL.
    static var privilegeLevels: [Case] {
        [0, 1, 2, 3].flatMap { (cpl: UInt64) -> [Case] in
            let level: Level = cpl == 0 || cpl == 3 ? .cpl0 : .core
            func runs(_ name: String, _ steps: [Step]) -> Case {
                Case(
                    "cpl.\(name)-at-cpl-\(cpl)",
                    "\(name.uppercased()) runs at CPL \(cpl)\(name == "senduipi" ? "" : ", with IA32_UINTR_TT[0] = 0 too").",
                    source: "SDM Vol. 2, \(name.uppercased())", level: level, steps: steps + [.expect(.cpl, cpl)])
            }
            return [
                runs(
                    "clui",
                    [.set(.uif, 1), .set(.cpl, cpl), .execute(Encoding.clui), .expect(.uif, 0), .expect(.rip, Layout.code + 4)]),
                runs("stui", [.set(.cpl, cpl), .execute(Encoding.stui), .expect(.uif, 1), .expect(.rip, Layout.code + 4)]),
                runs(
                    "testui",
                    [.set(.uif, 1), .set(.cpl, cpl), .set(.rflags, 0x2), .execute(Encoding.testui), .expect(.rflags, 0x3)]),
                runs(
                    "uiret",
                    Prelude.frame() + [
                        .set(.cpl, cpl), .execute(Encoding.uiret), .expect(.rip, Layout.code + 0x40), .expect(.uif, 1),
                    ]),
                runs(
                    "senduipi",
                    Prelude.sender() + [
                        .set(.cpl, cpl), .execute(Encoding.senduipi(0)), .expectMemory(Layout.upid(0) + 8, 1 << 5),
                    ]),
            ]
        }
    }

    /// SENDUIPI of RAX, with UITT entry 1 in every other register: the decoder's choice shows in PIR.
    private static func encoded(_ bytes: [UInt8], register: UInt8) -> [Step] {
        Prelude.sender(uv: 9) + Prelude.entry(1, uv: 33)
            + (0..<16).filter { $0 != 4 }.map { .set(.register($0), $0 == register ? 1 : 0) }
            + [.set(.rsp, register == 4 ? 1 : 0), .set(.uittsz, 1), .set(.cpl, 3), .execute(bytes)]
            + [.expectMemory(Layout.upid(0) + 8, 1 << 33), .expect(.rip, Layout.code + UInt64(bytes.count))]
    }

    static var encodings: [Case] {
        let registers = (0..<16).map { (number: UInt8) in
            Case(
                "decode.senduipi-\(Field.register(number).rawValue)",
                "SENDUIPI takes its index from \(Field.register(number).rawValue.uppercased()), register \(number).",
                source: Source.senduipi, steps: encoded(Encoding.senduipi(number), register: number))
        }
        let forms: [(id: String, claim: String, bytes: [UInt8], register: UInt8)] = [
            ("66h-before", "66H before F3 changes nothing", [0x66, 0xF3, 0x0F, 0xC7, 0xF1], 1),
            ("66h-after", "66H after F3 changes nothing", [0xF3, 0x66, 0x0F, 0xC7, 0xF1], 1),
            ("67h", "67H changes nothing: the operand is no address", [0x67, 0xF3, 0x0F, 0xC7, 0xF2], 2),
            ("segment", "segment prefixes change nothing", [0x64, 0xF3, 0x2E, 0x0F, 0xC7, 0xF2], 2),
            ("f2-f3", "of F2 and F3 the last one counts", [0xF2, 0xF3, 0x0F, 0xC7, 0xF1], 1),
            ("rex-w", "REX.W changes nothing", [0xF3, 0x48, 0x0F, 0xC7, 0xF1], 1),
            ("rex-r-x", "REX.R and REX.X change nothing", [0xF3, 0x46, 0x0F, 0xC7, 0xF1], 1),
            ("rex-all", "with all of REX's bits, REX.B selects R9", [0xF3, 0x4F, 0x0F, 0xC7, 0xF1], 9),
            ("rex-too-early", "a REX prefix that another prefix follows does not count", [0x41, 0xF3, 0x0F, 0xC7, 0xF1], 1),
            ("two-rex", "of two REX prefixes the last one counts", [0xF3, 0x41, 0x40, 0x0F, 0xC7, 0xF1], 1),
            (
                "fifteen-bytes", "an instruction may have 15 bytes",
                [UInt8](repeating: 0x66, count: 11) + [0xF3, 0x0F, 0xC7, 0xF1], 1
            ),
        ]
        return registers
            + forms.map { id, claim, bytes, register in
                Case(
                    "decode.\(id)", "SENDUIPI: \(claim).", source: "SDM Vol. 2, 2.1.1, 2.2.1",
                    steps: encoded(bytes, register: register))
            } + whole + others
    }

    /// The operand is 64 bits wide: bits 63:32 count, with 66H and without REX.W too.
    private static var whole: [Case] {
        [("plain", [0xF3, 0x0F, 0xC7, 0xF1]), ("66h", [0x66, 0xF3, 0x0F, 0xC7, 0xF1])].map { (id: String, bytes: [UInt8]) in
            Case(
                "decode.operand-is-64-bit-\(id)", "The operand is the whole register (\(id)): RCX = 100000000H is above UITTSZ.",
                source: Source.senduipi,
                steps: Prelude.sender() + [
                    .set(.uittsz, 0xFFFF_FFFF), .set(.rcx, 1 << 32), .execute(bytes), .expectFault(.generalProtection),
                    .expectMemory(Layout.upid(0) + 8, 0),
                ])
        }
            + [
                Case(
                    "decode.sixteen-bytes", "Sixteen bytes raise #GP, whatever they would be.", source: "SDM Vol. 2, 2.3.11",
                    steps: Prelude.sender() + [
                        .execute([UInt8](repeating: 0x66, count: 12) + Encoding.senduipi(0)),
                        .expectFault(.generalProtection), .expectMemory(Layout.upid(0) + 8, 0),
                    ])
            ]
    }

    /// Neighbours in the opcode map, which are not ours to execute.
    private static var others: [Case] {
        let all: [(id: String, claim: String, bytes: [UInt8])] = [
            ("rdrand", "0F C7 /6 without F3 is RDRAND", [0x0F, 0xC7, 0xF0]),
            ("rdrand-66h", "66 0F C7 /6 is RDRAND", [0x66, 0x0F, 0xC7, 0xF0]),
            ("rdrand-f3-f2", "with F2 after F3, 0F C7 /6 is not SENDUIPI", [0xF3, 0xF2, 0x0F, 0xC7, 0xF0]),
            ("vmptrld", "0F C7 /6 with memory is VMPTRLD", [0x0F, 0xC7, 0x30]),
            ("vmxon", "F3 0F C7 /6 with memory is VMXON", [0xF3, 0x0F, 0xC7, 0x30]),
            ("vmxon-disp8", "F3 0F C7 /6 with memory and a displacement is VMXON", [0xF3, 0x0F, 0xC7, 0x70, 0x00]),
            ("rdpid", "F3 0F C7 /7 is RDPID", [0xF3, 0x0F, 0xC7, 0xF8]),
            ("c7-5", "F3 0F C7 /5 is not SENDUIPI", [0xF3, 0x0F, 0xC7, 0xE8]),
            ("uiret-without-f3", "0F 01 EC without F3 is not UIRET", [0x0F, 0x01, 0xEC]),
            ("rdpkru", "0F 01 EE without F3 is RDPKRU, not CLUI", [0x0F, 0x01, 0xEE]),
            ("wrpkru", "0F 01 EF without F3 is WRPKRU, not STUI", [0x0F, 0x01, 0xEF]),
            ("f3-0f-01-eb", "F3 0F 01 EB is none of the five", [0xF3, 0x0F, 0x01, 0xEB]),
            ("nop-of-15-bytes", "fourteen prefixes and a NOP make fifteen bytes, which is not too long",
             [UInt8](repeating: 0x66, count: 14) + [0x90]),
        ]
        return all.map { id, claim, bytes in
            Case(
                "decode.\(id)", "\(claim).", source: "SDM Vol. 2, opcode map", level: .core,
                steps: Prelude.sender() + [
                    .set(.uif, 1), .execute(bytes), .expectOther, .expect(.uif, 1), .expectMemory(Layout.upid(0) + 8, 0),
                ])
        }
    }
}
