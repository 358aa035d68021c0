import Glibc
import SystemPackage
import Testing
@testable import UserInterrupts

/// Connects to a descriptor's number and returns the error; the number stays open.
private func errorOfConnecting(to number: CInt, on backend: Backend) -> UserInterruptError? {
    let descriptor = VectorDescriptor(adopting: number, on: backend)
    var found: UserInterruptError?
    do throws(UserInterruptError) {
        try Sender(to: descriptor).close()
    } catch {
        found = error
    }
    _ = descriptor.release()
    return found
}

@Suite("Descriptors and connections fail with an errno and advice")
struct DescriptorTests {
    @Test("a closed fd is EBADF, and says so", arguments: Backends.all)
    func closed(backend: Backend) throws {
        try Receiver.run(on: backend, handler: ignoring) { receiver in
            let number = try receiver.makeDescriptor(for: UserVector(1)).rawValue
            // The value has ended, so the descriptor is closed; no other thread is asked to open one at that number, so ask -1 too.
            for closed in [-1, 1 << 20] as [CInt] {
                let error = errorOfConnecting(to: closed, on: backend)
                #expect(error?.errno == .badFileDescriptor)
                #expect(error?.operation == "uintr_register_sender(descriptor \(closed))")
                #expect(error?.description.contains("EBADF") == true)
                #expect(error?.description.contains("Keep the VectorDescriptor alive") == true)
            }
            #expect(number >= 0)
        }
    }

    @Test("a descriptor is closed when its value ends, and is close-on-exec", arguments: Backends.all)
    func closedWithTheValue(backend: Backend) throws {
        try Receiver.run(on: backend, handler: ignoring) { receiver in
            let kept = try receiver.makeDescriptor(for: UserVector(1))
            #expect(fcntl(kept.rawValue, F_GETFD) & FD_CLOEXEC != 0)
            // The number is the descriptor's own while it lives; what it names is gone afterwards.
            func identity(_ number: CInt) -> UInt64? {
                var status = stat()
                return fstat(number, &status) == 0 ? UInt64(status.st_ino) : nil
            }
            let released = try receiver.makeDescriptor(for: UserVector(2)).release()
            #expect(identity(released) != nil)
            let before = identity(released)
            _ = VectorDescriptor(adopting: released, on: backend)
            #expect(identity(released) == nil || identity(released) != before)
        }
    }

    @Test("an fd of another kind is EOPNOTSUPP, with project EBADF", arguments: Backends.all)
    func foreign(backend: Backend) throws {
        var pipes: [CInt] = [0, 0]
        #expect(pipe(&pipes) == 0)
        // A file in memory, of the kind and the size that the emulation's own descriptors have.
        let inMemory = open("/dev/shm", O_RDWR | __O_TMPFILE | O_DIRECTORY, 0o600)
        #expect(pwrite(inMemory, [UInt8](repeating: 1, count: 32), 32, 0) == 32)
        let foreign: [CInt] = [
            inotify_init(), open("/dev/null", O_RDONLY), open("/proc/self/maps", O_RDONLY),
            socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0), inMemory, pipes[0], pipes[1],
        ]
        defer { foreign.forEach { close($0) } }
        for number in foreign {
            let error = errorOfConnecting(to: number, on: backend)
            #expect(error?.errno == (backend.answers == .project ? .badFileDescriptor : .notSupported))
            #expect(error?.description.contains("makeDescriptor(for:)") == true)
        }
    }

    @Test("a number that is reused after close names what it was reused for", arguments: Backends.all)
    func reused(backend: Backend) throws {
        let old = Cells(64), new = Cells(64)
        try Receiver.run(on: backend, handler: counting, context: old.context) { receiver in
            receiver.unmask()
            let number = try receiver.makeDescriptor(for: UserVector(1)).release()
            try Receiver.run(on: backend, handler: counting, context: new.context) { other in
                other.unmask()
                let fresh = try other.makeDescriptor(for: UserVector(2))
                #expect(dup2(fresh.rawValue, number) == number)
                try Sender(to: VectorDescriptor(adopting: number, on: backend)).send()
                try spin("the delivery") { new[2] == 1 }
            }
        }
        #expect((0..<64).allSatisfy { old[$0] == 0 })
    }

    @Test("a duplicate of a descriptor is as good, and outlives it", arguments: Backends.all)
    func duplicate(backend: Backend) throws {
        let cells = Cells(64)
        try Receiver.run(on: backend, handler: counting, context: cells.context) { receiver in
            receiver.unmask()
            let descriptor = try receiver.makeDescriptor(for: UserVector(3))
            let copy = dup(descriptor.rawValue)
            _ = consume descriptor
            let sender = try Sender(to: VectorDescriptor(adopting: copy, on: backend))
            sender.send()
            try spin("the delivery") { cells[3] == 1 }
        }
    }

    @Test("connecting to a receiver that has ended is ESHUTDOWN", arguments: Backends.all)
    func ended(backend: Backend) throws {
        let number = try Receiver.run(on: backend, handler: ignoring) { receiver in
            try receiver.makeDescriptor(for: UserVector(1)).release()
        }
        defer { close(number) }
        let error = errorOfConnecting(to: number, on: backend)
        #expect(error?.errno == .socketShutdown)
        #expect(error?.description.contains("The receiver has ended") == true)
    }

    @Test("a sender that outlives its receiver sends to nobody, and nothing breaks", arguments: Backends.all)
    func outlives(backend: Backend) throws {
        let cells = Cells(64)
        try Receiver.run(on: backend, handler: ignoring) { outer in
            // The descriptor must be made on the receiver's thread and used on this one.
            let number = Cells(2)
            let thread = TestThread {
                try Receiver.run(on: backend, handler: counting, context: cells.context) { receiver in
                    receiver.unmask()
                    number[0] = UInt64(try receiver.makeDescriptor(for: UserVector(4)).release()) + 1
                    try waitMasked(receiver, "the end") { number[1] == 1 || cells[4] > 0 }
                }
            }
            try spin("the descriptor") { number[0] > 0 }
            let sender = try Sender(to: VectorDescriptor(adopting: CInt(number[0] - 1), on: backend))
            sender.send()
            thread.join()
            let before = cells[4]
            for _ in 0..<1000 { sender.send() }
            #expect(cells[4] == before)
            try sender.close()
        }
    }

    @Test("a second handler on a thread is EBUSY, and the first goes on", arguments: Backends.all)
    func secondHandler(backend: Backend) throws {
        let cells = Cells(64)
        try Receiver.run(on: backend, handler: counting, context: cells.context) { receiver in
            let error = #expect(throws: UserInterruptError.self) {
                try Receiver.register(on: backend, waiting: .sender, handler: ignoring, context: nil)
            }
            #expect(error?.errno == .resourceBusy)
            #expect(error?.description.contains("a thread is one receiver") == true)
            receiver.unmask()
            try Sender(to: receiver.makeDescriptor(for: UserVector(1))).send()
            try spin("the delivery") { cells[1] == 1 }
        }
    }

    @Test("the calls of a receiver fail on a thread that has none", arguments: Backends.all)
    func noHandler(backend: Backend) throws {
        #expect(backend.calls.unregisterHandler() == -EINVAL)
        #expect(backend.calls.descriptor(vector: 1) == -EINVAL)
        let expected = -backend.answers.table.no_handler_errno
        #expect(backend.calls.wait(microseconds: backend.hasTimedWait ? 1 : nil) == expected)
    }

    // Where the table is the process's, the other tests have entries in it, and need some: a process of its own.
    @Test("256 senders fit a thread and the next is ENOSPC; one that ends makes room, at the lowest index", arguments: Backends.all)
    func tableFull(backend: Backend) async throws {
        guard backend.answers.table.sender_repeats else {
            print("SKIP: \(backend.testDescription) connects a descriptor once only, so 257 connections need 257 vectors.")
            return
        }
        await #expect(processExitsWith: .success) { [kind = backend.kind as Backend.Kind] in
            let backend = try #require(Backends.all.first(where: { $0.kind == kind }))
            try Receiver.run(on: backend, handler: ignoring) { receiver in
                let descriptor = try receiver.makeDescriptor(for: UserVector(1))
                let indices = (0..<256).map { _ in backend.calls.registerSender(descriptor: descriptor.rawValue) }
                #expect(indices == Array(0..<256))
                let error = errorOfConnecting(to: descriptor.rawValue, on: backend)
                #expect(error?.errno == .noSpace)
                #expect(error?.description.contains("256 entries") == true)
                #expect(backend.calls.unregisterSender(descriptor: descriptor.rawValue, index: 100) == 0)
                #expect(backend.calls.unregisterSender(descriptor: descriptor.rawValue, index: 100) == -EINVAL)
                let freed = try Sender(to: descriptor)
                let index = freed.index
                #expect(index == 100)
                for index in indices where index != 100 {
                    _ = backend.calls.unregisterSender(descriptor: descriptor.rawValue, index: index)
                }
            }
        }
    }

    @Test("a thread can send to itself without a descriptor where the ABI has register_self", arguments: Backends.all)
    func selfSender(backend: Backend) throws {
        guard backend.hasRegisterSelf else {
            print("SKIP: \(backend.testDescription) has no uintr_register_self.")
            return
        }
        let cells = Cells(64)
        try Receiver.run(on: backend, handler: counting, context: cells.context) { receiver in
            receiver.unmask()
            let sender = try receiver.makeSelfSender(for: UserVector(6))
            sender.send()
            try spin("the delivery") { cells[6] == 1 }
        }
    }

    @Test("with an alternate stack the handler runs on it, without one on the interrupted stack", arguments: Backends.all)
    func alternateStack(backend: Backend) throws {
        guard backend.hasAlternateStack else {
            print("SKIP: \(backend.testDescription) has no uintr_alt_stack.")
            return
        }
        // 0: deliveries; 1: an address within the handler's stack.
        let cells = Cells(2)
        let handler: Handler = { context, frame, _ in
            let cells = context!.assumingMemoryBound(to: Cells.Cell.self)
            cells[1].store(UInt64(UInt(bitPattern: frame)), ordering: .relaxed)
            cells[0].wrappingAdd(1, ordering: .sequentiallyConsistent)
        }
        let stack = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 16, alignment: 64)
        defer { stack.deallocate() }
        let first = UInt64(UInt(bitPattern: stack.baseAddress))
        nonisolated(unsafe) let memory = stack
        try Receiver.run(on: backend, handler: handler, context: cells.context) { receiver in
            let sender = try Sender(to: receiver.makeDescriptor(for: UserVector(2)))
            receiver.unmask()
            var expected: UInt64 = 0
            for isAlternate in [true, false, true] {
                try receiver.useAlternateStack(isAlternate ? memory : nil)
                // From the signal or the processor, then from STUI.
                for masked in [false, true] {
                    if masked { receiver.mask() }
                    sender.send()
                    receiver.unmask()
                    expected += 1
                    try spin("the delivery") { cells[0] == expected }
                    #expect((first..<first + (1 << 16)).contains(cells[1]) == isAlternate)
                }
            }
        }
    }

    @Test("an alternate stack that is too small is ENOMEM where the ABI looks", arguments: Backends.all)
    func smallStack(backend: Backend) throws {
        guard backend.answers == .project else {
            print("SKIP: \(backend.testDescription) does not look at the size.")
            return
        }
        let error = try Receiver.run(on: backend, handler: ignoring) { receiver in
            let stack = UnsafeMutableRawBufferPointer.allocate(byteCount: 2047, alignment: 16)
            defer { stack.deallocate() }
            do throws(UserInterruptError) {
                try receiver.useAlternateStack(stack)
                return nil as UserInterruptError?
            } catch {
                return error
            }
        }
        #expect(error?.errno == .noMemory)
        #expect(error?.description.contains("2048") == true)
    }
}
