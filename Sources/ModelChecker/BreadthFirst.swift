/// Breadth-first search on one thread.
@usableFromInline
struct BreadthFirst<E: Expander>: ~Copyable {
    @usableFromInline typealias State = E.M.State
    /// Successors that are looked up together: enough to keep every miss of the memory in flight, few enough for the L1 cache.
    @usableFromInline static var batchSize: Int { 128 }

    @usableFromInline let expander: E
    @usableFromInline let options: SearchOptions
    @usableFromInline var store: Store<State>
    /// States that are not expanded because they break a property that ends an execution, in the order of their numbers.
    @usableFromInline var cut: [UInt32] = []
    @usableFromInline var result = SearchResult<State>()
    @usableFromInline var meter: Meter

    @usableFromInline
    init(_ expander: E, _ options: SearchOptions) throws(SearchError) {
        self.expander = expander
        self.options = options
        store = try Store(
            memoryLimit: options.memoryBytes, stateLimit: options.stateLimit ?? .max, expectedStates: options.expectedStates,
            keepsFingerprints: options.fingerprints)
        meter = Meter(interval: options.progressInterval)
    }

    /// - Returns: what was found, in terms of the store's numbers.
    @inlinable
    mutating func run(progress: (Progress) -> Void) -> Findings {
        let model = expander.model
        let endings = model.endingExecution
        let watchesStates = model.properties(of: .invariant)
        let batch = Batch<State>(capacity: 4 * Self.batchSize)
        var sink = SuccessorSink(
            batch: batch, lines: store.lines, lineCount: store.lineCount, endingExecution: endings,
            goal: options.goal & model.everyProperty)
        defer { sink.batch.deallocate() }
        let stopping = Stopping(model, options)

        sink.parent = Store<State>.none
        for state in model.initialStates {
            sink.batch.add(
                expander.representative(state), parent: sink.parent, prefetchingIn: sink.lines, lineCount: sink.lineCount)
        }
        var cutPlace = 0
        var level = 0
        var next = 0
        var levelStart = 0
        var end = 0
        flush(&sink, watchesStates, endings)
        levels: while next < store.count {
            end = store.count
            levelStart = next
            meter.level(end - next)
            if let limit = options.depthLimit, level >= limit {
                result.stop = .depthLimit
                break
            }
            while next < end {
                if cutPlace < cut.count, cut[cutPlace] == UInt32(truncatingIfNeeded: next) {
                    cutPlace += 1
                    next += 1
                    continue
                }
                sink.parent = UInt32(truncatingIfNeeded: next)
                let before = sink.transitions
                let state = store.states[next]
                expander.expand(state, into: &sink)
                if sink.transitions == before {
                    result.endings += 1
                    let broken = model.brokenByEnding(in: state)
                    if broken != 0 { sink.findings.note(broken, number: sink.parent, byStep: false) }
                }
                next += 1
                if sink.batch.count >= Self.batchSize {
                    flush(&sink, watchesStates, endings)
                    if store.isFull { break }
                    if stopping.isDecided(sink.findings) { break }
                    if meter.isDue(at: next) {
                        store.release(below: next)
                        if options.fingerprints, isOverLimit { store.isFull = true; break }
                        meter.report(
                            states: store.count, transitions: sink.transitions, depth: level, frontier: store.count - next,
                            to: progress)
                    }
                }
            }
            flush(&sink, watchesStates, endings)
            if stopping.isDecided(sink.findings), next < store.count {
                result.stop = .decided
                break
            }
            if store.isFull {
                result.stop = options.stateLimit.map { store.count >= $0 } ?? false ? .stateLimit : .memoryLimit
                break
            }
            if store.count > end { level += 1 }
        }
        result.depth = level
        result.states = store.count
        result.transitions = sink.transitions
        result.memory = store.memory
        result.seconds = meter.seconds
        result.describe(
            level: level, expandedInLevel: next - levelStart, level: end - levelStart, beyond: store.count - end,
            limit: store.capacity)
        if options.fingerprints { result.omissionOdds = omissionOdds(states: store.count) }
        return sink.findings
    }

    @inlinable
    var isOverLimit: Bool { store.memory.total > options.memoryBytes }

    /// Looks the batch up, and looks at the states that are new.
    @inlinable @inline(__always)
    mutating func flush(_ sink: inout SuccessorSink<State>, _ watched: PropertySet, _ endings: PropertySet) {
        let first = store.count
        store.insert(&sink.batch)
        sink.lineCount = UInt64(truncatingIfNeeded: store.lineCount)
        guard watched != 0 else { return }
        for number in first..<store.count {
            let broken = expander.model.broken(in: store.states[number])
            if broken != 0 {
                sink.findings.note(broken, number: UInt32(truncatingIfNeeded: number), byStep: false)
                if broken & endings != 0 { cut.append(UInt32(truncatingIfNeeded: number)) }
            }
        }
    }
}

/// The expected number of pairs of distinct states with one 64-bit hash, which bounds the probability that there is such a pair.
@usableFromInline
func omissionOdds(states: Int) -> Double { min(Double(states) * Double(states) / 2 / 0x1p64, 1) }

extension SearchResult {
    /// Says what was covered.
    /// - Parameters:
    ///   - level: the depth at which the search stopped; of `size` states there `expanded` were expanded.
    ///   - beyond: states found at the next depth.
    @usableFromInline
    mutating func describe(level: Int, expandedInLevel expanded: Int, level size: Int, beyond: Int, limit: Int) {
        let before = level == 0 ? "expanded no depth in full" : "expanded all states to depth \(level - 1)"
        let here = "\(before), and \(expanded) of the \(size) at depth \(level)"
        switch stop {
        case .memoryLimit, .stateLimit:
            coverage =
                "stopped at the \(stop == .stateLimit ? "state" : "memory") limit of \(limit) states: \(here); of depth \(level + 1)"
                + " \(beyond) states were found and none expanded"
        case .depthLimit:
            coverage = "\(before); the \(size) at the depth limit \(level) were found and not expanded"
        case .decided:
            coverage =
                "stopped when everything asked for was decided: \(here); of depth \(level + 1) \(beyond) states were found and none"
                + " expanded"
        case .exhausted, .walksDone: coverage = "expanded all \(states) states, to depth \(level)"
        }
    }
}

extension Model {
    @inlinable var everyProperty: PropertySet {
        properties.count >= 32 ? .max : (1 << PropertySet(properties.count)) - 1
    }
}
