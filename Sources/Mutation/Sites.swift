extension Site {
    /// Every place, by file.
    static var all: [Site] { structures + registers + senduipi + notification + delivery + flow + xsave + apic + decoder }

    private static let structures: [Site] = [
        .expression("UPID", "1 << 1", [.init("SN is bit 2", "1 << 2")]),
        .expression("UPID", "0xFF00_FFFC", [
            .init("UPID bit 7 may be set", "0xFF00_FF7C"), .init("UPID bit 2 may be set", "0xFF00_FFF8"),
            .init("UPID bit 15 may be set", "0xFF00_7FFC"), .init("UPID bits 31:24 may be set", "0x0000_FFFC"),
            .init("UPID bit 24 may be set", "0xFE00_FFFC"), .init("UPID bit 31 may be set", "0x7F00_FFFC"),
            .init("NV counts as reserved", "0xFFFF_FFFC"),
        ]),
        .expression("UPID", "UInt8(truncatingIfNeeded: control &>> 16)", [
            .init("NV is bits 15:8", "UInt8(truncatingIfNeeded: control &>> 8)")
        ]),
        .expression("UPID", "UInt32(truncatingIfNeeded: control &>> 32)", [
            .init("NDST is 16 bits", "UInt32(truncatingIfNeeded: control &>> 32 & 0xFFFF)")
        ]),
        .expression("UITTEntry", "0xFFFF_FFFF_FFFF_C0FE", [
            .init("UV of 64 and more is accepted", "0xFFFF_FFFF_FFFF_00FE"),
            .init("UITTE bits 7:1 may be set", "0xFFFF_FFFF_FFFF_C000"),
            .init("UITTE bit 1 may be set", "0xFFFF_FFFF_FFFF_C0FC"),
            .init("UITTE bits 63:16 may be set", "0xC0FE"),
            .init("UITTE bit 63 may be set", "0x7FFF_FFFF_FFFF_C0FE"),
        ]),
        .expression("UITTEntry", "upidaddr & (UPID.alignment &- 1) != 0", [
            .init("UPIDADDR of an entry may be misaligned", "false"),
            .init("UPIDADDR of an entry is 16-byte aligned", "upidaddr & 15 != 0"),
        ]),
        .expression("UITTEntry", "control & 1 != 0", [.init("V is not looked at", "true")]),
        .expression("UITTEntry", "UInt8(truncatingIfNeeded: control &>> 8)", [
            .init("UV is bits 23:16", "UInt8(truncatingIfNeeded: control &>> 16)")
        ]),
        .expression("UserInterruptState", "UInt8(truncatingIfNeeded: 63 &- uirr.leadingZeroBitCount)", [
            .init("the lowest vector goes first", "UInt8(truncatingIfNeeded: uirr.trailingZeroBitCount)")
        ]),
        .expression("UserInterruptState", "UInt64(uittsz) | UInt64(uinv) &<< 32", [
            .init("UINV is missing from MISC", "UInt64(uittsz)"),
            .init("UINV is MISC's bits 47:40", "UInt64(uittsz) | UInt64(uinv) &<< 40"),
        ]),
        .expression("UserInterruptState", "uitt & 1 != 0", [.init("SENDUIPI needs no enable in TT", "true")]),
        .expression("UserInterruptState", "uitt & ~0xF", [.init("UITTADDR keeps its low bits", "uitt")]),
        .expression("LinearAddress", "isCanonical(address) && isCanonical(address &+ count &- 1)", [
            .init("only the first byte must be canonical", "isCanonical(address)")
        ]),
    ]

    private static let registers: [Site] = [
        .expression("ModelSpecificRegister", "0xFFFF_FF00_0000_0000", [
            .init("MISC[63:40] may be set", "0"), .init("MISC[63] may be set", "0x7FFF_FF00_0000_0000"),
            .init("MISC[40] may be set", "0xFFFF_FE00_0000_0000"), .init("MISC[39] is reserved", "0xFFFF_FF80_0000_0000"),
        ]),
        .expression("ModelSpecificRegister", "0x3F", [
            .init("PD[5] may be set", "0x1F"), .init("PD[0] may be set", "0x3E"), .init("PD[6] is reserved", "0x7F"),
        ]),
        .expression("ModelSpecificRegister", "0xE", [
            .init("TT[1] may be set", "0xC"), .init("TT[3] may be set", "0x6"), .init("TT[0] is reserved", "0xF"),
        ]),
        .expression("ModelSpecificRegister", "(!holdsAddress || maximum.isCanonical(value))", [
            .init("addresses need not be canonical", "true"), .init("RR and MISC must be canonical", "maximum.isCanonical(value)"),
        ]),
        .statements("ModelSpecificRegister", "uittsz = UInt32(truncatingIfNeeded: value)", [.init("WRMSR MISC leaves UITTSZ", "")]),
        .statements("ModelSpecificRegister", "uinv = UInt8(truncatingIfNeeded: value &>> 32)", [.init("WRMSR MISC leaves UINV", "")]),
        .expression("LogicalProcessor", "!features.uintr", [
            .init("CR4.UINTR may be set without CPUID", "false")
        ]),
        .expression("LogicalProcessor", "features.linearAddressWidth != .bits57", [
            .init("CR4.LA57 may be set without CPUID", "false")
        ]),
        .expression("LogicalProcessor", after: "mutating func writeCR4(_ value: UInt64) throws(Fault) {\n        guard ", "cpl == 0", [
            .init("MOV to CR4 at any CPL", "true")
        ]),
        .expression("LogicalProcessor", after: "-> UInt64 {\n        guard ", "cpl == 0", [.init("RDMSR at any CPL", "true")]),
        .expression("LogicalProcessor", after: "_ register: UINTRRegister, _ value: UInt64) throws(Fault) {\n        guard ", "cpl == 0", [
            .init("WRMSR at any CPL", "true")
        ]),
        .expression("LogicalProcessor", after: "throws(Fault) {\n        let allowed = ", "features.uintr", [
            .init("XSS[14] without CPUID", "true")
        ]),
        .expression("LogicalProcessor", "value & ~allowed == 0", [.init("XSS takes any component", "true")]),
        .expression("LogicalProcessor", after: "uintr.write(register, value, maximum: ", "features.linearAddressWidth", [
            .init("WRMSR checks against the paging mode", "paging")
        ]),
        .expression("LogicalProcessor", "cr4 & CR4.la57 != 0 ? .bits57 : .bits48", [
            .init("accesses check against the largest width", "features.linearAddressWidth")
        ]),
        .expression("LogicalProcessor", "uintrEnabled && longModeActive", [
            .init("identification without CR4.UINTR", "longModeActive"), .init("identification without LMA", "uintrEnabled"),
        ]),
        .expression("LogicalProcessor", "longModeActive && codeSegment64", [
            .init("compatibility mode counts as 64-bit mode", "longModeActive")
        ]),
        .statements("LogicalProcessor", "apic.initialize()", [.init("INIT leaves the local APIC", "")]),
        .statements("LogicalProcessor", "activity = .waitForStartup", [.init("INIT leaves the processor active", "")]),
        .expression("Features", "uintr ? 1 << 5 : 0", [
            .init("CPUID says nothing of UINTR", "0"), .init("CPUID always says UINTR", "1 << 5"),
        ]),
        .expression("Features", "uintr && flexibleUIRET ? 1 << 17 : 0", [.init("CPUID always says flexible UIRET", "1 << 17")]),
        .expression("Features", "CPUIDResult(eax: UInt32(truncatingIfNeeded: XSAVEArea.uintrSize), ecx: 1)", [
            .init("component 14 is a user component", "CPUIDResult(eax: UInt32(truncatingIfNeeded: XSAVEArea.uintrSize))"),
            .init("component 14 is 64-byte aligned", "CPUIDResult(eax: 48, ecx: 3)"),
        ]),
    ]
}
