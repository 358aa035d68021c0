import Architecture
import CBareMetal
import Cases

/// The verdict on one case, as `uintr check` judges it: a fault that the next step does not expect fails the case, as does one
/// that is expected and does not come.
enum Verdict {
    case passed
    case failed(step: Int, String)
    case skipped(String)
}

func judge(_ testCase: BinaryCase, _ number: UInt64, _ options: BinaryCases.Options) -> Verdict {
    if let reason = unsuited(testCase) { return .skipped(reason) }
    Runner.reset(testCase)
    var observation = Observation(processors: testCase.processors)
    defer { if options.contains(.observeEnd) { observation.print("= \(number)", hashed: options.contains(.hashEnd)) } }
    if !options.isDisjoint(with: [.observeSteps, .observeEnd]) { observation.begin() }

    var pending = Outcome.done
    let steps = testCase.steps
    for (index, step) in steps.enumerated() {
        if case .expectFault(let expected) = step {
            guard pending == .fault(expected) else {
                return .failed(
                    step: index, "expected \(expected.words.joined(separator: " ")), found \(describe(pending))")
            }
            pending = .done
            continue
        }
        guard pending == .done || options.contains(.free) else {
            return .failed(step: index - 1, "found \(describe(pending)), which nothing expects")
        }
        let next = index + 1 < steps.count ? steps[index + 1] : nil
        pending = Runner.perform(step, next: next)
        if options.contains(.observeSteps), !step.isExpectation, !step.continues(into: next) || pending != .done {
            observation.print("@ \(number) \(index + 1) \(describeBriefly(pending))")
        }
        switch pending {
        case .fault(let fault) where options.contains(.free) && !options.contains(.observeSteps): observation.add(fault)
        case .failure(let sentence): return .failed(step: index, sentence)
        case .skip(let reason): return .skipped("step \(index + 1), \(step.words.joined(separator: " ")): \(reason)")
        default: break
        }
    }
    guard pending == .done || options.contains(.free) else {
        return .failed(step: steps.count - 1, "the last step ended in \(describe(pending)), which nothing expects")
    }
    return .passed
}

/// Why this machine is not the one that the case is about; nil if it is.
private func unsuited(_ testCase: BinaryCase) -> String? {
    guard testCase.level != .core else { return "the core alone can take its steps" }
    let features = testCase.features
    guard features.uintr else { return "it is about a processor without user interrupts" }
    if let flexible = features.flexibleUIRET, flexible != RunnerFlags.flexibleUIRET {
        return "CPUID.(7,1):EDX[17] is \(RunnerFlags.flexibleUIRET ? 1 : 0), and the case needs \(flexible ? 1 : 0)"
    }
    if let width = features.linearAddressWidth, width != RunnerFlags.width {
        return "linear addresses have \(RunnerFlags.width) bits here, and the case needs \(width)"
    }
    guard testCase.processors <= Runner.processors.count else {
        return "it needs \(testCase.processors) processors, and \(Runner.processors.count) answered"
    }
    return nil
}

private func describeBriefly(_ outcome: Outcome) -> String {
    switch outcome {
    case .done: "done"
    case .fault(let fault): fault.words.joined(separator: ",")
    case .exception(let vector, let code): "exception,\(vector),\(hex(code))"
    case .failure: "failure"
    case .skip: "skip"
    }
}
