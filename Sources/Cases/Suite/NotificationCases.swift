import Architecture

// Notification identification and processing.

extension Case {
    private static let vector = UInt64(Prelude.vector)

    static var identification: [Case] {
        levels + ordinaryVectors + dismissal + held
    }

    private static var levels: [Case] {
        [0, 1, 2, 3].map { (cpl: UInt64) in
            Case(
                "notification.at-cpl-\(cpl)", "An interrupt with V = UINV is a notification at CPL \(cpl).",
                source: Source.identification, level: cpl == 0 || cpl == 3 ? .cpl0 : .core,
                steps: Prelude.receiver(cpl: cpl) + Prelude.upid(control: Prelude.control(on: true), pir: 1 << 9)
                    + Prelude.interrupt() + [
                        .takeInterrupt, .expectNotification, .expect(.uirr, 1 << 9), .expect(.cpl, cpl),
                        .expectMemory(Layout.upid(0), Prelude.control()), .expectMemory(Layout.upid(0) + 8, 0),
                    ])
        } + [
            Case(
                "notification.without-cr4-uintr", "While CR4.UINTR is 0, V = UINV is an ordinary interrupt.",
                source: Source.identification,
                steps: [.set(.cr4UINTR, 0)] + Prelude.receiver() + Prelude.upid(control: Prelude.control(on: true), pir: 2)
                    + Prelude.interrupt() + [.takeInterrupt, .expectOrdinary(Prelude.vector)] + untouched(pir: 2)),
            Case(
                "notification.without-lma", "Outside IA-32e mode, V = UINV is an ordinary interrupt.",
                source: Source.identification, level: .core,
                steps: [.set(.eferLMA, 0)] + Prelude.receiver() + Prelude.upid(control: Prelude.control(on: true), pir: 2)
                    + Prelude.interrupt() + [.takeInterrupt, .expectOrdinary(Prelude.vector)] + untouched(pir: 2)),
            Case(
                "notification.in-compatibility-mode", "In compatibility mode V = UINV is a notification: CS.L plays no part.",
                source: Source.identification, level: .core,
                steps: [.set(.csL, 0)] + Prelude.receiver(cpl: 3) + Prelude.upid(pir: 2) + Prelude.interrupt()
                    + [.takeInterrupt, .expectNotification, .expect(.uirr, 2)]),
            Case(
                "notification.needs-no-uif", "A notification is identified and processed with UIF = 0.",
                source: Source.identification,
                steps: Prelude.receiver(cpl: 3) + Prelude.upid(pir: 2) + Prelude.interrupt()
                    + [.set(.uif, 0), .takeInterrupt, .expectNotification, .expect(.uirr, 2), .expect(.uif, 0)]),
        ]
    }

    /// UIRR and UPID 0 were not touched by an interrupt.
    private static func untouched(pir: UInt64) -> [Step] {
        [
            .expect(.uirr, 0), .expectMemory(Layout.upid(0), Prelude.control(on: true)),
            .expectMemory(Layout.upid(0) + 8, pir),
        ]
    }

    private static var ordinaryVectors: [Case] {
        [0xE0, 0xE2, 0x61, 0x21].map { (other: UInt8) in
            Case(
                "notification.vector-\(hex(UInt64(other)))-is-ordinary",
                "With UINV = E1H an interrupt with vector \(hex(UInt64(other))) is ordinary, and leaves the UPID.",
                source: Source.identification,
                steps: Prelude.receiver() + Prelude.upid(control: Prelude.control(on: true), pir: 2)
                    + Prelude.interrupt(other)
                    + [.takeInterrupt, .expectOrdinary(other), .expect(.apicISR, UInt64(other)), .expect(.apicIRR, 0)]
                    + untouched(pir: 2))
        } + [0x10, 0x20, 0x7F, 0x80, 0xFF].map { (vector: UInt8) in
            Case(
                "notification.uinv-\(hex(UInt64(vector)))", "UINV may be \(hex(UInt64(vector))): any legal vector notifies.",
                source: Source.identification,
                steps: Prelude.receiver(uinv: vector) + Prelude.upid(pir: 4) + Prelude.interrupt(vector)
                    + [.takeInterrupt, .expectNotification, .expect(.uirr, 4), .expect(.apicISR, 0)])
        } + [
            Case(
                "notification.ordinary-keeps-isr", "An ordinary interrupt stays in ISR until software writes EOI.",
                source: Source.apic,
                steps: Prelude.receiver() + Prelude.interrupt(0xE0) + [
                    .takeInterrupt, .expectOrdinary(0xE0), .expect(.apicISR, 0xE0), .endOfInterrupt, .expect(.apicISR, 0),
                ])
        ]
    }

    private static var dismissal: [Case] {
        [
            Case(
                "notification.writes-eoi", "The processor writes EOI for a notification by itself.",
                source: Source.identification,
                steps: Prelude.receiver() + Prelude.interrupt() + [
                    .takeInterrupt, .expectNotification, .expect(.apicISR, 0), .expect(.apicIRR, 0),
                ]),
            Case(
                "notification.eoi-is-its-own", "The EOI of a notification leaves an interrupt of lower priority in service.",
                source: Source.identification,
                steps: Prelude.receiver() + Prelude.interrupt(0x41) + [.takeInterrupt, .expectOrdinary(0x41)]
                    + Prelude.upid(pir: 8) + Prelude.interrupt() + [
                        .takeInterrupt, .expectNotification, .expect(.apicISR, 0x41), .expect(.uirr, 8),
                    ]),
            Case(
                "notification.runs-no-handler", "No handler of the IDT runs: RIP, RSP, RFLAGS and CPL stay.",
                source: Source.identification,
                steps: Prelude.receiver(cpl: 3) + Prelude.upid(pir: 8) + [.set(.rip, Layout.code + 0x20)]
                    + Prelude.interrupt() + [
                        .takeInterrupt, .expectNotification, .expect(.rip, Layout.code + 0x20),
                        .expect(.rsp, Layout.stackTop), .expect(.rflags, 0x202), .expect(.cpl, 3),
                    ]),
            Case(
                "notification.again", "After a notification the next IPI with UINV is one again.", source: Source.identification,
                steps: Prelude.receiver() + Prelude.upid(pir: 8) + Prelude.interrupt()
                    + [.takeInterrupt, .expectNotification] + Prelude.upid(pir: 16) + Prelude.interrupt()
                    + [.takeInterrupt, .expectNotification, .expect(.uirr, 24)]),
            Case(
                "notification.highest-vector-first",
                "With two interrupts waiting, the higher vector is taken first, whatever it is.",
                source: Source.apic,
                steps: Prelude.receiver() + Prelude.upid(pir: 8) + Prelude.interrupt() + Prelude.interrupt(0xF3) + [
                    .takeInterrupt, .expectOrdinary(0xF3), .expect(.uirr, 0), .endOfInterrupt, .takeInterrupt,
                    .expectNotification, .expect(.uirr, 8),
                ]),
        ]
    }

    /// What holds an ordinary interrupt back holds a notification back.
    private static var held: [Case] {
        [
            Case(
                "notification.waits-for-if", "While RFLAGS.IF is 0 a notification waits in IRR.", source: Source.identification,
                steps: Prelude.receiver() + Prelude.upid(pir: 8) + [.set(.rflags, 0x2)] + Prelude.interrupt() + [
                    .takeInterrupt, .expectNoInterrupt, .expect(.uirr, 0), .expect(.apicIRR, vector),
                    .expectMemory(Layout.upid(0) + 8, 8), .set(.rflags, 0x202), .takeInterrupt, .expectNotification,
                    .expect(.uirr, 8),
                ]),
            Case(
                "notification.waits-for-if-at-cpl-3", "RFLAGS.IF holds a notification back at CPL 3 too.",
                source: Source.identification,
                steps: Prelude.receiver(cpl: 3) + Prelude.upid(pir: 8) + [.set(.rflags, 0x2)] + Prelude.interrupt() + [
                    .takeInterrupt, .expectNoInterrupt, .expect(.uirr, 0), .expect(.apicIRR, vector),
                ]),
            Case(
                "notification.waits-for-tpr", "TPR holds a notification back as any interrupt of its class.", source: Source.apic,
                steps: Prelude.receiver() + Prelude.upid(pir: 8) + [.set(.apicTPR, 0xE0)] + Prelude.interrupt() + [
                    .takeInterrupt, .expectNoInterrupt, .set(.apicTPR, 0xD0), .takeInterrupt, .expectNotification,
                    .expect(.uirr, 8),
                ]),
            Case(
                "notification.waits-for-its-class", "An interrupt in service holds a notification of its class back.",
                source: Source.apic,
                steps: Prelude.receiver() + Prelude.interrupt(0xE9) + [.takeInterrupt, .expectOrdinary(0xE9)]
                    + Prelude.upid(pir: 8) + Prelude.interrupt() + [
                        .takeInterrupt, .expectNoInterrupt, .endOfInterrupt, .takeInterrupt, .expectNotification,
                        .expect(.uirr, 8),
                    ]),
        ] + [(1, "STI"), (2, "MOV SS")].map { (shadow: UInt64, name: String) in
            Case(
                "notification.waits-for-shadow-\(shadow)", "A notification waits for the instruction after \(name).",
                source: "SDM Vol. 3A, 6.8", level: .core,
                steps: Prelude.receiver() + [.set(.shadow, shadow)] + Prelude.interrupt() + [
                    .takeInterrupt, .expectNoInterrupt, .set(.shadow, 0), .takeInterrupt, .expectNotification,
                ])
        } + [
            Case(
                "notification.keeps-hlt", "A notification is processed in HLT, and HLT goes on.", source: Source.identification,
                level: .core,
                steps: Prelude.receiver() + Prelude.upid(pir: 8) + [.set(.activity, 1)] + Prelude.interrupt() + [
                    .takeInterrupt, .expectNotification, .expect(.activity, 1), .expect(.uirr, 8),
                ]),
            Case(
                "notification.ordinary-ends-hlt", "An ordinary interrupt ends HLT.", source: "SDM Vol. 2, HLT", level: .core,
                steps: Prelude.receiver() + [.set(.activity, 1)] + Prelude.interrupt(0x41) + [
                    .takeInterrupt, .expectOrdinary(0x41), .expect(.activity, 0),
                ]),
            Case(
                "notification.ends-umwait", "A notification ends UMWAIT and TPAUSE, as any interrupt does.",
                source: "SDM Vol. 2, UMWAIT", level: .core,
                steps: Prelude.receiver(cpl: 3) + [.set(.activity, 2)] + Prelude.interrupt() + [
                    .takeInterrupt, .expectNotification, .expect(.activity, 0),
                ]),
            Case(
                "notification.not-while-waiting-for-startup", "A processor that waits for a start-up IPI takes nothing.",
                source: "SDM Vol. 3A, 9.4", level: .core,
                steps: Prelude.receiver() + [.set(.activity, 3)] + Prelude.interrupt() + [
                    .takeInterrupt, .expectNoInterrupt, .expect(.activity, 3),
                ]),
        ]
    }
}
