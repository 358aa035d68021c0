import CShimTestSupport
import CUserInterrupts
import Glibc
import Testing

/// One at a time: a guard changes the process's signal actions, which one of the tests looks at.
@Suite(.serialized)
enum GuardedTests {
    /// With user interrupts enabled the five instructions are no #UD; their own tests are the conformance cases.
    static let userInterruptsEnabled = {
        var uif = false
        return uintr_try_testui(&uif, nil) == 0
    }()
}

extension GuardedTests {
    @Suite("Guards")
    struct GuardTests {
        @Test("a function that returns is 0, and its effects stay")
        func returns() {
            var value: UInt8 = 7
            let result = withUnsafeMutablePointer(to: &value) { uintr_run_guarded(shim_read_byte, $0, nil) }
            #expect(result == 0)
        }

        @Test("a fault is 1, with signal, code, address and exception")
        func faults() throws {
            let page = try #require(shim_forbidden_page())
            defer { munmap(page, 4096) }
            var fault = uintr_fault()
            #expect(uintr_run_guarded(shim_read_byte, page + 5, &fault) == 1)
            #expect(fault.signal == SIGSEGV && fault.code == 2 /* SEGV_ACCERR */)
            #expect(fault.address == UInt64(UInt(bitPattern: page)) + 5)
            #expect(uintr_run_guarded(shim_undefined, nil, &fault) == 1)
            #expect(fault.signal == SIGILL && fault.exception == UInt64(UINTR_EXCEPTION_UD))
            #expect(uintr_run_guarded(shim_divide_by_zero, nil, &fault) == 1)
            #expect(fault.signal == SIGFPE && fault.exception == UInt64(UINTR_EXCEPTION_DE))
        }

        @Test("after a fault the preserved registers, flags, MXCSR and x87 are the caller's")
        func restored() {
            let mxcsr = shim_mxcsr()
            var fault = uintr_fault()
            for _ in 0..<100 {
                #expect(uintr_run_guarded(shim_set_flags_and_fault, nil, &fault) == 1)
            }
            #expect(fault.signal == SIGILL)
            #expect(shim_mxcsr() == mxcsr)
            #expect(shim_x87_control_after_fault(0x27f) == 0x27f)
            #expect(shim_rflags() & 0x24_4400 == 0)
        }

        @Test("guards nest: the inner fault is the inner guard's")
        func nest() {
            var inner: Int32 = -1
            let outer = withUnsafeMutablePointer(to: &inner) {
                uintr_run_guarded(
                    { raw in
                        raw!.storeBytes(of: uintr_run_guarded(shim_undefined, nil, nil), as: Int32.self)
                        shim_undefined(nil)
                    }, $0, nil)
            }
            #expect(inner == 1 && outer == 1)
        }

        // The next two change SIGILL's action for the whole process, in which other tests may be inside a guard: a process
        // of their own.

        @Test("two threads fault in their own guards at once, and the previous handler is put back")
        func threads() async {
            await #expect(processExitsWith: .success) {
                shim_count_sigills()
                let total = await withTaskGroup(of: Int.self) { group in
                    for _ in 0..<4 {
                        group.addTask {
                            (0..<500).count { _ in uintr_run_guarded(shim_undefined, nil, nil) == 1 }
                        }
                    }
                    return await group.reduce(0, +)
                }
                #expect(total == 2000)
                #expect(shim_sigills_counted() == 0)
            }
        }

        @Test("a signal that was sent, and is no fault, goes to the previous handler")
        func sent() async {
            await #expect(processExitsWith: .success) {
                shim_count_sigills()
                #expect(uintr_run_guarded(shim_send_sigill, nil, nil) == 0)
                #expect(shim_sigills_counted() == 1)
            }
        }

        @Test("a thread that blocks the signal still gets its fault caught")
        func blocked() {
            var signals = sigset_t()
            var before = sigset_t()
            sigemptyset(&signals)
            sigaddset(&signals, SIGILL)
            pthread_sigmask(SIG_BLOCK, &signals, &before)
            defer { pthread_sigmask(SIG_SETMASK, &before, nil) }
            #expect(uintr_run_guarded(shim_undefined, nil, nil) == 1)
            var after = sigset_t()
            pthread_sigmask(SIG_SETMASK, nil, &after)
            #expect(sigismember(&after, SIGILL) == 1)
        }
    }
}
