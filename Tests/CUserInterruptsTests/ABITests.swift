import CUserInterrupts
import Glibc
import Testing

/// What the published kernels' tables say, call by call; nil: the ABI has no such call.
private let published: [(name: String, numbers: [Int?])] = [
    // register_handler, unregister_handler, create_fd, vector_fd, register_sender, unregister_sender, wait,
    // register_self, alt_stack, ipi_fd
    ("rfc-v1", [449, 450, 451, nil, 452, 453, 454, nil, nil, nil]),
    ("port-5.16", [450, 451, 452, nil, 453, 454, 455, nil, nil, nil]),
    ("intel-mt", [471, 472, 473, nil, 474, 475, 476, nil, nil, nil]),
    ("intel-6.0", [471, 472, nil, 473, 474, 475, 476, 477, 478, 479]),
    ("project", Array(repeating: nil, count: 10)),
]

private func numbers(_ abi: UnsafePointer<uintr_abi>) -> [Int?] {
    (0..<UInt32(UINTR_CALL_COUNT)).map {
        let number = uintr_abi_number(abi, uintr_call(rawValue: $0))
        return number < 0 ? nil : number
    }
}

@Suite("The table of ABIs")
struct ABITests {
    @Test("every published number is in the table, and no other ABI is")
    func numbersAsPublished() throws {
        for (name, expected) in published {
            let abi = try #require(uintr_abi_named(name), "\(name)")
            #expect(String(cString: uintr_abi_name(abi)) == name)
            #expect(numbers(abi) == expected, "\(name)")
        }
        var place = 0
        while uintr_abi_at(place) != nil { place += 1 }
        #expect(place == published.count)
    }

    @Test("473 is create_fd or vector_fd, 475 takes a descriptor or an index, 476 takes flags or a time")
    func meanings() throws {
        for name in ["rfc-v1", "port-5.16", "intel-mt"] {
            let abi = try #require(uintr_abi_named(name)).pointee
            #expect(abi.wait == UINTR_WAIT_FLAGS)
            #expect(abi.unregister_sender == UINTR_SENDER_BY_FD)
            #expect(abi.no_hardware_errno == 95, "EOPNOTSUPP")
            #expect(abi.handler_flags == 0)
            #expect(!abi.vector_repeats && !abi.sender_repeats && !abi.table_of_process && !abi.table_inherited)
            #expect(abi.other_descriptor_errno == EOPNOTSUPP && abi.no_handler_errno == EOPNOTSUPP && !abi.alt_stack_by_base)
        }
        let six = try #require(uintr_abi_named("intel-6.0")).pointee
        #expect(six.wait == UINTR_WAIT_USEC_FLAGS)
        #expect(six.unregister_sender == UINTR_SENDER_BY_INDEX)
        #expect(six.no_hardware_errno == 38, "ENOSYS")
        #expect(six.handler_flags == 0x3000)
        #expect(six.wait_usec_max == 1_000_000_000)
        #expect(six.vector_repeats && six.sender_repeats && six.table_of_process && six.table_inherited)
        #expect(six.other_descriptor_errno == EOPNOTSUPP && six.no_handler_errno == EOPNOTSUPP && !six.alt_stack_by_base)
        let own = try #require(uintr_abi_named("project")).pointee
        #expect(own.wait == UINTR_WAIT_DEADLINE_FLAGS)
        #expect(own.unregister_sender == UINTR_SENDER_BY_INDEX)
        #expect(own.no_hardware_errno == EOPNOTSUPP && own.other_descriptor_errno == EBADF && own.no_handler_errno == EINVAL)
        #expect(own.handler_flags == 0)
        #expect(own.wait_usec_max == .max)
        #expect(!own.vector_repeats && own.sender_repeats && own.table_of_process && !own.table_inherited && own.alt_stack_by_base)
    }

    @Test("a name that is a part of another, longer, or empty is no ABI", arguments: ["rfc", "rfc-v11", "", "RFC-V1", "intel"])
    func unknownNames(name: String) {
        #expect(uintr_abi_named(name) == nil)
    }

    @Test("project gets its numbers at run time, for the seven calls of docs/uapi.md")
    func project() throws {
        var abi = uintr_abi()
        #expect(uintr_abi_project(&abi, 600) == 0)
        #expect(numbers(&abi) == [600, 601, 602, nil, 603, 604, 605, nil, 606, nil])
        #expect(String(cString: uintr_abi_name(&abi)) == "project")
        #expect(uintr_abi_project(&abi, -1) == -EINVAL)

        let given: [Int32] = [700, 701, -1, 710, 711, 712, -1, -1, 3, -1]
        #expect(uintr_abi_project_numbers(&abi, given) == 0)
        #expect(numbers(&abi) == [700, 701, nil, 710, 711, 712, nil, nil, 3, nil])
        #expect(uintr_abi_project_numbers(&abi, [Int32](repeating: -2, count: 10)) == -EINVAL)
    }
}

@Suite("System calls")
struct CallTests {
    /// Numbers far above any kernel's table: whatever enters the kernel comes back as ENOSYS.
    private func nowhere() -> uintr_abi {
        var abi = uintr_abi()
        _ = uintr_abi_project(&abi, 1_000_000)
        return abi
    }

    @Test("a call that the ABI has not is ENOSYS without entering the kernel")
    func missingCalls() {
        // 39 is getpid: if a missing call entered the kernel under any of these numbers, it would succeed.
        var abi = uintr_abi()
        #expect(uintr_abi_project_numbers(&abi, [39, 39, -1, -1, 39, 39, -1, -1, -1, -1]) == 0)
        #expect(uintr_register_handler(&abi, nil, 0) == getpid(), "the number in the table is the one called")
        #expect(uintr_create_fd(&abi, 0, 0) == -ENOSYS)
        #expect(uintr_vector_fd(&abi, 0, 0) == -ENOSYS)
        #expect(uintr_wait_usec(&abi, 0, 0) == -ENOSYS)
        #expect(uintr_register_self(&abi, 0, 0) == -ENOSYS)
        #expect(uintr_alt_stack(&abi, nil, 0, 0) == -ENOSYS)
        #expect(uintr_ipi_fd(&abi, 0) == -ENOSYS)
        #expect(uintr_register_handler(nil, nil, 0) == -ENOSYS)
        #expect(uintr_wait_flags(nil, 0) == -ENOSYS)
    }

    @Test("unregister_sender refuses the operand that the ABI does not take")
    func operandOfUnregister() throws {
        var byIndex = uintr_abi()
        #expect(uintr_abi_project_numbers(&byIndex, [-1, -1, -1, -1, -1, 39, 39, -1, -1, -1]) == 0)
        #expect(uintr_unregister_sender_by_fd(&byIndex, uintr_fd(value: 3), 0) == -EINVAL)
        #expect(uintr_unregister_sender_by_index(&byIndex, uintr_index(value: 3), 0) == getpid())
        var byDescriptor = byIndex
        byDescriptor.unregister_sender = UINTR_SENDER_BY_FD
        #expect(uintr_unregister_sender_by_fd(&byDescriptor, uintr_fd(value: 3), 0) == getpid())
        #expect(uintr_unregister_sender_by_index(&byDescriptor, uintr_index(value: 3), 0) == -EINVAL)
    }

    @Test("wait refuses the signature that the ABI has not")
    func signatureOfWait() {
        var abi = uintr_abi()
        #expect(uintr_abi_project_numbers(&abi, [-1, -1, -1, -1, -1, -1, 39, -1, -1, -1]) == 0)
        for kind in [UINTR_WAIT_FLAGS, UINTR_WAIT_USEC_FLAGS, UINTR_WAIT_DEADLINE_FLAGS] {
            abi.wait = kind
            #expect(uintr_wait_flags(&abi, 0) == (kind == UINTR_WAIT_FLAGS ? getpid() : -ENOSYS))
            #expect(uintr_wait_usec(&abi, 5, 0) == (kind == UINTR_WAIT_USEC_FLAGS ? getpid() : -ENOSYS))
            #expect(uintr_wait_deadline(&abi, 5, 0) == (kind == UINTR_WAIT_DEADLINE_FLAGS ? getpid() : -ENOSYS))
        }
        #expect(uintr_wait_deadline(nil, 0, 0) == -ENOSYS)
    }

    @Test("the kernel's errno is the result, and errno itself is left alone")
    func errnoIsLeftAlone() {
        var abi = nowhere()
        errno = 77
        let result = uintr_register_sender(&abi, uintr_fd(value: -1), 0)
        #expect(errno == 77)
        #expect(result == -ENOSYS)
    }

    @Test("arguments arrive in the order of the signature")
    func argumentOrder() {
        // lseek(fd, offset, whence) stands in: 8 on x86-64. alt_stack(sp, size, flags) has the same shape.
        var abi = uintr_abi()
        #expect(uintr_abi_project_numbers(&abi, [-1, -1, -1, -1, -1, -1, -1, -1, 8, -1]) == 0)
        let file = open("/proc/self/exe", O_RDONLY)
        defer { close(file) }
        let top = UnsafeMutableRawPointer(bitPattern: Int(file))
        #expect(uintr_alt_stack(&abi, top, 1234, UInt32(SEEK_SET)) == 1234)
        #expect(uintr_alt_stack(&abi, top, 6, UInt32(SEEK_CUR)) == 1240)
    }
}
