import CShimTestSupport
import CUserInterrupts
import Glibc
import Testing

private let arithmetic: UInt64 = 0x8d5

/// Instruction bytes on a page, a stack of 4096 bytes below `top`, and registers all different.
private final class Machine {
    var code = uintr_code()
    var context = uintr_cpu_context()
    var fault = uintr_fault()
    let stack = UnsafeMutableRawPointer.allocate(byteCount: 8192, alignment: 64)
    var top: UInt64 { UInt64(UInt(bitPattern: stack)) + 4096 }

    init() throws {
        try #require(uintr_code_map(&code, 4096) == 0)
        stack.initializeMemory(as: UInt8.self, repeating: 0, count: 8192)
        context = uintr_cpu_context(
            rax: 0x0a0a_0a0a_0000_0000, rcx: 0x0101_0101_0101_0101, rdx: 0x0202_0202_0202_0202, rbx: 0x0303_0303_0303_0303,
            rsp: top, rbp: 0x0505_0505_0505_0505, rsi: 0x0606_0606_0606_0606, rdi: 0x0707_0707_0707_0707,
            r8: 8, r9: 9, r10: 10, r11: 11, r12: 12, r13: 13, r14: 14, r15: 15, rip: 0, rflags: 0x202)
    }

    deinit {
        uintr_code_unmap(&code)
        stack.deallocate()
    }

    func run(_ bytes: [UInt8], offset: Int = 0) throws -> Int32 {
        var start: UInt64 = 0
        var end: UInt64 = 0
        try #require(uintr_code_place(&code, offset, bytes, bytes.count, &start, &end) == 0)
        context.rip = start
        return uintr_execute(&context, end, &fault)
    }

    var start: UInt64 { UInt64(UInt(bitPattern: code.base)) }
}

private func registers(_ context: uintr_cpu_context) -> [UInt64] {
    withUnsafeBytes(of: context) { Array($0.bindMemory(to: UInt64.self).prefix(16)) }
}

extension GuardedTests {
    @Suite("Executing given bytes at CPL 3")
    struct ExecuteTests {
        @Test("no instruction at all: every register is read back as it was loaded")
        func nothing() throws {
            let machine = try Machine()
            let before = registers(machine.context)
            #expect(try machine.run([]) == 0)
            #expect(registers(machine.context) == before)
            #expect(machine.context.rip == machine.start)
        }

        @Test("ADD changes its register and the flags, and no other register")
        func add() throws {
            let machine = try Machine()
            machine.context.rax = .max
            machine.context.rcx = 1
            var expected = registers(machine.context)
            // add %rcx, %rax
            #expect(try machine.run([0x48, 0x01, 0xc8]) == 0)
            expected[0] = 0
            #expect(registers(machine.context) == expected)
            // CF, PF, AF and ZF.
            #expect(machine.context.rflags & arithmetic == 0x55)
            #expect(machine.context.rip == machine.start + 3)
        }

        @Test("LOCK CMPXCHG16B works on the caller's memory")
        func cmpxchg16b() throws {
            let machine = try Machine()
            let memory = machine.stack
            memory.storeBytes(of: 3, as: UInt64.self)
            memory.storeBytes(of: 4, toByteOffset: 8, as: UInt64.self)
            machine.context.rsi = UInt64(UInt(bitPattern: memory))
            (machine.context.rax, machine.context.rdx) = (3, 4)
            (machine.context.rbx, machine.context.rcx) = (5, 6)
            // lock cmpxchg16b (%rsi)
            let bytes: [UInt8] = [0xf0, 0x48, 0x0f, 0xc7, 0x0e]
            #expect(try machine.run(bytes) == 0)
            #expect(machine.context.rflags & 0x40 != 0)
            #expect(try machine.run(bytes) == 0)
            #expect(machine.context.rflags & 0x40 == 0)
            #expect(machine.context.rax == 5 && machine.context.rdx == 6)
        }

        @Test("PUSHFQ shows the flags that were asked for", arguments: [0, 0x1, 0x4, 0x10, 0x40, 0x80, 0x400, 0x800, 0x4000, 0x4_0000, 0x20_0000, 0x24_4cd5] as [UInt64])
        func pushfq(flags: UInt64) throws {
            let machine = try Machine()
            machine.context.rflags = flags
            #expect(try machine.run([0x9c]) == 0)
            #expect(machine.context.rsp == machine.top - 8)
            #expect(machine.stack.load(fromByteOffset: 4088, as: UInt64.self) == flags | 0x202)
            // RF is as the INT3 pushed it.
            #expect(machine.context.rflags & ~0x1_0000 == flags | 0x202)
            #expect(shim_rflags() & 0x24_4400 == 0, "our own flags came back")
        }

        @Test("IF and IOPL cannot be changed, and nothing minds")
        func fixedFlags() throws {
            let machine = try Machine()
            machine.context.rflags = 0x3000
            #expect(try machine.run([0x90]) == 0)
            #expect(machine.context.rflags & 0x3200 == 0x200)
        }

        @Test("RSP may be any value, even one that no page is mapped at", arguments: [0, 1, 0x10, 0x7fff_ffff_f000, 0xffff_8000_0000_0000, .max] as [UInt64])
        func anyStackPointer(rsp: UInt64) throws {
            let machine = try Machine()
            machine.context.rsp = rsp
            // mov %rsp, %rax
            #expect(try machine.run([0x48, 0x89, 0xe0]) == 0)
            #expect(machine.context.rax == rsp && machine.context.rsp == rsp)
        }

        @Test("a PUSH with a bad stack is reported, with the registers as they were")
        func badStack() throws {
            let machine = try Machine()
            let page = try #require(shim_forbidden_page())
            defer { munmap(page, 4096) }
            machine.context.rsp = UInt64(UInt(bitPattern: page)) + 64
            #expect(try machine.run([0x50]) == 1)
            #expect(machine.fault.signal == SIGSEGV)
            #expect(machine.fault.address == machine.context.rsp - 8)
            #expect(machine.context.rsp == UInt64(UInt(bitPattern: page)) + 64)
            // Not canonical: #SS(0), which Linux reports as SIGBUS.
            machine.context.rsp = 0x8000_0000_0000_0008
            #expect(try machine.run([0x50]) == 1)
            #expect(machine.fault.signal == SIGBUS && machine.fault.exception == UInt64(UINTR_EXCEPTION_SS))
        }

        @Test("UD2 is SIGILL at its own address")
        func ud2() throws {
            let machine = try Machine()
            let before = registers(machine.context)
            #expect(try machine.run([0x90, 0x0f, 0x0b]) == 1)
            #expect(machine.fault.signal == SIGILL && machine.fault.exception == UInt64(UINTR_EXCEPTION_UD))
            #expect(machine.fault.address == machine.start + 1 && machine.fault.rip == machine.start + 1)
            #expect(machine.context.rip == machine.start + 1)
            #expect(registers(machine.context) == before)
        }

        @Test("a load from a forbidden page is SIGSEGV with the page's address")
        func load() throws {
            let machine = try Machine()
            let page = try #require(shim_forbidden_page())
            defer { munmap(page, 4096) }
            machine.context.rsi = UInt64(UInt(bitPattern: page)) + 100
            // mov (%rsi), %rax
            #expect(try machine.run([0x48, 0x8b, 0x06]) == 1)
            #expect(machine.fault.signal == SIGSEGV && machine.fault.address == machine.context.rsi)
            #expect(machine.fault.exception == UInt64(UINTR_EXCEPTION_PF) && machine.fault.error_code & 4 != 0)
            // Not canonical: #GP(0), without an address.
            machine.context.rsi = 0x8000_0000_0000_0000
            #expect(try machine.run([0x48, 0x8b, 0x06]) == 1)
            #expect(machine.fault.exception == UInt64(UINTR_EXCEPTION_GP) && machine.fault.address == 0)
        }

        @Test("TF ends the run after one instruction, as #DB")
        func trapFlag() throws {
            let machine = try Machine()
            machine.context.rflags = 0x302
            // inc %r8; inc %r8
            #expect(try machine.run([0x49, 0xff, 0xc0, 0x49, 0xff, 0xc0]) == 1)
            #expect(machine.fault.signal == SIGTRAP && machine.fault.exception == UInt64(UINTR_EXCEPTION_DB))
            #expect(machine.context.r8 == 9)
            #expect(machine.context.rip == machine.start + 3)
            #expect(shim_rflags() & 0x100 == 0)
        }

        @Test("AC makes an unaligned access #AC, which is SIGBUS")
        func alignmentCheck() throws {
            let machine = try Machine()
            machine.context.rflags = 0x4_0202
            machine.context.rsi = UInt64(UInt(bitPattern: machine.stack)) + 1
            #expect(try machine.run([0x48, 0x8b, 0x06]) == 1)
            #expect(machine.fault.signal == SIGBUS && machine.fault.exception == UInt64(UINTR_EXCEPTION_AC))
        }

        @Test("an INT3 among the bytes is not the end")
        func otherBreakpoint() throws {
            let machine = try Machine()
            #expect(try machine.run([0xcc, 0x90]) == 1)
            #expect(machine.fault.signal == SIGTRAP && machine.fault.exception == UInt64(UINTR_EXCEPTION_BP))
            #expect(machine.context.rip == machine.start + 1)
        }

        @Test("a rip that is not canonical is EINVAL and runs nothing")
        func badRip() throws {
            let machine = try Machine()
            let before = registers(machine.context)
            machine.context.rip = 0x8000_0000_0000_0000
            #expect(uintr_execute(&machine.context, 0, &machine.fault) == -EINVAL)
            #expect(registers(machine.context) == before)
        }

        @Test("bytes may stand at the end of the page, but leave room for the INT3")
        func placing() throws {
            let machine = try Machine()
            #expect(try machine.run([0x90, 0x90], offset: 4093) == 0)
            #expect(machine.context.rip == machine.start + 4095)
            var start: UInt64 = 0
            var end: UInt64 = 0
            #expect(uintr_code_place(&machine.code, 4094, [0x90, 0x90], 2, &start, &end) == -EINVAL)
            #expect(uintr_code_place(&machine.code, 4096, [0x90], 0, &start, &end) == -EINVAL)
        }

        @Test(
            "the five instructions are SIGILL here, with every register as it was",
            .disabled(if: GuardedTests.userInterruptsEnabled, "this kernel has enabled user interrupts: the instruction is no #UD here"),
            arguments: [
                [0xf3, 0x0f, 0xc7, 0xf0], [0xf3, 0x41, 0x0f, 0xc7, 0xf7], [0xf3, 0x0f, 0x01, 0xec],
                [0xf3, 0x0f, 0x01, 0xed], [0xf3, 0x0f, 0x01, 0xee], [0xf3, 0x0f, 0x01, 0xef],
            ] as [[UInt8]])
        func userInterruptInstructions(bytes: [UInt8]) throws {
            let machine = try Machine()
            let before = registers(machine.context)
            #expect(try machine.run(bytes) == 1)
            #expect(machine.fault.signal == SIGILL && machine.fault.exception == UInt64(UINTR_EXCEPTION_UD))
            #expect(machine.context.rip == machine.start)
            #expect(registers(machine.context) == before)
        }

        @Test("the recording entry writes down what was delivered, in order, and counts what finds no room")
        func recording() throws {
            let machine = try Machine()
            let records = UnsafeMutablePointer<uintr_record>.allocate(capacity: 3)
            defer { records.deallocate() }
            records.initialize(repeating: uintr_record(), count: 3)
            var log = uintr_record_log(records: records, capacity: 2, count: 0, overflow: 0)
            var start: UInt64 = 0
            var end: UInt64 = 0
            #expect(uintr_code_place(&machine.code, 0, [0x90], 1, &start, &end) == 0)
            let rsp = machine.top
            let entryRSP = rsp - 128 - 32
            let frame = UnsafeMutablePointer<UInt64>(bitPattern: UInt(entryRSP))!
            withUnsafeMutablePointer(to: &log) { log in
                uintr_record_set(log)
                for vector in [63, 7, 0] as [UInt64] {
                    (frame[0], frame[1], frame[2], frame[3]) = (vector, start, 0x24_4cd7, rsp)
                    let before = registers(machine.context)
                    machine.context.rsp = entryRSP
                    machine.context.rflags = 0x2d7
                    machine.context.rip = UInt64(UInt(bitPattern: uintr_test_record_entry_address()))
                    #expect(uintr_execute(&machine.context, end, &machine.fault) == 0)
                    #expect(registers(machine.context) == before)
                    #expect(machine.context.rflags & ~0x1_0000 == 0x24_4ed7)
                    #expect(machine.context.rip == end)
                }
                uintr_record_set(nil)
            }
            #expect(log.count == 2 && log.overflow == 1)
            for (place, vector) in [63, 7].enumerated() {
                let record = records[place]
                #expect(record.vector == UInt64(vector))
                #expect(record.rip == start && record.rflags == 0x24_4cd7 && record.rsp == rsp)
                #expect(record.entry_rsp == entryRSP)
                #expect(record.entry_rflags == 0x2d7)
                #expect(record.entry_uif == UInt64(UINTR_RECORD_UIF_UNREAD))
            }
            #expect(records[2].rip == 0, "nothing is written past the capacity")
        }
    }
}
