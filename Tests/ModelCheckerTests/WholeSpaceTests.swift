import ModelChecker
import Testing

/// A graph given edge by edge, each with the process that takes it. State n is node n + 1.
struct Graph: FairModel {
    var processCount: Int
    var edges: [(from: Int, process: Int, to: Int)]
    var badEndings: Set<Int> = []

    var initialStates: [Word] { [Word(1)] }
    var properties: [Property] {
        [Property("ending", .ending), Property("finish", .canFinish), Property("idle", .noIdleCycle)]
    }
    func steps<Sink: StepSink<Word>>(from state: Word, into sink: inout Sink) {
        for (id, edge) in edges.enumerated() where UInt64(edge.from + 1) == state.bits {
            sink.add(Word(UInt64(edge.to + 1)), step: StepID(id), breaks: 0)
        }
    }
    func brokenByEnding(in state: Word) -> PropertySet { badEndings.contains(Int(state.bits) - 1) ? 1 : 0 }
    func process(of step: StepID) -> Int { edges[Int(step)].process }
    func name(of step: StepID, in state: Word) -> String { "edge \(step)" }
}

@Suite("Properties of the whole space")
struct WholeSpaceTests {
    @Test("a state from which no good ending can be reached is found, with the shortest path to it")
    func stuck() throws {
        // 0 → 1 → 2 (good); 1 → 3 ⇄ 4 for ever.
        let graph = Graph(processCount: 1, edges: [(0, 0, 1), (1, 0, 2), (1, 0, 3), (3, 0, 4), (4, 0, 3)])
        let result = try Search(graph).run()
        #expect(result.violation(of: 1)?.path == Path(steps: [0, 2]))
        #expect(result.violation(of: 2)?.path == Path(steps: [0, 2], cycle: [3, 4]))
    }

    @Test("a bad ending is no way to finish")
    func badEnding() throws {
        let graph = Graph(processCount: 1, edges: [(0, 0, 1), (0, 0, 2)], badEndings: [2])
        let result = try Search(graph).run()
        #expect(result.violation(of: 0)?.path == Path(steps: [1]))
        #expect(result.violation(of: 1)?.path == Path(steps: [1]))
    }

    @Test("philosophers who eat once can all finish if one of them is left-handed, and only then", arguments: [false, true])
    func philosophers(lastIsLeftHanded: Bool) throws {
        var model = Philosophers(count: 5)
        model.lastIsLeftHanded = lastIsLeftHanded
        model.eatOnce = true
        let result = try Search(model).run()
        #expect(result.violations.isEmpty == lastIsLeftHanded)
        #expect(result.isComplete && result.undecided == 0)
    }

    @Test("a cycle is no violation when a process that could always leave it must")
    func fairness() throws {
        // Process 0 goes round 0 ⇄ 1; process 1 can end it from both states, or from one of them only.
        let always = Graph(processCount: 2, edges: [(0, 0, 1), (1, 0, 0), (0, 1, 2), (1, 1, 2)])
        #expect(try Search(always).run().violation(of: 2) == nil)
        let sometimes = Graph(processCount: 2, edges: [(0, 0, 1), (1, 0, 0), (0, 1, 2)])
        #expect(try Search(sometimes).run().violation(of: 2)?.path.cycle == [0, 1])
    }

    @Test("a fair cycle's walk moves every process that is always enabled")
    func walk() throws {
        let graph = Graph(processCount: 2, edges: [(0, 0, 1), (1, 0, 0), (0, 1, 0), (1, 1, 1)])
        let path = try #require(try Search(graph).run().violation(of: 2)?.path)
        #expect(Set(path.cycle.map { graph.process(of: $0) }) == [0, 1])
    }

    @Test("sweeps that leave much unmarked are settled over stored edges")
    func manySweeps() throws {
        // A chain that is found from its end: each state's only way out is a state found before it.
        var edges: [(from: Int, process: Int, to: Int)] = []
        let n = 40
        for i in 1...n { edges.append((0, 0, i)) }
        for i in 2...n { edges.append((i, 0, i - 1)) }
        edges.append((1, 0, n + 1))
        let result = try Search(Graph(processCount: 1, edges: edges)).run()
        #expect(result.violations.isEmpty && result.undecided == 0)
        edges.removeLast()
        edges.append((1, 0, n))
        #expect(try Search(Graph(processCount: 1, edges: edges)).run().violation(of: 1)?.path == Path(steps: []))
    }

    @Test("a cycle far from the start is found among many states that are on none", arguments: [1, 2])
    func farCycle(threads: Int) throws {
        // A grid walked by two processes; at the far corner the first one can step back, and so go to and fro for ever.
        struct Corner: FairModel {
            var closes: Bool
            var initialStates: [Word] { [Word(1 << 63)] }
            var properties: [Property] { [Property("idle", .noIdleCycle)] }
            var processCount: Int { 2 }
            func process(of step: StepID) -> Int { Int(step) % 2 }
            func steps<Sink: StepSink<Word>>(from state: Word, into sink: inout Sink) {
                let (x, y) = (state.field(0, 8), state.field(8, 8))
                if x < 149 { sink.add(state.setting(0, 8, x + 1), step: 0, breaks: 0) }
                if y < 149 { sink.add(state.setting(8, 8, y + 1), step: 1, breaks: 0) }
                if closes, x == 149, y == 149 { sink.add(state.setting(0, 8, 148), step: 2, breaks: 0) }
            }
            func name(of step: StepID, in state: Word) -> String { "" }
        }
        for closes in [false, true] {
            var search = Search(Corner(closes: closes))
            search.options.threads = threads
            let result = try search.run()
            #expect(result.states == 22_500 && result.undecided == 0)
            #expect(result.violations.isEmpty == !closes)
            if let path = result.violations.first?.path {
                #expect(path.steps.count == 297 && path.cycle == [0, 2])
                #expect(throws: Never.self) { try Corner(closes: true).replay(path) }
            }
        }
    }

    @Test("with fingerprints, what needs the states again is said to be undecided")
    func fingerprints() throws {
        var search = Search(Graph(processCount: 1, edges: [(0, 0, 0)]))
        search.options.fingerprints = true
        let result = try search.run()
        #expect(result.undecided == 6 && result.coverage.contains("not decided with fingerprints"))
    }
}
