/// A search of a model's states for paths that break its properties.
///
/// ```swift
/// let result = try Search(model).run()
/// ```
public struct Search<M: Model>: Sendable {
    public let model: M
    public var options: SearchOptions

    public init(_ model: M, options: SearchOptions = SearchOptions()) {
        self.model = model
        self.options = options
    }

    /// - Parameter progress: called about every `progressInterval` seconds.
    @inlinable
    public func run(progress: (Progress) -> Void = { _ in }) throws(SearchError) -> SearchResult<M.State> {
        try checkModel()
        for reduction in [Reductions.partialOrder, .chains] where options.reductions.contains(reduction) {
            throw .notDeclared("the reduction \(reduction == .chains ? ".chains" : ".partialOrder") (ProcessModel)")
        }
        if options.reductions.contains(.checkDeclarations) {
            return try checkDeclarations(progress) { visited, seed throws(SearchError) in
                try model.checkCanonical(visited)
            }
        }
        return options.reductions.contains(.canonical)
            ? try run(with: CanonicalSteps(model: model), progress)
            : try run(with: EveryStep(model: model), progress)
    }

    @inlinable
    func run<E: Expander>(
        with expander: @autoclosure () -> E, _ progress: (Progress) -> Void
    ) throws(SearchError) -> SearchResult<M.State> where E.M == M {
        switch options.strategy {
        case .randomWalk(let seed, let walks, let depth):
            var random = RandomWalks(model, options, seed: seed, walks: walks, depth: depth, fairness: nil)
            return random.run(progress: progress)
        case .pct(let seed, let walks, let depth):
            guard let fairness = model as? any FairModel else { throw .notDeclared("PCT (FairModel.process)") }
            var random = RandomWalks(model, options, seed: seed, walks: walks, depth: depth, fairness: fairness)
            return random.run(progress: progress)
        case .breadthFirst, .depthFirst:
            return try search(with: expander(), progress)
        }
    }

    /// An unreduced breadth-first search, then `check` of what it visited.
    @inlinable
    func checkDeclarations(
        _ progress: (Progress) -> Void, _ check: (Visited<M.State>, UInt64) throws(SearchError) -> Void
    ) throws(SearchError) -> SearchResult<M.State> {
        guard options.strategy == .breadthFirst, !options.fingerprints else { throw .checkNeedsStates }
        var plain = self
        plain.options.reductions = []
        var search = try BreadthFirst(EveryStep(model: model), plain.options)
        let findings = search.run(progress: progress)
        var result = try plain.conclude(search.expander, &search.store, findings, cut: search.cut, search.result)
        let outcome: Result<Void, SearchError> = withUnsafeMutablePointer(to: &search.store) { store in
            Result { () throws(SearchError) in try check(Visited(shards: store, shardBits: 0), options.seed) }
        }
        try outcome.get()
        result.coverage += "; the declarations hold in these states (samples by seed \(options.seed))"
        return result
    }

    @inlinable
    func search<E: Expander>(with expander: E, _ progress: (Progress) -> Void) throws(SearchError) -> SearchResult<M.State>
    where E.M == M {
        if options.strategy == .depthFirst {
            guard !options.fingerprints else { throw .fingerprintsDepthFirst }
            var search = try DepthFirst(expander, options)
            let findings = search.run(progress: progress)
            return try conclude(expander, &search.store, findings, cut: search.cut, search.result)
        }
        if options.threads > 1 {
            let search = try ParallelBreadthFirst(expander, options)
            search.run(progress: progress)
            return try withExtendedLifetime(search) { () throws(SearchError) in
                var result = search.result
                try conclude(expander, search.visited, search.findings, cut: search.cut, &result)
                return result
            }
        }
        var search = try BreadthFirst(expander, options)
        let findings = search.run(progress: progress)
        return try conclude(expander, &search.store, findings, cut: search.cut, search.result)
    }

    @inlinable
    func conclude<E: Expander>(
        _ expander: E, _ store: inout Store<M.State>, _ findings: Findings, cut: [UInt32], _ found: SearchResult<M.State>
    ) throws(SearchError) -> SearchResult<M.State> where E.M == M {
        let outcome: Result<SearchResult<M.State>, SearchError> = withUnsafeMutablePointer(to: &store) { store in
            Result { () throws(SearchError) in
                var result = found
                try conclude(expander, Visited(shards: store, shardBits: 0), findings, cut: cut, &result)
                return result
            }
        }
        return try outcome.get()
    }

    /// Rebuilds the paths of what was found, and decides what needs the whole space.
    @inlinable
    func conclude<E: Expander>(
        _ expander: E, _ visited: Visited<M.State>, _ findings: Findings, cut: [UInt32], _ result: inout SearchResult<M.State>
    ) throws(SearchError) where E.M == M {
        for finding in findings.list {
            let broken = finding.byStep ? finding.properties : 0
            let path = try expander.path(to: Int(finding.number), visited, lastStepBreaks: broken)
            result.add(path, for: finding.properties)
        }
        let canFinish = findings.open & model.properties(of: .canFinish)
        let noIdleCycle = findings.open & model.properties(of: .noIdleCycle)
        result.undecided = result.isComplete ? canFinish | noIdleCycle : findings.open
        if result.isComplete, canFinish | noIdleCycle != 0 {
            try decideGlobally(expander, visited, canFinish, noIdleCycle, cut: cut, &result)
        }
        result.violations.sort { $0.property < $1.property }
    }

    @inlinable
    func decideGlobally<E: Expander>(
        _ expander: E, _ visited: Visited<M.State>, _ canFinish: PropertySet, _ noIdleCycle: PropertySet, cut: [UInt32],
        _ result: inout SearchResult<M.State>
    ) throws(SearchError) where E.M == M {
        if options.fingerprints {
            result.coverage += "; canFinish and noIdleCycle are not decided with fingerprints: search without"
            return
        }
        if canFinish != 0 {
            var finishing = Finishing(expander, visited, cut: cut)
            if let number = finishing.firstStuck() {
                result.add(try expander.path(to: number, visited, lastStepBreaks: 0), for: canFinish)
            }
            result.undecided &= ~canFinish
        }
        guard noIdleCycle != 0 else { return }
        let quotient = options.reductions == .canonical
        guard options.reductions.isEmpty || quotient else {
            result.coverage += "; noIdleCycle is not decided with reductions: search without"
            return
        }
        guard let fairness = model as? any FairModel else { throw .notDeclared("noIdleCycle (FairModel.process)") }
        var peeling = Peeling(expander, visited, cut: cut)
        let numbers = peeling.run()
        // The edges of what is left are taken to be as many a state as everywhere, and half as many again.
        let edges = Int(Double(numbers.count) * Double(result.transitions) / Double(max(result.states, 1)) * 1.5)
        let bytes = IdleCycle<E>.bytes(states: numbers.count, transitions: edges)
        guard bytes + result.memory.total <= options.memoryBytes else {
            result.coverage += "; noIdleCycle is not decided: it needs \(bytes >> 20) MiB more than the memory limit leaves"
            return
        }
        var cycles = IdleCycle(expander, visited, fairness: fairness, numbers: numbers)
        if quotient {
            guard cycles.isAcyclic() else {
                result.coverage += "; noIdleCycle is not decided: there are cycles of canonical states, search without reductions"
                return
            }
        } else if let (start, moves) = cycles.find() {
            var path = try expander.path(to: start, visited, lastStepBreaks: 0)
            var state = visited[start]
            for move in moves {
                let next = visited[move.number]
                guard
                    let step = model.steps(from: state).first(where: { step in
                        step.next == next && fairness.process(of: step.id) == move.process
                    })
                else { throw .pathNotReproduced(step: path.steps.count + path.cycle.count) }
                path.cycle.append(step.id)
                state = next
            }
            result.add(path, for: noIdleCycle)
        }
        result.undecided &= ~noIdleCycle
    }

    @usableFromInline
    func checkModel() throws(SearchError) {
        let size = MemoryLayout<M.State>.size
        guard size == 8 * M.State.wordCount, size == MemoryLayout<M.State>.stride, size > 0 else {
            throw .stateNotPacked(size: size, words: M.State.wordCount)
        }
        guard !model.initialStates.isEmpty else { throw .noInitialState }
        guard model.properties.count <= 32 else { throw .tooManyProperties(model.properties.count) }
    }
}

extension Search where M: ProcessModel {
    /// - Parameter progress: called about every `progressInterval` seconds.
    @inlinable
    public func run(progress: (Progress) -> Void = { _ in }) throws(SearchError) -> SearchResult<M.State> {
        try checkModel()
        if options.reductions.contains(.checkDeclarations) {
            return try checkDeclarations(progress) { visited, seed throws(SearchError) in
                try model.checkCanonical(visited)
                var check = DeclarationCheck(model, visited, seed: seed)
                try check.run()
            }
        }
        if options.reductions.isEmpty { return try run(with: EveryStep(model: model), progress) }
        let dependence = Dependence(model, transactions: options.reductions.contains(.transactions))
        defer { withExtendedLifetime(dependence) {} }
        return try run(with: ReducedSteps(model, options.reductions, dependence), progress)
    }
}
