import ModelChecker
import Testing

@Suite("Several threads")
struct ParallelTests {
    @Test("any number of threads finds the same states, endings and shortest paths", arguments: [2, 3])
    func sameAsOne(threads: Int) throws {
        func compare<M: Model>(_ model: M, fingerprints: Bool = false) throws {
            var search = Search(model)
            search.options.fingerprints = fingerprints
            let one = try search.run()
            search.options.threads = threads
            let several = try search.run()
            #expect(several.states == one.states && several.transitions == one.transitions)
            #expect(several.endings == one.endings && several.depth == one.depth && several.stop == one.stop)
            #expect(several.violations.map(\.property) == one.violations.map(\.property))
            #expect(several.violations.map(\.path.steps.count) == one.violations.map(\.path.steps.count))
            #expect(several.undecided == one.undecided)
            for violation in several.violations where model.properties[violation.property].kind == .invariant {
                #expect(try model.replay(violation.path).broken & 1 << PropertySet(violation.property) != 0)
            }
        }
        try compare(Grid(axes: 4, side: 13))
        try compare(Grid(axes: 4, side: 13), fingerprints: true)
        try compare(Philosophers(count: 8, eatOnce: true))
        try compare(TicketLock(count: 4, isTorn: true))
        for seed in 1000..<1020 { try compare(Generated(seed: UInt64(seed))) }
    }

    @Test("the path that is reported does not depend on the number of threads, nor on how they are scheduled")
    func samePath() throws {
        var paths: Set<[Path]> = []
        for threads in [2, 2, 3, 4] {
            var search = Search(Philosophers(count: 7, eatOnce: true))
            search.options.threads = threads
            paths.insert(try search.run().violations.map(\.path))
        }
        #expect(paths.count == 1)
    }

    @Test("reductions and several threads go together")
    func reduced() throws {
        for seed in 2000..<2015 {
            var search = Search(Generated(seed: UInt64(seed)))
            search.options.reductions = .all
            let one = try search.run()
            search.options.threads = 2
            let two = try search.run()
            #expect(two.states == one.states && two.violations.map(\.property) == one.violations.map(\.property), "seed \(seed)")
        }
    }

    @Test("a limit ends a search on several threads with a line about what was not covered")
    func limits() throws {
        var search = Search(Grid(axes: 4, side: 20))
        search.options.threads = 2
        search.options.stateLimit = 30_000
        let states = try search.run()
        #expect(states.stop == .stateLimit && states.states >= 30_000 && states.states < 60_000 && states.undecided == 1)
        #expect(states.coverage.hasPrefix("stopped at the state limit of \(states.states) states: expanded all states to depth"))
        search.options.stateLimit = nil
        search.options.memoryLimit = 2 << 20
        let memory = try search.run()
        #expect(memory.stop == .memoryLimit && memory.states > 60_000 && memory.undecided == 1)
        search.options.memoryLimit = nil
        search.options.depthLimit = 5
        #expect(try search.run().states == 126)
    }
}
