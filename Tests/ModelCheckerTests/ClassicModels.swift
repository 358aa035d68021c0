import ModelChecker

extension Word {
    static func mask(_ fields: (place: Int, width: Int)...) -> Word {
        fields.reduce(Word()) { $0.setting($1.place, $1.width, 1 << $1.width - 1) }
    }
}

/// Peterson's algorithm (1981) for two processes that enter again and again.
struct Peterson: ProcessModel {
    /// Gives way before announcing itself: the mistake that lets both in.
    var yieldsFirst = false

    /// Process i: location 3 bits at 4 i (0 announce, 1 yield, 2 wait, 3 critical), flag 1 bit at 4 i + 3; turn 1 bit at 8.
    var initialStates: [Word] { [Word(1 << 63)] }
    var properties: [Property] { [Property("exclusion", .invariant), Property("idle", .noIdleCycle)] }
    var processCount: Int { 2 }
    func process(of step: StepID) -> Int { Int(step) / 4 }
    func locationCount(of process: Int) -> Int { 4 }
    func location(of process: Int, in state: Word) -> Int { state.field(4 * process, 3) }
    func steps<Sink: StepSink<Word>>(of i: Int, from state: Word, into sink: inout Sink) {
        let location = location(of: i, in: state)
        let other = 1 - i
        var next = state.setting(4 * i, 3, (location + 1) % 4)
        switch location {
        case 0, 1:
            if (location == 0) != yieldsFirst { next = next.setting(4 * i + 3, 1, 1) } else { next = next.setting(8, 1, other) }
        case 2:
            if state.field(4 * other + 3, 1) == 1, state.field(8, 1) == other { return }
        default: next = next.setting(4 * i + 3, 1, 0)
        }
        let enters = location == 2 && state.field(4 * other, 3) == 3
        sink.add(next, step: StepID(4 * i + location), breaks: enters ? 1 : 0)
    }
    func footprint(of i: Int, at location: Int) -> Footprint<Word> {
        let own = (4 * i, 3)
        let next = [(location + 1) % 4]
        switch location {
        case 0, 1:
            let written = (location == 0) != yieldsFirst ? (4 * i + 3, 1) : (8, 1)
            return Footprint(reads: .mask(own), writes: .mask(own, written), next: next)
        case 2:
            return Footprint(
                reads: .mask(own, (4 - 4 * i, 4), (8, 1)), writes: .mask(own), enabling: .mask(own, (7 - 4 * i, 1), (8, 1)),
                next: next)
        default: return Footprint(reads: .mask(own), writes: .mask(own, (4 * i + 3, 1)), next: next)
        }
    }
    var observed: Word { Word() }
    func name(of step: StepID, in state: Word) -> String { "process \(step / 4) at \(step % 4)" }
}

/// A ticket lock: take a ticket, wait for one's turn, work, pass the turn on; each process once.
struct TicketLock: ProcessModel {
    var count: Int
    /// Takes the ticket in two steps: reads the counter, then writes it.
    var isTorn = false

    /// Process i: location 3 bits at 8 i (0 take, 1 store, 2 wait, 3 leave, 4 gone), ticket 3 bits at 8 i + 3; next ticket 3 bits
    /// at 48, turn 3 bits at 52.
    var initialStates: [Word] { [Word(1 << 63)] }
    var properties: [Property] { [Property("exclusion", .invariant), Property("left", .ending), Property("finish", .canFinish)] }
    var processCount: Int { count }
    func process(of step: StepID) -> Int { Int(step) / 8 }
    func locationCount(of process: Int) -> Int { 5 }
    func location(of process: Int, in state: Word) -> Int { state.field(8 * process, 3) }
    func steps<Sink: StepSink<Word>>(of i: Int, from state: Word, into sink: inout Sink) {
        let location = location(of: i, in: state)
        let counter = state.field(48, 3)
        var next = state.setting(8 * i, 3, location + 1)
        var breaks: PropertySet = 0
        switch location {
        case 0:
            next = next.setting(8 * i + 3, 3, counter)
            if !isTorn { next = next.setting(48, 3, counter + 1).setting(8 * i, 3, 2) }
        case 1: next = next.setting(48, 3, state.field(8 * i + 3, 3) + 1)
        case 2:
            if state.field(8 * i + 3, 3) != state.field(52, 3) { return }
            if (0..<count).contains(where: { $0 != i && state.field(8 * $0, 3) == 3 }) { breaks = 1 }
        case 3: next = next.setting(52, 3, state.field(52, 3) + 1)
        default: return
        }
        sink.add(next, step: StepID(8 * i + location), breaks: breaks)
    }
    func footprint(of i: Int, at location: Int) -> Footprint<Word> {
        let own = (8 * i, 3)
        let ticket = (8 * i + 3, 3)
        switch location {
        case 0 where isTorn: return Footprint(reads: .mask(own, (48, 3)), writes: .mask(own, ticket), enabling: .mask(own), next: [1])
        case 0: return Footprint(reads: .mask(own, (48, 3)), writes: .mask(own, ticket, (48, 3)), enabling: .mask(own), next: [2])
        case 1: return Footprint(reads: .mask(own, ticket), writes: .mask(own, (48, 3)), enabling: .mask(own), next: [2])
        case 2:
            var reads = Word.mask(own, ticket, (52, 3))
            for other in 0..<count { reads = Word(reads.bits | Word.mask((8 * other, 3)).bits) }
            return Footprint(reads: reads, writes: .mask(own), enabling: .mask(own, ticket, (52, 3)), next: [3])
        case 3:
            var footprint = Footprint<Word>(reads: .mask(own, (52, 3)), writes: .mask(own, (52, 3)), enabling: .mask(own), next: [4])
            footprint.dead = .mask(ticket)
            return footprint
        default:
            var footprint = Footprint<Word>(reads: .mask(own), writes: .mask(own), next: [])
            footprint.dead = .mask(ticket)
            return footprint
        }
    }
    var observed: Word { Word() }
    func brokenByEnding(in state: Word) -> PropertySet { (0..<count).allSatisfy { state.field(8 * $0, 3) == 4 } ? 0 : 2 }
    /// All processes run the same program, so their parts can be sorted.
    func canonical(_ state: Word) -> Word {
        let parts = (0..<count).map { state.field(8 * $0, 6) }.sorted()
        return parts.enumerated().reduce(state) { $0.setting(8 * $1.offset, 6, $1.element) }
    }
    func name(of step: StepID, in state: Word) -> String { "process \(step / 8) at \(step % 8)" }
}

/// A bounded buffer under a lock: producers put `items` each, one consumer takes them all.
struct BoundedBuffer: ProcessModel {
    var producers: Int
    var items: Int
    var room: Int
    /// A mistake in the declarations, to be caught.
    enum Mistake: CaseIterable { case hidesWrite, hidesRead, hidesLocation, hidesEnabling, claimsLock, claimsDead, misnumbersProcess }
    var mistake: Mistake?

    /// Process i: location 2 bits at 8 i (0 wait for room or goods and lock, 1 use, 2 unlock, 3 gone), items left 3 bits at
    /// 8 i + 2; filled 3 bits at 48; lock 1 bit at 52.
    var initialStates: [Word] {
        [(0..<producers).reduce(Word(1 << 63)) { $0.setting(8 * $1 + 2, 3, items) }.setting(8 * producers + 2, 3, items * producers)]
    }
    var properties: [Property] { [Property("filled", .invariant), Property("done", .ending), Property("finish", .canFinish)] }
    var processCount: Int { producers + 1 }
    func process(of step: StepID) -> Int { mistake == .misnumbersProcess && step == 1 ? 1 : Int(step) / 4 }
    func locationCount(of process: Int) -> Int { 4 }
    func location(of process: Int, in state: Word) -> Int { state.field(8 * process, 2) }
    func steps<Sink: StepSink<Word>>(of i: Int, from state: Word, into sink: inout Sink) {
        let filled = state.field(48, 3)
        let left = state.field(8 * i + 2, 3)
        let location = location(of: i, in: state)
        var next = state.setting(8 * i, 2, location + 1)
        var breaks: PropertySet = 0
        switch location {
        case 0:
            if state.field(52, 1) == 1 || filled == (i < producers ? room : 0) { return }
            next = next.setting(52, 1, 1)
        case 1:
            if filled > room { breaks = 1 }
            next = next.setting(48, 3, i < producers ? filled + 1 : filled - 1).setting(8 * i + 2, 3, left - 1)
        case 2: next = next.setting(52, 1, 0).setting(8 * i, 2, left == 0 ? 3 : 0)
        default: return
        }
        sink.add(next, step: StepID(4 * i + location), breaks: breaks)
    }
    func footprint(of i: Int, at location: Int) -> Footprint<Word> {
        let own = (8 * i, 2)
        let left = (8 * i + 2, 3)
        let lock = (52, 1)
        let filled = (48, 3)
        switch location {
        case 0:
            var footprint = Footprint<Word>(
                reads: mistake == .hidesRead ? .mask(own, lock) : .mask(own, lock, filled), writes: .mask(own, lock),
                enabling: mistake == .hidesEnabling ? .mask(own, filled) : nil, next: [1])
            footprint.acquires = 1
            if mistake == .claimsDead { footprint.dead = .mask(left) }
            return footprint
        case 1:
            var footprint = Footprint<Word>(
                reads: .mask(own, left, filled), writes: mistake == .hidesWrite ? .mask(own, left) : .mask(own, left, filled),
                enabling: .mask(own), next: [2])
            footprint.holds = 1
            return footprint
        case 2:
            var footprint = Footprint<Word>(
                reads: .mask(own, left), writes: .mask(own, lock), enabling: .mask(own),
                next: mistake == .hidesLocation ? [0] : [0, 3])
            footprint.holds = 1
            return footprint
        default:
            var footprint = Footprint<Word>(reads: .mask(own), writes: .mask(own), next: [])
            footprint.holds = mistake == .claimsLock ? 1 : 0
            return footprint
        }
    }
    var observed: Word { Word() }
    func brokenByEnding(in state: Word) -> PropertySet {
        (0...producers).allSatisfy { state.field(8 * $0, 2) == 3 } ? 0 : 2
    }
    func canonical(_ state: Word) -> Word {
        let parts = (0..<producers).map { state.field(8 * $0, 5) }.sorted()
        return parts.enumerated().reduce(state) { $0.setting(8 * $1.offset, 5, $1.element) }
    }
    func name(of step: StepID, in state: Word) -> String { "process \(step / 4) at \(step % 4)" }
}
