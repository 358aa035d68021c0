import Architecture
import CUserInterrupts
import Cases
import Conformance
import Testing

/// A case of the tests: it needs no user interrupts.
func native(_ steps: Step...) -> CaseResult.Verdict {
    HardwareSuite.runWithoutKernel(
        Case("test.native", "What this processor does.", source: "SDM Vol. 2", level: .cpl3, steps: steps)
    ).verdict
}

/// The sentence of a failure; nil if it did not fail.
func sentence(_ verdict: CaseResult.Verdict) -> String? {
    if case .failed(_, let sentence) = verdict { sentence } else { nil }
}

@Suite("The processor at CPL 3 as a machine for cases")
struct NativeMachineTests {
    @Test("a case starts with zero in every register, RSP at its stack and RFLAGS = 202H")
    func start() {
        for number: UInt8 in 0..<16 where number != 4 {
            #expect(native(.execute([0x90]), .expect(.register(number), 0)) == .passed)
        }
        #expect(native(.execute([0x90]), .expect(.rsp, Layout.stackTop), .expect(.rflags, 0x202)) == .passed)
    }

    @Test("ADD sets its register, the flags and RIP", arguments: 0..<16 as Range<UInt8>)
    func add(number: UInt8) {
        // add r, 1
        let bytes: [UInt8] = [number < 8 ? 0x48 : 0x49, 0x83, 0xC0 | number & 7, 1]
        #expect(
            native(
                .set(.register(number), .max), .execute(bytes), .expect(.register(number), 0), .expect(.rflags, 0x257),
                .expect(.rip, Layout.code + 4)) == .passed)
    }

    @Test("an instruction goes on where the one before ended")
    func sequence() {
        // inc rax; cmpxchg [rsp], rcx, at an address of the stack
        #expect(
            native(
                .store(Layout.stackTop, 7), .set(.rax, 6), .set(.rcx, 9), .execute([0x48, 0xFF, 0xC0]),
                .execute([0xF0, 0x48, 0x0F, 0xB1, 0x0C, 0x24]), .expectMemory(Layout.stackTop, 9), .expect(.rax, 7),
                .expect(.rflags, 0x246), .expect(.rip, Layout.code + 9)) == .passed)
    }

    @Test("flags are as they were given", arguments: [0, 0x24_4CD5, 0x20_0891, 0x4_4444] as [UInt64])
    func flags(_ flags: UInt64) {
        // pushfq
        #expect(
            native(
                .set(.rflags, 0x202 | flags), .execute([0x9C]), .expect(.rflags, 0x202 | flags), .expect(.rsp, Layout.stackTop - 8),
                .expectMemory(Layout.stackTop - 8, 0x202 | flags)) == .passed)
    }

    @Test("RSP may be no stack at all")
    func anyStackPointer() {
        #expect(native(.set(.rsp, 1), .execute([0x48, 0x89, 0xE0]), .expect(.rax, 1), .expect(.rsp, 1)) == .passed)
    }

    @Test("a jump ends where it leads, and the next instruction is executed there")
    func jump() {
        // jmp +3EH; ret
        #expect(native(.execute([0xEB, 0x3E]), .expect(.rip, Layout.code + 0x40), .execute([0x90]), .expect(.rip, Layout.code + 0x41)) == .passed)
        #expect(
            native(.store(Layout.stackTop, Layout.code + 0xF00), .execute([0xC3]), .expect(.rip, Layout.code + 0xF00)) == .passed)
    }

    @Test("exceptions are the faults of the manual, with RIP at the instruction and registers as before")
    func faults() {
        func faulting(_ steps: Step..., bytes: [UInt8], fault: Fault) {
            let verdict = HardwareSuite.runWithoutKernel(
                Case(
                    "test.fault", "", source: "", level: .cpl3,
                    steps: steps + [
                        .set(.rcx, 5), .execute(bytes), .expectFault(fault), .expect(.rip, Layout.code), .expect(.rcx, 5),
                        .execute([0x90]), .expect(.rip, Layout.code + 1),
                    ])
            ).verdict
            #expect(verdict == .passed)
        }
        faulting(bytes: [0x0F, 0x0B], fault: .invalidOpcode)
        // mov rax, [rsi]; mov [rsi], rax
        let load: [UInt8] = [0x48, 0x8B, 0x06]
        let store: [UInt8] = [0x48, 0x89, 0x06]
        func page(_ address: UInt64, _ code: UInt64) -> Fault { .page(address: address, code: PageFaultCode(rawValue: code)) }
        faulting(.set(.rsi, Layout.absent + 24), bytes: load, fault: page(Layout.absent + 24, 4))
        faulting(.set(.rsi, Layout.absent), bytes: store, fault: page(Layout.absent, 6))
        faulting(.set(.rsi, Layout.readOnlyUser + 8), bytes: store, fault: page(Layout.readOnlyUser + 8, 7))
        faulting(.set(.rsi, Layout.stack + 0x4000), bytes: load, fault: page(Layout.stack + 0x4000, 4))
        faulting(.set(.rsi, Layout.nonCanonical), bytes: load, fault: .generalProtection)
        faulting(.set(.rsp, Layout.nonCanonical), bytes: [0x50], fault: .stackSegment)
        faulting(.set(.rflags, 0x4_0202), .set(.rsi, Layout.stack + 1), bytes: load, fault: .alignmentCheck)
        // 16 bytes.
        faulting(bytes: [UInt8](repeating: 0x2E, count: 15) + [0x90], fault: .generalProtection)
        // lock nop
        faulting(bytes: [0xF0, 0x90], fault: .invalidOpcode)
    }

    @Test("a fault behind the instruction is the next settle's, and is not forgotten")
    func heldFault() {
        // jmp -30H: to a page that is not there, as a delivery that faults leaves RIP behind the instruction.
        let away: [UInt8] = [0xEB, 0xD0]
        let target = Layout.code - 0x2E
        let fetch = Fault.page(address: target, code: PageFaultCode(rawValue: 0x14))
        #expect(native(.execute(away), .expect(.rip, target), .settle, .expectFault(fetch)) == .passed)
        #expect(sentence(native(.execute(away)))?.contains("left over") == true)
        #expect(sentence(native(.execute(away), .set(.rip, Layout.code), .execute([0x90])))?.contains("no settle took it") == true)
    }

    @Test("what does not hold fails, with what was expected and what was found")
    func failures() {
        #expect(sentence(native(.execute([0x90]), .expect(.rax, 1))) == "step 2, expect rax 0x1: rax: expected 0x1, found 0x0")
        #expect(sentence(native(.execute([0x0F, 0x0B]), .expect(.rax, 0)))?.contains("#UD, which nothing expects") == true)
        #expect(sentence(native(.execute([0x90]), .expectFault(.invalidOpcode)))?.contains("no fault") == true)
        #expect(sentence(native(.expectMemory(Layout.stackTop, 1)))?.contains("found 0x0") == true)
    }

    @Test("what a process cannot do is a failure in words, never done in silence")
    func refusals() {
        #expect(sentence(native(.set(.uirr, 1)))?.contains("cannot set uirr") == true)
        #expect(sentence(native(.expect(.upidaddr, 0)))?.contains("cannot read upidaddr") == true)
        #expect(sentence(native(.store(Layout.upids, 1)))?.contains("on no user stack") == true)
        #expect(sentence(native(.store(Layout.stack + 0x3FFC, 1)))?.contains("on no user stack") == true)
        #expect(sentence(native(.wrmsr(0x985, 1)))?.contains("cannot take this step") == true)
        #expect(sentence(native(.connect(1)))?.contains("cannot take this step") == true)
        #expect(sentence(native(.set(.rip, 0x400000), .execute([0x90])))?.contains("do not fit") == true)
        #expect(sentence(native(.execute([0xCC])))?.contains("exception 3") == true)
        #expect(sentence(native(.execute([UInt8](repeating: 0x90, count: 4096))))?.contains("do not fit") == true)
    }

    @Test("CPUID is this processor's")
    func cpuid() {
        let real = uintr_cpuid(0, 0)
        #expect(native(.cpuid(0, 0), .expectCPUID(.ebx, mask: .max, real.ebx), .expectCPUID(.edx, mask: 0xFF, real.edx & 0xFF)) == .passed)
        #expect(native(.cpuid(0, 0), .expectCPUID(.ebx, mask: .max, ~real.ebx)) != .passed)
    }

    @Test("cases run one at a time, from however many threads they are asked for")
    func together() async {
        let passed = await withTaskGroup(of: Bool.self) { group in
            for value: UInt64 in 0..<20 {
                group.addTask {
                    native(.store(Layout.stackTop, value), .execute([0x58]), .expect(.rax, value)) == .passed
                }
            }
            return await group.reduce(0) { $0 + ($1 ? 1 : 0) }
        }
        #expect(passed == 20)
    }

    @Test("where no kernel has set CR4.UINTR each of the five raises #UD, and changes nothing", arguments: [
        [0xF3, 0x0F, 0xC7, 0xF0], [0xF3, 0x41, 0x0F, 0xC7, 0xF7], [0xF3, 0x0F, 0x01, 0xEC], [0xF3, 0x0F, 0x01, 0xED],
        [0xF3, 0x0F, 0x01, 0xEE], [0xF3, 0x0F, 0x01, 0xEF],
    ] as [[UInt8]])
    func invalidOpcodes(_ bytes: [UInt8]) {
        var uif = false
        guard uintr_try_testui(&uif, nil) == 1 else {
            print("skipped: this kernel has set CR4.UINTR, so the five instructions raise no #UD here")
            return
        }
        #expect(
            native(
                .set(.rflags, 0x24_4ED7), .execute(bytes), .expectFault(.invalidOpcode), .expect(.rip, Layout.code),
                .expect(.rflags, 0x24_4ED7), .expect(.rsp, Layout.stackTop), .expect(.rax, 0)) == .passed)
        #expect(native(.set(.uif, 1), .expectFault(.invalidOpcode)) == .passed)
        #expect(native(.set(.uif, 0), .expectFault(.invalidOpcode)) == .passed)
        #expect(native(.expect(.uif, 0), .expectFault(.invalidOpcode)) == .passed)
    }
}
