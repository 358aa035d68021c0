import ModelChecker
import Testing

extension Philosophers: FairModel {
    var processCount: Int { count }
    func process(of step: StepID) -> Int { Int(step) / 3 }
}

@Suite("Strategies and paths")
struct StrategyTests {
    @Test("depth first finds the same states and endings as breadth first")
    func depthFirst() throws {
        for eatOnce in [false, true] {
            let model = Philosophers(count: 6, eatOnce: eatOnce)
            let breadth = try Search(model).run()
            var search = Search(model)
            search.options.strategy = .depthFirst
            search.options.goal = 2
            let depth = try search.run()
            #expect(depth.isComplete && depth.states > 100)
            #expect(depth.endings >= 1 && depth.violations.map(\.property) == [1])
            search.options.goal = .max
            let both = try search.run()
            #expect(both.states == breadth.states && both.endings == breadth.endings)
            #expect(both.transitions == breadth.transitions)
            let path = try #require(both.violation(of: 0)?.path)
            #expect(try model.replay(path).broken & 1 != 0)
        }
    }

    @Test("depth first at its depth limit does not call itself complete")
    func depthLimit() throws {
        var search = Search(Grid(axes: 2, side: 9))
        search.options.strategy = .depthFirst
        search.options.depthLimit = 3
        let result = try search.run()
        #expect(result.stop == .depthLimit && result.undecided == 1)
        search.options.strategy = .breadthFirst
        let level = try search.run()
        #expect(level.stop == .depthLimit && level.states == 10 && level.undecided == 1)
    }

    @Test("random walks and PCT find the starving philosophers, and the same seed finds the same path", arguments: [1, 2, 3])
    func random(seed: UInt64) throws {
        let model = Philosophers(count: 4)
        for strategy in [
            Strategy.randomWalk(seed: seed, walks: 5000, depth: 200), .pct(seed: seed, walks: 20_000, depth: 200),
        ] {
            var search = Search(model)
            search.options.strategy = strategy
            search.options.goal = 1
            let result = try search.run()
            let path = try #require(result.violation(of: 0)?.path, "seed \(seed), \(strategy)")
            #expect(try model.replay(path).broken == 1)
            #expect(try search.run().violation(of: 0)?.path == path)
            #expect(try model.minimised(path, breaking: 0).steps.count == 4)
        }
    }

    @Test("a path that does not fit says at which step, and what could be taken instead")
    func wrongPath() throws {
        let model = Philosophers(count: 2)
        #expect(throws: ReplayError.noInitialState(7, count: 1)) { try model.replay(Path(initialState: 7, steps: [])) }
        let expected = ReplayError.notEnabled(
            step: 3, at: 2,
            enabled: [
                .init(step: 2, name: "philosopher 0: puts both down")
            ])
        #expect(throws: expected) { try model.replay(Path(steps: [0, 1, 3])) }
        #expect("\(expected)".hasPrefix("step 3 of the path (number 3) cannot be taken there: these can: 2 philosopher 0"))
    }

    @Test("a long detour is minimised to the shortest path")
    func minimise() throws {
        let model = Grid(axes: 3, side: 12, forbidden: 5)
        var generator = SeededGenerator(seed: 9)
        let long = (0..<9).map { _ in StepID.random(in: 0...2, using: &generator) }
        #expect(try model.minimised(Path(steps: long), breaking: 0).steps.count == 5)
        let detour = Philosophers(count: 3)
        let path = Path(steps: [0, 1, 2, 3, 4, 5, 6, 7, 8, 0, 3, 6])
        #expect(try detour.replay(path).broken == 1)
        #expect(try detour.minimised(path, breaking: 0, stateLimit: 1).steps.count == 3)
    }
}
