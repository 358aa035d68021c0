/// Up to four logical processors, the memory they share and the interrupt messages between them.
///
/// A step is one call: each is atomic, and their order is the caller's. Nothing arrives, and nothing is taken, by itself.
public struct Machine<M: Memory> {
    public var memory: M
    public var inFlight = MessagesInFlight()
    @usableFromInline var processors: InlineArray<4, LogicalProcessor>
    /// How many processors there are, 1–4.
    public let count: Int

    /// - Parameter count: 1–4; other values become the nearer of the two.
    public init(count: Int, memory: M, features: Features = Features(), apicMode: LocalAPIC.Mode = .x2APIC) {
        self.memory = memory
        self.count = max(1, min(4, count))
        processors = InlineArray { index in
            LogicalProcessor(
                features: features, apic: LocalAPIC(id: UInt32(truncatingIfNeeded: index), mode: apicMode))
        }
    }

    /// The processor `cpu`; only the low two bits count.
    @inlinable public subscript(cpu: Int) -> LogicalProcessor {
        get { processors[cpu & 3] }
        _modify { yield &processors[cpu & 3] }
    }

    /// What stopped an instruction.
    public enum Stop: Error, Equatable, Hashable, Sendable {
        case fault(Fault)
        /// The bytes are another instruction's, or too few.
        case notOurs
        /// Thirty-two messages are in flight: SENDUIPI waits until one has arrived. Nothing was changed.
        case messagesInFlightFull
    }

    /// Executes the instruction in `bytes` on processor `cpu`. A notification is in flight afterwards.
    public mutating func execute(_ bytes: InstructionBytes, on cpu: Int) throws(Stop) {
        switch Decoded(bytes) {
        case .instruction(let instruction): try execute(instruction, on: cpu)
        case .tooLong: throw .fault(.generalProtection)
        case .other, .truncated: throw .notOurs
        }
    }

    /// Executes `instruction` on processor `cpu`. A notification is in flight afterwards.
    public mutating func execute(_ instruction: Instruction, on cpu: Int) throws(Stop) {
        guard inFlight.count < MessagesInFlight.capacity else { throw .messagesInFlightFull }
        let notification: Notification?
        do throws(Fault) {
            notification = try processors[cpu & 3].execute(instruction, memory: &memory)
        } catch {
            throw .fault(error)
        }
        if let notification, let message = self[cpu].apic.message(for: notification) {
            _ = inFlight.append(message)
        }
    }

    /// The message at `index` of `inFlight` arrives at every local APIC that it addresses.
    ///
    /// - Returns: how many accepted it; 0 where it is dropped.
    @discardableResult public mutating func arrive(_ index: UInt8) -> Int {
        guard let message = inFlight.remove(at: index) else { return 0 }
        var accepted = 0
        for cpu in 0..<count where self[cpu].apic.accept(message) { accepted &+= 1 }
        return accepted
    }

    /// Processor `cpu` takes the interrupt that its local APIC offers, notification processing included.
    ///
    /// - Returns: nil when there is none to take.
    /// - Throws: the fault of an access to the UPID; the notification stays dismissed (SDM Vol. 3A, 9.5.2).
    public mutating func takeInterrupt(_ cpu: Int) throws(Fault) -> TakenInterrupt? {
        let taken = self[cpu].takeInterrupt()
        if taken == .notification {
            let paging = self[cpu].paging
            try processors[cpu & 3].uintr.processNotification(paging: paging, memory: &memory)
        }
        return taken
    }

    /// Processor `cpu` delivers the user interrupt that is due at this boundary.
    ///
    /// - Returns: its vector, or nil when none is due.
    public mutating func deliverUserInterrupt(_ cpu: Int) throws(Fault) -> UInt8? {
        guard self[cpu].deliversUserInterrupt else { return nil }
        return try processors[cpu & 3].deliverUserInterrupt(memory: &memory)
    }
}

extension Machine: Sendable where M: Sendable {}
