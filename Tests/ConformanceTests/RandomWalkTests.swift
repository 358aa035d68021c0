import Conformance
import Testing

@Suite("Random walks over the core")
struct RandomWalkTests {
    @Test("lose nothing and invent nothing, whatever the processor enumerates", arguments: 0..<8 as Range<UInt64>)
    func nothingIsLost(seed: UInt64) {
        let report = RandomWalk.run(instructions: 20_000, seed: seed)
        #expect(report.violation == nil, "seed \(seed)")
        #expect(report.delivered > 500 && report.notifications > 500 && report.faults > 500 && report.switches > 500)
    }

    @Test("take the same steps for the same seed")
    func seedsReplay() {
        #expect(RandomWalk.run(instructions: 5_000, seed: 42) == RandomWalk.run(instructions: 5_000, seed: 42))
    }
}

@Suite("Random byte strings through the decoder")
struct DecoderWalkTests {
    @Test("are decoded without a trap, and only the five instructions are accepted")
    func decodesRandomBytes() {
        let report = DecoderWalk.run(strings: 200_000, seed: 1)
        #expect(report.violation == nil)
        #expect(report.instructions > 5_000 && report.truncated > 5_000 && report.tooLong > 500)
    }
}
