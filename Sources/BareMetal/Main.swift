import Architecture
import CBareMetal
import Cases

// The image's main program: set up the machine, refuse where it has no user interrupts, run the cases, print KTAP.

/// Where boot.S puts the file of cases, and what it says of it: kernel sectors, sectors and bytes of the file.
private let casesAddress: UInt64 = 0x100_0000

@c(bm_set_up_processor)
func setUpProcessor(_ cpu: UnsafeMutablePointer<bm_cpu>) {
    CaseMemory.load()
    Descriptors.load(cpu)
    bm_wrmsr(0xC000_0101, bm_address(cpu))
    bm_write_cr4(RunnerFlags.cr4)
}

/// An exception or interrupt outside a case is a bug of this program, or a broken machine.
@c(bm_unexpected)
func unexpected(_ cpu: UnsafeMutablePointer<bm_cpu>) {
    let context = cpu.pointee.context
    Console.line(
        "Bail out! the runner itself took vector \(context.vector) on processor \(cpu.pointee.index), RIP \(hex(context.rip)), "
            + "error code \(hex(context.error)), CR2 \(hex(context.cr2))")
    Console.end(passed: false)
}

@c(bm_main)
func main(_ header: UnsafeRawPointer) {
    Console.setUp()
    Console.line("KTAP version 1")
    RunnerFlags.detect()
    let bytes = UnsafeBufferPointer(
        start: bm_bytes(bm_linear(casesAddress)), count: Int(header.loadUnaligned(fromByteOffset: 8, as: UInt64.self)))
    var reader = BinaryReader(bytes)
    guard let (options, count) = BinaryCases.head(&reader) else {
        Console.line("Bail out! the image holds no cases of version \(BinaryCases.version): build it again")
        Console.end(passed: false)
    }
    if let reason = refusal(), !options.contains(.withoutUINTR) {
        Console.line("1..0 # SKIP \(reason)")
        Console.end(passed: true)
    }

    CaseMemory.prepare()
    Descriptors.prepare()
    for index in 0..<Int(bm_cpus) {
        guard let cpu = bm_cpu_at(UInt64(index)) else { continue }
        cpu.pointee.address = bm_address(cpu)
        cpu.pointee.index = UInt64(index)
    }
    guard let first = bm_cpu_at(0) else { return }
    setUpProcessor(first)
    Runner.processors = [Processor(first)]
    APIC.setMode(.xAPIC)
    APIC.setUp()
    startOthers()
    CaseMemory.unmapLowMemory()
    Console.line("# processors: \(Runner.processors.count); linear addresses: \(RunnerFlags.width) bits; UIRET: "
        + (RunnerFlags.flexibleUIRET ? "flexible" : "sets UIF") + "; CET: \(RunnerFlags.hasCET ? "yes" : "no"); local APIC: "
        + (APIC.supportsX2APIC ? "x2APIC" : "xAPIC"))
    Console.line("1..\(count)")

    var failures = 0
    for number in 0..<count {
        guard let testCase = BinaryCase(from: &reader) else {
            Console.line("Bail out! case \(number + 1) cannot be read: build the image again")
            Console.end(passed: false)
        }
        switch judge(testCase, number + 1, options) {
        case .passed where options.contains(.free): break
        case .passed: Console.line("ok \(number + 1) \(testCase.id)")
        case .skipped(let reason): Console.line("ok \(number + 1) \(testCase.id) # SKIP \(reason)")
        case .failed(let step, let sentence):
            failures += 1
            Console.line("# step \(step + 1), \(testCase.steps[step].words.joined(separator: " ")): \(sentence)")
            Console.line("not ok \(number + 1) \(testCase.id)")
        }
    }
    Console.line("# end: \(failures) failed")
    Console.end(passed: failures == 0)
}

/// Why the cases cannot run here, as CPUID says.
private func refusal() -> String? {
    guard RunnerFlags.hasUINTR else { return "CPUID.(7,0):EDX[5] = 0: this processor has no user interrupts" }
    guard RunnerFlags.hasXSAVE else { return "CPUID.1:ECX[26] = 0: this processor has no XSAVE" }
    return nil
}

/// INIT, start-up, start-up (SDM Vol. 3A, 9.4.4) to the APIC IDs 1, 2, 3 in turn: as many as answer become the case's processors.
private func startOthers() {
    guard let target = bm_mutable_bytes(bm_linear(0x9000)) else { return }
    let size = Int(bm_address(bm_ap_end_pointer()) - bm_address(bm_ap_begin_pointer()))
    for index in 1..<Int(bm_cpus) {
        guard let cpu = bm_cpu_at(UInt64(index)), let code = bm_bytes(bm_address(bm_ap_begin_pointer())) else { return }
        for byte in 0..<size { target[byte] = code[byte] }
        let arguments = UnsafeMutableRawPointer(target + size - 32)
        arguments.storeBytes(of: CaseMemory.tables, toByteOffset: 0, as: UInt64.self)
        arguments.storeBytes(of: bm_stack_top(UInt64(index)), toByteOffset: 8, as: UInt64.self)
        arguments.storeBytes(of: bm_address(cpu), toByteOffset: 16, as: UInt64.self)
        arguments.storeBytes(of: bm_ap_start_address(), toByteOffset: 24, as: UInt64.self)

        APIC.send(0x4500, to: UInt32(index))
        wait(microseconds: 10_000)
        for _ in 0..<2 where bm_is_online(cpu) == 0 {
            APIC.send(0x4600 | 9, to: UInt32(index))
            wait(microseconds: 1000)
        }
        for _ in 0..<20 where bm_is_online(cpu) == 0 { wait(microseconds: 1000) }
        guard bm_is_online(cpu) != 0 else { return }
        Runner.processors.append(Processor(cpu))
    }
}

/// A read of port 61H takes about a microsecond on every PC.
private func wait(microseconds: Int) {
    for _ in 0..<microseconds { _ = bm_in8(0x61) }
}
