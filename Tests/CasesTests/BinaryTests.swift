import Architecture
import Cases
import Testing

@Suite("The binary form of cases")
struct BinaryTests {
    private func read(_ bytes: [UInt8]) -> (BinaryCases.Options, [BinaryCase])? {
        var reader = BinaryReader(bytes)
        guard let head = BinaryCases.head(&reader) else { return nil }
        var cases: [BinaryCase] = []
        for _ in 0..<head.count {
            guard let one = BinaryCase(from: &reader) else { return nil }
            cases.append(one)
        }
        return reader.isAtEnd ? (head.options, cases) : nil
    }

    @Test("the whole suite round-trips, in its order")
    func suiteRoundTrips() throws {
        let cases = Case.all.map(BinaryCase.init)
        let (options, found) = try #require(read(BinaryCases.encode(cases, options: .observeSteps)))
        #expect(options == .observeSteps)
        #expect(found == cases)
    }

    /// One step of each kind, with the ends of its operands' ranges.
    static let steps: [Step] = [
        .processor(3), .store(.max, 0), .connect(255), .execute([0xF3, 0x0F, 0x01, 0xEC]), .wrmsr(.max, .max), .rdmsr(0x985),
        .xsaves(area: Layout.xsave, mask: .max), .xrstors(area: 1, mask: 0), .cpuid(0x8000_0008, 1),
        .send(255, .max, x2APIC: true), .send(0, 0, x2APIC: false), .arrive, .arriveNewest, .takeInterrupt, .identify,
        .clearOutstanding, .takeRequests, .deliver, .endOfInterrupt, .initialize, .settle, .expectMemory(.max, .max),
        .expectFault(.invalidOpcode), .expectFault(.stackSegment), .expectFault(.generalProtection),
        .expectFault(.page(address: .max, code: PageFaultCode(rawValue: 0x47))), .expectFault(.alignmentCheck),
        .expectFault(.controlProtection(code: 2)), .expectOther, .expectResult(.max), .expectCPUID(.edx, mask: .max, 1),
        .expectNotification, .expectOrdinary(255), .expectNoInterrupt, .expectDelivered([]), .expectDelivered([63, 0]),
        .expectFrameRSP(.max), .expectFrameRFLAGS(mask: .max, 0x202), .expectEntryRSP(0), .expectInFlight(32),
        .expectMessage(255, .max),
    ]

    @Test("every step round-trips", arguments: steps + Field.allCases.flatMap { [Step.set($0, .max), .expect($0, 0x80)] })
    func stepRoundTrips(_ step: Step) throws {
        let one = BinaryCase(Case("a.b", "A claim.", source: "", processors: 4, steps: [step]))
        #expect(try #require(read(BinaryCases.encode([one]))).1 == [one])
    }

    @Test("every choice of features round-trips")
    func featuresRoundTrip() throws {
        var all: [CaseFeatures] = []
        for flexible: Bool? in [nil, false, true] {
            for width: Int? in [nil, 48, 57] {
                for tracks: Bool? in [nil, false, true] {
                    for uintr in [false, true] {
                        all.append(
                            CaseFeatures(
                                uintr: uintr, flexibleUIRET: flexible, linearAddressWidth: width,
                                tracksInitialConfiguration: tracks))
                    }
                }
            }
        }
        let cases = all.map { BinaryCase(Case("a.b", "A claim.", source: "", features: $0, steps: [])) }
        #expect(try #require(read(BinaryCases.encode(cases))).1 == cases)
    }

    @Test("a file that ends early is refused, wherever it ends")
    func truncationIsRefused() {
        let bytes = BinaryCases.encode([BinaryCase(Case("a.b", "A claim.", source: "", steps: Self.steps))])
        for count in 0..<bytes.count { #expect(read(Array(bytes.prefix(count))) == nil, "\(count) of \(bytes.count) bytes") }
    }

    @Test("another version is refused")
    func otherVersionsAreRefused() {
        var bytes = BinaryCases.encode([])
        bytes[BinaryCases.magic.count] &+= 1
        #expect(read(bytes) == nil)
    }

    @Test("a number beyond 64 bits is refused")
    func numbersAreBounded() {
        var most = BinaryReader([UInt8](repeating: 0xFF, count: 9) + [1])
        #expect(most.number() == .max)
        var beyond = BinaryReader([UInt8](repeating: 0xFF, count: 9) + [2])
        #expect(beyond.number() == nil)
    }
}
