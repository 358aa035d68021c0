import Architecture

// The binary form of cases: what the bare-metal image reads, which has no JSON. It compiles in Embedded Swift.
//
// All of it is bytes and unsigned LEB128 numbers. A file is the magic number, flags, how many cases, and the cases; a case is
// its length in bytes, then id, level, processors, features and steps. Fields and registers are numbered by their order in
// `allCases`: a file and the image that reads it are built from one source, which `BinaryCases.version` guards.

/// A file of cases for the bare-metal image.
public enum BinaryCases {
    /// "UINTRCAS".
    public static var magic: [UInt8] { [0x55, 0x49, 0x4E, 0x54, 0x52, 0x43, 0x41, 0x53] }
    /// To be raised with every change of the form, of `Field` or of `Step`.
    public static var version: UInt8 { 1 }

    /// What the image is asked to print beside the verdicts.
    public struct Options: OptionSet, Equatable, Sendable {
        public var rawValue: UInt64
        public init(rawValue: UInt64) { self.rawValue = rawValue }
        /// After each step that is no expectation, one line of what it changed.
        public static var observeSteps: Options { Options(rawValue: 1 << 0) }
        /// After each case, one line of everything in which it differs from a case's beginning.
        public static var observeEnd: Options { Options(rawValue: 1 << 1) }
        /// Cases without expectations: a fault ends nothing, the next step follows. For random cases, with an observation.
        public static var free: Options { Options(rawValue: 1 << 3) }
        /// The line of the end is only its hash (`Observed.hash`): for very many cases.
        public static var hashEnd: Options { Options(rawValue: 1 << 4) }
        /// Run even where CPUID enumerates no user interrupts: most cases fail then. It is for tests of the image itself.
        public static var withoutUINTR: Options { Options(rawValue: 1 << 2) }
    }

    public static func encode(_ cases: [BinaryCase], options: Options = []) -> [UInt8] {
        var writer = BinaryWriter()
        writer.bytes = magic + [version]
        writer.number(options.rawValue)
        writer.number(UInt64(cases.count))
        for one in cases {
            var body = BinaryWriter()
            one.write(to: &body)
            writer.counted(body.bytes)
        }
        return writer.bytes
    }

    /// Reads the head of a file; its cases follow, `count` times `BinaryCase.init(from:)`.
    /// - Returns: nil where the bytes are no such file, or one of another version.
    public static func head<Bytes>(_ reader: inout BinaryReader<Bytes>) -> (options: Options, count: UInt64)? {
        for expected in magic + [version] { guard reader.byte() == expected else { return nil } }
        guard let options = reader.number(), let count = reader.number() else { return nil }
        return (Options(rawValue: options), count)
    }
}

/// What a machine needs of a case: all but its words.
public struct BinaryCase: Equatable, Sendable {
    public var id: String
    public var level: Level
    /// 1–4.
    public var processors: Int
    public var features: CaseFeatures
    public var steps: [Step]

    public init(_ testCase: Case) {
        id = testCase.id
        level = testCase.level
        processors = testCase.processors
        features = testCase.features
        steps = testCase.steps
    }

    /// - Returns: nil where the bytes end early or hold no such step.
    public init?<Bytes>(from file: inout BinaryReader<Bytes>) {
        guard var reader = file.counted(), let id = reader.counted(), let level = reader.byte(),
            let processors = reader.number(), (1...4).contains(processors), let features = reader.byte(),
            let count = reader.number()
        else { return nil }
        self.id = String(decoding: id.rest, as: UTF8.self)
        switch level {
        case 0: self.level = .core
        case 1: self.level = .cpl0
        case 2: self.level = .cpl3
        default: return nil
        }
        self.processors = Int(processors)
        self.features = CaseFeatures(bits: features)
        steps = []
        for _ in 0..<count {
            guard let step = Step(from: &reader) else { return nil }
            steps.append(step)
        }
        guard reader.isAtEnd else { return nil }
    }

    func write(to writer: inout BinaryWriter) {
        writer.counted(Array(id.utf8))
        switch level {
        case .core: writer.byte(0)
        case .cpl0: writer.byte(1)
        case .cpl3: writer.byte(2)
        }
        writer.number(UInt64(processors))
        writer.byte(features.bits)
        writer.number(UInt64(steps.count))
        for step in steps { step.write(to: &writer) }
    }
}

extension CaseFeatures {
    /// uintr in bit 0; then two bits each for flexible UIRET, width and tracking: 0 either, 1 no (48), 2 yes (57).
    var bits: UInt8 {
        func two(_ value: Bool?) -> UInt8 { value.map { $0 ? 2 : 1 } ?? 0 }
        return (uintr ? 1 : 0) | two(flexibleUIRET) << 1 | two(linearAddressWidth.map { $0 == 57 }) << 3
            | two(tracksInitialConfiguration) << 5
    }

    init(bits: UInt8) {
        func two(_ shift: UInt8) -> Bool? {
            switch bits >> shift & 3 {
            case 1: false
            case 2: true
            default: nil
            }
        }
        self.init(
            uintr: bits & 1 != 0, flexibleUIRET: two(1), linearAddressWidth: two(3).map { $0 ? 57 : 48 },
            tracksInitialConfiguration: two(5))
    }
}

/// Appends bytes and numbers.
public struct BinaryWriter {
    public internal(set) var bytes: [UInt8] = []

    public init() {}

    mutating func byte(_ value: UInt8) { bytes.append(value) }

    /// Unsigned LEB128.
    mutating func number(_ value: UInt64) {
        var rest = value
        while rest > 0x7F {
            bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        bytes.append(UInt8(truncatingIfNeeded: rest))
    }

    mutating func counted(_ value: [UInt8]) {
        number(UInt64(value.count))
        bytes += value
    }
}

/// Takes bytes and numbers off the front. Nothing is believed: nil is what lies beyond the end.
public struct BinaryReader<Bytes: RandomAccessCollection> where Bytes.Element == UInt8, Bytes.Index == Int {
    private let bytes: Bytes
    private var next: Int
    private let end: Int

    public init(_ bytes: Bytes) {
        self.bytes = bytes
        next = bytes.startIndex
        end = bytes.endIndex
    }

    private init(_ bytes: Bytes, from start: Int, to end: Int) {
        self.bytes = bytes
        next = start
        self.end = end
    }

    public var isAtEnd: Bool { next >= end }

    /// What has not been taken yet.
    public var rest: Bytes.SubSequence { bytes[next..<end] }

    public mutating func byte() -> UInt8? {
        guard next < end else { return nil }
        defer { next += 1 }
        return bytes[next]
    }

    /// Unsigned LEB128 of at most 64 bits.
    public mutating func number() -> UInt64? {
        var value: UInt64 = 0
        var shift: UInt64 = 0
        while let byte = byte() {
            guard shift < 63 || byte <= 1 else { return nil }
            value |= UInt64(byte & 0x7F) << shift
            if byte & 0x80 == 0 { return value }
            shift += 7
        }
        return nil
    }

    mutating func number32() -> UInt32? { number().flatMap { UInt32(exactly: $0) } }

    /// A reader of the counted bytes that come next.
    public mutating func counted() -> BinaryReader? {
        guard let count = number(), count <= UInt64(end - next) else { return nil }
        defer { next += Int(count) }
        return BinaryReader(bytes, from: next, to: next + Int(count))
    }
}
