import CShimTestSupport
import CUserInterrupts
import Glibc
import Testing

/// CF, PF, AF, ZF, SF, DF, OF, NT and ID; IF and bit 1 are always set at CPL 3.
private let allFlags: UInt64 = 0x20_4cd5 | 0x202
/// Only for a program whose own stack is aligned: its accesses are checked.
private let alignmentCheck: UInt64 = 0x4_0000
private let directionFlag: UInt64 = 0x400

/// One delivery to uintr_test_handler_entry with shim_spoiling_handler.
private func deliver(
    seed: UInt64 = 1, misalignment: UInt32 = 0, rflags: UInt64 = allFlags, vector: UInt64 = 42,
    _ check: (OpaquePointer, shim_seen) throws -> Void
) throws {
    let run = try #require(shim_run_new(seed, misalignment, rflags))
    defer { shim_run_free(run) }
    var seen = shim_seen()
    seen.spoil = shim_spoil()
    try withUnsafeMutablePointer(to: &seen) { seen in
        let handler = unsafeBitCast(
            shim_spoiling_handler as @convention(c) (UnsafeMutableRawPointer?, UnsafeMutableRawPointer?, UInt64) -> Void,
            to: uintr_handler_function.self)
        try #require(uintr_handler_set(handler, seen) == 0)
        shim_run_deliver(run, uintr_test_handler_entry_address(), vector)
        _ = uintr_handler_set(nil, nil)
    }
    #expect(seen.calls == 1)
    try check(run, seen)
}

/// What another thread found; written before it is joined, read after.
private final class Answer {
    var found = true
}

/// One at a time: the format of the saved state is the process's.
@Suite("The handler entry", .serialized)
struct EntryTests {
    @Test("all sixteen general registers come back, wherever the stack stood", arguments: UInt32(0)..<16)
    func generalRegisters(misalignment: UInt32) throws {
        try deliver(seed: 7 + UInt64(misalignment), misalignment: misalignment) { run, _ in
            for register in UInt32(0)..<16 {
                #expect(
                    shim_run_register_after(run, register) == shim_run_register_before(run, register),
                    "register \(register)")
            }
        }
    }

    @Test(
        "x87, SSE, AVX and AVX-512 state, as far as the machine has it, comes back though the handler spoils it",
        arguments: [false, true])
    func vectorState(standardFormat: Bool) throws {
        uintr_test_standard_format(standardFormat)
        defer { uintr_test_standard_format(false) }
        let components = uintr_handler_state_components()
        #expect(components & 3 == 3)
        #expect(components == shim_enabled_components() & (0xe7 | 1 << 19))
        for seed in UInt64(1)...8 {
            try deliver(seed: seed) { run, _ in
                #expect(shim_run_changed_components(run, components) == 0)
            }
        }
    }

    @Test("the red zone is not written")
    func redZone() throws {
        for misalignment in UInt32(0)..<16 {
            try deliver(misalignment: misalignment) { run, _ in
                #expect(shim_run_red_zone_changes(run) == 0)
            }
        }
    }

    @Test("RFLAGS come back, each bit set and each bit clear")
    func flags() throws {
        for bit in [0, 2, 4, 6, 7, 10, 11, 14, 18, 21] as [UInt64] {
            for rflags in [0x202 | 1 << bit, (allFlags | alignmentCheck) & ~(1 << bit)] as [UInt64] {
                try deliver(rflags: rflags) { run, _ in
                    #expect(shim_run_rflags_after(run) == rflags, "bit \(bit)")
                }
            }
        }
    }

    @Test("the handler has DF = 0, a stack aligned to 16, and the control words that a program starts with")
    func stateAtTheCall() throws {
        for misalignment in UInt32(0)..<16 {
            try deliver(misalignment: misalignment) { run, seen in
                #expect(seen.rflags & directionFlag == 0)
                #expect(shim_run_rflags_after(run) & directionFlag != 0)
                // The call pushed 8 bytes.
                #expect((seen.rsp + 8) % 16 == 0)
                #expect(seen.mxcsr == 0x1f80)
                #expect(seen.x87_control == 0x37f)
            }
        }
    }

    @Test("the handler has AC = 0, since compiled code makes unaligned accesses, and the program has its AC back")
    func alignmentChecks() throws {
        for rflags in [0x202 | alignmentCheck, allFlags | alignmentCheck] {
            try deliver(rflags: rflags) { run, seen in
                #expect(seen.rflags & alignmentCheck == 0)
                #expect(shim_run_rflags_after(run) == rflags)
            }
        }
    }

    @Test("the handler is given its context, the frame that delivery pushed, and the vector", arguments: [0, 1, 42, 63] as [UInt64])
    func arguments(vector: UInt64) throws {
        try deliver(vector: vector) { run, seen in
            #expect(seen.vector == vector)
            #expect(seen.frame == shim_run_frame(run))
        }
    }

    @Test("a delivery takes no more of the stack than uintr_handler_stack_use says")
    func stackUse() throws {
        for misalignment in UInt32(0)..<16 {
            try deliver(misalignment: misalignment) { run, seen in
                let used = shim_run_register_before(run, 4) - seen.rsp
                #expect(used <= UInt64(uintr_handler_stack_use()))
                #expect(used > UInt64(uintr_handler_state_size()) + 128)
            }
        }
    }

    @Test("a delivery inside a handler nests: both handlers run, both programs go on")
    func nesting() throws {
        let outer = try #require(shim_run_new(11, 3, allFlags))
        let inner = try #require(shim_run_new(12, 9, 0x202))
        defer {
            shim_run_free(outer)
            shim_run_free(inner)
        }
        var nesting = shim_nesting()
        nesting.inner = inner
        nesting.entry = uintr_test_handler_entry_address()
        nesting.inner_vector = 63
        withUnsafeMutablePointer(to: &nesting) { nesting in
            let handler = unsafeBitCast(
                shim_nesting_handler as @convention(c) (UnsafeMutableRawPointer?, UnsafeMutableRawPointer?, UInt64) -> Void,
                to: uintr_handler_function.self)
            #expect(uintr_handler_set(handler, nesting) == 0)
            shim_run_deliver(outer, uintr_test_handler_entry_address(), 5)
            _ = uintr_handler_set(nil, nil)
        }
        #expect(nesting.depth == 2)
        #expect(nesting.vectors.0 == 5 && nesting.vectors.1 == 63)
        for run in [outer, inner] {
            for register in UInt32(0)..<16 {
                #expect(shim_run_register_after(run, register) == shim_run_register_before(run, register))
            }
            #expect(shim_run_changed_components(run, uintr_handler_state_components()) == 0)
            #expect(shim_run_red_zone_changes(run) == 0)
        }
    }

    @Test("with no function set a delivery is dropped and nothing changes")
    func dropped() throws {
        _ = uintr_handler_set(nil, nil)
        let run = try #require(shim_run_new(21, 5, allFlags))
        defer { shim_run_free(run) }
        shim_run_deliver(run, uintr_test_handler_entry_address(), 1)
        #expect((UInt32(0)..<16).allSatisfy { shim_run_register_after(run, $0) == shim_run_register_before(run, $0) })
        #expect(shim_run_changed_components(run, ~0) == 0)
        #expect(shim_run_rflags_after(run) == allFlags)
    }

    @Test("the function and its context are the thread's own")
    func perThread() {
        let answer = Answer()
        let context = UnsafeMutableRawPointer(bitPattern: 0x1000)
        #expect(uintr_handler_set({ _, _, _ in }, context) == 0)
        var thread = pthread_t()
        let passed = Unmanaged.passRetained(answer)
        _ = pthread_create(
            &thread, nil,
            { raw in
                let answer = Unmanaged<Answer>.fromOpaque(raw!).takeRetainedValue()
                answer.found = uintr_handler_get(nil) != nil
                return nil
            }, passed.toOpaque())
        pthread_join(thread, nil)
        #expect(!answer.found)
        var own: UnsafeMutableRawPointer?
        #expect(uintr_handler_get(&own) != nil && own == context)
        _ = uintr_handler_set(nil, nil)
    }

    @Test("both entries begin with ENDBR64; the real ones end in UIRET and hold no IRETQ")
    func encodings() throws {
        let endbr64: [UInt8] = [0xf3, 0x0f, 0x1e, 0xfa]
        let uiret: [UInt8] = [0xf3, 0x0f, 0x01, 0xec]
        let real = [uintr_handler_entry_address()!, uintr_record_entry_address()!]
        let test = [uintr_test_handler_entry_address()!, uintr_test_record_entry_address()!]
        for (entry, next) in zip(real, test) {
            let size = next - entry
            try #require((40...512).contains(size))
            let code = [UInt8](UnsafeRawBufferPointer(start: entry, count: size))
            #expect(Array(code.prefix(4)) == endbr64)
            #expect([UInt8](UnsafeRawBufferPointer(start: next, count: 4)) == endbr64)
            let ends = (0...(code.count - 4)).filter { Array(code[$0..<($0 + 4)]) == uiret }
            #expect(ends.count == 1)
            // What follows UIRET is the padding up to the next function: less than 16 bytes.
            #expect(ends.allSatisfy { code.count - $0 - 4 < 16 })
            let iretq = (0...(code.count - 2)).filter { code[$0] == 0x48 && code[$0 + 1] == 0xcf }
            #expect(iretq.isEmpty)
        }
    }
}
