import Architecture
import Testing

@Suite("The decoder")
struct DecoderTests {
    private func decode(_ bytes: [UInt8]) -> Decoded { Decoded(InstructionBytes(bytes)) }
    private func ours(_ operation: Architecture.Operation, length: Int, lock: Bool = false) -> Decoded {
        .instruction(Instruction(operation, length: UInt8(length), lock: lock))
    }

    private static let fixed: [([UInt8], Architecture.Operation)] = [
        ([0x0F, 0x01, 0xEC], .uiret), ([0x0F, 0x01, 0xED], .testui), ([0x0F, 0x01, 0xEE], .clui),
        ([0x0F, 0x01, 0xEF], .stui), ([0x0F, 0xC7, 0xF3], .senduipi(register: 3)),
    ]
    private static let harmless: [UInt8] = [0x26, 0x2E, 0x36, 0x3E, 0x64, 0x65, 0x66, 0x67]

    @Test("each of the five is known by its opcode after F3")
    func five() {
        for (opcode, operation) in Self.fixed {
            #expect(decode([0xF3] + opcode) == ours(operation, length: 4))
            #expect(decode([0xF3] + opcode + [0x90]) == ours(operation, length: 4))
        }
    }

    @Test("without F3, with F2, or with F2 after F3 none of them is ours")
    func mandatoryPrefix() {
        for (opcode, _) in Self.fixed {
            for prefixes: [UInt8] in [[], [0x66], [0xF2], [0xF3, 0xF2], [0xF0], [0xF3, 0x66, 0xF2]] {
                #expect(decode(prefixes + opcode) == .other, "\(prefixes)")
            }
        }
    }

    @Test("legacy prefixes may stand in any order around F3; LOCK is remembered wherever it stands")
    func anyOrder() {
        for (opcode, operation) in Self.fixed {
            for first in Self.harmless {
                for second in Self.harmless + [0xF0, 0xF2, 0xF3] {
                    let lock = second == 0xF0
                    #expect(decode([first, second, 0xF3] + opcode) == ours(operation, length: 6, lock: lock))
                    if second != 0xF2 {
                        #expect(decode([0xF3, first, second] + opcode) == ours(operation, length: 6, lock: lock))
                        #expect(decode([second, 0xF3, first] + opcode) == ours(operation, length: 6, lock: lock))
                    }
                }
            }
        }
    }

    @Test("REX.B extends SENDUIPI's register; REX.W, R and X do not", arguments: 0x40...0x4F)
    func rex(_ rex: Int) {
        for low: UInt8 in 0..<8 {
            let register = low + (rex & 1 == 1 ? 8 : 0)
            #expect(
                decode([0xF3, UInt8(rex), 0x0F, 0xC7, 0xF0 | low]) == ours(.senduipi(register: register), length: 5))
        }
        #expect(decode([0xF3, UInt8(rex), 0x0F, 0x01, 0xEC]) == ours(.uiret, length: 5))
    }

    @Test("a REX prefix counts only right before the opcode, and the last of several counts")
    func rexPosition() {
        #expect(decode([0x41, 0xF3, 0x0F, 0xC7, 0xF1]) == ours(.senduipi(register: 1), length: 5))
        #expect(decode([0xF3, 0x41, 0x66, 0x0F, 0xC7, 0xF1]) == ours(.senduipi(register: 1), length: 6))
        #expect(decode([0xF3, 0x41, 0x40, 0x0F, 0xC7, 0xF1]) == ours(.senduipi(register: 1), length: 6))
        #expect(decode([0xF3, 0x40, 0x41, 0x0F, 0xC7, 0xF1]) == ours(.senduipi(register: 9), length: 6))
    }

    @Test("of the 256 ModRM bytes after F3 0F C7 exactly F0–F7 are SENDUIPI: VMXON, RDPID and the rest are not")
    func modRMOfC7() {
        for modRM in UInt8.min...UInt8.max {
            let expected = modRM & 0xF8 == 0xF0 ? ours(.senduipi(register: modRM & 7), length: 4) : .other
            #expect(decode([0xF3, 0x0F, 0xC7, modRM]) == expected, "\(modRM)")
            #expect(decode([0x0F, 0xC7, modRM]) == .other, "RDRAND, RDSEED, VMPTRLD: \(modRM)")
            #expect(decode([0x66, 0x0F, 0xC7, modRM]) == .other, "\(modRM)")
        }
    }

    @Test("of the 256 bytes after F3 0F 01 exactly EC–EF are ours")
    func modRMOf01() {
        for modRM in UInt8.min...UInt8.max {
            let isOurs = (0xEC...0xEF).contains(modRM)
            if case .instruction = decode([0xF3, 0x0F, 0x01, modRM]) {
                #expect(isOurs, "\(modRM)")
            } else {
                #expect(!isOurs, "\(modRM)")
            }
        }
    }

    @Test("every other second opcode byte is another instruction's")
    func otherOpcodes() {
        for opcode in UInt8.min...UInt8.max where opcode != 0x01 && opcode != 0xC7 {
            #expect(decode([0xF3, 0x0F, opcode, 0xF0]) == .other, "\(opcode)")
        }
        for byte in UInt8.min...UInt8.max where byte != 0x0F && !Self.isPrefix(byte) {
            #expect(decode([0xF3, byte, 0xC7, 0xF0]) == .other, "\(byte)")
        }
    }

    private static func isPrefix(_ byte: UInt8) -> Bool {
        harmless.contains(byte) || [0xF0, 0xF2, 0xF3].contains(byte) || (0x40...0x4F).contains(byte)
    }

    @Test("bytes that end too soon are truncated, not another instruction")
    func truncated() {
        let whole: [UInt8] = [0x66, 0xF3, 0x41, 0x0F, 0xC7, 0xF1]
        for count in 0..<whole.count {
            #expect(decode(Array(whole.prefix(count))) == .truncated, "\(count)")
        }
        #expect(decode([0xF3, 0x0F, 0x01]) == .truncated)
    }

    @Test("fifteen bytes are an instruction, sixteen are #GP")
    func length() {
        for (opcode, operation) in Self.fixed {
            for padding in 0...11 {
                let bytes = [UInt8](repeating: 0x66, count: padding) + [0xF3] + opcode
                #expect(decode(bytes) == ours(operation, length: padding + 4), "\(padding)")
            }
            #expect(decode([UInt8](repeating: 0x66, count: 12) + [0xF3] + opcode) == .tooLong)
        }
        #expect(decode([UInt8](repeating: 0x66, count: 15)) == .tooLong)
        #expect(decode([UInt8](repeating: 0x66, count: 16)) == .tooLong)
        #expect(decode([UInt8](repeating: 0x66, count: 14)) == .truncated)
        #expect(decode([UInt8](repeating: 0x66, count: 12) + [0xF3, 0x0F, 0xC7]) == .tooLong)
        #expect(decode([UInt8](repeating: 0x66, count: 11) + [0xF3, 0x0F, 0xC7]) == .truncated)
        #expect(decode([UInt8](repeating: 0x66, count: 13) + [0xF3, 0x0F]) == .tooLong)
    }

    @Test("of more than sixteen bytes the first sixteen are kept, in their order")
    func instructionBytes() {
        let bytes = InstructionBytes((0..<20).map { UInt8($0 + 1) })
        #expect(bytes.count == 16)
        for index: UInt8 in 0..<16 { #expect(bytes[index] == index + 1) }
        #expect(InstructionBytes([7])[1] == 0)
    }
}
