import CEmulationBackend
import CEmulationRuntime
import Glibc
import Synchronization
import Testing
@testable import Emulation

/// The connection that a signal's handler sends by.
private let inHandler = Atomic<UInt64>(0)

extension EmulationTests {
@Suite("leaves the process as it is")
struct ProcessTests {
    /// The actions of all signals, as words.
    private static func actions() -> [[UInt]] {
        (1..<65).map { number in
            var action = sigaction()
            sigaction(CInt(number), nil, &action)
            return withUnsafeBytes(of: action.__sigaction_handler) { [$0.loadUnaligned(as: UInt.self), UInt(action.sa_flags)] }
        }
    }

    private static func ignore(_ signals: some Sequence<CInt>) {
        for number in signals { signal(number, SIG_IGN) }
    }

    /// Delivers once on this thread.
    private static func works() -> Bool {
        let counters = Counters()
        guard EmulatedProcess.registerHandler(count, context: counters.cells) == 0 else { return false }
        let index = connectToSelf(vector: 1)
        EmulatedProcess.senduipi(index)
        emulation_stui_by_signal()
        return counters[1] == 1
    }

    @Test("of the actions of all signals it changes one, SIGSTKFLT's")
    func oneSignal() async {
        await #expect(processExitsWith: .exitCode(0)) {
            let before = ProcessTests.actions()
            guard ProcessTests.works() else { exit(1) }
            let after = ProcessTests.actions()
            exit((0..<64).filter { before[$0] != after[$0] } == [Int(SIGSTKFLT) - 1] ? 0 : 2)
        }
    }

    @Test("a signal that the program uses is left to it: then it is another one, and without any the answer is EAGAIN")
    func otherSignals() async {
        await #expect(processExitsWith: .exitCode(0)) {
            ProcessTests.ignore([SIGSTKFLT])
            exit(ProcessTests.works() && emulation_signal() == SIGPWR ? 0 : 1)
        }
        await #expect(processExitsWith: .exitCode(0)) {
            ProcessTests.ignore([SIGSTKFLT, SIGPWR, 42])
            exit(ProcessTests.works() && emulation_signal() == 43 ? 0 : 1)
        }
        await #expect(processExitsWith: .exitCode(0)) {
            ProcessTests.ignore([SIGSTKFLT, SIGPWR])
            ProcessTests.ignore(42...64)
            exit(EmulatedProcess.registerHandler(count, context: nil) == -EAGAIN ? 0 : 1)
        }
    }

    @Test("SENDUIPI is SIGILL before the process has connected to anything, and SIGSEGV for a free entry afterwards")
    func faults() async {
        await #expect(processExitsWith: .signal(SIGILL)) {
            guard EmulatedProcess.registerHandler(count, context: nil) == 0 else { exit(1) }
            EmulatedProcess.senduipi(0)
        }
        await #expect(processExitsWith: .signal(SIGSEGV)) {
            guard ProcessTests.works() else { exit(1) }
            EmulatedProcess.senduipi(1)
        }
    }

    @Test("SENDUIPI may be used in a signal's handler, and what it sends its thread is delivered there and then")
    func inASignalHandler() async {
        await #expect(processExitsWith: .exitCode(0)) {
            let counters = Counters()
            guard EmulatedProcess.registerHandler(count, context: counters.cells) == 0 else { exit(1) }
            inHandler.store(connectToSelf(vector: 9), ordering: .relaxed)
            signal(SIGUSR1) { _ in EmulatedProcess.senduipi(inHandler.load(ordering: .relaxed)) }
            EmulatedProcess.stui()
            for round in 1...100 as ClosedRange<UInt64> {
                raise(SIGUSR1)
                guard counters[9] == round else { exit(2) }
            }
            exit(0)
        }
    }

    @Test("a signal whose action has no SA_RESTART ends a wait, one that has does not")
    func signalsAndWait() async {
        await #expect(processExitsWith: .exitCode(0)) {
            let counters = Counters()
            guard EmulatedProcess.registerHandler(count, context: counters.cells) == 0 else { exit(1) }
            for (flags, expected) in [(0, -EINTR), (SA_RESTART, -ETIMEDOUT)] as [(CInt, CInt)] {
                var action = sigaction()
                action.__sigaction_handler.sa_handler = { _ in }
                action.sa_flags = flags
                sigaction(SIGALRM, &action, nil)
                var interval = itimerval(it_interval: timeval(tv_sec: 0, tv_usec: 20_000), it_value: timeval(tv_sec: 0, tv_usec: 20_000))
                setitimer(CInt(ITIMER_REAL.rawValue), &interval, nil)
                // With SA_RESTART several come before the deadline.
                let time: UInt64 = flags == 0 ? 60_000_000_000 : 200_000_000
                guard EmulatedProcess.wait(until: runtime_monotonic() + time) == expected else { exit(2) }
            }
            exit(0)
        }
    }

    @Test("a handler may change where the interrupted code goes on: RIP and RSP of its frame are loaded", arguments: [false, true])
    func frame(bySignal: Bool) async {
        await #expect(processExitsWith: .exitCode(7)) { [bySignal = bySignal as Bool] in
            let leaving: emulation_handler = { _, frame, _ in
                let words = frame!.assumingMemoryBound(to: UInt64.self)
                let landing: @convention(c) () -> Void = { _exit(7) }
                words[0] = UInt64(UInt(bitPattern: unsafeBitCast(landing, to: UnsafeRawPointer.self)))
                // As after a call.
                words[2] = (words[2] - 256) & ~15 - 8
            }
            guard EmulatedProcess.registerHandler(leaving, context: nil) == 0 else { exit(1) }
            let index = connectToSelf(vector: 1)
            EmulatedProcess.senduipi(index)
            if bySignal { emulation_stui_by_signal() } else { EmulatedProcess.stui() }
            exit(2)
        }
    }
}
}
