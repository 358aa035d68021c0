import Architecture

/// One step of a case: a value, which round-trips through its words (`StepText.swift`) and so through JSON.
///
/// A step that faults must be followed by `expectFault`; a fault that nothing expects fails the case.
public enum Step: Equatable, Hashable, Sendable {
    // What stands at the beginning.

    /// The steps that follow are this processor's, 0–3. A case starts with processor 0.
    case processor(Int)
    case set(Field, UInt64)
    /// Writes 8 bytes of memory, whatever its rights.
    case store(UInt64, UInt64)
    /// CPL 3 with a kernel: registers this thread as a sender to itself with user vector 0–63. The UITT indices count from 0.
    case connect(UInt8)

    // What happens.

    /// Executes one instruction: the bytes are placed at RIP, or at the code page where RIP is 0.
    case execute([UInt8])
    case wrmsr(UInt32, UInt64)
    /// Its result is for `expectResult`.
    case rdmsr(UInt32)
    case xsaves(area: UInt64, mask: UInt64)
    case xrstors(area: UInt64, mask: UInt64)
    /// Its results are for `expectCPUID`.
    case cpuid(UInt32, UInt32)
    /// An IPI goes into flight: vector, destination, and whether it was sent in x2APIC mode.
    case send(UInt8, UInt32, x2APIC: Bool)
    /// The oldest IPI in flight arrives.
    case arrive
    /// The newest IPI in flight arrives: it overtakes the others.
    case arriveNewest
    /// This processor takes what its local APIC offers, notification processing included, as a machine does.
    case takeInterrupt
    /// This processor takes what its local APIC offers; notification processing is left to the next two steps. The core only.
    case identify
    /// Notification processing, its first atomic step: clear ON.
    case clearOutstanding
    /// Notification processing, its second atomic step: PIR to UIRR.
    case takeRequests
    /// Delivers the user interrupt that is due at this boundary, if one is.
    case deliver
    /// Writes EOI to the local APIC.
    case endOfInterrupt
    /// INIT to this processor.
    case initialize
    /// Lets every IPI arrive, every interrupt be taken, and every user interrupt be delivered to a handler that records its
    /// frame and returns by UIRET, until nothing is left to do.
    case settle

    // What must hold.

    case expect(Field, UInt64)
    case expectMemory(UInt64, UInt64)
    /// The step before raised this fault.
    case expectFault(Fault)
    /// The bytes of the step before are some other instruction's. The core only.
    case expectOther
    /// What RDMSR returned.
    case expectResult(UInt64)
    /// What CPUID returned in EAX, EBX, ECX, EDX, under the mask.
    case expectCPUID(CPUIDRegister, mask: UInt32, UInt32)
    /// What `takeInterrupt` or `identify` took: a notification.
    case expectNotification
    /// What `takeInterrupt` took: an ordinary interrupt with this vector.
    case expectOrdinary(UInt8)
    /// `takeInterrupt` took nothing.
    case expectNoInterrupt
    /// The vectors delivered since the last such step, in their order.
    case expectDelivered([UInt8])
    /// The last frame that `settle` recorded: RSP as it was pushed.
    case expectFrameRSP(UInt64)
    /// The last frame: RFLAGS as pushed, under the mask.
    case expectFrameRFLAGS(mask: UInt64, UInt64)
    /// The last frame: RSP at the handler's first instruction.
    case expectEntryRSP(UInt64)
    /// How many IPIs are in flight.
    case expectInFlight(Int)
    /// The newest IPI in flight: vector and destination.
    case expectMessage(UInt8, UInt32)
}

/// A register that CPUID returns.
public enum CPUIDRegister: String, Equatable, Hashable, Sendable, CaseIterable {
    case eax, ebx, ecx, edx
}
