import Architecture
import Cases
internal import CUserInterrupts

/// The processor and a kernel with user interrupts as a machine for cases at CPL 3: the case's thread is a receiver whose handler
/// records every frame, and a sender to itself.
///
/// UIF is the thread's own for the whole case, in the executor's signal handler too; where a delivery comes there, the red zone
/// and the handler's own stack use keep it harmless.
struct HardwareMachine: CaseMachine {
    private var processor: NativeMachine
    private var registration: Registration
    private let log = DeliveryLog()
    private var deliveries = Deliveries()
    private let quietReads: Int
    private let patience: Int

    init(
        pages: UserPages, kernel: any KernelCalls, quietReads: Int = DeliveryLog.quietReads, patience: Int = DeliveryLog.patience
    ) throws(Registration.Refused) {
        processor = NativeMachine(pages: pages)
        registration = try Registration(kernel)
        self.quietReads = quietReads
        self.patience = patience
    }

    mutating func perform(_ step: Step) -> StepOutcome {
        switch step {
        case .connect(let vector): return registration.connect(vector).map { .failure($0) } ?? .done
        case .settle:
            log.settle(reads: quietReads)
            if let sentence = collect() { return .failure(sentence) }
            return processor.perform(step)
        case .expectDelivered(let vectors):
            if let sentence = wait(for: vectors.count) { return .failure(sentence) }
            return deliveries.check(step) ?? .done
        default: return deliveries.check(step) ?? processor.perform(step)
        }
    }

    /// Undoes the registration. CLUI first: nothing is to be delivered while it goes.
    /// - Returns: nil, or a sentence on what is not as it should be at a case's end.
    mutating func end() -> String? {
        _ = uintr_try_clui(nil)
        let failure = collect() ?? registration.end()
        if let fault = processor.heldFault {
            return failure ?? "\(fault.words.joined(separator: " ")) came behind the last instruction, and no settle took it"
        }
        return failure
    }

    /// A delivery that must come may take its time; one that must not is `settle`'s matter.
    private mutating func wait(for count: Int) -> String? {
        for _ in 0..<patience {
            if let sentence = collect() { return sentence }
            if deliveries.vectors.count >= count { return nil }
            log.settle(reads: quietReads)
        }
        return nil
    }

    private mutating func collect() -> String? {
        while let record = log.next() {
            guard record.vector < 64 else { return "the frame's vector is \(record.vector)" }
            guard record.entry_uif != 1 else { return "UIF was 1 at the handler's first instruction" }
            guard record.entry_rflags & 0x100 == 0 else { return "TF was 1 at the handler's first instruction" }
            deliveries.append(
                RecordedFrame(
                    vector: UInt8(record.vector), rip: record.rip, rflags: record.rflags, rsp: record.rsp,
                    entryRSP: record.entry_rsp))
        }
        return log.overflowed ? "more deliveries than the log has room for" : nil
    }
}
