import ModelChecker
import Testing

@Suite("Reductions")
struct ReductionTests {
    @Test("generated programs have the same verdicts and endings reduced and unreduced", arguments: 0..<8)
    func generated(block: UInt64) throws {
        var unreducedStates = 0
        var reducedStates = 0
        for seed in block * 50..<block * 50 + 50 {
            let model = Generated(seed: seed)
            let full = try Search(model).run()
            let endings = model.endings.take()
            unreducedStates += full.states
            for reductions: Reductions in [.partialOrder, .chains, [.partialOrder, .chains]] {
                var search = Search(model)
                search.options.reductions = reductions
                let reduced = try search.run()
                #expect(reduced.isComplete)
                #expect(reduced.violations.map(\.property) == full.violations.map(\.property), "seed \(seed), \(reductions)")
                #expect(model.endings.take() == endings, "seed \(seed), \(reductions)")
                #expect(reduced.states <= full.states)
                for violation in reduced.violations { try expectBroken(violation, in: model, seed) }
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
        #expect(reducedStates * 2 < unreducedStates)
    }

    func expectBroken(_ violation: Violation, in model: Generated, _ seed: UInt64) throws {
        let replay = try model.replay(violation.path)
        if model.properties[violation.property].kind == .canFinish { return }
        #expect(replay.broken & 1 << PropertySet(violation.property) != 0, "seed \(seed), property \(violation.property)")
    }
}
