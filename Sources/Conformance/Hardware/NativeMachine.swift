import Architecture
import Cases
internal import CUserInterrupts

/// The processor that this runs on, at CPL 3, as a machine for cases: it executes their instructions through the shim's executor
/// and reports what they raise. A kernel with user interrupts is `HardwareMachine`'s matter.
///
/// To be used on one thread only, as UIF and the registers of a case are that thread's.
struct NativeMachine: CaseMachine {
    private let pages: UserPages
    private var context = uintr_cpu_context()
    private var cpuid = CPUIDResult()
    /// A fault behind the last instruction, which a delivery raised: for the next `settle`.
    private(set) var heldFault: Fault?

    /// RF: every fault sets it in the flags that it pushes, and the breakpoint that ends a run leaves it open.
    private static let resumeFlag: UInt64 = 1 << 16

    /// The state that a case at CPL 3 starts from.
    init(pages: UserPages) {
        self.pages = pages
        context.rsp = Layout.stackTop
        context.rflags = 0x202
    }

    mutating func perform(_ step: Step) -> StepOutcome {
        switch step {
        case .set(let field, let value): return set(field, value)
        case .expect(let field, let expected): return expect(field, expected)
        case .store(let address, let value):
            return pages.store(address, value) ? .done : .failure("\(hex(address)) is on no user stack")
        case .expectMemory(let address, let expected):
            guard let found = pages.load(address) else { return .failure("\(hex(address)) is on no user stack") }
            return compare("memory at \(hex(address))", expected, found)
        case .execute(let bytes): return execute(bytes)
        case .settle:
            defer { heldFault = nil }
            return heldFault.map { .fault($0) } ?? .done
        case .cpuid(let leaf, let subleaf):
            let result = uintr_cpuid(leaf, subleaf)
            cpuid = CPUIDResult(eax: result.eax, ebx: result.ebx, ecx: result.ecx, edx: result.edx)
            return .done
        case .expectCPUID(let register, let mask, let expected): return cpuid.check(register, mask, expected)
        default: return .failure("a process cannot take this step")
        }
    }

    // MARK: Registers

    /// A general register by its number: the order of the structure is that of the encoding (uintr_execute.h).
    private subscript(number: UInt8) -> UInt64 {
        get { withUnsafeBytes(of: context) { $0.load(fromByteOffset: Int(number) * 8, as: UInt64.self) } }
        set { withUnsafeMutableBytes(of: &context) { $0.storeBytes(of: newValue, toByteOffset: Int(number) * 8, as: UInt64.self) } }
    }

    private mutating func set(_ field: Field, _ value: UInt64) -> StepOutcome {
        switch field {
        case .rip: context.rip = value
        case .rflags: context.rflags = value
        case .uif:
            var fault = uintr_fault()
            return outcome(value != 0 ? uintr_try_stui(&fault) : uintr_try_clui(&fault), fault)
        default:
            guard let number = field.registerNumber else { return .failure("a process cannot set \(field.rawValue)") }
            self[number] = value
        }
        return .done
    }

    private func expect(_ field: Field, _ expected: UInt64) -> StepOutcome {
        switch field {
        case .rip: return compare("rip", expected, context.rip)
        case .rflags: return compare("rflags", expected, context.rflags & ~NativeMachine.resumeFlag)
        case .uif:
            var fault = uintr_fault()
            var uif = false
            let result = uintr_try_testui(&uif, &fault)
            return result == 0 ? compare("uif", expected, uif ? 1 : 0) : outcome(result, fault)
        default:
            guard let number = field.registerNumber else { return .failure("a process cannot read \(field.rawValue)") }
            return compare(field.rawValue, expected, self[number])
        }
    }

    // MARK: Execution

    private mutating func execute(_ bytes: [UInt8]) -> StepOutcome {
        if let heldFault {
            return .failure("\(heldFault.words.joined(separator: " ")) came behind the instruction before, and no settle took it")
        }
        let start = context.rip == 0 ? Layout.code : context.rip
        guard let end = pages.place(bytes, at: start) else {
            return .failure("\(bytes.count) bytes at \(hex(start)) do not fit on the code page, or its rights cannot be changed")
        }
        context.rip = start
        var fault = uintr_fault()
        let result = uintr_execute(&context, end, &fault)
        guard result == 1 else { return outcome(result, fault) }

        // A jump ends at the INT3 that every other byte of the page is.
        let breakpoint = fault.rip &- 1
        if fault.exception == UINTR_EXCEPTION_BP, pages.isCode(breakpoint), breakpoint < start || breakpoint >= end {
            context.rip = breakpoint
            return .done
        }
        guard case .fault(let found) = outcome(result, fault) else { return outcome(result, fault) }
        guard context.rip != start else { return .fault(found) }
        heldFault = found
        return .done
    }

    /// What a call under the shim's guard returned.
    private func outcome(_ result: CInt, _ fault: uintr_fault) -> StepOutcome {
        if result == 0 { return .done }
        if result < 0 { return .failure("the instruction could not be run: \(describe(errno: -result))") }
        guard let found = Fault(fault) else {
            return .failure("exception \(fault.exception) at \(hex(fault.rip)), signal \(fault.signal)")
        }
        return .fault(found)
    }
}

extension Fault {
    /// What a signal reports. Linux gives the exception's vector and error code (si_code alone does not tell #GP from #AC); nil
    /// for an exception that no case names.
    fileprivate init?(_ fault: uintr_fault) {
        switch fault.exception {
        case UInt64(UINTR_EXCEPTION_UD): self = .invalidOpcode
        case UInt64(UINTR_EXCEPTION_SS): self = .stackSegment
        case UInt64(UINTR_EXCEPTION_GP): self = .generalProtection
        case UInt64(UINTR_EXCEPTION_PF):
            self = .page(address: fault.address, code: PageFaultCode(rawValue: fault.error_code))
        case UInt64(UINTR_EXCEPTION_AC): self = .alignmentCheck
        case 21: self = .controlProtection(code: UInt16(truncatingIfNeeded: fault.error_code))
        default: return nil
        }
    }
}
