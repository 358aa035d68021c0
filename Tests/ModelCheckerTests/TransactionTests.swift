import ModelChecker
import Testing

/// Processes that each add 1 to a counter, by a read and a write of their own, inside a lock or without.
struct Counting: ProcessModel {
    var processCount = 3
    var locked = true
    /// Phases of the locations acquire, read, write, release, end.
    var phases: [TransactionPhase] = [.outside, .beforeCommit, .beforeCommit, .afterCommit, .outside]
    /// The last location leads to the first again.
    var loops = false

    static let counterPlace = 0
    static let lockPlace = 4
    static func ownPlace(_ process: Int) -> Int { 8 + 4 * process }
    static func locationPlace(_ process: Int) -> Int { 32 + 4 * process }

    let endings = Endings()

    var initialStates: [Word] { [Word(1 << 63)] }
    var properties: [Property] { [Property("lost", .ending)] }
    func process(of step: StepID) -> Int { Int(step) }
    func locationCount(of process: Int) -> Int { 5 }
    func location(of process: Int, in state: Word) -> Int { state.field(Self.locationPlace(process), 4) }
    var observed: Word { Word() }

    func steps<Sink: StepSink<Word>>(of process: Int, from state: Word, into sink: inout Sink) {
        let location = location(of: process, in: state)
        var next = state
        switch location {
        case 0:
            if locked, state.field(Self.lockPlace, 2) != 0 { return }
            next = next.setting(Self.lockPlace, 2, locked ? process + 1 : 0)
        case 1: next = next.setting(Self.ownPlace(process), 4, state.field(Self.counterPlace, 4))
        case 2: next = next.setting(Self.counterPlace, 4, (state.field(Self.ownPlace(process), 4) + 1) & 15)
        case 3: next = next.setting(Self.lockPlace, 2, 0).setting(Self.ownPlace(process), 4, 0)
        default:
            if !loops { return }
        }
        sink.add(
            next.setting(Self.locationPlace(process), 4, location == 4 ? 0 : location + 1), step: StepID(process), breaks: 0)
    }

    func footprint(of process: Int, at location: Int) -> Footprint<Word> {
        let every = Word(.max >> 1)
        var footprint = Footprint(reads: every, writes: every, next: location < 4 ? [location + 1] : loops ? [0] : [])
        footprint.phase = phases[location]
        return footprint
    }

    func brokenByEnding(in state: Word) -> PropertySet {
        endings.insert(state)
        return state.field(Self.counterPlace, 4) == processCount ? 0 : 1
    }
    func name(of step: StepID, in state: Word) -> String { "\(location(of: Int(step), in: state))" }
}

@Suite("Transactions")
struct TransactionTests {
    func run(_ model: Counting, _ reductions: Reductions) throws -> (states: Int, violations: Int, endings: Set<Word>) {
        var search = Search(model)
        search.options.reductions = reductions
        let result = try search.run()
        return (result.states, result.violations.count, model.endings.take())
    }

    @Test("a critical section declared as a transaction is one step, with the same endings and verdict")
    func criticalSection() throws {
        let full = try run(Counting(), [])
        let reduced = try run(Counting(), [.transactions, .chains])
        #expect(full.violations == 0)
        #expect(reduced.violations == 0)
        #expect(reduced.endings == full.endings)
        // One state for each set of processes that are done, before the lock is taken.
        #expect(reduced.states == 8)
        #expect(reduced.states < full.states)
        #expect(try run(Counting(), [.transactions, .chains, .partialOrder]).endings == full.endings)
        #expect(throws: Never.self) { try run(Counting(), .checkDeclarations) }
    }

    @Test("a transaction without the lock that would make it one is refused by the check")
    func withoutLock() throws {
        let model = Counting(locked: false)
        #expect(try run(model, []).violations == 1)
        let error = #expect(throws: SearchError.self) { try run(model, .checkDeclarations) }
        #expect(error?.description.contains("does not move") == true)
    }

    @Test("phases in the wrong order, or in a circle, are refused")
    func wrongPhases() throws {
        let order: [TransactionPhase] = [.outside, .afterCommit, .beforeCommit, .outside, .outside]
        let wrongOrder = #expect(throws: SearchError.self) { try run(Counting(phases: order), .checkDeclarations) }
        #expect(wrongOrder?.description.contains("after the commit, and leads to") == true)
        let circle = Counting(phases: Array(repeating: .beforeCommit, count: 5), loops: true)
        let endless = #expect(throws: SearchError.self) { try run(circle, .checkDeclarations) }
        #expect(endless?.description.contains("cycle of locations") == true)
    }
}
