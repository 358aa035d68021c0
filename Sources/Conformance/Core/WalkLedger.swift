import Architecture

/// Who has what pending, kept apart from the core: the simplest thing that can be right.
struct WalkLedger {
    struct Frame: Equatable {
        /// RSP at the handler's first instruction.
        var entry: UInt64
        var rip: UInt64
        var rflags: UInt64
        var rsp: UInt64
    }

    /// Posted and not yet moved to UIRR, for each task.
    var posted: [UInt64] = [0, 0, 0, 0]
    /// In UIRR and not yet delivered, for each task.
    var requested: [UInt64] = [0, 0, 0, 0]

    mutating func post(_ vector: UInt8, to task: Int) { posted[task] |= 1 << UInt64(vector) }

    mutating func moveToUIRR(_ task: Int) {
        requested[task] |= posted[task]
        posted[task] = 0
    }

    /// The vector that must be delivered next to `task`: the highest.
    mutating func deliver(to task: Int) -> UInt8? {
        for vector: UInt8 in (0..<64).reversed() where requested[task] & 1 << UInt64(vector) != 0 {
            requested[task] &= ~(1 << UInt64(vector))
            return vector
        }
        return nil
    }
}
