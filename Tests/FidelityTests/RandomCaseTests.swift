import Cases
import Conformance
import Testing

@testable import Fidelity

@Suite("Random cases")
struct RandomCaseTests {
    @Test("the same seed and number make the same case, another number another one")
    func repeatable() {
        #expect(RandomCase.make(17, seed: 3) == RandomCase.make(17, seed: 3))
        #expect(RandomCase.make(17, seed: 3).steps != RandomCase.make(18, seed: 3).steps)
        #expect(RandomCase.make(17, seed: 3).steps != RandomCase.make(17, seed: 4).steps)
    }

    @Test("each can run on bare metal, expects nothing, and survives the binary form")
    func expressible() {
        for number in 1...500 {
            let one = RandomCase.make(number, seed: 1)
            #expect(one.isExpressible(at: .cpl0))
            #expect(!one.steps.contains { $0.isExpectation })
            let bytes = BinaryCases.encode([BinaryCase(one)])
            var reader = BinaryReader(bytes)
            _ = BinaryCases.head(&reader)
            #expect(BinaryCase(from: &reader) == BinaryCase(one))
        }
    }

    // #AC needs CR0.AM, RFLAGS.AC, CPL 3 and a misaligned stack at once: a few in a thousand.
    @Test("three hundred of them reach every kind of fault but #AC, deliveries and requests")
    func reach() {
        var words: Set<String> = []
        for number in 1...300 {
            let one = RandomCase.make(number, seed: 1)
            let lines = CoreObservation.lines(
                of: one, number: 1, features: CaseFeatures().processors[0], options: [.free, .observeEnd])
            for word in lines.flatMap({ $0.split(separator: " ") }) {
                if word.hasPrefix("!") { words.insert(String(word.split(separator: ",")[0].dropFirst())) }
                if word.hasPrefix("+") { words.insert("delivery") }
                if word.hasPrefix("uirr=") { words.insert("uirr") }
            }
        }
        for word in ["#UD", "#GP", "#PF", "#SS", "delivery", "uirr"] { #expect(words.contains(word), "never \(word)") }
    }
}

@Suite("Making a case small")
struct MinimiserTests {
    private let testCase = Case(
        "a.case", "A claim.", source: "SDM",
        steps: [.set(.rax, 1), .set(.rcx, 2), .store(Layout.stack, 3), .deliver, .set(.rdx, 4), .settle, .deliver])

    @Test("what does not matter is dropped, what does stays, and its value becomes 0 if that does not matter")
    func minimal() async {
        let small = await Minimiser.minimise(testCase) { (cases: [Case]) async -> [Bool] in
            cases.map { one in
                one.steps.contains(.settle) && one.steps.contains { if case .set(.rcx, _) = $0 { true } else { false } }
            }
        }
        #expect(small.steps == [.set(.rcx, 0), .settle])
    }

    @Test("of steps that can stand in for each other one stays")
    func alternatives() async {
        let small = await Minimiser.minimise(testCase) { (cases: [Case]) async -> [Bool] in
            cases.map { $0.steps.contains(.deliver) }
        }
        #expect(small.steps == [.deliver])
    }

    @Test("a case in which everything matters stays as it is")
    func allMatters() async {
        let small = await Minimiser.minimise(testCase) { (cases: [Case]) async -> [Bool] in cases.map { $0 == testCase } }
        #expect(small == testCase)
    }
}
