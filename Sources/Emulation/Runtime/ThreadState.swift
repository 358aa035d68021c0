#if !hasFeature(Embedded)
internal import Architecture
#endif
internal import CEmulationRuntime

typealias Thread = UnsafeMutablePointer<runtime_thread>
/// The registers of interrupted code, in the order of enum runtime_register.
typealias Registers = UnsafeMutablePointer<UInt64>

extension UnsafeMutablePointer<UInt64> {
    subscript(_ register: runtime_register) -> UInt64 {
        get { self[Int(truncatingIfNeeded: register.rawValue)] }
        nonmutating set { self[Int(truncatingIfNeeded: register.rawValue)] = newValue }
    }
}

extension LogicalProcessor {
    /// UINV, and NV of every UPID: the vector that the first series used.
    static var notificationVector: UInt8 { 0xEC }

    /// The processor that runs `thread`, with `registers` loaded: CPL 3, 64-bit mode, CR4.UINTR = 1. UIRET sets UIF: a program
    /// that asks CPUID for the other kind is told that this is none.
    init(_ thread: Thread, _ registers: Registers) {
        self.init(features: Features(flexibleUIRET: false))
        cr4 = CR4.uintr
        cpl = 3
        // As Linux sets CR0.
        alignmentMask = true
        gpr[0] = registers[RUNTIME_RAX]
        gpr[1] = registers[RUNTIME_RCX]
        gpr[2] = registers[RUNTIME_RDX]
        gpr[3] = registers[RUNTIME_RBX]
        gpr[4] = registers[RUNTIME_RSP]
        gpr[5] = registers[RUNTIME_RBP]
        gpr[6] = registers[RUNTIME_RSI]
        gpr[7] = registers[RUNTIME_RDI]
        // R8 to R15 are the first eight words. Unoptimised, a loop over a range allocates, which a signal's handler must not.
        var register: UInt8 = 8
        while register < 16 {
            gpr[register] = registers[Int(truncatingIfNeeded: register & 7)]
            register &+= 1
        }
        rip = registers[RUNTIME_RIP]
        rflags = RFLAGS(rawValue: registers[RUNTIME_RFLAGS])
        uintr.uif = thread.pointee.uif != 0
        uintr.uirr = thread.pointee.uirr
        uintr.uihandler = thread.pointee.uihandler
        uintr.uistackadjust = thread.pointee.uistackadjust
        uintr.uinv = thread.pointee.receiver == nil ? 0 : LogicalProcessor.notificationVector
        if let senders = thread.senders, runtime_abi.table_of_process || senders.pointee.used > 0 {
            uintr.uitt = UInt64(UInt(bitPattern: senders)) | 1
            uintr.uittsz = UInt32(RUNTIME_ENTRIES) &- 1
        }
    }

    /// Writes back what the five instructions and delivery change.
    func store(_ thread: Thread, _ registers: Registers) {
        registers[RUNTIME_RSP] = gpr.rsp
        registers[RUNTIME_RIP] = rip
        registers[RUNTIME_RFLAGS] = rflags.rawValue
        thread.pointee.uirr = uintr.uirr
        thread.pointee.uif = uintr.uif ? 1 : 0
    }
}

extension UnsafeMutablePointer<runtime_thread> {
    /// The table of senders that is this thread's: its own, or its process's. Nil before the first connection.
    var senders: UnsafeMutablePointer<runtime_senders>? {
        runtime_abi.table_of_process ? runtime_process_senders : pointee.senders
    }
}

/// What an instruction or a boundary came to; enum runtime_verdict in C.
enum Verdict: CInt {
    case done, other, invalidOpcode, generalProtection, stackSegment, page, alignmentCheck

    init(_ fault: Fault) {
        self =
            switch fault {
            case .invalidOpcode: .invalidOpcode
            case .stackSegment: .stackSegment
            case .page: .page
            case .alignmentCheck: .alignmentCheck
            case .generalProtection, .controlProtection: .generalProtection
            }
    }
}

extension Fault {
    /// CR2 of a page fault, 0 for the others.
    var address: UInt64 { if case .page(let address, _) = self { address } else { 0 } }
    /// The error code, which is 0 but for a page fault.
    var code: UInt64 { if case .page(_, let code) = self { code.rawValue } else { 0 } }
}

extension Verdict {
    /// Says what kind of fault, and leaves its address and error code for the signal.
    static func fault(_ fault: Fault, of thread: Thread, _ address: Registers) -> Verdict {
        address.pointee = fault.address
        thread.pointee.fault_code = fault.code
        return Verdict(fault)
    }
}
