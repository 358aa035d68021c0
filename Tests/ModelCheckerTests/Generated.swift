import ModelChecker
import Synchronization

/// Keeps the endings that a search looks at.
final class Endings: Sendable {
    private let states = Mutex<Set<Word>>([])
    func insert(_ state: Word) {
        states.withLock { set in _ = set.insert(state) }
    }
    func take() -> Set<Word> {
        states.withLock { set in
            let all = set
            set = []
            return all
        }
    }
}

/// A small program, generated from a seed: processes with guarded assignments to shared and own variables, critical sections of
/// a lock, branches, loops, and statements that break an invariant under a condition. Its footprints follow from its text.
struct Generated: ProcessModel {
    /// A variable: shared 0 ..< 4, or the process's own.
    enum Variable: Equatable {
        case shared(Int)
        case own
    }
    struct Statement {
        var guardOn: (variable: Variable, value: Int)?
        var write: (variable: Variable, from: Variable?, adding: Int)?
        /// Breaks property 0 or 1 if the variable has the value.
        var breaks: (property: Int, variable: Variable, value: Int)?
        var acquires = false
        var releases = false
        var next: Int
    }

    var programs: [[[Statement]]]
    var holds: [[Bool]]
    var observesShared: (Int, Int)?
    var endsExecution: [Bool]
    /// Shared variable 3 is touched in critical sections only, and they touch nothing else that is shared: each is a transaction.
    var protects = false
    let endings = Endings()

    static let ownPlace = 16
    static let sharedPlace = 32
    static let lockPlace = 48

    /// A program given as text, without critical sections.
    init(_ programs: [[[Statement]]], observesShared: (Int, Int)? = nil, endsExecution: [Bool] = [false, false, false]) {
        self.programs = programs
        self.observesShared = observesShared
        self.endsExecution = endsExecution
        holds = programs.map { $0.map { _ in false } }
    }

    init(seed: UInt64) {
        var g = SeededGenerator(seed: seed)
        func chance(_ percent: Int) -> Bool { Int.random(in: 0..<100, using: &g) < percent }
        func variable() -> Variable { chance(30) ? .own : .shared(Int.random(in: 0..<4, using: &g)) }
        programs = []
        holds = []
        let withLoops = chance(60)
        let protects = chance(50)
        self.protects = protects
        func variable(inSection: Bool) -> Variable {
            guard protects else { return variable() }
            if inSection { return chance(50) ? .own : .shared(3) }
            return chance(30) ? .own : .shared(Int.random(in: 0..<3, using: &g))
        }
        for _ in 0..<(chance(25) ? 3 : 2) {
            let length = Int.random(in: 2...5, using: &g)
            // A critical section from its acquire to its release, straight through.
            let section = length >= 4 && chance(60) ? Int.random(in: 0...length - 4, using: &g) : nil
            var program: [[Statement]] = []
            var held: [Bool] = []
            for location in 0..<length {
                let inside = section.map { location > $0 && location <= $0 + 2 } ?? false
                held.append(inside)
                var statements: [Statement] = []
                for _ in 0..<(section == location || inside ? 1 : Int.random(in: 1...2, using: &g)) {
                    var statement = Statement(next: location + 1)
                    if section == location { statement.acquires = true }
                    if let section, location == section + 2 { statement.releases = true }
                    if !inside, section != location {
                        if chance(35) { statement.guardOn = (variable(inSection: false), Int.random(in: 0..<3, using: &g)) }
                        if chance(15) { statement.next = min(location + 2, length) }
                        if let section, statement.next > section, statement.next <= section + 2 { statement.next = location + 1 }
                        if withLoops, chance(12) { statement.next = Int.random(in: 0...location, using: &g) }
                        if let section, statement.next > section, statement.next <= section + 2, location != section {
                            statement.next = section
                        }
                    }
                    if chance(60) {
                        // The acquiring step itself runs without the lock.
                        let target = section == location && protects ? .own : variable(inSection: inside)
                        let source = section == location && protects ? .own : variable(inSection: inside)
                        statement.write = (target, chance(50) ? source : nil, Int.random(in: 0..<4, using: &g))
                    }
                    if chance(15) {
                        statement.breaks = (
                            Int.random(in: 0...1, using: &g), section == location && protects ? .own : variable(inSection: inside),
                            Int.random(in: 0..<4, using: &g))
                    }
                    statements.append(statement)
                }
                program.append(statements)
            }
            programs.append(program + [[]])
            holds.append(held + [false])
        }
        observesShared = chance(40) ? (Int.random(in: 0..<2, using: &g), protects ? 2 : Int.random(in: 2..<4, using: &g)) : nil
        endsExecution = [chance(30), false, chance(20)]
    }

    var initialStates: [Word] { [Word(1 << 63)] }
    var properties: [Property] {
        [
            Property("first", .invariant, endsExecution: endsExecution[0]),
            Property("second", .invariant, endsExecution: endsExecution[1]),
            Property("state", .invariant, endsExecution: endsExecution[2]),
            Property("ending", .ending), Property("finish", .canFinish),
        ]
    }
    var processCount: Int { programs.count }
    func process(of step: StepID) -> Int { Int(step) >> 8 }
    func locationCount(of process: Int) -> Int { programs[process].count }
    func location(of process: Int, in state: Word) -> Int { state.field(4 * process, 4) }

    func place(_ variable: Variable, _ process: Int) -> Int {
        switch variable {
        case .shared(let index): Self.sharedPlace + 2 * index
        case .own: Self.ownPlace + 2 * process
        }
    }
    func value(_ variable: Variable, _ process: Int, _ state: Word) -> Int { state.field(place(variable, process), 2) }

    func steps<Sink: StepSink<Word>>(of process: Int, from state: Word, into sink: inout Sink) {
        let location = location(of: process, in: state)
        for (index, statement) in programs[process][location].enumerated() {
            if let condition = statement.guardOn, value(condition.variable, process, state) != condition.value { continue }
            if statement.acquires, state.field(Self.lockPlace, 3) != 0 { continue }
            var next = state.setting(4 * process, 4, statement.next)
            if statement.acquires { next = next.setting(Self.lockPlace, 3, process + 1) }
            if statement.releases { next = next.setting(Self.lockPlace, 3, 0) }
            if let write = statement.write {
                let base = write.from.map { value($0, process, state) } ?? 0
                next = next.setting(place(write.variable, process), 2, (base + write.adding) & 3)
            }
            var breaks: PropertySet = 0
            if let condition = statement.breaks, value(condition.variable, process, state) == condition.value {
                breaks = 1 << PropertySet(condition.property)
            }
            sink.add(next, step: StepID(process << 8 | location << 4 | index), breaks: breaks)
        }
    }

    func footprint(of process: Int, at location: Int) -> Footprint<Word> {
        let own = Word().setting(4 * process, 4, 15)
        func mask(_ variable: Variable) -> Word { Word().setting(place(variable, process), 2, 3) }
        func join(_ a: Word, _ b: Word) -> Word { Word(a.bits | b.bits) }
        let lock = Word().setting(Self.lockPlace, 3, 7)
        var footprint = Footprint(reads: own, writes: own, enabling: own, next: [])
        for statement in programs[process][location] {
            if let condition = statement.guardOn {
                footprint.reads = join(footprint.reads, mask(condition.variable))
                footprint.enabling = join(footprint.enabling!, mask(condition.variable))
            }
            if let source = statement.write?.from { footprint.reads = join(footprint.reads, mask(source)) }
            if let condition = statement.breaks { footprint.reads = join(footprint.reads, mask(condition.variable)) }
            if let target = statement.write?.variable { footprint.writes = join(footprint.writes, mask(target)) }
            if statement.acquires {
                footprint.reads = join(footprint.reads, lock)
                footprint.enabling = join(footprint.enabling!, lock)
                footprint.acquires = 1
            }
            if statement.acquires || statement.releases { footprint.writes = join(footprint.writes, lock) }
            footprint.next.append(statement.next)
        }
        footprint.holds = holds[process][location] ? 1 : 0
        // The release commits: what leads into the section and through it moves right.
        if protects, holds[process][location] {
            footprint.phase = programs[process][location].contains(where: \.releases) ? .afterCommit : .beforeCommit
        }
        if !liveOwn(process)[location] { footprint.dead = mask(.own) }
        return footprint
    }

    /// Where the process's own variable may be read before it is written.
    func liveOwn(_ process: Int) -> [Bool] {
        var live = [Bool](repeating: false, count: programs[process].count)
        for _ in live {
            for location in live.indices.reversed() {
                live[location] = programs[process][location].contains { statement in
                    statement.guardOn?.variable == .own || statement.breaks?.variable == .own
                        || statement.write?.from == .some(.own)
                        || (statement.write?.variable != .some(.own) && live[statement.next])
                }
            }
        }
        return live
    }

    var observed: Word {
        guard let (a, b) = observesShared else { return Word() }
        return Word().setting(Self.sharedPlace + 2 * a, 2, 3).setting(Self.sharedPlace + 2 * b, 2, 3)
    }
    func broken(in state: Word) -> PropertySet {
        guard let (a, b) = observesShared else { return 0 }
        return state.field(Self.sharedPlace + 2 * a, 2) == 2 && state.field(Self.sharedPlace + 2 * b, 2) == 3 ? 4 : 0
    }
    func brokenByEnding(in state: Word) -> PropertySet {
        endings.insert(state)
        return state.field(Self.sharedPlace, 2) == 3 ? 8 : 0
    }
    func name(of step: StepID, in state: Word) -> String { "process \(step >> 8) at \(step >> 4 & 15)" }
}
