import Architecture

// A step as bytes: its code, and its operands in order. The codes are the order of `Step`'s cases.

extension Step {
    private enum Code: UInt8 {
        case processor, set, store, connect, execute, wrmsr, rdmsr, xsaves, xrstors, cpuid, send, arrive, arriveNewest,
            takeInterrupt, identify, clearOutstanding, takeRequests, deliver, endOfInterrupt, initialize, settle, expect,
            expectMemory, expectFault, expectOther, expectResult, expectCPUID, expectNotification, expectOrdinary,
            expectNoInterrupt, expectDelivered, expectFrameRSP, expectFrameRFLAGS, expectEntryRSP, expectInFlight,
            expectMessage
    }

    func write(to writer: inout BinaryWriter) {
        func put(_ code: Code, _ numbers: UInt64...) {
            writer.byte(code.rawValue)
            for number in numbers { writer.number(number) }
        }
        switch self {
        case .processor(let cpu): put(.processor, UInt64(cpu))
        case .set(let field, let value): put(.set, field.code, value)
        case .store(let address, let value): put(.store, address, value)
        case .connect(let vector): put(.connect, UInt64(vector))
        case .execute(let bytes):
            put(.execute)
            writer.counted(bytes)
        case .wrmsr(let msr, let value): put(.wrmsr, UInt64(msr), value)
        case .rdmsr(let msr): put(.rdmsr, UInt64(msr))
        case .xsaves(let area, let mask): put(.xsaves, area, mask)
        case .xrstors(let area, let mask): put(.xrstors, area, mask)
        case .cpuid(let leaf, let subleaf): put(.cpuid, UInt64(leaf), UInt64(subleaf))
        case .send(let vector, let destination, let x2APIC):
            put(.send, UInt64(vector), UInt64(destination), x2APIC ? 1 : 0)
        case .arrive: put(.arrive)
        case .arriveNewest: put(.arriveNewest)
        case .takeInterrupt: put(.takeInterrupt)
        case .identify: put(.identify)
        case .clearOutstanding: put(.clearOutstanding)
        case .takeRequests: put(.takeRequests)
        case .deliver: put(.deliver)
        case .endOfInterrupt: put(.endOfInterrupt)
        case .initialize: put(.initialize)
        case .settle: put(.settle)
        case .expect(let field, let value): put(.expect, field.code, value)
        case .expectMemory(let address, let value): put(.expectMemory, address, value)
        case .expectFault(let fault): put(.expectFault, UInt64(fault.vector), fault.operands.0, fault.operands.1)
        case .expectOther: put(.expectOther)
        case .expectResult(let value): put(.expectResult, value)
        case .expectCPUID(let register, let mask, let value):
            put(.expectCPUID, register.code, UInt64(mask), UInt64(value))
        case .expectNotification: put(.expectNotification)
        case .expectOrdinary(let vector): put(.expectOrdinary, UInt64(vector))
        case .expectNoInterrupt: put(.expectNoInterrupt)
        case .expectDelivered(let vectors):
            put(.expectDelivered)
            writer.counted(vectors)
        case .expectFrameRSP(let value): put(.expectFrameRSP, value)
        case .expectFrameRFLAGS(let mask, let value): put(.expectFrameRFLAGS, mask, value)
        case .expectEntryRSP(let value): put(.expectEntryRSP, value)
        case .expectInFlight(let count): put(.expectInFlight, UInt64(count))
        case .expectMessage(let vector, let destination): put(.expectMessage, UInt64(vector), UInt64(destination))
        }
    }

    /// - Returns: nil where the bytes end early or hold no such step.
    init?<Bytes>(from reader: inout BinaryReader<Bytes>) {
        guard let code = reader.byte().flatMap(Code.init(rawValue:)) else { return nil }
        switch code {
        case .arrive: self = .arrive
        case .arriveNewest: self = .arriveNewest
        case .takeInterrupt: self = .takeInterrupt
        case .identify: self = .identify
        case .clearOutstanding: self = .clearOutstanding
        case .takeRequests: self = .takeRequests
        case .deliver: self = .deliver
        case .endOfInterrupt: self = .endOfInterrupt
        case .initialize: self = .initialize
        case .settle: self = .settle
        case .expectOther: self = .expectOther
        case .expectNotification: self = .expectNotification
        case .expectNoInterrupt: self = .expectNoInterrupt
        case .execute:
            guard let bytes = reader.counted() else { return nil }
            self = .execute(Array(bytes.rest))
        case .expectDelivered:
            guard let vectors = reader.counted() else { return nil }
            self = .expectDelivered(Array(vectors.rest))
        default:
            guard let first = reader.number(), let step = Step(code, first, &reader) else { return nil }
            self = step
        }
    }

    /// The steps that begin with a number.
    private init?<Bytes>(_ code: Code, _ first: UInt64, _ reader: inout BinaryReader<Bytes>) {
        switch code {
        case .processor: guard first < 4 else { return nil }; self = .processor(Int(first))
        case .connect: guard let vector = UInt8(exactly: first) else { return nil }; self = .connect(vector)
        case .rdmsr: guard let msr = UInt32(exactly: first) else { return nil }; self = .rdmsr(msr)
        case .expectResult: self = .expectResult(first)
        case .expectOrdinary: guard let v = UInt8(exactly: first) else { return nil }; self = .expectOrdinary(v)
        case .expectFrameRSP: self = .expectFrameRSP(first)
        case .expectEntryRSP: self = .expectEntryRSP(first)
        case .expectInFlight: guard first < 256 else { return nil }; self = .expectInFlight(Int(first))
        default:
            guard let second = reader.number(), let step = Step(code, first, second, &reader) else { return nil }
            self = step
        }
    }

    /// The steps that begin with two numbers.
    private init?<Bytes>(_ code: Code, _ first: UInt64, _ second: UInt64, _ reader: inout BinaryReader<Bytes>) {
        switch code {
        case .set: guard let field = Field(code: first) else { return nil }; self = .set(field, second)
        case .expect: guard let field = Field(code: first) else { return nil }; self = .expect(field, second)
        case .store: self = .store(first, second)
        case .expectMemory: self = .expectMemory(first, second)
        case .xsaves: self = .xsaves(area: first, mask: second)
        case .xrstors: self = .xrstors(area: first, mask: second)
        case .expectFrameRFLAGS: self = .expectFrameRFLAGS(mask: first, second)
        case .wrmsr: guard let msr = UInt32(exactly: first) else { return nil }; self = .wrmsr(msr, second)
        case .cpuid:
            guard let leaf = UInt32(exactly: first), let subleaf = UInt32(exactly: second) else { return nil }
            self = .cpuid(leaf, subleaf)
        case .expectMessage:
            guard let vector = UInt8(exactly: first), let to = UInt32(exactly: second) else { return nil }
            self = .expectMessage(vector, to)
        case .send:
            guard let vector = UInt8(exactly: first), let to = UInt32(exactly: second), let mode = reader.number(), mode < 2
            else { return nil }
            self = .send(vector, to, x2APIC: mode == 1)
        case .expectCPUID:
            guard let register = CPUIDRegister(code: first), let mask = UInt32(exactly: second),
                let value = reader.number32()
            else { return nil }
            self = .expectCPUID(register, mask: mask, value)
        case .expectFault:
            guard let third = reader.number(), let fault = Fault(vector: first, second, third) else { return nil }
            self = .expectFault(fault)
        default: return nil
        }
    }
}

extension Field {
    /// Its place in `allCases`.
    public var code: UInt64 {
        var code: UInt64 = 0
        for field in Field.allCases {
            if field == self { break }
            code += 1
        }
        return code
    }

    public init?(code: UInt64) {
        guard code < UInt64(Field.allCases.count) else { return nil }
        self = Field.allCases[Int(code)]
    }
}

extension CPUIDRegister {
    fileprivate var code: UInt64 {
        switch self {
        case .eax: 0
        case .ebx: 1
        case .ecx: 2
        case .edx: 3
        }
    }

    fileprivate init?(code: UInt64) {
        guard code < 4 else { return nil }
        self = CPUIDRegister.allCases[Int(code)]
    }
}

extension Fault {
    /// What comes with the vector: the address and the error code.
    fileprivate var operands: (UInt64, UInt64) {
        switch self {
        case .page(let address, let code): (address, code.rawValue)
        case .controlProtection(let code): (0, UInt64(code))
        default: (0, 0)
        }
    }

    /// The fault with a vector, an address (of #PF) and an error code; nil for a vector that the architecture of user interrupts
    /// has no use for.
    public init?(vector: UInt64, _ address: UInt64, _ code: UInt64) {
        switch vector {
        case 6: self = .invalidOpcode
        case 12: self = .stackSegment
        case 13: self = .generalProtection
        case 14: self = .page(address: address, code: PageFaultCode(rawValue: code))
        case 17: self = .alignmentCheck
        case 21: self = .controlProtection(code: UInt16(truncatingIfNeeded: code))
        default: return nil
        }
    }
}
