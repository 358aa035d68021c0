import ModelChecker
import Testing

/// `axes` counters that each go from 0 to `side` - 1 and stop: side to the power of axes states, one ending.
struct Grid: Model {
    var axes: Int
    var side: Int
    /// The sum of the counters that is forbidden.
    var forbidden = Int.max

    var initialStates: [Word] { [Word(1 << 63)] }
    var properties: [Property] { [Property("sum", .invariant)] }
    func steps<Sink: StepSink<Word>>(from state: Word, into sink: inout Sink) {
        for axis in 0..<axes {
            let value = state.field(5 * axis, 5)
            if value + 1 < side { sink.add(state.setting(5 * axis, 5, value + 1), step: StepID(axis), breaks: 0) }
        }
    }
    func broken(in state: Word) -> PropertySet {
        if forbidden == .max { return 0 }
        return (0..<axes).reduce(0) { $0 + state.field(5 * $1, 5) } == forbidden ? 1 : 0
    }
    func name(of step: StepID, in state: Word) -> String { "axis \(step)" }
}

@Suite("Breadth-first search")
struct BreadthFirstTests {
    @Test("a grid of 17 to the power of 4 has that many states, one ending, and the depth of its corner", arguments: [false, true])
    func grid(fingerprints: Bool) throws {
        var search = Search(Grid(axes: 4, side: 17))
        search.options.fingerprints = fingerprints
        let result = try search.run()
        #expect(result.states == 83_521)
        #expect(result.transitions == 4 * 16 * 17 * 17 * 17)
        #expect(result.endings == 1)
        #expect(result.depth == 64)
        #expect(result.isComplete && result.violations.isEmpty && result.undecided == 0)
        #expect((result.omissionOdds != nil) == fingerprints)
    }

    @Test("a broken invariant is shown by a shortest path")
    func shortest() throws {
        let result = try Search(Grid(axes: 3, side: 9, forbidden: 7)).run()
        #expect(result.violation(of: 0)?.path.steps.count == 7)
        #expect(result.stop == .decided)
    }

    @Test("philosophers who all take the left fork first can starve; each of them takes one step to get there")
    func starvation() throws {
        for count in 2...6 {
            let result = try Search(Philosophers(count: count)).run()
            #expect(result.violation(of: 0)?.path.steps.count == count)
        }
    }

    @Test("a search that stops at its memory limit says what it did not cover")
    func memoryLimit() throws {
        var search = Search(Grid(axes: 5, side: 20))
        search.options.memoryLimit = 2 << 20
        let result = try search.run()
        #expect(result.stop == .memoryLimit && !result.isComplete)
        #expect(result.states > 90_000 && result.memory.total <= 2 << 20)
        #expect(result.undecided == 1)
        #expect(result.coverage.hasPrefix("stopped at the memory limit of \(result.states) states: expanded all states to depth"))
    }

    @Test("with fingerprints a path is rebuilt without the states, and states that were expanded give their memory back")
    func fingerprintPath() throws {
        let model = Grid(axes: 4, side: 24, forbidden: 91)
        var search = Search(model)
        search.options.fingerprints = true
        let result = try search.run()
        let path = try #require(result.violation(of: 0)?.path)
        #expect(path.steps.count == 91)
        #expect(try model.replay(path).broken == 1)
        #expect(result.states > 320_000)
        #expect(result.memory.frontier < result.states * 8)
        let odds = try #require(result.omissionOdds)
        #expect(odds > 0 && odds < 1e-6)
    }

    @Test("canonical states are fewer, and the path is still one of the model's own steps")
    func canonicalPath() throws {
        var model = TicketLock(count: 3)
        model.isTorn = true
        struct Plain: Model {
            var lock: TicketLock
            var initialStates: [Word] { lock.initialStates }
            var properties: [Property] { lock.properties }
            func steps<Sink: StepSink<Word>>(from state: Word, into sink: inout Sink) { lock.steps(from: state, into: &sink) }
            func brokenByEnding(in state: Word) -> PropertySet { lock.brokenByEnding(in: state) }
            func canonical(_ state: Word) -> Word { lock.canonical(state) }
            func name(of step: StepID, in state: Word) -> String { lock.name(of: step, in: state) }
        }
        let plain = Plain(lock: model)
        var search = Search(plain)
        let full = try search.run()
        for fingerprints in [false, true] {
            search.options.fingerprints = fingerprints
            search.options.reductions = .canonical
            let sorted = try search.run()
            #expect(sorted.states * 2 < full.states)
            let path = try #require(sorted.violation(of: 0)?.path)
            #expect(path.steps.count == full.violation(of: 0)?.path.steps.count)
            #expect(try plain.replay(path).broken & 1 != 0)
        }
    }
}
