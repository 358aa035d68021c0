import Architecture

// What many cases begin with.

/// The sources that cases cite.
enum Source {
    static let enabling = "SDM Vol. 3A, 9.2"
    static let state = "SDM Vol. 3A, 9.3"
    static let recognition = "SDM Vol. 3A, 9.4.1"
    static let delivery = "SDM Vol. 3A, 9.4.2"
    static let identification = "SDM Vol. 3A, 9.5.1"
    static let processing = "SDM Vol. 3A, 9.5.2"
    static let userIPI = "SDM Vol. 3A, 9.7"
    static let senduipi = "SDM Vol. 2, SENDUIPI"
    static let uiret = "SDM Vol. 2, UIRET"
    static let cpuid = "SDM Vol. 2, CPUID"
    static let xsaveUINTR = "SDM Vol. 1, 13.5.11"
    static let xsaves = "SDM Vol. 1, 13.11"
    static let xrstors = "SDM Vol. 1, 13.12"
    static let apic = "SDM Vol. 3A, ch. 11"
}

/// Beginnings of cases: a sender's tables, a receiver's registers, a frame on the stack, an XSAVE area.
enum Prelude {
    /// NV and UINV wherever a case does not choose them.
    static let vector: UInt8 = 0xE1

    /// The control quadword of a UPID.
    static func control(nv: UInt8 = vector, ndst: UInt32 = 0, on: Bool = false, sn: Bool = false) -> UInt64 {
        UInt64(ndst) << 32 | UInt64(nv) << 16 | (sn ? 2 : 0) | (on ? 1 : 0)
    }

    /// Writes UPID `index`.
    static func upid(_ index: Int = 0, control: UInt64 = control(), pir: UInt64 = 0) -> [Step] {
        [.store(Layout.upid(index), control), .store(Layout.upid(index) + 8, pir)]
    }

    /// Writes UITT entry `index`.
    static func entry(_ index: Int = 0, uv: UInt8, upid: UInt64 = Layout.upid(0)) -> [Step] {
        [.store(Layout.uittEntry(index), UInt64(uv) << 8 | 1), .store(Layout.uittEntry(index) + 8, upid)]
    }

    /// SENDUIPI of RAX = 0 posts user vector `uv` to UPID 0, which notifies processor `ndst`.
    static func sender(
        uv: UInt8 = 5, nv: UInt8 = vector, ndst: UInt32 = 0, on: Bool = false, sn: Bool = false, pir: UInt64 = 0
    ) -> [Step] {
        upid(control: control(nv: nv, ndst: ndst, on: on, sn: sn), pir: pir) + entry(uv: uv)
            + [.set(.uitt, Layout.uitt | 1), .set(.uittsz, 0), .set(.rax, 0)]
    }

    /// This processor receives by UPID `index` at `cpl`, with RFLAGS.IF = 1 and UIF = 0.
    static func receiver(upid index: Int = 0, cpl: UInt64 = 0, uinv: UInt8 = vector) -> [Step] {
        [
            .set(.uinv, UInt64(uinv)), .set(.upidaddr, Layout.upid(index)), .set(.uihandler, Layout.handler),
            .set(.cpl, cpl), .set(.rflags, 0x202),
        ]
    }

    /// An IPI with `vector` is sent to processor `destination` and has arrived.
    static func interrupt(_ vector: UInt8 = vector, to destination: UInt32 = 0) -> [Step] {
        [.send(vector, destination, x2APIC: true), .arrive]
    }

    /// CPL 3 with these user vectors pending, UIF = 1 and a handler: delivery is due.
    static func pending(_ uirr: UInt64, stackadjust: UInt64 = 0, rflags: UInt64 = 0x202) -> [Step] {
        [
            .set(.uirr, uirr), .set(.uif, 1), .set(.uihandler, Layout.handler), .set(.uistackadjust, stackadjust),
            .set(.rip, Layout.code + 0x10), .set(.rflags, rflags), .set(.cpl, 3),
        ]
    }

    /// Nothing was delivered: what `pending` set is there still.
    static func nothingDelivered(_ uirr: UInt64, rsp: UInt64 = Layout.stackTop) -> [Step] {
        [
            .expect(.uirr, uirr), .expect(.uif, 1), .expect(.rsp, rsp), .expect(.rip, Layout.code + 0x10),
            .expectDelivered([]),
        ]
    }

    /// What UIRET pops, at RSP = `at`.
    static func frame(
        rip: UInt64 = Layout.code + 0x40, rflags: UInt64 = 0x202, rsp: UInt64 = Layout.stackTop - 0x100,
        at stack: UInt64 = Layout.stackTop
    ) -> [Step] {
        [.store(stack, rip), .store(stack + 8, rflags), .store(stack + 16, rsp), .set(.rsp, stack), .set(.rip, Layout.code)]
    }

    /// #PF with its linear address and error code.
    static func page(_ address: UInt64, _ code: UInt64) -> Fault {
        .page(address: address, code: PageFaultCode(rawValue: code))
    }
}

extension Case {
    /// This case with more steps at its end.
    func adding(_ more: [Step]) -> Case {
        var longer = self
        longer.steps += more
        return longer
    }
}
