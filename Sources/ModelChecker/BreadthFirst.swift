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
        flush(&sink, watchesStates, endings)
        levels: while next < store.count {
            let end = store.count
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
                describeStop(level: level, next: next, end: end)
                break
            }
            if store.count > end { level += 1 }
        }
        result.depth = level
        result.states = store.count
        result.transitions = sink.transitions
        result.memory = store.memory
        result.seconds = meter.seconds
        if result.coverage.isEmpty { describe(level: level, next: next) }
        if options.fingerprints {
            // The expected number of pairs of distinct states with one hash bounds the probability that there is one.
            let n = Double(store.count)
            result.omissionOdds = min(n * n / 2 / 0x1p64, 1)
        }
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

    @usableFromInline
    mutating func describeStop(level: Int, next: Int, end: Int) {
        let first = meter.levels.last.map { end - $0 } ?? 0
        let limit = result.stop == .stateLimit ? "the state limit" : "the memory limit"
        let before = level == 0 ? "expanded no depth in full" : "expanded all states to depth \(level - 1)"
        result.coverage =
            "stopped at \(limit) of \(store.capacity) states: \(before), and \(next - first) of the \(end - first) at depth"
            + " \(level); of depth \(level + 1) \(store.count - end) states were found and none expanded"
    }

    @usableFromInline
    mutating func describe(level: Int, next: Int) {
        switch result.stop {
        case .depthLimit:
            result.coverage =
                "expanded all states to depth \(level - 1); the \(store.count - next) at the depth limit \(level) were found and"
                + " not expanded"
        case .decided:
            result.coverage =
                "stopped when everything asked for was decided, at depth \(level): \(store.count - next) states were found and"
                + " not expanded"
        default: result.coverage = "expanded all \(store.count) states, to depth \(level)"
        }
    }
}

extension Model {
    @inlinable var everyProperty: PropertySet {
        properties.count >= 32 ? .max : (1 << PropertySet(properties.count)) - 1
    }
}
