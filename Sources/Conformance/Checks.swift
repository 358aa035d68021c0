import Architecture
import Cases

// What every machine checks in the same way.

extension CPUIDResult {
    /// The step `expectCPUID`.
    func check(_ register: CPUIDRegister, _ mask: UInt32, _ expected: UInt32) -> StepOutcome {
        let found =
            switch register {
            case .eax: eax
            case .ebx: ebx
            case .ecx: ecx
            case .edx: edx
            }
        return compare(register.rawValue, UInt64(expected), UInt64(found & mask))
    }
}

/// What the recording handler has seen so far.
struct Deliveries {
    private(set) var frames: [RecordedFrame] = []
    /// The vectors since the last `expectDelivered`.
    private(set) var vectors: [UInt8] = []

    mutating func append(_ frame: RecordedFrame) {
        frames.append(frame)
        vectors.append(frame.vector)
    }

    /// The steps on deliveries and their frames; nil for any other step.
    mutating func check(_ step: Step) -> StepOutcome? {
        switch step {
        case .expectDelivered(let expected):
            defer { vectors = [] }
            return vectors == expected ? .done : .failure("expected \(expected), found \(vectors)")
        case .expectFrameRSP(let expected): return last { compare("the frame's RSP", expected, $0.rsp) }
        case .expectFrameRFLAGS(let mask, let expected):
            return last { compare("the frame's RFLAGS", expected, $0.rflags & mask) }
        case .expectEntryRSP(let expected): return last { compare("RSP at entry", expected, $0.entryRSP) }
        default: return nil
        }
    }

    private func last(_ check: (RecordedFrame) -> StepOutcome) -> StepOutcome {
        frames.last.map(check) ?? .failure("no frame was recorded")
    }
}
