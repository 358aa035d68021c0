/// A state without steps, as ending.h and `WaitModel.ending` pack it, up to what nobody can tell apart: names of CPUs, and ON and
/// NDST while SN is set.
enum Ending {
    // Places in the packed word.
    private static let on: UInt64 = 0
    private static let sn: UInt64 = 1
    private static let ndst: UInt64 = 4
    private static let cpu: UInt64 = 9
    private static let sets: [UInt64] = [18, 21, 24, 27, 30]
    private static let inFlight: UInt64 = 33

    static func normalised(_ ending: UInt64) -> UInt64 {
        let orders: [[UInt64]] = [[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]]
        return orders.map { withoutDead(renamed(ending, $0)) }.min() ?? ending
    }

    private static func withoutDead(_ ending: UInt64) -> UInt64 {
        ending.has(sn) ? ending.clear(on).with(ndst, 2, 0) : ending
    }

    private static func renamed(_ ending: UInt64, _ name: [UInt64]) -> UInt64 {
        var next = ending
        for at in [ndst, cpu] where ending.field(at, 2) < 3 { next = next.with(at, 2, name[Int(ending.field(at, 2))]) }
        for old in 0..<3 {
            for at in sets { next = next.with(at + name[old], 1, ending.field(at + UInt64(old), 1)) }
            next = next.with(inFlight + 2 * name[old], 2, ending.field(inFlight + 2 * UInt64(old), 2))
        }
        return next
    }
}
