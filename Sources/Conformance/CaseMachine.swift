import Architecture
import Cases

/// What one step did on a machine.
public enum StepOutcome: Equatable, Sendable {
    case done
    /// The instruction, the delivery or the processing raised this.
    case fault(Fault)
    /// The bytes are not one of the five instructions.
    case other
    /// An expectation does not hold, or the machine cannot take the step: a sentence.
    case failure(String)
}

/// A machine that takes the steps of a case: the core, or a processor.
public protocol CaseMachine {
    /// Takes one step, `expectFault` and `expectOther` apart, which the judge takes.
    mutating func perform(_ step: Step) -> StepOutcome
}

/// The verdict on one case on one machine.
public struct CaseResult: Equatable, Sendable {
    public enum Verdict: Equatable, Sendable {
        case passed
        /// A sentence with what was expected and what was found; the index and the words of the step.
        case failed(step: Int, String)
        /// The reason.
        case skipped(String)
    }

    public var caseID: String
    public var claim: String
    public var source: String
    public var ids: [String]
    public var verdict: Verdict

    public init(_ testCase: Case, _ verdict: Verdict) {
        caseID = testCase.id
        claim = testCase.claim
        source = testCase.source
        ids = testCase.ids
        self.verdict = verdict
    }
}

/// Takes the steps of `testCase` on `machine`, and judges them.
///
/// A fault that the next step does not expect fails the case, as does one that is expected and does not come.
func judge(_ testCase: Case, on machine: inout some CaseMachine) -> CaseResult.Verdict {
    var pending = StepOutcome.done
    for (index, step) in testCase.steps.enumerated() {
        func failed(_ sentence: String, at step: Int = index) -> CaseResult.Verdict {
            .failed(step: step, "step \(step + 1), \(testCase.steps[step].words.joined(separator: " ")): \(sentence)")
        }
        switch (step, pending) {
        case (.expectFault(let expected), .fault(let found)) where expected == found: pending = .done
        case (.expectOther, .other): pending = .done
        case (.expectFault(let expected), _):
            return failed("expected \(expected.words.joined(separator: " ")), found \(describe(pending))")
        case (.expectOther, _): return failed("expected another instruction, found \(describe(pending))")
        case (_, .done):
            pending = machine.perform(step)
            if case .failure(let sentence) = pending { return failed(sentence) }
        default: return failed("found \(describe(pending)), which nothing expects", at: index - 1)
        }
    }
    guard pending == .done else {
        let last = testCase.steps.count - 1
        return .failed(step: last, "the last step ended in \(describe(pending)), which nothing expects")
    }
    return .passed
}

private func describe(_ outcome: StepOutcome) -> String {
    switch outcome {
    case .done: "no fault"
    case .fault(let fault): fault.words.joined(separator: " ")
    case .other: "another instruction"
    case .failure(let sentence): sentence
    }
}

/// What a recording handler found on its stack.
struct RecordedFrame: Equatable {
    var vector: UInt8
    var rip: UInt64
    var rflags: UInt64
    /// RSP as pushed.
    var rsp: UInt64
    /// RSP at the handler's first instruction.
    var entryRSP: UInt64
}
