/// What a user asks for by `--backend`.
public enum BackendChoice: String, CaseIterable, Sendable, Hashable, Codable {
    /// The hardware where detection finds it, else the emulation.
    case auto
    /// The hardware or an error; never anything else.
    case hardware
    case emulation

    /// - Throws: ``UserInterruptError/Code/unknownBackend``, listing the names.
    public init(named name: String) throws(UserInterruptError) {
        guard let choice = BackendChoice(rawValue: name) else { throw .unknownBackend(name) }
        self = choice
    }
}

/// What carries out user interrupts: a processor under a patched kernel, or the emulation, which takes a signal for each
/// notification. The API means the same on both.
///
/// The emulation needs one signal of the process: SIGSTKFLT or SIGPWR, or a real-time signal from SIGRTMIN + 8 up, whichever has the
/// default action when it is first used. A program that blocks all signals on a receiver's thread makes deliveries late. Its
/// descriptors may be handed to other processes; a forked child has neither receiver nor sender.
public struct Backend: Sendable {
    /// The two kinds, by the names that `--backend` and the reports use.
    public enum Kind: String, Sendable, Hashable, Codable, CaseIterable {
        case hardware, emulation
    }

    /// Which of the two this is.
    public let kind: Kind
    let calls: any Calls

    /// The kernel's ABI; `nil` on the emulation, which has no numbers and answers as `project` does.
    public var abi: ABI? { calls.abi }
    /// The ABI that says what the calls answer.
    var answers: ABI { abi ?? .project }

    /// The emulation.
    public static let emulation = Backend(kind: .emulation, calls: EmulationCalls())

    /// The backend that `choice` means on the machine that `detection` describes.
    ///
    /// - Throws: ``UserInterruptError/Code/hardwareUnavailable`` with all of the detection's reasons, if the hardware was
    ///   asked for and is not there.
    public static func select(
        _ choice: BackendChoice = .auto, on detection: Detection
    ) throws(UserInterruptError) -> Backend {
        switch (choice, detection.abi) {
        case (.emulation, _), (.auto, nil): return .emulation
        case (.auto, let abi?), (.hardware, let abi?):
            return Backend(kind: .hardware, calls: HardwareCalls(abi, numbers: detection.calls))
        case (.hardware, nil): throw .hardwareUnavailable(detection)
        }
    }

    init(kind: Kind, calls: any Calls) {
        self.kind = kind
        self.calls = calls
    }

    /// Whether ``Receiver/wait(timeout:)`` takes a time.
    public var hasTimedWait: Bool { calls.longestWait > 0 }
    /// Whether ``Receiver/makeSelfSender(for:)`` works.
    public var hasRegisterSelf: Bool { kind == .emulation || answers.hasRegisterSelf }
    /// Whether ``Receiver/useAlternateStack(_:)`` works.
    public var hasAlternateStack: Bool { answers.hasAlternateStack }
}
