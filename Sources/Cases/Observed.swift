/// What is compared between two machines that take the same steps, and how a line of it reads.
///
/// `@ CASE STEP OUTCOME name=value … [address]=value … +vector …`: what differs from the line before it, processor by processor
/// (the processor's number and a dot before a name, except for processor 0), then memory, then the vectors delivered. A step that
/// only looks has no line, nor has an instruction before `settle` or `deliver`: a processor goes on by itself there, and the next
/// line has both. `= CASE …` is everything in which the end of a case differs from its beginning, or
/// `= CASE #hash` of what would follow there. A fault that stops no free case stands before it all: `!#GP`.
public enum Observed {
    /// Reading ESR has an effect, so its bits are not here; nor what a machine without a kernel never changes.
    public static let fields: [Field] = [
        .rax, .rcx, .rdx, .rbx, .rsp, .rbp, .rsi, .rdi, .r8, .r9, .r10, .r11, .r12, .r13, .r14, .r15, .rip, .rflags, .uirr,
        .uihandler, .uistackadjust, .uittsz, .uinv, .upidaddr, .uitt, .uif, .userCET, .ssp, .apicTPR, .apicIRR, .apicISR,
    ]

    /// RFLAGS.RF: an exception pushes it as 1, a trap as it was, so that it is not to be seen from outside.
    public static let hiddenFlags: UInt64 = 1 << 16

    public static func field(_ field: Field, _ value: UInt64?, processor: Int) -> String {
        " \(processor == 0 ? "" : "\(processor).")\(field.rawValue)=" + (value.map { hex($0) } ?? "?")
    }

    public static func memory(_ address: UInt64, _ value: UInt64) -> String { " [\(hex(address))]=\(hex(value))" }

    public static func fault(_ words: [String]) -> String { " !" + words.joined(separator: ",") }

    /// FNV-1a, 64 bits, of a line without its case.
    public static func hash(_ line: String) -> UInt64 {
        var hash: UInt64 = 0xCBF2_9CE4_8422_2325
        for byte in line.utf8 { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3 }
        return hash
    }

    public static func delivered(_ vector: UInt8) -> String { " +\(vector)" }
}

extension Step {
    /// True for a step that only looks.
    public var isExpectation: Bool {
        switch self {
        case .expect, .expectMemory, .expectFault, .expectOther, .expectResult, .expectCPUID, .expectNotification,
            .expectOrdinary, .expectNoInterrupt, .expectDelivered, .expectFrameRSP, .expectFrameRFLAGS, .expectEntryRSP,
            .expectInFlight, .expectMessage:
            true
        default: false
        }
    }

    /// True where a processor goes on by itself into `next`: an instruction, and the delivery behind it.
    public func continues(into next: Step?) -> Bool {
        guard case .execute = self else { return false }
        return next == .settle || next == .deliver
    }
}
