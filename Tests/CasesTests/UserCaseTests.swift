import Cases
import Testing

/// What keeps a case at CPL 3 true on every machine that takes it (UserSteps.swift).
@Suite("The cases at CPL 3")
struct UserCaseTests {
    static let cases = Case.all.filter { $0.level == .cpl3 }

    @Test("there are at least 75")
    func enough() {
        #expect(Self.cases.count >= 75)
    }

    @Test("RFLAGS is one that a process can have, and that the executor can give", arguments: cases)
    func flags(_ testCase: Case) {
        for case .set(.rflags, let value) in testCase.steps {
            #expect(value & 0x202 == 0x202)
            #expect(value & ~(0x24_4CD5 | 0x202) == 0, "TF, RF, IOPL or a reserved bit")
        }
    }

    @Test("UIF is set before the first instruction, when nothing can be pending", arguments: cases)
    func uif(_ testCase: Case) {
        let first = testCase.steps.firstIndex { if case .execute = $0 { true } else { false } } ?? testCase.steps.count
        for step in testCase.steps[first...] {
            if case .set(.uif, _) = step { Issue.record("\(step.words) comes after an instruction") }
        }
    }

    @Test("no vector is connected twice, and none is above 63", arguments: cases)
    func connections(_ testCase: Case) {
        var vectors: [UInt8] = []
        for case .connect(let vector) in testCase.steps { vectors.append(vector) }
        #expect(Set(vectors).count == vectors.count)
        #expect(vectors.allSatisfy { $0 < 64 })
    }

    @Test("where a frame is expected, every request was posted and settled with UIF = 0", arguments: cases)
    func frames(_ testCase: Case) {
        let expectsFrame = testCase.steps.contains {
            switch $0 {
            case .expectFrameRSP, .expectFrameRFLAGS, .expectEntryRSP: true
            default: false
            }
        }
        guard expectsFrame else { return }
        var opened = false
        var settled = true
        for step in testCase.steps {
            switch step {
            case .set(.uif, let value): #expect(value == 0)
            case .settle: settled = true
            case .execute(let bytes) where bytes.contains(0xC7):
                #expect(!opened, "a request after UIF became 1 is delivered at no known boundary")
                settled = false
            case .execute(let bytes) where bytes.last == 0xEF || bytes.last == 0xEC:
                #expect(settled, "the notification may still be on its way")
                opened = true
            default: break
            }
        }
        #expect(opened)
    }

    @Test("a SENDUIPI that may be executed finds a UITT: a connection comes before it", arguments: cases)
    func connected(_ testCase: Case) {
        var connected = false
        for step in testCase.steps {
            if case .connect = step { connected = true }
            if case .execute(let bytes) = step, bytes.contains(0xC7) { #expect(connected) }
        }
    }

    @Test("every case expects something, and its claim is one sentence", arguments: cases)
    func claims(_ testCase: Case) {
        #expect(testCase.steps.contains { $0.words[0].hasPrefix("expect") })
        #expect(testCase.claim.hasSuffix("."))
        #expect(!testCase.claim.dropLast().contains(". "))
        #expect(!testCase.source.isEmpty)
    }
}
