// What the cases at CPL 3 have in common. They run on the core, under any kernel that has registered the thread and subtracts 128
// bytes at delivery (UISTACKADJUST = 128), and on bare metal; so:
// - when a notification arrives is not the case's to say. `settle` waits for it; a frame is only expected where UIF was 0 while
//   the request was posted and settled, so that the delivery comes at the boundary behind STUI or UIRET;
// - UIF is set directly only before the first instruction, and a vector is connected once: one kernel allows no more;
// - RFLAGS has IF = 1 and IOPL = 0, as a process has, and neither TF nor RF, whose effect the executor would see.

extension Case {
    /// RFLAGS in a process: bit 1 and IF.
    static let userFlags: UInt64 = 0x202
    /// What UIRET loads (SDM Vol. 2), TF and RF apart.
    static let quietFlags: UInt64 = 0x24_4CD5

    /// The flags of `quietFlags`, by name.
    static let quietFlagNames: [(name: String, mask: UInt64)] = [
        ("CF", 1 << 0), ("PF", 1 << 2), ("AF", 1 << 4), ("ZF", 1 << 6), ("SF", 1 << 7), ("DF", 1 << 10), ("OF", 1 << 11),
        ("NT", 1 << 14), ("AC", 1 << 18), ("ID", 1 << 21),
    ]

    /// The five instructions; SENDUIPI of RAX.
    static let fiveInstructions: [(name: String, bytes: [UInt8])] = [
        ("senduipi", Encoding.senduipi(0)), ("uiret", Encoding.uiret), ("testui", Encoding.testui), ("clui", Encoding.clui),
        ("stui", Encoding.stui),
    ]

    /// Where delivery leaves RSP: past the red zone, aligned, four quadwords lower (SDM Vol. 3A, 9.4.2).
    static func entryRSP(_ rsp: UInt64) -> UInt64 { (rsp - 128) & ~0xF - 32 }

    static func user(
        _ id: String, _ claim: String, source: String, ids: [String] = [], features: CaseFeatures = CaseFeatures(),
        _ steps: [Step]...
    ) -> Case {
        Case(id, claim, source: source, ids: ids, level: .cpl3, features: features, steps: steps.flatMap { $0 })
    }

    /// SENDUIPI with `index` in RAX, and time for what follows from it.
    static func send(_ index: UInt64) -> [Step] {
        [.set(.rax, index), .execute(Encoding.senduipi(0)), .settle]
    }

    /// UIF becomes 1, and what is pending is delivered.
    static var open: [Step] { [.execute(Encoding.stui), .settle] }

    /// What UIRET pops, from `address` up, with RSP there.
    static func uiretFrame(
        at address: UInt64 = Layout.stackTop, rip: UInt64 = Layout.code + 0x40, rflags: UInt64 = userFlags,
        rsp: UInt64 = Layout.stackTop - 0x100
    ) -> [Step] {
        [.store(address, rip), .store(address + 8, rflags), .store(address + 16, rsp), .set(.rsp, address)]
    }
}
