import Architecture

/// A step as words: `["set", "uirr", "0x8"]`. They are what JSON holds, and what a failure prints.
extension Step {
    public var words: [String] {
        switch self {
        case .processor(let cpu): ["processor", "\(cpu)"]
        case .set(let field, let value): ["set", field.rawValue, hex(value)]
        case .store(let address, let value): ["store", hex(address), hex(value)]
        case .connect(let vector): ["connect", "\(vector)"]
        case .execute(let bytes): ["execute", bytes.map(hexByte).joined()]
        case .wrmsr(let msr, let value): ["wrmsr", hex(UInt64(msr)), hex(value)]
        case .rdmsr(let msr): ["rdmsr", hex(UInt64(msr))]
        case .xsaves(let area, let mask): ["xsaves", hex(area), hex(mask)]
        case .xrstors(let area, let mask): ["xrstors", hex(area), hex(mask)]
        case .cpuid(let leaf, let subleaf): ["cpuid", hex(UInt64(leaf)), hex(UInt64(subleaf))]
        case .send(let vector, let destination, let x2APIC):
            ["send", hex(UInt64(vector)), hex(UInt64(destination)), x2APIC ? "x2apic" : "xapic"]
        case .arrive: ["arrive"]
        case .arriveNewest: ["arrive-newest"]
        case .takeInterrupt: ["take-interrupt"]
        case .identify: ["identify"]
        case .clearOutstanding: ["clear-outstanding"]
        case .takeRequests: ["take-requests"]
        case .deliver: ["deliver"]
        case .endOfInterrupt: ["eoi"]
        case .initialize: ["init"]
        case .settle: ["settle"]
        case .expect(let field, let value): ["expect", field.rawValue, hex(value)]
        case .expectMemory(let address, let value): ["expect-memory", hex(address), hex(value)]
        case .expectFault(let fault): ["expect-fault"] + fault.words
        case .expectOther: ["expect-other"]
        case .expectResult(let value): ["expect-result", hex(value)]
        case .expectCPUID(let register, let mask, let value):
            ["expect-cpuid", register.rawValue, hex(UInt64(mask)), hex(UInt64(value))]
        case .expectNotification: ["expect-notification"]
        case .expectOrdinary(let vector): ["expect-ordinary", hex(UInt64(vector))]
        case .expectNoInterrupt: ["expect-no-interrupt"]
        case .expectDelivered(let vectors): ["expect-delivered"] + vectors.map { "\($0)" }
        case .expectFrameRSP(let value): ["expect-frame-rsp", hex(value)]
        case .expectFrameRFLAGS(let mask, let value): ["expect-frame-rflags", hex(mask), hex(value)]
        case .expectEntryRSP(let value): ["expect-entry-rsp", hex(value)]
        case .expectInFlight(let count): ["expect-in-flight", "\(count)"]
        case .expectMessage(let vector, let destination):
            ["expect-message", hex(UInt64(vector)), hex(UInt64(destination))]
        }
    }

    /// Reads the words of a step.
    /// - Returns: nil for an unknown step, a wrong number of words, or a number out of range.
    public init?(words: [String]) {
        guard let name = words.first else { return nil }
        var reader = WordReader(words.dropFirst())
        guard let step = Step(name: name, &reader), reader.isAtEnd else { return nil }
        self = step
    }

    private init?(name: String, _ reader: inout WordReader) {
        switch name {
        case "processor": guard let cpu = reader.number(3) else { return nil }; self = .processor(Int(cpu))
        case "set": guard let field = reader.field(), let v = reader.number() else { return nil }; self = .set(field, v)
        case "store": guard let a = reader.number(), let v = reader.number() else { return nil }; self = .store(a, v)
        case "connect": guard let v = reader.number(255) else { return nil }; self = .connect(UInt8(v))
        case "execute": guard let bytes = reader.bytes() else { return nil }; self = .execute(bytes)
        case "wrmsr":
            guard let m = reader.number32(), let v = reader.number() else { return nil }
            self = .wrmsr(m, v)
        case "rdmsr": guard let m = reader.number32() else { return nil }; self = .rdmsr(m)
        case "xsaves":
            guard let a = reader.number(), let m = reader.number() else { return nil }
            self = .xsaves(area: a, mask: m)
        case "xrstors":
            guard let a = reader.number(), let m = reader.number() else { return nil }
            self = .xrstors(area: a, mask: m)
        case "cpuid":
            guard let l = reader.number32(), let s = reader.number32() else { return nil }
            self = .cpuid(l, s)
        case "send":
            guard let v = reader.number(255), let d = reader.number32(), let mode = reader.word(),
                mode == "x2apic" || mode == "xapic"
            else { return nil }
            self = .send(UInt8(v), d, x2APIC: mode == "x2apic")
        case "arrive": self = .arrive
        case "arrive-newest": self = .arriveNewest
        case "take-interrupt": self = .takeInterrupt
        case "identify": self = .identify
        case "clear-outstanding": self = .clearOutstanding
        case "take-requests": self = .takeRequests
        case "deliver": self = .deliver
        case "eoi": self = .endOfInterrupt
        case "init": self = .initialize
        case "settle": self = .settle
        default:
            guard let expectation = Step(expectation: name, &reader) else { return nil }
            self = expectation
        }
    }

    private init?(expectation name: String, _ reader: inout WordReader) {
        switch name {
        case "expect": guard let f = reader.field(), let v = reader.number() else { return nil }; self = .expect(f, v)
        case "expect-memory":
            guard let a = reader.number(), let v = reader.number() else { return nil }
            self = .expectMemory(a, v)
        case "expect-fault": guard let fault = reader.fault() else { return nil }; self = .expectFault(fault)
        case "expect-other": self = .expectOther
        case "expect-result": guard let v = reader.number() else { return nil }; self = .expectResult(v)
        case "expect-cpuid":
            guard let word = reader.word(), let register = CPUIDRegister(rawValue: word), let m = reader.number32(),
                let v = reader.number32()
            else { return nil }
            self = .expectCPUID(register, mask: m, v)
        case "expect-notification": self = .expectNotification
        case "expect-ordinary": guard let v = reader.number(255) else { return nil }; self = .expectOrdinary(UInt8(v))
        case "expect-no-interrupt": self = .expectNoInterrupt
        case "expect-delivered":
            var vectors: [UInt8] = []
            while !reader.isAtEnd {
                guard let v = reader.number(255) else { return nil }
                vectors.append(UInt8(v))
            }
            self = .expectDelivered(vectors)
        case "expect-frame-rsp": guard let v = reader.number() else { return nil }; self = .expectFrameRSP(v)
        case "expect-frame-rflags":
            guard let m = reader.number(), let v = reader.number() else { return nil }
            self = .expectFrameRFLAGS(mask: m, v)
        case "expect-entry-rsp": guard let v = reader.number() else { return nil }; self = .expectEntryRSP(v)
        case "expect-in-flight": guard let c = reader.number(255) else { return nil }; self = .expectInFlight(Int(c))
        case "expect-message":
            guard let v = reader.number(255), let d = reader.number32() else { return nil }
            self = .expectMessage(UInt8(v), d)
        default: return nil
        }
    }
}

extension Fault {
    /// The manual's name and what comes with it: `["#PF", "0x10080000", "0x3"]`.
    public var words: [String] {
        switch self {
        case .invalidOpcode: ["#UD"]
        case .stackSegment: ["#SS"]
        case .generalProtection: ["#GP"]
        case .page(let address, let code): ["#PF", hex(address), hex(code.rawValue)]
        case .alignmentCheck: ["#AC"]
        case .controlProtection(let code): ["#CP", hex(UInt64(code))]
        }
    }
}

/// `0x` and lower-case hexadecimal digits.
public func hex(_ value: UInt64) -> String { "0x" + String(value, radix: 16) }

private func hexByte(_ byte: UInt8) -> String { (byte < 16 ? "0" : "") + String(byte, radix: 16) }

/// Takes words off the front, each as what a step wants.
private struct WordReader {
    private var words: ArraySlice<String>
    init(_ words: ArraySlice<String>) { self.words = words }

    var isAtEnd: Bool { words.isEmpty }

    mutating func word() -> String? { words.popFirst() }

    mutating func number(_ limit: UInt64 = .max) -> UInt64? {
        guard let word = word() else { return nil }
        let value = word.hasPrefix("0x") ? UInt64(word.dropFirst(2), radix: 16) : UInt64(word)
        guard let value, value <= limit else { return nil }
        return value
    }

    mutating func number32() -> UInt32? { number(UInt64(UInt32.max)).map { UInt32($0) } }

    mutating func field() -> Field? { word().flatMap(Field.init(rawValue:)) }

    mutating func bytes() -> [UInt8]? {
        guard let word = word(), !word.isEmpty, word.count.isMultiple(of: 2) else { return nil }
        var bytes: [UInt8] = []
        var rest = Substring(word)
        while !rest.isEmpty {
            guard let byte = UInt8(rest.prefix(2), radix: 16) else { return nil }
            bytes.append(byte)
            rest = rest.dropFirst(2)
        }
        return bytes
    }

    mutating func fault() -> Fault? {
        switch word() {
        case "#UD": return .invalidOpcode
        case "#SS": return .stackSegment
        case "#GP": return .generalProtection
        case "#PF":
            guard let address = number(), let code = number() else { return nil }
            return .page(address: address, code: PageFaultCode(rawValue: code))
        case "#AC": return .alignmentCheck
        case "#CP": return number(0xFFFF).map { .controlProtection(code: UInt16($0)) }
        default: return nil
        }
    }
}
