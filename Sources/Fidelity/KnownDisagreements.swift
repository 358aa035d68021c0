import Cases
import Conformance

/// A disagreement between the core and the machine that is explained.
public struct KnownDisagreement: Equatable, Sendable {
    public enum Kind: String, Sendable, CaseIterable {
        /// Bochs departs from the manual.
        case bochs = "erratum of Bochs"
        /// The core departs from the manual.
        case core = "our bug"
        /// Both are allowed.
        case open = "the manual leaves it open"
        /// What this image cannot do, or cannot see.
        case runner = "limit of the runner"
    }

    /// A name for reports.
    public var name: String
    public var kind: Kind
    /// Patterns of case ids, as `--filter` has them.
    public var cases: [String]
    /// True: random cases too, whose ids say nothing, are explained where `matches` says so.
    public var explainsRandomCases: Bool
    public var explanation: String
    /// Says by the step (nil: none) and by what differs whether it is this. nil: whatever differs in `cases`.
    public var matches: (@Sendable (Step?, Disagreement) -> Bool)?

    init(
        _ name: String, _ kind: Kind, cases: [String], explainsRandomCases: Bool = false, _ explanation: String,
        matches: (@Sendable (Step?, Disagreement) -> Bool)? = nil
    ) {
        self.name = name
        self.kind = kind
        self.cases = cases
        self.explainsRandomCases = explainsRandomCases
        self.explanation = explanation
        self.matches = matches
    }

    /// By name, which is unique.
    public static func == (a: KnownDisagreement, b: KnownDisagreement) -> Bool { a.name == b.name }

    static func explaining(_ disagreement: Disagreement, in testCase: Case) -> KnownDisagreement? {
        all.first { $0.explains(disagreement, in: testCase) }
    }

    func explains(_ disagreement: Disagreement, in testCase: Case) -> Bool {
        let isNamed =
            explainsRandomCases && testCase.id.hasPrefix(RandomCase.prefix)
            || cases.contains { CaseFilter($0).matches(testCase) }
        guard isNamed else { return false }
        let step = disagreement.step.flatMap { testCase.steps.indices.contains($0) ? testCase.steps[$0] : nil }
        return matches?(step, disagreement) ?? true
    }
}

extension KnownDisagreement {
    public static let all = [lockedRead, partialLoad, subleaf]

    private static let lockedRead = KnownDisagreement(
        "the page fault of a locked read", .bochs,
        cases: ["senduipi.upid-absent-*", "processing.upid-absent*"], explainsRandomCases: true,
        """
        SENDUIPI and notification processing read and write the UPID by one locked access (SDM Vol. 3A, 9.5.2 and 9.7), and a locked \
        access is a write to paging, so W/R is 1 in the error code (4.7). Bochs reads the UPID by a plain read and writes it \
        afterwards (cpu/uintr.cc): where the page is absent, W/R is 0. Kernels look at the address; not mended.
        """
    ) { step, found in
        let (core, machine) = found.difference
        guard core.count == 1, machine.count == 1, let a = PageFault(core[0]), let b = PageFault(machine[0]) else { return false }
        return a.address == b.address && a.code == b.code | 2 && b.code & 3 == 0
    }

    private static let partialLoad = KnownDisagreement(
        "XRSTORS loads before it faults", .open,
        cases: [
            "xrstors.misc-bit-*", "xrstors.pd-bit-*", "xrstors.tt-bit-*", "xrstors.uistackadjust-*", "xrstors.upidaddr-*",
            "xrstors.uittaddr-*",
        ], explainsRandomCases: true,
        """
        SDM Vol. 1, 13.5.11 says what becomes of UINV where XRSTORS faults after loading any element of the user-interrupt state: so \
        elements may have been loaded. Bochs checks and loads one after the other, the core checks all before it loads any. Both raise \
        the same fault; only what such a fault leaves in the other registers differs, and software may rely on neither.
        """
    ) { step, found in
        guard case .xrstors = step, let a = found.core.split(separator: " ").first, a.hasPrefix("#"),
            a == found.machine.split(separator: " ").first
        else { return false }
        let (core, machine) = found.difference
        let loaded: Set = ["uihandler", "uistackadjust", "uittsz", "upidaddr", "uitt", "uirr", "uif"]
        return core.isEmpty && machine.allSatisfy { loaded.contains(String($0.prefix { $0 != "=" })) }
    }

    private static let subleaf = KnownDisagreement(
        "the Sapphire Rapids of Bochs has no sub-leaf 1 of leaf 7", .open, cases: ["cpuid.leaf-7-has-subleaf-1"],
        """
        CPUID.(7,0):EAX is the highest sub-leaf (SDM Vol. 2, CPUID), a matter of the processor: Bochs' model enumerates nothing in \
        sub-leaf 1 and answers 0. The core enumerates the flexible UIRET there, so it needs 1.
        """)
}

/// `#PF,0x100a0000,0x2`, as an observation has it.
private struct PageFault {
    var address: Substring
    var code: UInt64

    init?(_ word: String) {
        let parts = word.drop { $0 == "!" }.split(separator: ",")
        guard parts.count == 3, parts[0] == "#PF", let code = UInt64(parts[2].dropFirst(2), radix: 16) else { return nil }
        address = parts[1]
        self.code = code
    }
}
