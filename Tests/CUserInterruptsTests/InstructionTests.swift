import CShimTestSupport
import CUserInterrupts
import Glibc
import Testing

extension GuardedTests {
    @Suite("Instructions")
    struct InstructionTests {
        @Test(
            "TESTUI, CLUI, STUI and SENDUIPI are #UD where no kernel has enabled them, from C and inlined into Swift",
            .disabled(if: GuardedTests.userInterruptsEnabled, "this kernel has enabled user interrupts: the instruction is no #UD here"))
        func undefined() throws {
            var uif = false
            let attempts: [(String, (UnsafeMutablePointer<uintr_fault>) -> Int32)] = [
                ("TESTUI", { uintr_try_testui(&uif, $0) }),
                ("CLUI", { uintr_try_clui($0) }),
                ("STUI", { uintr_try_stui($0) }),
                ("SENDUIPI", { uintr_try_senduipi(0, $0) }),
                ("TESTUI in Swift", { uintr_run_guarded({ _ in _ = uintr_testui() }, nil, $0) }),
                ("CLUI in Swift", { uintr_run_guarded({ _ in uintr_clui() }, nil, $0) }),
                ("STUI in Swift", { uintr_run_guarded({ _ in uintr_stui() }, nil, $0) }),
                ("SENDUIPI in Swift", { uintr_run_guarded({ _ in uintr_senduipi(0) }, nil, $0) }),
            ]
            for (name, attempt) in attempts {
                var fault = uintr_fault()
                #expect(attempt(&fault) == 1, "\(name)")
                #expect(fault.signal == SIGILL, "\(name)")
                #expect(fault.exception == UInt64(UINTR_EXCEPTION_UD), "\(name)")
                #expect(fault.address == fault.rip, "\(name)")
            }
        }

        @Test("SENDUIPI is encoded F3 [REX.B] 0F C7 /6 for each of the sixteen registers", arguments: 0..<16)
        func encodings(register: Int) throws {
            let address = withUnsafeBytes(of: uintr_senduipi_functions) {
                $0.load(fromByteOffset: 8 * register, as: UInt.self)
            }
            let function = try #require(UnsafePointer<UInt8>(bitPattern: address))
            let code = Array(UnsafeBufferPointer(start: function, count: 32))
            let modrm = UInt8(0xf0 + register % 8)
            let expected: [UInt8] = register < 8 ? [0xf3, 0x0f, 0xc7, modrm] : [0xf3, 0x41, 0x0f, 0xc7, modrm]
            let places = (0..<(32 - expected.count)).filter { Array(code[$0..<($0 + expected.count)]) == expected }
            #expect(places.count == 1)
        }

        @Test(
            "SENDUIPI through each register, RSP too, is #UD and leaves the caller whole",
            .disabled(if: GuardedTests.userInterruptsEnabled, "this kernel has enabled user interrupts: the instruction is no #UD here"),
            arguments: 0..<UInt32(16))
        func operand(register: UInt32) throws {
            var fault = uintr_fault()
            #expect(uintr_try_senduipi_via(register, 0x1234_5678_9abc, &fault) == 1)
            #expect(fault.exception == UInt64(UINTR_EXCEPTION_UD))
        }

        @Test("a register number past 15 is EINVAL")
        func noSuchRegister() {
            #expect(uintr_senduipi_via(16, 0) == -EINVAL)
            #expect(uintr_try_senduipi_via(16, 0, nil) == -EINVAL)
        }

        @Test("CPUID past the last leaf reads as zero, and the helpers read the bits they name")
        func cpuid() {
            let past = uintr_cpuid_known(uintr_cpuid(0, 0).eax + 1, 0)
            #expect(past.eax == 0 && past.ebx == 0 && past.ecx == 0 && past.edx == 0)
            #expect(uintr_cpuid_uintr() == (uintr_cpuid_known(7, 0).edx & 1 << 5 != 0))
            #expect(uintr_cpuid_flexible_uiret() == (uintr_cpuid_known(7, 1).edx & 1 << 17 != 0))
            if uintr_cpuid_uintr() {
                #expect(uintr_cpuid_component().eax == 48 && uintr_cpuid_component().ecx & 1 == 1)
            }
        }

        @Test("the brand string is the one of /proc/cpuinfo")
        func brand() throws {
            let brand = withUnsafeTemporaryAllocation(of: CChar.self, capacity: 49) { buffer in
                uintr_cpuid_brand(buffer.baseAddress)
                return String(cString: buffer.baseAddress!)
            }
            let words = brand.split(separator: " ").joined(separator: " ")
            var text = [UInt8](repeating: 0, count: 4096)
            let file = open("/proc/cpuinfo", O_RDONLY)
            defer { close(file) }
            let count = read(file, &text, text.count)
            let lines = String(decoding: text.prefix(max(0, count)), as: UTF8.self).split(separator: "\n")
            let model = try #require(lines.first { $0.hasPrefix("model name") })
            #expect(model.split(separator: ":")[1].split(separator: " ").joined(separator: " ") == words)
        }
    }
}

@Suite("Atomic operations")
struct AtomicTests {
    @Test("compare-exchange stores only on equality, and reports what was there")
    func compareExchange() {
        let memory = UnsafeMutableRawPointer.allocate(byteCount: 16, alignment: 16)
        defer { memory.deallocate() }
        memory.storeBytes(of: 1, as: UInt64.self)
        memory.storeBytes(of: 2, toByteOffset: 8, as: UInt64.self)
        var expected = uintr_u128(low: 1, high: 3)
        #expect(!uintr_atomic_compare_exchange128(memory, &expected, uintr_u128(low: 9, high: 9)))
        #expect(expected.low == 1 && expected.high == 2)
        #expect(uintr_atomic_compare_exchange128(memory, &expected, uintr_u128(low: 5, high: 6)))
        let now = uintr_atomic_load128(memory)
        #expect(now.low == 5 && now.high == 6)
        #expect(uintr_atomic_fetch_and64(memory, 4) == 5)
        #expect(uintr_atomic_fetch_or64(memory, 3) == 4)
        #expect(uintr_atomic_exchange64(memory + 8, 0) == 6)
        #expect(uintr_atomic_load64(memory) == 7 && uintr_atomic_load64(memory + 8) == 0)
    }

    @Test("two threads that add one to both halves lose no addition")
    func contended() async {
        let memory = UnsafeMutableRawPointer.allocate(byteCount: 16, alignment: 16)
        defer { memory.deallocate() }
        memory.initializeMemory(as: UInt64.self, repeating: 0, count: 2)
        let address = UInt(bitPattern: memory)
        await withTaskGroup(of: Void.self) { group in
            for _ in 0..<2 {
                group.addTask {
                    let memory = UnsafeMutableRawPointer(bitPattern: address)
                    for _ in 0..<20_000 {
                        var old = uintr_atomic_load128(memory)
                        while !uintr_atomic_compare_exchange128(
                            memory, &old, uintr_u128(low: old.low &+ 1, high: old.high &+ 1))
                        {}
                    }
                }
            }
        }
        let sum = uintr_atomic_load128(memory)
        #expect(sum.low == 40_000 && sum.high == 40_000)
    }
}

@Suite("NUMA")
struct NUMATests {
    @Test("libnuma answers, or its absence is a sentence")
    func answersOrSays() {
        var reason: UnsafePointer<CChar>?
        let nodes = uintr_numa_node_count(&reason)
        if nodes > 0 {
            #expect((0..<nodes).contains(uintr_numa_node_of_cpu(0, nil)))
            #expect(uintr_numa_node_of_cpu(1 << 20, &reason) == -1)
        }
        #expect(nodes > 0 || nodes == -1)
        let sentence = reason.map { String(cString: $0) } ?? ""
        #expect(sentence.contains("NUMA") || sentence.contains("CPU"), "\(sentence)")
    }
}
