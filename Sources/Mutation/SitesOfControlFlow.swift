extension Site {
    static let delivery: [Site] = [
        .expression("Delivery", "uintr.isRecognized", [.init("delivery with UIRR = 0", "true")]),
        .expression("Delivery", "cpl == 3 && in64BitMode", [
            .init("delivery at any CPL", "in64BitMode"), .init("delivery in any mode", "cpl == 3"),
        ]),
        .expression("Delivery", "uintrEnabled", [.init("delivery without CR4.UINTR", "true")]),
        .expression("Delivery", "shadow != .movSS", [
            .init("delivery right after MOV SS", "true"), .init("STI holds delivery back", "shadow == .none"),
        ]),
        .expression("Delivery", "(activity == .active || activity == .userWait)", [
            .init("delivery ends HLT", "true"), .init("delivery leaves UMWAIT", "activity == .active"),
        ]),
        .expression("Delivery", "paging.isCanonical(uintr.uihandler)", [.init("UIHANDLER is not checked", "true")]),
        .expression("Delivery", "uintr.uistackadjust & 1 != 0", [
            .init("UISTACKADJUST[0] is not looked at", "false"), .init("UISTACKADJUST is always loaded", "true"),
        ]),
        .statements("Delivery", "stack &= ~0xF", [
            .init("RSP is not aligned", ""), .init("RSP is aligned to 8", "stack &= ~0x7"), .init("RSP is aligned to 32", "stack &= ~0x1F"),
        ]),
        .statements("Delivery", "try push(gpr.rsp, onto: &stack, memory: &memory)", [
            .init("the adjusted RSP is pushed", "try push(stack, onto: &stack, memory: &memory)"), .init("RSP is not pushed", ""),
        ]),
        .expression("Delivery", "rflags.rawValue", [.init("RFLAGS is pushed without TF", "rflags.subtracting(.tf).rawValue")]),
        .statements("Delivery", "try push(rip, onto: &stack, memory: &memory)", [.init("UIHANDLER is pushed", "try push(uintr.uihandler, onto: &stack, memory: &memory)")]),
        .statements("Delivery", "try push(UInt64(vector), onto: &stack, memory: &memory)", [.init("no vector is pushed", "")]),
        .expression("Delivery", after: "if ", "usesShadowStack", [.init("delivery leaves the shadow stack", "false")]),
        .expression("Delivery", "cr4 & CR4.cet != 0", [.init("endbranch is tracked without CR4.CET", "true")]),
        .statements("Delivery", "userCET.trackEndbranch()", [.init("endbranch is not tracked", "")]),
        .statements("Delivery", "uintr.uirr &= ~(1 &<< UInt64(vector))", [
            .init("the delivered vector stays in UIRR", ""), .init("delivery empties UIRR", "uintr.uirr = 0"),
        ]),
        .statements("Delivery", "uintr.uif = false", [.init("delivery leaves UIF", "")]),
        .statements("Delivery", "rflags.remove(.tf)", [.init("delivery leaves TF", ""), .init("delivery clears DF", "rflags.remove(.tf); rflags.remove(.df)")]),
        .statements("Delivery", "rflags.remove(.rf)", [.init("delivery leaves RF", "")]),
        .statements("Delivery", "activity = .active", [.init("delivery leaves UMWAIT on", "")]),
        .expression("Stack", "paging.isCanonical(address, count: 8)", [.init("the stack may be non-canonical", "true")]),
        .expression("Stack", "address & 7 != 0", [.init("no alignment check", "false"), .init("16-byte alignment check", "address & 15 != 0")]),
        .expression("Stack", "alignmentMask", [.init("#AC without CR0.AM", "true")]),
        .expression("Stack", "rflags.contains(.ac)", [.init("#AC without RFLAGS.AC", "true")]),
        .expression("Stack", after: "if ", "cpl == 3", [.init("#AC at any CPL", "true")]),
        .expression("Stack", after: "Access(write: true, user: ", "cpl == 3", [.init("pushes have supervisor privilege", "false")]),
        .expression("Stack", after: "Access(write: false, user: ", "cpl == 3", [.init("pops have supervisor privilege", "false")]),
    ]

    static let flow: [Site] = [
        .expression("UIRET", "paging.isCanonical(newRIP)", [
            .init("UIRET takes any RIP", "true"), .init("UIRET checks RIP against the largest width", "features.linearAddressWidth.isCanonical(newRIP)"),
        ]),
        .expression("UIRET", "usesShadowStack", [.init("UIRET leaves the shadow stack", "false")]),
        .statements("UIRET", "ssp = ssp &+ 8", [.init("UIRET leaves SSP", "")]),
        .statements("UIRET", "rip = newRIP", [.init("UIRET leaves RIP", "")]),
        .expression("UIRET", "rflags.subtracting(.loadedByUIRET).union(newRFLAGS.intersection(.loadedByUIRET))", [
            .init("UIRET loads every flag", "newRFLAGS"),
            .init("UIRET only sets flags", "rflags.union(newRFLAGS.intersection(.loadedByUIRET))"),
            .init("UIRET loads no flag", "rflags"),
        ]),
        .statements("UIRET", "gpr.rsp = newRSP", [.init("UIRET leaves RSP above the frame", "gpr.rsp = stack")]),
        .expression("UIRET", "features.flexibleUIRET ? newRFLAGS.contains(.fixed) : true", [
            .init("UIRET always sets UIF", "true"), .init("UIRET is always flexible", "newRFLAGS.contains(.fixed)"),
            .init("UIRET leaves UIF", "uintr.uif"),
        ]),
        .expression("Flags", "0x254DD5", [
            .init("UIRET loads IF", "0x254FD5"), .init("UIRET leaves ID", "0x054DD5"), .init("UIRET leaves NT", "0x250DD5"),
            .init("UIRET leaves RF", "0x244DD5"), .init("UIRET leaves AC", "0x214DD5"), .init("UIRET leaves TF", "0x254CD5"),
            .init("UIRET loads IOPL", "0x257DD5"), .init("UIRET loads VIF", "0x2D4DD5"),
        ]),
        .expression("Flags", "0x8D4", [.init("TESTUI leaves OF", "0xD4"), .init("TESTUI leaves AF", "0x8C4"), .init("TESTUI clears DF", "0xCD4")]),
        .expression("ControlFlow", "rawValue & ~(1 << 10) | 1 << 11", [
            .init("SUPPRESS stays", "rawValue | 1 << 11"), .init("TRACKER stays", "rawValue & ~(1 << 10)"),
        ]),
        .expression("LogicalProcessor", "(cpl == 3 ? userCET.shadowStack : supervisorCET.shadowStack)", [
            .init("only U_CET counts", "userCET.shadowStack")
        ]),
    ]

    static let xsave: [Site] = [
        .expression("XSAVES", "cr4 & CR4.osxsave != 0", [.init("XSAVES without CR4.OSXSAVE", "true")]),
        .expression("XSAVES", after: "guard ", "cpl == 0", [.init("XSAVES at any CPL", "true")]),
        .expression("XSAVES", "area & 63 == 0", [.init("the area may be misaligned", "true"), .init("the area is 16-byte aligned", "area & 15 == 0")]),
        .statements("XSAVES", "if saves { uintr.uinv = 0 }", [
            .init("XSAVES leaves UINV", ""), .init("XSAVES always clears UINV", "uintr.uinv = 0"),
            .init("XSAVES clears UITTSZ with UINV", "if saves { uintr.uinv = 0; uintr.uittsz = 0 }"),
            .init("XSAVES clears UIF", "if saves { uintr.uinv = 0; uintr.uif = false }"),
            .init("XSAVES clears UIRR", "if saves { uintr.uinv = 0; uintr.uirr = 0 }"),
        ]),
        .expression("XSAVES", "(xcr0 | xss) & mask", [.init("XSAVES ignores its mask", "xcr0 | xss"), .init("XSAVES ignores XSS", "mask")]),
        .expression("XSAVES", "saves && uintrInUse", [.init("no init optimisation", "saves")]),
        .expression("XSAVES", "!features.tracksInitialConfiguration || uintr != UserInterruptState()", [
            .init("XINUSE ignores UIF", "!features.tracksInitialConfiguration || { var s = uintr; s.uif = false; return s != UserInterruptState() }()")
        ]),
        .expression("XSAVES", "requested | XSAVEArea.compacted", [
            .init("XCOMP_BV[63] is not set", "requested"), .init("XCOMP_BV names only what is stored", "(stored ? XSAVEArea.uintrComponent : 0) | XSAVEArea.compacted"),
        ]),
        .expression("XSAVES", after: "XSAVEArea.xstateBV, ", "stored ? XSAVEArea.uintrComponent : 0", [.init("XSTATE_BV[14] is always set", "XSAVEArea.uintrComponent")]),
        .expression("XSAVES", "xcompBV & XSAVEArea.compacted != 0", [.init("XRSTORS takes the standard format", "true")]),
        .expression("XSAVES", "xcompBV & ~(enabled | XSAVEArea.compacted) == 0", [.init("XCOMP_BV may name what is not enabled", "true")]),
        .expression("XSAVES", "xstateBV & ~xcompBV == 0", [.init("XSTATE_BV may exceed XCOMP_BV", "true"), .init("XSTATE_BV[63] raises #GP", "xstateBV & ~(xcompBV & ~XSAVEArea.compacted) == 0")]),
        .expression("XSAVES", "2..<8", [.init("the header's end is not checked", "2..<7"), .init("the header's reserved bytes start late", "3..<8")]),
        .expression("XSAVES", "enabled & mask & XSAVEArea.uintrComponent != 0", [
            .init("XRSTORS ignores its mask", "enabled & XSAVEArea.uintrComponent != 0"),
            .init("XRSTORS ignores XSS", "mask & XSAVEArea.uintrComponent != 0"),
        ]),
        .statements("XSAVES", "guard uintr.uinv == 0 else { throw .generalProtection }", [
            .init("XRSTORS is repeatable", ""),
            .init("XRSTORS to the initial configuration is repeatable", "if xstateBV & XSAVEArea.uintrComponent != 0, uintr.uinv != 0 { throw .generalProtection }"),
        ]),
        .statements("XSAVES", after: "else {\n            ", "uintr = UserInterruptState()", [
            .init("the initial configuration is not loaded", ""), .init("the initial configuration keeps UIF", "let uif = uintr.uif; uintr = UserInterruptState(); uintr.uif = uif"),
        ]),
        .statements("XSAVES", "uintr = state", [.init("XRSTORS keeps UIRR", "let uirr = uintr.uirr; uintr = state; uintr.uirr |= uirr"), .init("XRSTORS loads no UINV", "uintr = state; uintr.uinv = 0")]),
        .expression("XSAVE", "state.misc | (state.uif ? UINTRStateImage.uifMask : 0)", [.init("XSAVES stores no UIF", "state.misc")]),
        .expression("XSAVE", "self.misc & UINTRStateImage.uifMask != 0", [.init("XRSTORS loads no UIF", "false")]),
        .expression("XSAVE", "misc & ~UINTRStateImage.uifMask", [.init("XRSTORS takes reserved bits of MISC", "misc & 0xFF_FFFF_FFFF")]),
        .expression("XSAVE", "UINTRRegister.handler.accepts(handler, maximum: maximum)", [.init("XRSTORS takes any UIHANDLER", "true")]),
        .expression("XSAVE", "UINTRRegister.stackadjust.accepts(stackadjust, maximum: maximum)", [.init("XRSTORS takes any UISTACKADJUST", "true")]),
        .expression("XSAVE", "UINTRRegister.pd.accepts(pd, maximum: maximum)", [.init("XRSTORS takes any UPIDADDR", "true")]),
        .expression("XSAVE", "UINTRRegister.tt.accepts(tt, maximum: maximum)", [.init("XRSTORS takes any UITTADDR", "true")]),
        .expression("XSAVE", "xcompBV & (1 &<< component) != 0", [.init("lower components take no place", "false"), .init("every lower component takes its place", "true")]),
    ]

    static let apic: [Site] = [
        .expression("InterruptMessage", "isX2APIC ? 0xFFFF_FFFF : 0xFF", [.init("FFH is broadcast in x2APIC mode", "0xFF"), .init("FFFFFFFFH is broadcast in xAPIC mode", "0xFFFF_FFFF")]),
        .expression("InterruptMessage", "notification.vector >= LocalAPIC.lowestLegalVector", [.init("any vector is sent", "true")]),
        .statements("InterruptMessage", "sentIllegalVector = true", [.init("ESR[5] stays", "")]),
        .expression("InterruptMessage", "notification.ndst &>> 8 & 0xFF", [
            .init("xAPIC NDST is bits 39:32 of the UPID", "notification.ndst & 0xFF"), .init("xAPIC NDST is 24 bits", "notification.ndst &>> 8"),
        ]),
        .expression("InterruptMessage", "mode == .x2APIC", [.init("x2APIC IDs are 8 bits", "false")]),
        .expression("InterruptMessage", after: "case .xAPIC: ", "message.isBroadcast || message.destination == id & 0xFF", [.init("xAPIC knows no broadcast", "message.destination == id & 0xFF"), .init("xAPIC IDs are 32 bits", "message.isBroadcast || message.destination == id")]),
        .expression("InterruptMessage", after: "case .x2APIC: ", "message.isBroadcast || message.destination == id", [.init("x2APIC knows no broadcast", "message.destination == id")]),
        .expression("InterruptMessage", "message.vector >= LocalAPIC.lowestLegalVector", [.init("any vector is accepted", "true")]),
        .statements("InterruptMessage", "receivedIllegalVector = true", [.init("ESR[6] stays", "")]),
        .expression("LocalAPIC", "taskPriority &>> 4 >= inService &>> 4 ? taskPriority : inService & 0xF0", [
            .init("PPR is TPR", "taskPriority"), .init("PPR ignores TPR", "inService & 0xF0"),
            .init("PPR keeps ISR's low bits", "taskPriority &>> 4 >= inService &>> 4 ? taskPriority : inService"),
        ]),
        .expression("LocalAPIC", "vector &>> 4 > processorPriority &>> 4", [
            .init("the same class interrupts", "vector &>> 4 >= processorPriority &>> 4"), .init("a higher vector of the same class interrupts", "vector > processorPriority"),
        ]),
        .statements("LocalAPIC", "irr[vector] = false\n        isr[vector] = true", [.init("the vector stays in IRR", "isr[vector] = true"), .init("the vector is not in service", "irr[vector] = false")]),
        .statements("LocalAPIC", "if let vector = isr.highest { isr[vector] = false }", [.init("EOI empties ISR", "isr = VectorSet()")]),
        .statements("LocalAPIC", after: "initialize() {\n        ", "irr = VectorSet()", [.init("INIT leaves IRR", "")]),
        .statements("LocalAPIC", after: "}\n        ", "isr = VectorSet()", [.init("INIT leaves ISR", "")]),
        .expression("LocalAPIC", "index &* 64 &+ UInt8(truncatingIfNeeded: 63 &- bits.leadingZeroBitCount)", [.init("the lowest of a word goes first", "index &* 64 &+ UInt8(truncatingIfNeeded: bits.trailingZeroBitCount)")]),
    ]

    static let decoder: [Site] = [
        .expression("Decoder", "modRM & 7 | (rex & 1) &<< 3", [.init("REX.B is ignored", "modRM & 7"), .init("REX.R extends the register", "modRM & 7 | (rex &>> 2 & 1) &<< 3")]),
        .expression("Decoder", "repeatPrefix == 0xF3", [.init("F3 is not needed", "true"), .init("F2 serves as well", "repeatPrefix != 0")]),
        .statements("Decoder", "rex = 0\n            index &+= 1", [.init("REX counts before other prefixes", "index &+= 1")]),
        .expression("Decoder", "index < 15", [.init("instructions have 14 bytes", "index < 14")]),
        .expression("Decoder", "length > 15 ? .tooLong : .instruction(Instruction(operation, length: length, lock: lock))", [.init("instructions may be longer than 15 bytes", ".instruction(Instruction(operation, length: length, lock: lock))"), .init("LOCK is not seen", "length > 15 ? .tooLong : .instruction(Instruction(operation, length: length, lock: false))")]),
    ]
}
