import Architecture
import Cases

/// Runs cases on the emulator core.
public enum CoreSuite {
    /// Takes the case on every processor that its features allow; the first failure is the verdict.
    public static func run(_ testCase: Case) -> CaseResult {
        for features in testCase.features.processors {
            var machine = CoreMachine(testCase, features: features)
            let verdict = judge(testCase, on: &machine)
            if case .failed(let step, let sentence) = verdict {
                return CaseResult(testCase, .failed(step: step, "\(sentence) (on \(describe(features)))"))
            }
        }
        return CaseResult(testCase, .passed)
    }

    private static func describe(_ features: Features) -> String {
        let uiret = features.flexibleUIRET ? "flexible UIRET" : "UIRET that sets UIF"
        return "\(uiret), \(features.linearAddressWidth.rawValue)-bit linear addresses"
            + (features.tracksInitialConfiguration ? "" : ", XINUSE[14] always 1")
    }
}
