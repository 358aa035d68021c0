internal import CUserInterrupts

/// The system-call interfaces for user interrupts that out-of-tree kernels have had.
///
/// None was ever merged, and they disagree: the same number means different calls, 475 takes a file descriptor in one
/// and an index in another, 476 has a timeout in one only. Nothing here can be guessed from the kernel's version, so an
/// ABI is either probed where that is harmless (``Detection``) or named by the user (`UINTR_ABI=`, `--abi`).
public enum ABI: String, CaseIterable, Sendable, Hashable, Codable {
    /// The series as mailed on 13 September 2021 (20210913200132.3396598-1): calls 449–454.
    case rfcV1 = "rfc-v1"
    /// The port of that series to Linux 5.16: calls 450–455.
    case port5_16 = "port-5.16"
    /// Intel's mainline-tracking branch: calls 471–476 with the meaning of the first series.
    case intelMT = "intel-mt"
    /// Intel's uintr-next branch on Linux 6.0: calls 471–479.
    case intel6_0 = "intel-6.0"
    /// This project's own kernel (docs/uapi.md), whose numbers are read from a file and never assumed.
    case project

    /// The names that `UINTR_ABI=` and `--abi` take, in the order of this type.
    public static var names: [String] { allCases.map(\.rawValue) }

    /// The ABI of a name as given by a user.
    ///
    /// - Throws: ``UserInterruptError/Code/unknownABI``, listing the names, if there is no such ABI.
    public init(named name: String) throws(UserInterruptError) {
        guard let abi = ABI(rawValue: name) else { throw .unknownABI(name) }
        self = abi
    }

    /// Whether `uintr_wait` takes a time. In the first series and its ports it ends only with a wakeup.
    public var hasTimedWait: Bool { longestWait > 0 }
    /// The longest time that one `uintr_wait` takes, in microseconds; 0 where it takes none, `UInt64.max` where any will do.
    public var longestWait: UInt64 { table.wait_usec_max }
    /// Whether `uintr_register_self` exists: a connection to the calling thread itself without a descriptor.
    public var hasRegisterSelf: Bool { has(UINTR_CALL_REGISTER_SELF) }
    /// Whether `uintr_alt_stack` exists.
    public var hasAlternateStack: Bool { has(UINTR_CALL_ALT_STACK) }
    /// Whether a handler is registered together with a mode of waiting (`UINTR_HANDLER_FLAG_WAITING_*`).
    public var hasWaitingModes: Bool { table.handler_flags != 0 }
    /// Whether `uintr_unregister_sender` takes the descriptor (true) or the UITT index (false).
    public var unregistersSenderByDescriptor: Bool { table.unregister_sender == UINTR_SENDER_BY_FD }

    /// The call that makes a vector's descriptor: under either name it takes the same arguments.
    var descriptorCall: SystemCall { has(UINTR_CALL_VECTOR_FD) ? .vectorFD : .createFD }

    /// Of `project` it is asked which calls the ABI defines; which of them a kernel has, its ``CallNumbers`` say.
    private func has(_ call: uintr_call) -> Bool {
        var row = table
        if self == .project { _ = uintr_abi_project(&row, 0) }
        return uintr_abi_has(&row, call)
    }

    /// The shim's row for this ABI: numbers and signatures. Every name of this type is a row there, which a test holds; a
    /// name without one would have no call at all, as `project` has without its ``CallNumbers``.
    var table: uintr_abi {
        if let row = uintr_abi_named(rawValue) { return row.pointee }
        return uintr_abi_table.4
    }
}
