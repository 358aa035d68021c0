internal import CUserInterrupts
internal import Glibc

/// What the hardware machine asks of a kernel, for the calling thread. Every call returns what the kernel does: 0 or above, or a
/// negated errno. A test scripts the kernel here.
package protocol KernelCalls {
    /// Registers the entry that records frames.
    func registerHandler() -> CInt
    func unregisterHandler() -> CInt
    /// A file descriptor for a vector, 0–63.
    func descriptor(vector: UInt8) -> CInt
    /// An index into the UITT.
    func registerSender(descriptor: CInt) -> CInt
    /// Takes both, as the ABIs differ; the one that the ABI does not name is ignored.
    func unregisterSender(descriptor: CInt, index: CInt) -> CInt
    func close(descriptor: CInt)
}

/// The system calls of one ABI, through the shim.
struct ShimCalls: KernelCalls {
    let abi: uintr_abi

    private func with(_ call: (UnsafePointer<uintr_abi>) -> CInt) -> CInt { withUnsafePointer(to: abi, call) }

    func registerHandler() -> CInt { with { uintr_register_handler($0, uintr_record_entry_address(), 0) } }

    func unregisterHandler() -> CInt { with { uintr_unregister_handler($0, 0) } }

    func descriptor(vector: UInt8) -> CInt {
        with {
            uintr_abi_has($0, UINTR_CALL_VECTOR_FD)
                ? uintr_vector_fd($0, UInt64(vector), 0) : uintr_create_fd($0, UInt64(vector), 0)
        }
    }

    func registerSender(descriptor: CInt) -> CInt {
        with { uintr_register_sender($0, uintr_fd(value: descriptor), 0) }
    }

    func unregisterSender(descriptor: CInt, index: CInt) -> CInt {
        with {
            abi.unregister_sender == UINTR_SENDER_BY_FD
                ? uintr_unregister_sender_by_fd($0, uintr_fd(value: descriptor), 0)
                : uintr_unregister_sender_by_index($0, uintr_index(value: index), 0)
        }
    }

    func close(descriptor: CInt) { _ = Glibc.close(descriptor) }
}

/// A thread registered as a receiver and as a sender to itself. `end` undoes it; both on the thread itself.
struct Registration {
    private let kernel: any KernelCalls
    private var connections: [(descriptor: CInt, index: CInt)] = []
    /// The errno of a failed call, where its number says more than the sentence.
    struct Refused: Error {
        var errno: CInt
        var sentence: String
    }

    init(_ kernel: any KernelCalls) throws(Refused) {
        self.kernel = kernel
        let result = kernel.registerHandler()
        guard result >= 0 else {
            throw Refused(
                errno: -result,
                sentence: "uintr_register_handler answered \(describe(errno: -result)). Look at what `uintr probe` says of the kernel's ABI.")
        }
    }

    /// Connects the next index to `vector`.
    /// - Returns: nil, or a sentence on what went wrong.
    mutating func connect(_ vector: UInt8) -> String? {
        let descriptor = kernel.descriptor(vector: vector)
        guard descriptor >= 0 else {
            return "the kernel gave no descriptor for vector \(vector): \(describe(errno: -descriptor))"
        }
        let index = kernel.registerSender(descriptor: descriptor)
        guard index >= 0 else {
            kernel.close(descriptor: descriptor)
            return "uintr_register_sender for vector \(vector) answered \(describe(errno: -index))"
        }
        let expected = connections.count
        connections.append((descriptor, index))
        guard index == expected else {
            return "uintr_register_sender returned the index \(index) where the case counts \(expected): another sender shares "
                + "this UITT. Run the cases in a process that has no other."
        }
        return nil
    }

    /// - Returns: nil, or a sentence on the first call that failed.
    mutating func end() -> String? {
        var failure: String?
        for (descriptor, index) in connections.reversed() {
            let result = kernel.unregisterSender(descriptor: descriptor, index: index)
            if result < 0, failure == nil {
                failure = "uintr_unregister_sender of index \(index) answered \(describe(errno: -result))"
            }
            kernel.close(descriptor: descriptor)
        }
        connections = []
        let result = kernel.unregisterHandler()
        if result < 0, failure == nil { failure = "uintr_unregister_handler answered \(describe(errno: -result))" }
        return failure
    }
}
