// Enumeration, CR4 and IA32_XSS.

extension Case {
    static var enumeration: [Case] {
        [
            Case(
                "cpuid.uintr", "CPUID.(7,0):EDX[5] enumerates user interrupts.", source: Source.cpuid,
                steps: [.cpuid(7, 0), .expectCPUID(.edx, mask: 1 << 5, 1 << 5)]),
            Case(
                "cpuid.uintr-at-cpl-3", "CPUID enumerates user interrupts at CPL 3 too.", source: Source.cpuid,
                steps: [.set(.cpl, 3), .cpuid(7, 0), .expectCPUID(.edx, mask: 1 << 5, 1 << 5)]),
            Case(
                "cpuid.without-uintr", "A processor without user interrupts enumerates neither them nor component 14.",
                source: Source.cpuid, level: .core, features: CaseFeatures(uintr: false),
                steps: [
                    .cpuid(7, 0), .expectCPUID(.edx, mask: 1 << 5, 0),
                    .cpuid(7, 1), .expectCPUID(.edx, mask: 1 << 17, 0),
                    .cpuid(0xD, 1), .expectCPUID(.ecx, mask: 1 << 14, 0),
                    .cpuid(0xD, 14), .expectCPUID(.eax, mask: 0xFFFF_FFFF, 0), .expectCPUID(.ecx, mask: 0xFFFF_FFFF, 0),
                ]),
            Case(
                "cpuid.flexible-uiret", "CPUID.(7,1):EDX[17] is 1 where UIRET loads UIF from the frame.",
                source: Source.cpuid, features: CaseFeatures(flexibleUIRET: true),
                steps: [.cpuid(7, 1), .expectCPUID(.edx, mask: 1 << 17, 1 << 17)]),
            Case(
                "cpuid.plain-uiret", "CPUID.(7,1):EDX[17] is 0 where UIRET sets UIF.", source: Source.cpuid,
                features: CaseFeatures(flexibleUIRET: false),
                steps: [.cpuid(7, 1), .expectCPUID(.edx, mask: 1 << 17, 0)]),
            Case(
                "cpuid.leaf-7-has-subleaf-1", "CPUID.(7,0):EAX names sub-leaf 1 at least, where EDX[17] stands.",
                source: Source.cpuid, steps: [.cpuid(7, 0), .expectCPUID(.eax, mask: 1, 1)]),
            Case(
                "cpuid.xss-may-enable-component-14", "CPUID.(0DH,1):ECX[14] is 1: IA32_XSS may enable component 14.",
                source: "SDM Vol. 1, 13.2",
                steps: [.cpuid(0xD, 1), .expectCPUID(.ecx, mask: 1 << 14, 1 << 14), .expectCPUID(.eax, mask: 1 << 3, 1 << 3)]),
            Case(
                "cpuid.xcr0-never-has-component-14", "CPUID.(0DH,0):EAX[14] is 0: component 14 is none of XCR0's.",
                source: "SDM Vol. 1, 13.2", steps: [.cpuid(0xD, 0), .expectCPUID(.eax, mask: 1 << 14, 0)]),
            Case(
                "cpuid.component-14-has-48-bytes", "CPUID.(0DH,14):EAX is 48, the size of component 14 in bytes.",
                source: "SDM Vol. 1, 13.2", steps: [.cpuid(0xD, 14), .expectCPUID(.eax, mask: 0xFFFF_FFFF, 48)]),
            Case(
                "cpuid.component-14-is-supervisor",
                "CPUID.(0DH,14): ECX[0] = 1, a supervisor component; ECX[1] = 0, not 64-byte aligned; EBX = 0, no fixed offset.",
                source: "SDM Vol. 1, 13.2",
                steps: [.cpuid(0xD, 14), .expectCPUID(.ecx, mask: 3, 1), .expectCPUID(.ebx, mask: 0xFFFF_FFFF, 0)]),
        ] + widths + cr4 + xss
    }

    private static var widths: [Case] {
        [48, 57].map { width in
            Case(
                "cpuid.linear-address-width-\(width)",
                "CPUID.80000008H:EAX[15:8] is \(width) where linear addresses have \(width) bits.", source: Source.cpuid,
                features: CaseFeatures(linearAddressWidth: width),
                steps: [.cpuid(0x8000_0008, 0), .expectCPUID(.eax, mask: 0xFF00, UInt32(width) << 8)])
        }
    }

    private static var cr4: [Case] {
        [
            Case(
                "cr4.uintr-needs-cpuid", "Setting CR4.UINTR raises #GP where CPUID does not enumerate user interrupts.",
                source: Source.enabling, level: .core, features: CaseFeatures(uintr: false),
                steps: [.set(.cr4UINTR, 1), .expectFault(.generalProtection), .expect(.cr4UINTR, 0)]),
            Case(
                "cr4.uintr-needs-cpl-0", "Clearing CR4.UINTR at CPL 3 raises #GP, and leaves it set.",
                source: "SDM Vol. 2, MOV to control registers", level: .core,
                steps: [.set(.cpl, 3), .set(.cr4UINTR, 0), .expectFault(.generalProtection), .expect(.cr4UINTR, 1)]),
            Case(
                "cr4.la57-needs-cpuid", "Setting CR4.LA57 raises #GP where linear addresses have 48 bits.",
                source: "SDM Vol. 3A, 2.5", level: .core, features: CaseFeatures(linearAddressWidth: 48),
                steps: [.set(.cr4LA57, 1), .expectFault(.generalProtection), .expect(.cr4LA57, 0)]),
            Case(
                "cr4.uintr-off-keeps-the-state", "Clearing CR4.UINTR changes no user-interrupt state.",
                source: Source.enabling,
                steps: [
                    .set(.uirr, 6), .set(.uif, 1), .set(.uinv, 0xE1), .set(.uihandler, Layout.handler),
                    .set(.cr4UINTR, 0), .expect(.uirr, 6), .expect(.uif, 1), .expect(.uinv, 0xE1),
                    .expect(.uihandler, Layout.handler),
                ]),
        ]
    }

    private static var xss: [Case] {
        let msr: UInt32 = 0xDA0
        return [
            Case(
                "xss.takes-bit-14", "WRMSR of IA32_XSS takes bit 14.", source: "SDM Vol. 1, 13.3",
                steps: [.wrmsr(msr, 0), .expect(.xss, 0), .wrmsr(msr, 1 << 14), .expect(.xss, 1 << 14)]),
            Case(
                "xss.refuses-user-components", "WRMSR of IA32_XSS raises #GP for a user component, which is XCR0's.",
                source: "SDM Vol. 1, 13.3",
                steps: [.wrmsr(msr, 1 << 14 | 1 << 2), .expectFault(.generalProtection), .expect(.xss, 1 << 14)]),
            Case(
                "xss.refuses-bit-63", "WRMSR of IA32_XSS raises #GP for bit 63, which is no component.",
                source: "SDM Vol. 1, 13.3",
                steps: [.wrmsr(msr, 1 << 63), .expectFault(.generalProtection), .expect(.xss, 1 << 14)]),
            Case(
                "xss.needs-cpl-0", "WRMSR of IA32_XSS at CPL 3 raises #GP.", source: "SDM Vol. 2, WRMSR",
                steps: [.set(.cpl, 3), .wrmsr(msr, 0), .expectFault(.generalProtection), .expect(.xss, 1 << 14)]),
            Case(
                "xss.bit-14-needs-cpuid", "WRMSR of IA32_XSS raises #GP for bit 14 where CPUID does not enumerate it.",
                source: "SDM Vol. 1, 13.3", level: .core, features: CaseFeatures(uintr: false),
                steps: [.wrmsr(msr, 1 << 14), .expectFault(.generalProtection), .expect(.xss, 0)]),
        ]
    }
}
