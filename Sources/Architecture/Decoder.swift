/// The five instructions (SDM Vol. 2).
public enum Operation: Equatable, Hashable, Sendable {
    /// F3 0F C7 /6, register form; the operand is the whole 64-bit register, numbered 0–15.
    case senduipi(register: UInt8)
    /// F3 0F 01 EC.
    case uiret
    /// F3 0F 01 ED.
    case testui
    /// F3 0F 01 EE.
    case clui
    /// F3 0F 01 EF.
    case stui
}

/// A decoded instruction.
public struct Instruction: Equatable, Hashable, Sendable {
    public var operation: Operation
    /// In bytes, prefixes included: 4–15.
    public var length: UInt8
    /// True with a LOCK prefix: #UD.
    public var lock: Bool

    @inlinable public init(_ operation: Operation, length: UInt8 = 4, lock: Bool = false) {
        self.operation = operation
        self.length = length
        self.lock = lock
    }
}

/// What the bytes at RIP are.
public enum Decoded: Equatable, Hashable, Sendable {
    case instruction(Instruction)
    /// Some other instruction: RDRAND, VMPTRLD and VMXON among them.
    case other
    /// The bytes end before that can be told.
    case truncated
    /// More than 15 bytes: #GP(0) (SDM Vol. 2, 2.3.11).
    case tooLong
}

/// Up to sixteen bytes of code: one more than the longest instruction.
public struct InstructionBytes: Equatable, Hashable, Sendable {
    @usableFromInline var low: UInt64 = 0
    @usableFromInline var high: UInt64 = 0
    /// How many of them are known, 0–16.
    public private(set) var count: UInt8 = 0

    public init() {}

    /// Bytes past the sixteenth are dropped.
    public init(_ bytes: some Sequence<UInt8>) {
        for byte in bytes { append(byte) }
    }

    public mutating func append(_ byte: UInt8) {
        let position = UInt64(count & 7) &* 8
        if count < 8 {
            low |= UInt64(byte) &<< position
        } else if count < 16 {
            high |= UInt64(byte) &<< position
        } else {
            return
        }
        count &+= 1
    }

    /// The byte at `index`, 0–15; 0 beyond `count`.
    @inlinable public subscript(index: UInt8) -> UInt8 {
        let word = index < 8 ? low : high
        return UInt8(truncatingIfNeeded: word &>> (UInt64(index & 7) &* 8))
    }
}

extension Decoded {
    /// Decodes one instruction in 64-bit mode.
    ///
    /// Legacy prefixes may stand in any order. Of F2 and F3 the last one counts, and either goes before 66H as the mandatory
    /// prefix; 66H, 67H and segment prefixes change nothing. A REX prefix counts only right before 0FH.
    public init(_ bytes: InstructionBytes) {
        var index: UInt8 = 0
        var lock = false
        var repeatPrefix: UInt8 = 0
        var rex: UInt8 = 0

        prefixes: while true {
            guard index < 15 else {
                self = .tooLong
                return
            }
            guard index < bytes.count else {
                self = .truncated
                return
            }
            let byte = bytes[index]
            switch byte {
            case 0xF0: lock = true
            case 0xF2, 0xF3: repeatPrefix = byte
            case 0x26, 0x2E, 0x36, 0x3E, 0x64, 0x65, 0x66, 0x67: break
            case 0x40...0x4F:
                rex = byte
                index &+= 1
                continue prefixes
            default:
                break prefixes
            }
            rex = 0
            index &+= 1
        }

        guard bytes[index] == 0x0F, repeatPrefix == 0xF3 else {
            self = .other
            return
        }
        guard index &+ 1 < bytes.count else {
            self = index &+ 1 < 15 ? .truncated : .tooLong
            return
        }
        let opcode = bytes[index &+ 1]
        guard opcode == 0x01 || opcode == 0xC7 else {
            self = .other
            return
        }
        guard index &+ 2 < bytes.count else {
            self = index &+ 2 < 15 ? .truncated : .tooLong
            return
        }
        let modRM = bytes[index &+ 2]
        let operation: Operation
        switch (opcode, modRM) {
        case (0x01, 0xEC): operation = .uiret
        case (0x01, 0xED): operation = .testui
        case (0x01, 0xEE): operation = .clui
        case (0x01, 0xEF): operation = .stui
        case (0xC7, 0xF0...0xF7):
            operation = .senduipi(register: modRM & 7 | (rex & 1) &<< 3)
        default:
            self = .other
            return
        }
        let length = index &+ 3
        self = length > 15 ? .tooLong : .instruction(Instruction(operation, length: length, lock: lock))
    }
}
