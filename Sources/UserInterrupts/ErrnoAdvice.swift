internal import SystemPackage

/// The system calls of the user-interrupt ABIs, by the names of their manual pages.
public enum SystemCall: String, CaseIterable, Sendable, Hashable {
    case registerHandler = "uintr_register_handler"
    case unregisterHandler = "uintr_unregister_handler"
    case createFD = "uintr_create_fd"
    case vectorFD = "uintr_vector_fd"
    case registerSender = "uintr_register_sender"
    case unregisterSender = "uintr_unregister_sender"
    case wait = "uintr_wait"
    case registerSelf = "uintr_register_self"
    case alternateStack = "uintr_alt_stack"
    case ipiFD = "uintr_ipi_fd"
}

extension UserInterruptError {
    /// The error of a call that answered `errno`, with the sentences of ``advice(for:errno:abi:)``.
    static func failed(_ call: SystemCall, _ arguments: String, errno: Errno, abi: ABI?) -> UserInterruptError {
        UserInterruptError(
            code: .systemCall, operation: "\(call.rawValue)(\(arguments))", errno: errno, abi: abi,
            advice: advice(for: call, errno: errno, abi: abi)
                ?? "None of the known kernels answers so. Run \"uintr probe\" and check that the ABI is this kernel's.")
    }

    /// The likely cause and the next step for every errno that a kernel is known to give for a call, and `nil` for any
    /// other. `abi` is `nil` for the emulation, which answers as `project` does.
    static func advice(for call: SystemCall, errno: Errno, abi: ABI?) -> String? {
        if abi == nil, (call, errno) == (.registerHandler, .resourceTemporarilyUnavailable) {
            return "The emulation found no signal for its notifications: SIGSTKFLT, SIGPWR and all real-time signals from SIGRTMIN + 8 up have handlers or are ignored. Leave one at its default action until the first receiver is made."
        }
        if abi ?? .project == .project, let advice = projectAdvice(for: call, errno: errno) { return advice }
        switch (call, errno) {
        // Answers that mean the same for every call.
        case (.wait, .noFunction) where abi == .intel6_0:
            return "This kernel was built without CONFIG_X86_UINTR_BLOCKING, or user interrupts are off in it. Rebuild it with that option, or spin instead of waiting."
        case (_, .noFunction):
            return abi == .intel6_0
                ? "The kernel knows the call and has user interrupts switched off (nouintr, page-table isolation, or no such processor). Run \"uintr probe\"."
                : "The kernel has no call at this number, so the ABI is another one. Run \"uintr probe\", then set UINTR_ABI."
        case (_, .notPermitted), (_, .permissionDenied):
            return "A seccomp filter or a security module forbids the call: none of the kernels does so itself. Run outside the sandbox or container, or allow the call's number there."
        case (_, .noMemory):
            return "The kernel could not allocate the UPID, the UITT or the descriptor. Free memory or raise the limits of the control group, then try again."
        case (_, .tooManyOpenFiles):
            return "The process has as many descriptors as RLIMIT_NOFILE allows. Close some, or raise the limit with \"ulimit -n\"."
        case (_, .tooManyOpenFilesInSystem):
            return "The whole system has as many open files as fs.file-max allows. Raise it with sysctl, or find who leaks them."
        case (_, .operationNotSupportedByDevice):
            return "The kernel's anonymous inodes are not mounted: it cannot make the descriptor. Look for an early failure in dmesg."
        case (_, .invalidArgument) where noHandlerGivesEINVAL.contains(call):
            return "The calling thread has no handler registered, or the kernel does not know a flag. Call from inside the receiver's body; check the ABI with \"uintr probe\"."

        case (.registerHandler, .invalidArgument):
            return "The kernel does not take these flags. With intel-6.0 a waiting mode needs CONFIG_X86_UINTR_BLOCKING: use the waiting mode \"none\" on a kernel without it. With other ABIs the ABI is probably not this kernel's."
        case (.registerHandler, .badAddress):
            return "The address of the handler is 0. Pass a function."
        case (.registerHandler, .resourceBusy):
            return "This thread already has a handler: a thread is one receiver. Use one vector for each purpose, or a second thread."

        case (.createFD, .noSpace), (.vectorFD, .noSpace), (.registerSelf, .noSpace):
            return call == .registerSelf
                ? "The vector is above 63, or all 256 entries of the UITT are in use. Drop senders that are no longer needed."
                : "The vector is above 63. Choose one of 0 to 63."
        case (.createFD, .resourceBusy):
            return "This thread already has a descriptor for that vector, and with this ABI a vector has only one. Duplicate that descriptor instead."

        case (.registerSender, .invalidArgument):
            return "The kernel does not know a flag. The ABI is probably not this kernel's: run \"uintr probe\"."
        case (.registerSender, .badFileDescriptor), (.unregisterSender, .badFileDescriptor):
            return "The descriptor is not open: it was closed, or never reached this process. Keep the VectorDescriptor alive until the sender is made."
        case (.registerSender, .notSupported), (.unregisterSender, .notSupported):
            return "The descriptor is open, and it is not one of a receiver's vector. Pass one that makeDescriptor(for:) returned (or user interrupts are off: see \"uintr probe\")."
        case (.registerSender, .socketIsConnected):
            return "This thread is already connected through that descriptor. Use the sender that exists."
        case (.registerSender, .socketShutdown), (.registerSelf, .socketShutdown):
            return "The receiver has ended or has unregistered its handler. Make a new receiver and a new descriptor."
        case (.registerSender, .noSpace):
            return "All 256 entries of the UITT are in use. Drop senders that are no longer needed, or send from another thread or process."

        case (.unregisterSender, .invalidArgument):
            return "There is no such connection: it was unregistered before, or it belongs to another thread. Drop a sender on the thread that made it."

        case (.wait, .invalidArgument):
            return "The kernel does not take this time or these flags. The longest time is 1000 seconds; check the ABI with \"uintr probe\"."
        case (.wait, .notSupported), (.alternateStack, .notSupported):
            return "The calling thread has no handler registered. Call from inside the receiver's body, on the receiver's thread."
        case (.alternateStack, .invalidArgument):
            return "The kernel does not know a flag. The ABI is probably not this kernel's: run \"uintr probe\"."
        case (.ipiFD, .invalidArgument):
            return "The kernel does not know a flag. The ABI is probably not this kernel's: run \"uintr probe\"."

        case (_, .notSupported):
            return "User interrupts are switched off in this kernel (nouintr, page-table isolation, or no such processor). Run \"uintr probe\"."
        default:
            return nil
        }
    }

    /// What `project` answers otherwise than the kernels before it (docs/uapi.md).
    private static func projectAdvice(for call: SystemCall, errno: Errno) -> String? {
        switch (call, errno) {
        case (_, .notSupported):
            return "User interrupts are switched off in this kernel (nouintr, page-table isolation, or no such processor). Run \"uintr probe\"."
        case (_, .noFunction):
            return "\(CallNumbers.path) does not list this call, or what it lists is not this kernel's. Run \"uintr probe\", and look at UINTR_CALLS if it is set."
        case (.registerHandler, .badAddress):
            return "The address of the handler is 0 or not one of user memory. Pass a function."
        case (.registerHandler, .invalidArgument):
            return "The kernel does not know a flag: this ABI has none. Use a version of this package that fits the kernel."
        case (.createFD, .resourceBusy):
            return "This thread's vector has a descriptor or a sender already. Duplicate that descriptor, or close it and end its senders first."
        case (.registerSender, .badFileDescriptor):
            return "The descriptor was closed, never reached this process, or is not one of a receiver's vector. Pass one that makeDescriptor(for:) returned. Keep the VectorDescriptor alive until the sender is made."
        case (.registerSender, .noSpace):
            return "All 256 entries of the process's UITT are in use. Drop senders that are no longer needed, or send from another process."
        case (.unregisterSender, .invalidArgument):
            return "There is no such connection: it was unregistered before, or was made before a fork. Drop a sender in the process that made it."
        case (.wait, .invalidArgument), (.alternateStack, .invalidArgument):
            return "The calling thread has no handler registered, or the kernel does not know a flag. Call from inside the receiver's body, on the receiver's thread."
        case (.alternateStack, .badAddress):
            return "The stack begins at 0, or does not lie in user memory. Pass memory of this process."
        case (.alternateStack, .noMemory):
            return "The stack is smaller than 2048 bytes, which a handler needs at least. Pass a larger one."
        default:
            return nil
        }
    }

    /// The calls that answer EINVAL both to a flag and to a thread without a handler.
    private static let noHandlerGivesEINVAL: Set<SystemCall> = [.unregisterHandler, .createFD, .vectorFD, .registerSelf]
}
