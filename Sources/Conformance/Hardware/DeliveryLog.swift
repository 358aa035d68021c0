internal import CUserInterrupts

/// What the recording entry writes on this thread, and how far it has been read. Made, used and ended on one thread.
package final class DeliveryLog {
    private static let capacity = 1024
    private let records: UnsafeMutablePointer<uintr_record>
    private let log: UnsafeMutablePointer<uintr_record_log>
    /// Of `count` and `overflow`, which the entry writes between any two instructions.
    private let countAddress: UnsafeMutablePointer<UInt64>
    private let overflowAddress: UnsafeMutablePointer<UInt64>
    private var read = 0

    /// How often the count is read before a log that does not grow counts as quiet: about a millisecond, of which a self-IPI
    /// should need a thousandth. If it needs more, a frame is found elsewhere than expected, and the case fails, loudly.
    package static let quietReads = 1_000_000
    /// How many such times `wait` gives a delivery that must come.
    package static let patience = 1000

    init() {
        records = .allocate(capacity: DeliveryLog.capacity)
        records.initialize(repeating: uintr_record(), count: DeliveryLog.capacity)
        log = .allocate(capacity: 1)
        log.initialize(to: uintr_record_log(records: records, capacity: UInt64(DeliveryLog.capacity), count: 0, overflow: 0))
        guard let count = log.pointer(to: \.count), let overflow = log.pointer(to: \.overflow) else {
            preconditionFailure("the fields of a C structure are stored")
        }
        countAddress = count
        overflowAddress = overflow
        uintr_record_set(log)
    }

    deinit {
        // The entry must not find memory that is gone.
        uintr_record_set(nil)
        log.deallocate()
        records.deallocate()
    }

    /// Records written.
    private var count: Int { Int(uintr_atomic_load64(countAddress)) }

    /// Waits until the count has stayed the same for `reads` reads.
    func settle(reads: Int = quietReads) {
        var seen = count
        var quiet = 0
        while quiet < reads {
            let now = count
            quiet = now == seen ? quiet + 1 : 0
            seen = now
        }
    }

    /// The next record, or nil.
    func next() -> uintr_record? {
        // Records below the count are written, and are not written again.
        guard read < count else { return nil }
        defer { read += 1 }
        return records[read]
    }

    var overflowed: Bool { uintr_atomic_load64(overflowAddress) != 0 }
}
