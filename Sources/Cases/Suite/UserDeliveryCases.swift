// From a post to the handler and back, as a process sees it.

import Architecture

extension Case {
    private static let userDeliverySource = "SDM Vol. 3A, 9.4.2"

    static var userVectors: [Case] {
        [0, 1, 31, 32, 62, 63].map { (vector: UInt8) in
            user(
                "user-vector.\(vector)", "A SENDUIPI of vector \(vector) to oneself is delivered, once, with that vector.",
                source: userDeliverySource, [.connect(vector)], send(0), open, [.expectDelivered([vector])])
        } + [
            user(
                "user-vector.storm", "All 64 vectors, posted from 0 to 63 while UIF = 0, are delivered from 63 to 0.",
                source: userDeliverySource, ids: ["A-6", "A-12"], (0 as UInt8..<64).map { .connect($0) },
                (0 as UInt64..<64).flatMap { [.set(.rax, $0), .execute(Encoding.senduipi(0))] }, [.settle], open,
                [.expectDelivered((0 as UInt8..<64).reversed()), .expect(.rsp, Layout.stackTop)]),
            user(
                "user-vector.highest-first", "The higher vector is delivered first, whichever was posted first.",
                source: userDeliverySource, ids: ["A-6"], [.connect(12), .connect(50), .connect(33)], send(1), send(0), send(2), open,
                [.expectDelivered([50, 33, 12])]),
            user(
                "user-vector.ends", "Vector 63 goes before vector 0.", source: userDeliverySource, ids: ["A-6"],
                [.connect(0), .connect(63)], send(0), send(1), open, [.expectDelivered([63, 0])]),
        ]
    }

    static var userPending: [Case] {
        let once = "SDM Vol. 3A, 9.4.1 and 9.5.2"
        return [
            user(
                "user-pending.coalesces-posted", "A vector posted twice in a row while UIF = 0 is delivered once.", source: once,
                ids: ["A-6"],
                [.connect(18), .set(.rax, 0), .execute(Encoding.senduipi(0)), .execute(Encoding.senduipi(0)), .settle], open,
                [.expectDelivered([18])]),
            user(
                "user-pending.coalesces-requested", "A vector posted again after its notification was processed, and before it was "
                    + "delivered, is delivered once.", source: once, ids: ["A-6"],
                [.connect(18)], send(0), send(0), send(0), open, [.expectDelivered([18])]),
            user(
                "user-pending.kept", "A request posted later joins those pending: none is lost.", source: once, ids: ["C-4"],
                [.connect(18), .connect(44), .connect(3)], send(0), send(1), send(2), [.expectDelivered([])], open,
                [.expectDelivered([44, 18, 3])]),
            user(
                "user-pending.once-only", "What was delivered does not come again, however long one waits.", source: once,
                ids: ["C-4"],
                [.connect(27)], send(0), open, [.expectDelivered([27]), .settle, .settle, .expectDelivered([])]),
            user(
                "user-pending.uif-0", "Nothing is delivered while UIF = 0.", source: userDeliverySource, [.connect(27)], send(0),
                [.expectDelivered([]), .expect(.uif, 0)]),
            user(
                "user-pending.testui-and-clui", "TESTUI and CLUI neither deliver what is pending nor drop it.", source: userDeliverySource,
                [.connect(27)], send(0),
                [.execute(Encoding.testui), .execute(Encoding.clui), .settle, .expectDelivered([])], open,
                [.expectDelivered([27])]),
            user(
                "user-pending.uif-1", "With UIF = 1 a SENDUIPI to oneself is delivered without anything more.", source: userDeliverySource,
                [.set(.uif, 1), .connect(6)], send(0), [.expectDelivered([6])]),
            user(
                "user-pending.uiret-enables", "After the handler's UIRET UIF is 1, and the next request is delivered.",
                source: "SDM Vol. 2, UIRET", ids: ["A-12"], [.connect(6), .connect(41)], send(0), open,
                [.expectDelivered([6]), .expect(.uif, 1)], send(1), [.expectDelivered([41]), .expect(.uif, 1)], send(0),
                [.expectDelivered([6])]),
            user(
                "user-pending.order-of-time", "With UIF = 1 requests are delivered as they come, the lower vector first if it came "
                    + "first.", source: userDeliverySource, [.set(.uif, 1), .connect(1), .connect(60)], send(0), send(1), send(0),
                [.expectDelivered([1, 60, 1])]),
            user(
                "user-pending.clui-closes-again", "After CLUI a request waits as before, until the next STUI.", source: userDeliverySource,
                [.connect(19)], send(0), open, [.expectDelivered([19]), .execute(Encoding.clui)], send(0),
                [.expectDelivered([])], open, [.expectDelivered([19])]),
        ]
    }

    static var userFrames: [Case] {
        (0 as UInt64..<16).map { offset in
            let rsp = Layout.stackTop + offset
            return user(
                "user-frame.rsp-offset-\(offset)",
                "With RSP \(offset) bytes above a multiple of 16 the handler starts with RSP 32 bytes below ((RSP − 128) & ~15), "
                    + "and the old RSP is pushed and comes back.",
                source: userDeliverySource, [.connect(5)], send(0), [.set(.rsp, rsp)], open,
                [
                    .expectDelivered([5]), .expectEntryRSP(entryRSP(rsp)), .expectFrameRSP(rsp), .expect(.rsp, rsp),
                ])
        } + userFrameContents
    }

    private static var userFrameContents: [Case] {
        let rsp = Layout.stackTop
        let entry = entryRSP(rsp)
        // Of the three SENDUIPI, STUI and delivery, the first two are four bytes each.
        let next = Layout.code + 8
        let flags: [(String, String, UInt64)] = [
            ("clear", "all clear", 0), ("set", "all set", quietFlags), ("cf-af-sf-of-id", "CF, AF, SF, OF and ID set", 0x20_0891),
            ("pf-zf-df-nt-ac", "PF, ZF, DF, NT and AC set", 0x4_4444),
        ]
        let redZone = (1 as UInt64..<17).map { rsp - $0 * 8 }
        let above = (0 as UInt64..<4).map { rsp + $0 * 8 }
        func mark(_ address: UInt64) -> UInt64 { 0xC0DE_0000_0000_0000 | address }
        return flags.map { name, words, flags in
            user(
                "user-frame.rflags-\(name)",
                "With the loadable flags \(words) RFLAGS is pushed as it was, and is so again after UIRET.", source: userDeliverySource,
                [.connect(5)], send(0), [.set(.rflags, userFlags | flags)], open,
                [
                    .expectDelivered([5]), .expectFrameRFLAGS(mask: quietFlags | userFlags | 0x100, flags | userFlags),
                    .expect(.rflags, userFlags | flags),
                ])
        } + [
            user(
                "user-frame.layout", "The frame holds, from RSP up, the vector, RIP of the next instruction, RFLAGS and RSP.",
                source: userDeliverySource, [.connect(37)], send(0), open,
                [
                    .expectDelivered([37]), .expectEntryRSP(entry), .expectMemory(entry, 37), .expectMemory(entry + 8, next),
                    .expectMemory(entry + 24, rsp),
                ]),
            user(
                "user-frame.vector-0", "The vector is pushed as a quadword, 0 for vector 0.", source: userDeliverySource,
                [.connect(0), .store(entry, .max)], send(0), open, [.expectDelivered([0]), .expectMemory(entry, 0)]),
            user(
                "user-frame.red-zone", "The 128 bytes below RSP are not touched by delivery, handler and UIRET.", source: userDeliverySource,
                redZone.map { .store($0, mark($0)) }, [.connect(5)], send(0), open, [.expectDelivered([5])],
                redZone.map { .expectMemory($0, mark($0)) }),
            user(
                "user-frame.above", "Nothing at RSP and above is touched by delivery, handler and UIRET.", source: userDeliverySource,
                above.map { .store($0, mark($0)) }, [.connect(5)], send(0), open, [.expectDelivered([5])],
                above.map { .expectMemory($0, mark($0)) }),
            user(
                "user-frame.registers", "Delivery and UIRET leave every general register as it was.", source: userDeliverySource,
                [.connect(5)], send(0), setAllRegisters, open, [.expectDelivered([5])], expectAllRegisters,
                [.expect(.rsp, rsp), .expect(.rip, next)]),
            user(
                "user-frame.one-for-each", "Each of several vectors gets a frame of its own at the same place: the handler is "
                    + "entered once for each.", source: userDeliverySource, ids: ["A-6"], [.connect(4), .connect(8)], send(0), send(1),
                [.set(.rsp, rsp)], open,
                [.expectDelivered([8, 4]), .expectEntryRSP(entry), .expectFrameRSP(rsp), .expect(.rsp, rsp)]),
            user(
                "user-frame.other-stack", "The frame goes to the stack that RSP names when the delivery comes.", source: userDeliverySource,
                [.connect(5)], send(0), [.set(.rsp, Layout.altStackTop)], open,
                [
                    .expectDelivered([5]), .expectEntryRSP(entryRSP(Layout.altStackTop)), .expectFrameRSP(Layout.altStackTop),
                ]),
        ]
    }

    /// A delivery that faults. The stack is mended before the vector can come again.
    static var userDeliveryFaults: [Case] {
        let source = "SDM Vol. 3A, 9.4.2"
        func faulting(_ id: String, _ claim: String, rsp: UInt64, _ fault: Step) -> Case {
            user(
                id, claim, source: source, [.connect(22)], send(0),
                [
                    .set(.rsp, rsp), .execute(Encoding.stui), .settle, fault, .expect(.rsp, rsp),
                    // In a process it comes as soon as the fault's signal handler runs, on whose stack it can be pushed.
                    .set(.rsp, Layout.stackTop), .settle, .expectDelivered([22]), .settle, .expectDelivered([]),
                ])
        }
        let absent = Layout.absent + 0x800
        let readOnly = Layout.readOnlyUser + 0x800
        return [
            faulting(
                "user-delivery.absent-stack",
                "Delivery to a stack that is not mapped raises #PF at the first push, a user write; the vector stays pending.",
                rsp: absent, .expectFault(.page(address: entryRSP(absent) + 24, code: PageFaultCode(rawValue: 6)))),
            faulting(
                "user-delivery.read-only-stack",
                "Delivery to a stack that may not be written raises #PF at the first push; the vector stays pending.",
                rsp: readOnly, .expectFault(.page(address: entryRSP(readOnly) + 24, code: PageFaultCode(rawValue: 7)))),
            faulting(
                "user-delivery.non-canonical-stack",
                "Delivery to a stack at a non-canonical address raises #SS; the vector stays pending.",
                rsp: Layout.nonCanonical + 0x800, .expectFault(.stackSegment)),
        ]
    }
}
