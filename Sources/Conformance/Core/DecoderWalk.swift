import Architecture

/// Random byte strings through the decoder: what it accepts must be one of the five encodings behind legal prefixes.
public enum DecoderWalk {
    public struct Report: Equatable, Sendable {
        public var seed: UInt64
        public var strings = 0
        public var instructions = 0
        public var truncated = 0
        public var tooLong = 0
        /// The first string that was decoded wrongly, and how; nil if none was.
        public var violation: String?
    }

    /// Decodes `strings` byte strings, most of them close to an instruction. The same seed takes the same strings.
    public static func run(strings: Int, seed: UInt64, progress: ((Int) -> Void)? = nil) -> Report {
        var generator = SeededGenerator(seed: seed)
        var report = Report(seed: seed)
        while report.strings < strings, report.violation == nil {
            let bytes = string(&generator)
            report.strings += 1
            if report.strings & 0xFFFF == 0, let progress { progress(report.strings) }
            switch Decoded(bytes) {
            case .instruction(let instruction):
                report.instructions += 1
                if !isWellFormed(bytes, instruction) { report.violation = "\(hexadecimal(bytes)) as \(instruction)" }
            case .truncated:
                report.truncated += 1
                if bytes.count >= 15 { report.violation = "\(hexadecimal(bytes)): 15 bytes, and more are asked for" }
            case .tooLong:
                report.tooLong += 1
                if bytes.count < 15 { report.violation = "\(hexadecimal(bytes)): \(bytes.count) bytes, and too long" }
            case .other: break
            }
        }
        return report
    }

    private static func string(_ generator: inout SeededGenerator) -> InstructionBytes {
        var bytes = InstructionBytes()
        let random = generator.next()
        if random & 1 == 0 {
            // Uniform bytes.
            for _ in 0..<generator.below(17) { bytes.append(UInt8(truncatingIfNeeded: generator.next())) }
            return bytes
        }
        let prefixes: [UInt8] = [0xF3, 0xF2, 0x66, 0x67, 0x2E, 0x64, 0xF0, 0x40, 0x41, 0x4F]
        for _ in 0..<generator.below(random & 2 == 0 ? 4 : 16) {
            bytes.append(prefixes[Int(generator.below(UInt64(prefixes.count)))])
        }
        if random & 4 == 0 { bytes.append(0xF3) }
        if random & 8 == 0 { bytes.append(0x40 | UInt8(generator.below(16))) }
        bytes.append(random & 0x30 == 0 ? 0x0E : 0x0F)
        if random & 0x700 != 0 { bytes.append(random & 0x800 == 0 ? 0x01 : 0xC7) }
        if random & 0x7000 != 0 { bytes.append(UInt8(generator.below(4) == 0 ? generator.next() & 0xFF : 0xE8 + generator.below(16))) }
        return bytes
    }

    /// Reads the encoding backwards, unlike the decoder: the last three bytes, then what may stand before them.
    private static func isWellFormed(_ bytes: InstructionBytes, _ instruction: Instruction) -> Bool {
        let length = instruction.length
        guard length >= 4, length <= 15, length <= bytes.count, bytes[length - 3] == 0x0F else { return false }
        let opcode = bytes[length - 2]
        let modRM = bytes[length - 1]
        let beforeOpcode = bytes[length - 4]
        let rexB = beforeOpcode & 0xF0 == 0x40 && beforeOpcode & 1 != 0
        let matches: Bool
        switch instruction.operation {
        case .uiret: matches = opcode == 0x01 && modRM == 0xEC
        case .testui: matches = opcode == 0x01 && modRM == 0xED
        case .clui: matches = opcode == 0x01 && modRM == 0xEE
        case .stui: matches = opcode == 0x01 && modRM == 0xEF
        case .senduipi(let register):
            matches = opcode == 0xC7 && modRM == 0xF0 + (register & 7) && (register >= 8) == rexB
        }
        var lock = false
        var mandatory: UInt8 = 0
        for index in 0..<(length - 3) {
            switch bytes[index] {
            case 0xF0: lock = true
            case 0xF2, 0xF3: mandatory = bytes[index]
            case 0x26, 0x2E, 0x36, 0x3E, 0x64...0x67, 0x40...0x4F: break
            default: return false
            }
        }
        return matches && mandatory == 0xF3 && lock == instruction.lock
    }

    private static func hexadecimal(_ bytes: InstructionBytes) -> String {
        (0..<bytes.count).map { String(bytes[$0], radix: 16) }.joined(separator: " ")
    }
}
