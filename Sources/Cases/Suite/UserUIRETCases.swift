import Architecture

// UIRET with a frame made by hand on the user stack.

extension Case {
    private static let source = "SDM Vol. 2, UIRET"

    static var userUIRETFlags: [Case] {
        quietFlagNames.flatMap { name, mask -> [Case] in
            let transfers: [(String, UInt64, UInt64)] = [("sets", 0, mask), ("clears", mask, 0)]
            return transfers.map { verb, before, popped in
                user(
                    "user-uiret.\(verb)-\(name.lowercased())", "UIRET \(verb) \(name) as the popped RFLAGS has it.", source: source,
                    uiretFrame(rflags: userFlags | popped),
                    [
                        .set(.rflags, userFlags | before), .execute(Encoding.uiret), .expect(.rflags, userFlags | popped),
                        .expect(.rip, Layout.code + 0x40),
                    ])
            }
        } + userUIRETOtherFlags
    }

    private static var userUIRETOtherFlags: [Case] {
        let kept: [(String, String, UInt64)] = [
            ("if", "IF = 0", 0x2), ("iopl", "IOPL = 3", userFlags | 3 << 12), ("vm", "VM = 1", userFlags | 1 << 17),
            ("vif-vip", "VIF = VIP = 1", userFlags | 3 << 19), ("reserved-low", "bits 3, 5 and 15 set", userFlags | 0x8028),
            ("reserved-high", "bits 63:22 set", userFlags | ~0 << 22),
        ]
        return kept.map { name, words, popped in
            user(
                "user-uiret.keeps-\(name)", "UIRET with \(words) in the popped RFLAGS leaves those bits as they were, without a fault.",
                source: source, uiretFrame(rflags: popped), [.execute(Encoding.uiret), .expect(.rflags, userFlags)])
        } + [
            // Core only: the trap flag ends the executor's run, and the resume flag is lost in its breakpoint.
            Case(
                "user-uiret.loads-tf-and-rf", "UIRET loads TF and RF from the popped RFLAGS at CPL 3 too.", source: source,
                level: .core,
                steps: [.set(.cpl, 3)] + uiretFrame(rflags: userFlags | 0x1_0100) + [
                    .set(.rflags, userFlags), .execute(Encoding.uiret), .expect(.rflags, userFlags | 0x1_0100),
                ])
        ]
    }

    static var userUIRETPops: [Case] {
        let frame = Layout.stackTop
        let straddling = Layout.stack + 0x1000 - 8
        func popping(_ id: String, _ claim: String, at address: UInt64, rip: UInt64, rsp: UInt64) -> Case {
            user(
                id, claim, source: source, uiretFrame(at: address, rip: rip, rsp: rsp),
                [
                    .execute(Encoding.uiret), .expect(.rip, rip), .expect(.rsp, rsp), .expect(.rflags, userFlags),
                    .expectMemory(address, rip), .expectMemory(address + 8, userFlags), .expectMemory(address + 16, rsp),
                ])
        }
        return [
            popping(
                "user-uiret.rip-forward", "UIRET goes to the popped RIP, and loads RSP with the popped RSP.", at: frame,
                rip: Layout.code + 0xF00, rsp: Layout.stackTop - 0x800),
            popping(
                "user-uiret.rsp-other-stack", "UIRET loads RSP with an address on another stack.", at: frame,
                rip: Layout.code + 0x40, rsp: Layout.altStackTop - 16),
            popping(
                "user-uiret.rsp-odd", "UIRET loads an RSP that is not aligned, as it stands.", at: frame, rip: Layout.code + 0x40,
                rsp: Layout.stackTop - 0x123),
            popping(
                "user-uiret.rip-odd", "UIRET goes to a RIP that is not aligned.", at: frame, rip: Layout.code + 0x7FD,
                rsp: Layout.stackTop),
            popping(
                "user-uiret.frame-misaligned-1", "UIRET pops a frame one byte off alignment; with AC = 0 nothing minds.",
                at: frame + 1, rip: Layout.code + 0x40, rsp: Layout.stackTop),
            popping(
                "user-uiret.frame-misaligned-4", "UIRET pops a frame four bytes off alignment; with AC = 0 nothing minds.",
                at: frame - 4, rip: Layout.code + 0x40, rsp: Layout.stackTop),
            popping(
                "user-uiret.frame-across-pages", "UIRET pops a frame that lies across two pages.", at: straddling,
                rip: Layout.code + 0x40, rsp: Layout.stackTop),
            popping(
                "user-uiret.frame-at-end", "UIRET pops the last 24 bytes of the stack, and touches nothing above.",
                at: Layout.stack + 0x4000 - 24, rip: Layout.code + 0x40, rsp: Layout.stackTop),
            user(
                "user-uiret.registers", "UIRET changes no general register but RSP.", source: source, uiretFrame(),
                setAllRegisters, [.execute(Encoding.uiret)], expectAllRegisters),
        ]
    }

    static var userUIRETUIF: [Case] {
        let fixed = CaseFeatures(flexibleUIRET: false)
        let flexible = CaseFeatures(flexibleUIRET: true)
        func leaving(_ id: String, _ claim: String, _ features: CaseFeatures, from: UInt64, bit1: UInt64, _ after: UInt64) -> Case {
            user(
                id, claim, source: source, features: features, [.set(.uif, from)],
                uiretFrame(rflags: userFlags & ~2 | bit1 << 1),
                [.execute(Encoding.uiret), .expect(.uif, after), .expect(.rflags, userFlags)])
        }
        let either = CaseFeatures()
        return [
            leaving(
                "user-uiret.uif-from-0", "UIRET with bit 1 of the popped RFLAGS set makes UIF 1, on every processor.", either,
                from: 0, bit1: 1, 1),
            leaving(
                "user-uiret.uif-from-1", "UIRET with bit 1 of the popped RFLAGS set leaves UIF = 1, on every processor.", either,
                from: 1, bit1: 1, 1),
            leaving(
                "user-uiret.uif-flexible", "Flexible UIRET with bit 1 of the popped RFLAGS clear makes UIF 0.", flexible, from: 1,
                bit1: 0, 0),
            leaving(
                "user-uiret.uif-flexible-stays", "Flexible UIRET with bit 1 of the popped RFLAGS clear leaves UIF = 0.", flexible,
                from: 0, bit1: 0, 0),
            leaving(
                "user-uiret.uif-fixed", "UIRET that is not flexible makes UIF 1 whatever bit 1 of the popped RFLAGS is.", fixed,
                from: 0, bit1: 0, 1),
            user(
                "user-uiret.delivers", "After UIRET what was pending is delivered, on the stack and with the flags that it loaded.",
                source: source, [.connect(13)], send(0), uiretFrame(rflags: userFlags | 0x8C1, rsp: Layout.altStackTop - 7),
                [
                    .execute(Encoding.uiret), .settle, .expectDelivered([13]), .expectFrameRSP(Layout.altStackTop - 7),
                    .expectEntryRSP(entryRSP(Layout.altStackTop - 7)),
                    .expectFrameRFLAGS(mask: quietFlags | userFlags | 0x100, userFlags | 0x8C1),
                    .expect(.rsp, Layout.altStackTop - 7), .expect(.rflags, userFlags | 0x8C1),
                ]),
        ]
    }

    static var userUIRETFaults: [Case] {
        // The flags of the frame differ from those loaded: a UIRET that went half-way would show.
        func faulting(_ id: String, _ claim: String, _ frame: [Step], rsp: UInt64, _ fault: Fault) -> Case {
            user(
                id, claim, source: source, frame,
                [
                    .set(.rflags, userFlags | 0x8D5), .set(.rsp, rsp), .execute(Encoding.uiret), .expectFault(fault),
                    .expect(.rip, Layout.code), .expect(.rsp, rsp), .expect(.rflags, userFlags | 0x8D5), .expect(.uif, 0),
                ])
        }
        let end = Layout.stack + 0x4000
        let read = PageFaultCode(rawValue: 4)
        return [
            faulting(
                "user-uiret.rip-non-canonical", "UIRET to a non-canonical RIP raises #GP and changes nothing.",
                uiretFrame(rip: Layout.nonCanonical), rsp: Layout.stackTop, .generalProtection),
            faulting(
                "user-uiret.rip-bit-62", "UIRET to a RIP that is non-canonical in bit 62 alone raises #GP and changes nothing.",
                uiretFrame(rip: Layout.code | 1 << 62), rsp: Layout.stackTop, .generalProtection),
            faulting(
                "user-uiret.stack-absent", "UIRET with RSP in a page that is not there raises #PF, a user read at RSP.", [],
                rsp: Layout.absent + 0x10, .page(address: Layout.absent + 0x10, code: read)),
            faulting(
                "user-uiret.stack-ends", "UIRET whose third quadword lies in a page that is not there raises #PF at that quadword, "
                    + "and changes nothing.", [.store(end - 16, Layout.code + 0x40), .store(end - 8, userFlags)], rsp: end - 16,
                .page(address: end, code: read)),
            faulting(
                "user-uiret.stack-non-canonical", "UIRET with a non-canonical RSP raises #SS.", [], rsp: Layout.nonCanonical,
                .stackSegment),
        ]
    }
}
