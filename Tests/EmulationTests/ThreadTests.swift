import CEmulationBackend
import CEmulationRuntime
import Glibc
import Synchronization
import Testing
@testable import Emulation

extension EmulationTests {
@Suite("keeps the promises of docs/uapi.md to one thread")
struct ThreadTests {
    @Test("the calls answer as project does, in its order")
    func errnos() {
        together(1) { _ in
            #expect(EmulatedProcess.registerHandler(count, context: nil, flags: 1) == -EINVAL)
            #expect(EmulatedProcess.unregisterHandler() == -EINVAL)
            #expect(EmulatedProcess.descriptor(vector: 64) == -EINVAL)
            #expect(EmulatedProcess.alternateStack(base: 0, size: 1) == -EINVAL)
            #expect(EmulatedProcess.wait(until: 0) == -EINVAL)
            #expect(EmulatedProcess.registerSender(descriptor: -1) == -EBADF)
            for outside in [-1, 256, CInt.max] as [CInt] {
                #expect(EmulatedProcess.unregisterSender(index: outside) == -EINVAL)
            }

            let counters = Counters()
            #expect(EmulatedProcess.registerHandler(count, context: counters.cells) == 0)
            #expect(EmulatedProcess.registerHandler(count, context: counters.cells) == -EBUSY)
            #expect(EmulatedProcess.registerHandler(count, context: counters.cells, flags: 0x1000) == -EINVAL)
            #expect(EmulatedProcess.descriptor(vector: 64) == -ENOSPC)
            let descriptor = EmulatedProcess.descriptor(vector: 63)
            #expect(descriptor >= 0)
            #expect(EmulatedProcess.descriptor(vector: 63) == -EBUSY)
            let index = EmulatedProcess.registerSender(descriptor: descriptor)
            close(descriptor)
            #expect(EmulatedProcess.descriptor(vector: 63) == -EBUSY, "its connection keeps the vector")
            #expect(EmulatedProcess.unregisterSender(index: index) == 0)
            #expect(EmulatedProcess.unregisterSender(index: index) == -EINVAL)
            let again = EmulatedProcess.descriptor(vector: 63)
            #expect(again >= 0)
            close(again)
            #expect(EmulatedProcess.alternateStack(base: 0, size: 4096) == -EFAULT)
            #expect(EmulatedProcess.alternateStack(base: .max, size: 4096) == -EFAULT)
            #expect(EmulatedProcess.alternateStack(base: 4096, size: 2047) == -ENOMEM)
            #expect(EmulatedProcess.wait(until: 1, flags: 1) == -EINVAL)
            #expect(EmulatedProcess.wait(until: 0) == -ETIMEDOUT)
            #expect(EmulatedProcess.wait(until: runtime_monotonic() + 1_000_000) == -ETIMEDOUT)
            #expect(EmulatedProcess.unregisterHandler() == 0)
            #expect(EmulatedProcess.unregisterHandler() == -EINVAL)
            #expect(counters[65] == 0, "registering ran the handler")
        }
    }

    @Test("a thread may register again, and the descriptors of its first time stay dead")
    func registerAgain() {
        together(1) { _ in
            let counters = Counters()
            #expect(EmulatedProcess.registerHandler(count, context: counters.cells) == 0)
            let old = EmulatedProcess.descriptor(vector: 1)
            let stale = EmulatedProcess.registerSender(descriptor: old)
            EmulatedProcess.senduipi(UInt64(stale))
            #expect(EmulatedProcess.unregisterHandler() == 0)
            #expect(EmulatedProcess.registerHandler(count, context: counters.cells) == 0)
            #expect(EmulatedProcess.registerSender(descriptor: old) == -ESHUTDOWN)
            close(old)
            #expect(!EmulatedProcess.testui())
            EmulatedProcess.stui()
            EmulatedProcess.senduipi(UInt64(stale))
            #expect(counters[1] == 0)
            let fresh = connectToSelf(vector: 2)
            EmulatedProcess.senduipi(fresh)
            #expect(counters[2] == 1)
            #expect(EmulatedProcess.unregisterSender(index: CInt(fresh)) == 0)
            #expect(EmulatedProcess.unregisterSender(index: stale) == 0)
            #expect(EmulatedProcess.unregisterHandler() == 0)
        }
    }

    @Test("registering again calls neither the new handler nor the one before")
    func registerAnother() {
        together(1) { _ in
            let first = Counters(), second = Counters()
            #expect(EmulatedProcess.registerHandler(count, context: first.cells) == 0)
            #expect(EmulatedProcess.unregisterHandler() == 0)
            #expect(EmulatedProcess.registerHandler(count, context: second.cells) == 0)
            EmulatedProcess.stui()
            #expect(first.runs == 0 && second.runs == 0)
            #expect(EmulatedProcess.unregisterHandler() == 0)
        }
    }

    @Test("a registration that is refused leaves the handler as it was")
    func refused() {
        together(1) { _ in
            let first = Counters(), second = Counters()
            #expect(EmulatedProcess.registerHandler(count, context: first.cells) == 0)
            #expect(EmulatedProcess.registerHandler(count, context: second.cells) == -EBUSY)
            let index = connectToSelf(vector: 4)
            EmulatedProcess.stui()
            EmulatedProcess.senduipi(index)
            #expect(first[4] == 1 && second[4] == 0)
            #expect(EmulatedProcess.unregisterSender(index: CInt(index)) == 0)
            #expect(EmulatedProcess.unregisterHandler() == 0)
        }
    }

    @Test("the child of a fork is no receiver and no sender, may connect, and its parent still is both")
    func forkedChild() {
        together(1) { _ in
            let counters = Counters()
            #expect(EmulatedProcess.registerHandler(count, context: counters.cells) == 0)
            let descriptor = EmulatedProcess.descriptor(vector: 3)
            let index = EmulatedProcess.registerSender(descriptor: descriptor)
            EmulatedProcess.stui()
            let child = fork()
            if child == 0 {
                // Bits of what is wrong. Nothing here allocates: another thread may have held a lock.
                var wrong: CInt = runtime_process_senders == nil && runtime_receivers == nil ? 0 : 1
                if EmulatedProcess.wait(until: 0) != -EINVAL { wrong |= 2 }
                if EmulatedProcess.descriptor(vector: 3) != -EINVAL { wrong |= 4 }
                if EmulatedProcess.unregisterSender(index: index) != -EINVAL { wrong |= 8 }
                if EmulatedProcess.unregisterHandler() != -EINVAL { wrong |= 16 }
                if EmulatedProcess.testui() { wrong |= 32 }
                let own = EmulatedProcess.registerSender(descriptor: descriptor)
                if own != 0 { wrong |= 64 }
                EmulatedProcess.senduipi(UInt64(UInt32(bitPattern: own)))
                _exit(wrong)
            }
            var status: CInt = -1
            while waitpid(child, &status, 0) < 0, errno == EINTR {}
            #expect(child > 0 && status == 0)
            #expect(spin { counters[3] == 1 }, "the child's was not delivered")
            EmulatedProcess.senduipi(UInt64(index))
            #expect(counters[3] == 2)
            close(descriptor)
            #expect(EmulatedProcess.unregisterSender(index: index) == 0)
            #expect(EmulatedProcess.unregisterHandler() == 0)
        }
    }

    @Test("a notification is delivered although the thread was created with all signals blocked")
    func createdBlocked() {
        let counters = Counters()
        together(1) { _ in
            var all = sigset_t()
            sigfillset(&all)
            pthread_sigmask(SIG_SETMASK, &all, nil)
            _ = EmulatedProcess.registerHandler(count, context: counters.cells)
            EmulatedProcess.stui()
            let descriptor = EmulatedProcess.descriptor(vector: 5)
            together(1) { _ in
                let index = EmulatedProcess.registerSender(descriptor: descriptor)
                EmulatedProcess.senduipi(UInt64(index))
                _ = EmulatedProcess.unregisterSender(index: index)
            }
            _ = spin { counters[5] == 1 }
            close(descriptor)
            _ = EmulatedProcess.unregisterHandler()
        }
        #expect(counters[5] == 1)
    }

    @Test("what a thread sends itself is delivered though it blocks all signals, and its mask stays")
    func ownWithSignalsBlocked() {
        together(1) { _ in
            let counters = Counters()
            #expect(EmulatedProcess.registerHandler(count, context: counters.cells) == 0)
            let index = connectToSelf(vector: 5)
            var (all, before, after) = (sigset_t(), sigset_t(), sigset_t())
            sigfillset(&all)
            pthread_sigmask(SIG_SETMASK, &all, &before)
            EmulatedProcess.senduipi(index)
            #expect(counters[5] == 0)
            EmulatedProcess.stui()
            #expect(counters[5] == 1)
            EmulatedProcess.senduipi(index)
            #expect(counters[5] == 2)
            pthread_sigmask(SIG_SETMASK, &before, &after)
            #expect(sigismember(&after, SIGTERM) == 1 && sigismember(&after, emulation_signal()) == 1)
            #expect(EmulatedProcess.unregisterSender(index: CInt(index)) == 0)
            #expect(EmulatedProcess.unregisterHandler() == 0)
        }
    }

    @Test("errno survives a delivery, from a signal too")
    func errnoIsKept() {
        let clobbering: emulation_handler = { context, _, _ in
            errno = 77
            context!.assumingMemoryBound(to: Atomic<UInt64>.self)[0].wrappingAdd(1, ordering: .relaxed)
        }
        together(1) { _ in
            let counters = Counters()
            _ = EmulatedProcess.registerHandler(clobbering, context: counters.cells)
            let index = connectToSelf(vector: 5)
            EmulatedProcess.stui()
            errno = 5
            EmulatedProcess.senduipi(index)
            let after = errno
            EmulatedProcess.clui()
            EmulatedProcess.senduipi(index)
            errno = 6
            emulation_stui_by_signal()
            let afterSignal = errno
            #expect(counters[0] == 2)
            #expect(after == 5 && afterSignal == 6)
            _ = EmulatedProcess.unregisterSender(index: CInt(index))
            _ = EmulatedProcess.unregisterHandler()
        }
    }

    @Test("a thread that ends frees what it had, also if it never unregistered", arguments: [false, true])
    func frees(unregisters: Bool) {
        func round() {
            together(1) { _ in
                let counters = Counters()
                _ = EmulatedProcess.registerHandler(count, context: counters.cells)
                let index = connectToSelf(vector: 7)
                EmulatedProcess.stui()
                EmulatedProcess.senduipi(index)
                EmulatedProcess.clui()
                EmulatedProcess.senduipi(index)
                emulation_stui_by_signal()
                if counters[7] != 2 { abort() }
                _ = EmulatedProcess.unregisterSender(index: CInt(index))
                if unregisters { _ = EmulatedProcess.unregisterHandler() }
            }
        }
        func receivers() -> Int {
            var (count, receiver) = (0, runtime_receivers)
            while let this = receiver { (count, receiver) = (count + 1, this.pointee.next) }
            return count
        }
        // Other tests' threads map and open too: what leaks here would be 200 of each.
        round()
        let before = (receivers(), Process.descriptors, Process.mappings)
        for _ in 0..<200 { round() }
        #expect(receivers() - before.0 < 100)
        #expect(Process.descriptors - before.1 < 100)
        #expect(Process.mappings - before.2 < 100)
    }
}
}

/// What /proc says of this process.
enum Process {
    /// Open descriptors of the kinds that a receiver has.
    static var descriptors: Int {
        (0..<65536).count { number in
            var status = stat()
            return fstat(CInt(number), &status) == 0 && [S_IFIFO, S_IFSOCK, S_IFREG].contains(status.st_mode & S_IFMT)
        }
    }

    static var mappings: Int {
        guard let file = fopen("/proc/self/maps", "r") else { return 0 }
        defer { fclose(file) }
        var lines = 0
        while true {
            let character = fgetc(file)
            if character == EOF { return lines }
            if character == 10 { lines += 1 }
        }
    }
}
