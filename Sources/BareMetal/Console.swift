import CBareMetal

/// COM1 at 115200 baud, 8N1; and port E9H, where Bochs or QEMU listens to it.
enum Console {
    private static let port: UInt16 = 0x3F8
    nonisolated(unsafe) private static var hasDebugPort = false

    static func setUp() {
        bm_out8(port + 1, 0)
        bm_out8(port + 3, 0x80)
        bm_out8(port, 1)
        bm_out8(port + 1, 0)
        bm_out8(port + 3, 3)
        bm_out8(port + 2, 7)
        bm_out8(port + 4, 3)
        // The port answers with its own number where it exists.
        hasDebugPort = bm_in8(0xE9) == 0xE9
    }

    static func write(_ text: String) {
        for byte in text.utf8 { write(byte) }
    }

    static func line(_ text: String) {
        write(text)
        write(0x0A)
    }

    /// A line of which there are very many: only to the port that takes no time, where there is one.
    static func bulk(_ text: String) {
        guard hasDebugPort else { return line(text) }
        for byte in text.utf8 { bm_out8(0xE9, byte) }
        bm_out8(0xE9, 0x0A)
    }

    private static func write(_ byte: UInt8) {
        if hasDebugPort { bm_out8(0xE9, byte) }
        // THR empty: LSR[5]. A machine without COM1 reads FFH, so this ends there too.
        while bm_in8(port + 5) & 0x20 == 0 { bm_pause() }
        bm_out8(port, byte)
    }

    /// Ends the run where an emulator offers that, and halts everywhere else.
    static func end(passed: Bool) -> Never {
        // THR and shift register empty: LSR[6].
        while bm_in8(port + 5) & 0x40 == 0 { bm_pause() }
        if hasDebugPort {
            for byte in "Shutdown".utf8 { bm_out8(0x8900, byte) }
        }
        // CPUID.1:ECX[31]: a hypervisor. QEMU's isa-debug-exit makes of this the exit status 1 or 3, and its ACPI powers off.
        if bm_cpuid(1, 0).ecx & 1 << 31 != 0 {
            bm_out8(0x501, passed ? 0 : 1)
            bm_out16(0x604, 0x2000)
        }
        while true { bm_halt() }
    }
}

/// What cannot go on.
@c(bm_fatal)
func fatal(_ text: UnsafePointer<CChar>) -> Never {
    Console.write("Bail out! ")
    var next = text
    while next.pointee != 0 {
        Console.write(String(UnicodeScalar(UInt8(bitPattern: next.pointee))))
        next += 1
    }
    Console.line("")
    Console.end(passed: false)
}
