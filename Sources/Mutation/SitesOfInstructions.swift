extension Site {
    static let senduipi: [Site] = [
        .expression("SENDUIPI", "index <= UInt64(uittsz)", [
            .init("UITTSZ counts entries", "index < UInt64(uittsz)"), .init("the index is not checked", "true"),
            .init("only 32 bits of the index count", "UInt32(truncatingIfNeeded: index) <= uittsz"),
        ]),
        .expression("SENDUIPI", "uittaddr &+ index &* UITTEntry.size", [
            .init("entries are 8 bytes", "uittaddr &+ index &* 8"), .init("the first entry is always read", "uittaddr"),
        ]),
        .expression("SENDUIPI", "paging.isCanonical(address, count: UITTEntry.size)", [
            .init("the UITT may be non-canonical", "true")
        ]),
        .expression("SENDUIPI", "try memory.loadOctaword(address, .supervisorRead)", [
            .init("the UITT is read with user privilege", "try memory.loadOctaword(address, Access(write: false, user: true))"),
            .init("the UITT must be writable", "try memory.loadOctaword(address, .supervisorWrite)"),
        ]),
        .expression("SENDUIPI", after: "guard ", "entry.isValid", [.init("V = 0 is accepted", "true")]),
        .expression("SENDUIPI", "!entry.hasReservedBits", [.init("reserved bits of an entry are accepted", "true")]),
        .expression("SENDUIPI", "paging.isCanonical(upidaddr, count: UPID.size)", [
            .init("UPIDADDR of an entry may be non-canonical", "true")
        ]),
        .expression("SENDUIPI", after: "var old = ", "try memory.loadForUpdate(upidaddr)", [
            .init("the first access to the UPID is a plain read", "try memory.loadOctaword(upidaddr, .supervisorRead)")
        ]),
        .expression("SENDUIPI", "notify ? Notification(vector: upid.nv, ndst: upid.ndst) : nil", [
            .init("a notification is always sent", "Notification(vector: upid.nv, ndst: upid.ndst)"),
            .init("no notification is ever sent", "nil"),
            .init("the notification has the user vector", "notify ? Notification(vector: uv, ndst: upid.ndst) : nil"),
        ]),
        .expression("SENDUIPI", "!hasReservedBits", [.init("reserved bits of a UPID are accepted", "true")]),
        .expression("SENDUIPI", "1 &<< UInt64(uv & 63)", [
            .init("PIR has 32 bits", "1 &<< UInt64(uv & 31)"), .init("PIR counts from its top", "1 &<< UInt64(63 &- uv & 63)"),
        ]),
        .expression("SENDUIPI", "!sn", [.init("SN does not suppress", "true"), .init("SN is needed", "sn")]),
        .expression("SENDUIPI", after: ", ", "!on", [.init("ON does not suppress", "true")]),
        .statements("SENDUIPI", "on = true", [.init("SENDUIPI leaves ON", "")]),
        .expression("Execution", after: "guard ", "uintrEnabled", [.init("the instructions need no CR4.UINTR", "true")]),
        .expression("Execution", "in64BitMode", [.init("the instructions work in any mode", "true")]),
        .expression("Execution", "!inEnclave", [.init("the instructions work in an enclave", "true")]),
        .expression("Execution", "!instruction.lock", [.init("LOCK is ignored", "true")]),
        .statements("Execution", "uintr.uif = false", [.init("CLUI does nothing", ""), .init("CLUI sets UIF", "uintr.uif = true")]),
        .statements("Execution", after: "case .stui:\n            ", "uintr.uif = true", [.init("STUI does nothing", "")]),
        .statements("Execution", "rflags.remove(.clearedByTESTUI)", [.init("TESTUI leaves the other flags", "")]),
        .statements("Execution", "if uintr.uif { rflags.insert(.cf) } else { rflags.remove(.cf) }", [
            .init("TESTUI inverts", "if uintr.uif { rflags.remove(.cf) } else { rflags.insert(.cf) }"),
            .init("TESTUI never clears CF", "if uintr.uif { rflags.insert(.cf) }"),
        ]),
        .expression("Execution", "uintr.senduipiEnabled", [.init("SENDUIPI needs no enable", "true")]),
        .expression("Execution", "gpr[register]", [.init("SENDUIPI takes half a register", "gpr[register] & 0xFFFF_FFFF")]),
        .statements("Execution", after: "}\n        ", "rip = rip &+ UInt64(instruction.length)", [
            .init("RIP stays", ""), .init("every instruction is 4 bytes", "rip = rip &+ 4"),
        ]),
        .statements("Execution", after: "rflags.remove(.rf)\n        ", "shadow = .none", [.init("a shadow lasts for ever", "")]),
        .statements("Execution", "rflags.remove(.rf)", [.init("RF stays after an instruction", "")]),
    ]

    static let notification: [Site] = [
        .expression("NotificationProcessing", "vector == uinv", [
            .init("every vector is a notification", "true"), .init("no vector is a notification", "false"),
        ]),
        .statements("NotificationProcessing", "_ = try memory.fetchAnd(upidaddr, ~UPID.onMask)", [
            .init("processing leaves ON", ""), .init("processing clears SN too", "_ = try memory.fetchAnd(upidaddr, ~3)"),
        ]),
        .statements("NotificationProcessing", "uirr |= try memory.exchange(upidaddr &+ 8, 0)", [
            .init("UIRR is stored, not OR-ed", "uirr = try memory.exchange(upidaddr &+ 8, 0)"),
            .init("PIR is read and left", "uirr |= try memory.load(upidaddr &+ 8, .supervisorRead)"),
            .init("PIR is cleared and lost", "_ = try memory.exchange(upidaddr &+ 8, 0)"),
        ]),
        .expression("NotificationProcessing", after: clearing, "paging.isCanonical(upidaddr, count: UPID.size)", [
            .init("ON may be cleared through a non-canonical address", "true")
        ]),
        .expression("NotificationProcessing", after: taking, "paging.isCanonical(upidaddr, count: UPID.size)", [
            .init("PIR may be taken through a non-canonical address", "true")
        ]),
        .expression("Interrupts", "rflags.contains(.interruptEnable)", [.init("interrupts are taken with IF = 0", "true")]),
        .expression("Interrupts", "shadow == .none", [
            .init("interrupts ignore a shadow", "true"), .init("STI has no shadow", "shadow != .movSS"),
            .init("MOV SS has no shadow for interrupts", "shadow != .sti"),
        ]),
        .expression("Interrupts", "activity != .waitForStartup", [.init("interrupts are taken before start-up", "true")]),
        .expression("Interrupts", after: "if ", "identifiesNotifications", [.init("identification is always on", "true")]),
        .statements("Interrupts", "apic.endOfInterrupt()", [.init("no EOI by the processor", "")]),
        .expression("Interrupts", "activity == .userWait", [
            .init("a notification ends HLT", "activity == .halted"), .init("a notification leaves UMWAIT", "false"),
        ]),
        .statements("Interrupts", after: "}\n        ", "activity = .active\n        return .ordinary(vector: vector)", [
            .init("an ordinary interrupt leaves HLT", "return .ordinary(vector: vector)")
        ]),
    ]

    private static let signature = "<M: Memory & ~Copyable>(\n        paging: LinearAddressWidth, memory: inout M\n    ) throws(Fault) {\n        guard "
    private static var clearing: String { "clearOutstandingNotification" + signature }
    private static var taking: String { "takePostedRequests" + signature }
}
