public import SystemPackage

/// What went wrong, in a form that can grow: a code to branch on, what was tried, what the system answered, and what to
/// do next.
public struct UserInterruptError: Error, Hashable, Sendable {
    /// What kind of failure it is. New codes may be added; switch over it with a default.
    public struct Code: Hashable, Sendable, CustomStringConvertible {
        /// The code in two or three words, as the error's own description prints it.
        public let description: String

        /// A system call (or, on the emulation, the call that stands for it) answered with ``UserInterruptError/errno``.
        public static let systemCall = Code(description: "system call failed")
        /// The hardware backend was asked for and detection did not find it.
        public static let hardwareUnavailable = Code(description: "hardware backend unavailable")
        /// The name is none of ``ABI/names``.
        public static let unknownABI = Code(description: "unknown ABI")
        /// The name is none of ``BackendChoice``'s.
        public static let unknownBackend = Code(description: "unknown backend")
        /// The vector is not 0–63.
        public static let invalidVector = Code(description: "invalid vector")
        /// The backend or its ABI has no such call.
        public static let unsupported = Code(description: "unsupported")
        /// An argument that no kernel would take.
        public static let invalidArgument = Code(description: "invalid argument")
        /// The receiver's thread could not be created.
        public static let thread = Code(description: "thread creation failed")
    }

    /// The kind of failure, to branch on.
    public let code: Code
    /// What was tried, as a reader of the manual page would name it: `uintr_register_sender(descriptor 7)`.
    public let operation: String
    /// What the system answered, where a call was made.
    public let errno: Errno?
    /// The ABI through which it was tried; `nil` on the emulation and before an ABI was chosen.
    public let abi: ABI?
    /// The likely cause and the next thing to do, in sentences.
    public let advice: String

    /// An error of these parts.
    public init(code: Code, operation: String, errno: Errno? = nil, abi: ABI? = nil, advice: String) {
        self.code = code
        self.operation = operation
        self.errno = errno
        self.abi = abi
        self.advice = advice
    }
}

extension UserInterruptError: CustomStringConvertible {
    /// The whole as sentences: what was tried, through which ABI, what the system answered, what to do next.
    public var description: String {
        var text = operation
        if let abi { text += " (ABI \(abi.rawValue))" }
        text += ": "
        if let errno {
            text += "\(Self.name(of: errno)) (\(errno))"
        } else {
            text += code.description
        }
        return text + ". " + advice
    }

    /// The symbol of errno(3): users search for `EBADF`, not for its translation.
    static func name(of errno: Errno) -> String {
        switch errno {
        case .badFileDescriptor: "EBADF"
        case .notSupportedOnSocket, .notSupported: "EOPNOTSUPP"
        case .socketShutdown: "ESHUTDOWN"
        case .resourceBusy: "EBUSY"
        case .noSpace: "ENOSPC"
        case .invalidArgument: "EINVAL"
        case .noFunction: "ENOSYS"
        case .badAddress: "EFAULT"
        case .noMemory: "ENOMEM"
        case .tooManyOpenFiles: "EMFILE"
        case .tooManyOpenFilesInSystem: "ENFILE"
        case .operationNotSupportedByDevice: "ENODEV"
        case .socketIsConnected: "EISCONN"
        case .notPermitted: "EPERM"
        case .permissionDenied: "EACCES"
        case .interrupted: "EINTR"
        case .timedOut: "ETIMEDOUT"
        case .resourceTemporarilyUnavailable: "EAGAIN"
        default: "errno \(errno.rawValue)"
        }
    }
}

extension UserInterruptError {
    static func unknownABI(_ name: String) -> UserInterruptError {
        UserInterruptError(
            code: .unknownABI, operation: "choosing the ABI \"\(name)\"",
            advice: "There is no such ABI. Give one of \(ABI.names.joined(separator: ", ")), or none at all to have it detected.")
    }

    static func unknownBackend(_ name: String) -> UserInterruptError {
        let names = BackendChoice.allCases.map(\.rawValue).joined(separator: ", ")
        return UserInterruptError(
            code: .unknownBackend, operation: "choosing the backend \"\(name)\"",
            advice: "There is no such backend. Give one of \(names).")
    }

    static func invalidVector(_ number: Int) -> UserInterruptError {
        UserInterruptError(
            code: .invalidVector, operation: "user vector \(number)",
            advice: "User vectors are 0 to 63: PIR and UIRR have 64 bits. Share a vector between events, or use a second receiver.")
    }

    static func hardwareUnavailable(_ detection: Detection) -> UserInterruptError {
        UserInterruptError(
            code: .hardwareUnavailable, operation: "choosing the hardware backend", abi: detection.abi,
            advice: detection.reasons.joined(separator: " ")
                + " The hardware backend never falls back: use the backend \"emulation\", or \"auto\", to run here.")
    }

    static func unsupported(_ operation: String, abi: ABI?, because advice: String) -> UserInterruptError {
        UserInterruptError(code: .unsupported, operation: operation, abi: abi, advice: advice)
    }
}
