import CUserInterrupts
import Foundation
import Glibc
import Testing
@testable import UserInterrupts

@Suite("The project's kernel is found by the file that lists its calls")
struct CallNumbersTests {
    /// As docs/uapi.md has it, with numbers that no kernel has.
    private static let list = """
        abi 1
        uintr_register_handler 700
        uintr_unregister_handler 701
        uintr_create_fd 702
        uintr_register_sender 703
        uintr_unregister_sender 704
        uintr_wait 705
        uintr_alt_stack 706

        """

    private func numbers(_ calls: CallNumbers?) -> [Int?]? {
        guard var row = calls?.table else { return nil }
        return (0..<UInt32(UINTR_CALL_COUNT)).map {
            let number = uintr_abi_number(&row, uintr_call(rawValue: $0))
            return number < 0 ? nil : number
        }
    }

    @Test("a list that is there is the ABI, and no system call is tried, not even where the probes would find another")
    func found() throws {
        let machine = ScriptedPlatform(
            lists: [CallNumbers.path: .text(Self.list)], answers: [.registerHandler: -22, .vector: -22, .alternateStack: -22])
        let found = try Detection.detect(on: machine.platform)
        #expect(found.finding == .recognised)
        #expect(found.abi == .project)
        #expect(found.backend == .hardware)
        #expect(numbers(found.calls) == [700, 701, 702, nil, 703, 704, 705, nil, 706, nil])
        #expect(machine.probed.isEmpty)
        #expect(machine.listsRead == ["/proc/sys/kernel/uintr/calls"])
        #expect(found.reasons.contains { $0.contains("lists 7 calls of the ABI project") })
        #expect(try Backend.select(.hardware, on: found).abi == .project)
    }

    @Test("the list is not read before TESTUI executes")
    func notBefore() throws {
        for machine in [
            ScriptedPlatform(cpuid: false), ScriptedPlatform(cpuinfo: ""), ScriptedPlatform(testui: .undefinedOpcode),
        ] {
            _ = try Detection.detect(on: machine.platform)
            #expect(machine.listsRead.isEmpty)
        }
        let named = ScriptedPlatform(testui: .undefinedOpcode, lists: [CallNumbers.path: .text(Self.list)])
        #expect(try Detection.detect(abi: "project", on: named.platform).finding == .notEnabled)
        #expect(named.listsRead.isEmpty)
    }

    @Test("without a list the probes follow, and the reasons say that it was looked for")
    func absent() throws {
        let machine = ScriptedPlatform(answers: [.registerHandler: -22, .vector: -22, .alternateStack: -22])
        let found = try Detection.detect(on: machine.platform)
        #expect(found.abi == .intel6_0)
        #expect(found.calls == nil)
        #expect(machine.probed.count == 3)
        #expect(found.reasons.contains { $0.contains("/proc/sys/kernel/uintr/calls is not there") })
    }

    @Test("a list that cannot be read or understood ends the questions: such a kernel is none that the probes know", arguments: [
        Platform.CallsFile.unreadable(errno: 13),
        .text(""), .text("\n"), .text("abi 2\nuintr_wait 705\n"), .text("abi 1 \nuintr_wait 705\n"), .text("abi 1\n"),
        .text("uintr_wait 705\n"), .text("abi 1\nuintr_wait\n"), .text("abi 1\nuintr_wait 705 6\n"), .text("abi 1\nuintr_wait -1\n"),
        .text("abi 1\nuintr_wait 0x2c1\n"), .text("abi 1\nuintr_wait +705\n"), .text("abi 1\nuintr_wait 7٠5\n"),
        .text("abi 1\nuintr_wait 4294967295\n"), .text("abi 1\nuintr_wait 1073741824\n"), .text("abi 1\nuintr_wait\t705\n"),
        .text("abi 1\nuintr_wait 705\nuintr_wait 706\n"), .text("abi 1\nuintr_wait 705\nuintr_create_fd 705\n"),
        .text("abi 1\nuintr_poll 705\n"), .text("\u{FFFD}\u{0}"),
    ])
    func unusable(_ file: Platform.CallsFile) throws {
        for name in [nil, "project"] {
            let machine = ScriptedPlatform(
                lists: [CallNumbers.path: file], answers: [.registerHandler: -22, .vector: -22, .alternateStack: -22])
            let found = try Detection.detect(abi: name, on: machine.platform)
            #expect(found.finding == .unknownABI)
            #expect(found.abi == nil && found.calls == nil)
            #expect(found.backend == .emulation)
            #expect(machine.probed.isEmpty)
            #expect(found.reasons.contains { $0.contains(CallNumbers.path) && $0.contains("not known") })
        }
    }

    @Test("names that are not known are passed over, and a call that is not listed is ENOSYS without entering the kernel")
    func partial() throws {
        let machine = ScriptedPlatform(
            lists: [CallNumbers.path: .text("abi 1\nuintr_poll 1\nuintr_register_sender 703\n\nuintr_wait 705")])
        let found = try Detection.detect(on: machine.platform)
        #expect(numbers(found.calls) == [nil, nil, nil, nil, 703, nil, 705, nil, nil, nil])
        let calls = HardwareCalls(.project, numbers: found.calls)
        #expect(calls.descriptor(vector: 0) == -ENOSYS)
        #expect(calls.alternateStack(top: nil, size: 0) == -ENOSYS)
    }

    @Test("UINTR_ABI=project reads the list and nothing else decides, as an emulation needs that cannot change CPUID")
    func named() throws {
        let machine = ScriptedPlatform(cpuid: false, cpuinfo: "", lists: [CallNumbers.path: .text(Self.list)])
        let found = try Detection.detect(environment: ["UINTR_ABI": "project"], on: machine.platform)
        #expect(found.finding == .named)
        #expect(found.abi == .project)
        #expect(numbers(found.calls)?[6] == 705)
        #expect(machine.probed.isEmpty)
    }

    @Test("UINTR_ABI=project without a list is no backend: nothing else has the numbers, and the reasons say where they would be")
    func namedAbsent() throws {
        let machine = ScriptedPlatform()
        let found = try Detection.detect(abi: "project", on: machine.platform)
        #expect(found.finding == .unknownABI)
        #expect(found.backend == .emulation)
        #expect(machine.probed.isEmpty)
        #expect(found.reasons.contains { $0.contains(CallNumbers.path) && $0.contains("UINTR_CALLS") })
    }

    @Test("UINTR_CALLS names another list, and an empty one none", arguments: [nil, "project"])
    func variable(abi: String?) throws {
        let other = Self.list.replacing("70", with: "80")
        let machine = ScriptedPlatform(lists: ["/run/list": .text(other), CallNumbers.path: .text(Self.list)])
        func detect(_ value: String) throws -> Detection {
            try Detection.detect(abi: abi, environment: ["UINTR_CALLS": value], on: machine.platform)
        }
        #expect(numbers(try detect("/run/list").calls)?[0] == 800)
        #expect(numbers(try detect("").calls)?[0] == 700)
        let missing = try detect("/run/none")
        #expect(missing.abi == nil)
        #expect(missing.reasons.contains { $0.contains("/run/none") })
        #expect(machine.listsRead == ["/run/list", CallNumbers.path, "/run/none"])
    }

    @Test("another ABI that is named reads no list")
    func otherNamed() throws {
        let machine = ScriptedPlatform(lists: [CallNumbers.path: .text(Self.list)])
        #expect(try Detection.detect(abi: "intel-6.0", on: machine.platform).calls == nil)
        #expect(machine.listsRead.isEmpty)
    }

    @Test("on this machine a file is read, a missing one is absent, and one without an end is not read to the end")
    func live() throws {
        let path = NSTemporaryDirectory() + "uintr-calls-\(getpid())"
        try Self.list.write(toFile: path, atomically: true, encoding: .utf8)
        defer { unlink(path) }
        #expect(Platform.live.callsFile(path) == .text(Self.list))
        #expect(Platform.live.callsFile(path + "-none") == .absent)
        #expect(Platform.live.callsFile(path + "/none") == .absent)
        #expect(Platform.live.callsFile("/") == .unreadable(errno: EISDIR))
        guard case .text(let text) = Platform.live.callsFile("/dev/zero") else {
            Issue.record("/dev/zero cannot be read")
            return
        }
        #expect(text.utf8.count < 1 << 20)
    }

    @Test("a wait of project that a pending interrupt ends is -EINTR above the seam, and one that its deadline ends is 0")
    func waitEnds() throws {
        #expect(HardwareCalls.wakeup(0) == -EINTR)
        #expect(HardwareCalls.wakeup(-EINTR) == -EINTR)
        #expect(HardwareCalls.wakeup(-ETIMEDOUT) == 0)
        #expect(HardwareCalls.wakeup(-EINVAL) == -EINVAL)
        // Calls that Linux has stand in: sched_yield answers 0; close(2) of all ones, which has no end here, is EBADF.
        func wait(_ number: Int32, _ microseconds: UInt64?) throws -> CInt {
            let list = try CallNumbers(listedIn: "abi 1\nuintr_wait \(number)\n")
            return HardwareCalls(.project, numbers: list).wait(microseconds: microseconds)
        }
        #expect(try wait(24, 1000) == -EINTR)
        #expect(try wait(3, nil) == -EBADF)
    }

    @Test("a deadline is nanoseconds of CLOCK_MONOTONIC: 0 for no time, all ones for no limit and for more than 64 bits hold")
    func deadline() {
        func now() -> UInt64 {
            var time = timespec()
            clock_gettime(CLOCK_MONOTONIC, &time)
            return UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
        }
        for microseconds: UInt64 in [1, 999, 1_000_000, 3_600_000_000] {
            let before = now()
            let deadline = HardwareCalls.deadline(in: microseconds)
            #expect((before + microseconds * 1000...now() + microseconds * 1000).contains(deadline))
        }
        #expect(HardwareCalls.deadline(in: 0) == 0)
        for endless in [nil, .max, .max / 1000 + 1, .max / 1000] as [UInt64?] {
            #expect(HardwareCalls.deadline(in: endless) == .max)
        }
    }
}
