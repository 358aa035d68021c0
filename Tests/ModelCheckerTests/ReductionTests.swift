import ModelChecker
import Testing

@Suite("Reductions")
struct ReductionTests {
    @Test("generated programs have the same verdicts and endings reduced and unreduced", arguments: 0..<8)
    func generated(block: UInt64) throws {
        var unreducedStates = 0
        var reducedStates = 0
        for seed in block * 30..<block * 30 + 30 {
            let model = Generated(seed: seed)
            let full = try Search(model).run()
            let endings = model.endings.take()
            unreducedStates += full.states
            for reductions: Reductions in [
                .partialOrder, .chains, [.partialOrder, .chains], [.partialOrder, .chains, .transactions],
            ] {
                var search = Search(model)
                search.options.reductions = reductions
                let reduced = try search.run()
                #expect(reduced.isComplete)
                #expect(reduced.violations.map(\.property) == full.violations.map(\.property), "seed \(seed), \(reductions)")
                #expect(model.endings.take() == endings, "seed \(seed), \(reductions)")
                #expect(reduced.states <= full.states)
                for violation in reduced.violations { try expectBroken(violation, in: model, seed) }
                _ = model.endings.take()
                if reductions == [.partialOrder, .chains] { reducedStates += reduced.states }
            }
            var search = Search(model)
            search.options.reductions = .all
            let all = try search.run()
            #expect(all.violations.map(\.property) == full.violations.map(\.property), "seed \(seed), dead fields")
            for violation in all.violations { try expectBroken(violation, in: model, seed) }
            search.options.strategy = .depthFirst
            #expect(try search.run().violations.map(\.property) == full.violations.map(\.property), "seed \(seed), depth first")
            search.options.strategy = .breadthFirst
            search.options.reductions = .checkDeclarations
            _ = model.endings.take()
            #expect(throws: Never.self, "seed \(seed)") { try search.run() }
        }
        #expect(reducedStates * 4 < unreducedStates * 3)
    }

    /// The properties that a reduced search finds broken, which the unreduced one must find too.
    func broken<M: ProcessModel>(_ model: M, _ reductions: Reductions) throws -> [Int] {
        var search = Search(model)
        let full = try search.run().violations.map(\.property)
        search.options.reductions = reductions
        let reduced = try search.run().violations.map(\.property)
        #expect(reduced == full)
        return reduced
    }

    @Test("a process that goes round for ever does not put off the others")
    func ignoring() throws {
        let round = Generated([
            [[.init(next: 1)], [.init(next: 0)]],
            [[.init(breaks: (0, .own, 0), next: 1)], []],
        ])
        #expect(try broken(round, .partialOrder) == [0, 4])
        #expect(try broken(round, .all) == [0, 4])
    }

    @Test("a step after which the execution ends does not hide what the others break")
    func cutOff() throws {
        let model = Generated(
            [
                [[.init(breaks: (0, .own, 0), next: 1)], []],
                [[.init(write: (.own, nil, 1), next: 1)], [.init(breaks: (1, .own, 1), next: 2)], []],
            ], endsExecution: [true, true, false])
        #expect(try broken(model, .partialOrder) == [0, 1])
        #expect(try broken(model, .all) == [0, 1])
    }

    @Test("what an invariant looks at is seen in every combination, though no step reads it")
    func observed() throws {
        let model = Generated(
            [
                [[.init(write: (.shared(0), nil, 2), next: 1)], [.init(write: (.shared(0), nil, 0), next: 2)], []],
                [[.init(write: (.shared(2), nil, 3), next: 1)], [.init(write: (.shared(2), nil, 0), next: 2)], []],
            ], observesShared: (0, 2))
        #expect(try broken(model, .all) == [2])
    }

    func expectBroken(_ violation: Violation, in model: Generated, _ seed: UInt64) throws {
        let replay = try model.replay(violation.path)
        if model.properties[violation.property].kind == .canFinish { return }
        #expect(replay.broken & 1 << PropertySet(violation.property) != 0, "seed \(seed), property \(violation.property)")
    }
}
