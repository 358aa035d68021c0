/// Depth-first search: the states found last are expanded first. The stack holds numbers; the states stand in the store.
@usableFromInline
struct DepthFirst<E: Expander>: ~Copyable {
    @usableFromInline typealias State = E.M.State
    /// States that are taken from the stack together, so that the look-ups of their successors overlap.
    @usableFromInline static var bundle: Int { 16 }

    @usableFromInline let expander: E
    @usableFromInline let options: SearchOptions
    @usableFromInline var store: Store<State>
    @usableFromInline var cut: [UInt32] = []
    @usableFromInline var result = SearchResult<State>()
    @usableFromInline var meter: Meter

    @usableFromInline
    init(_ expander: E, _ options: SearchOptions) throws(SearchError) {
        self.expander = expander
        self.options = options
        store = try Store(
            memoryLimit: options.memoryBytes, stateLimit: options.stateLimit ?? .max, expectedStates: options.expectedStates,
            keepsFingerprints: false)
        meter = Meter(interval: options.progressInterval)
    }

    @inlinable
    mutating func run(progress: (Progress) -> Void) -> Findings {
        let model = expander.model
        let endings = model.endingExecution
        let watchesStates = model.properties(of: .invariant) != 0
        var sink = SuccessorSink(
            batch: Batch<State>(capacity: 512), lines: store.lines, lineCount: store.lineCount, endingExecution: endings,
            goal: options.goal & model.everyProperty)
        defer { sink.batch.deallocate() }
        let stopping = Stopping(model, options)
        var stack: [(number: UInt32, depth: UInt32)] = []
        var depthOfParent: [UInt32] = []
        var peakStack = 0
        var expanded = 0
        var skippedByDepth = 0
        let depthLimit = options.depthLimit.map { UInt32(clamping: $0) } ?? .max

        sink.parent = Store<State>.none
        for state in model.initialStates {
            sink.batch.add(
                expander.representative(state), parent: sink.parent, prefetchingIn: sink.lines, lineCount: sink.lineCount)
        }
        var parents: [UInt32] = []
        while true {
            let first = store.count
            store.insert(&sink.batch)
            sink.lineCount = UInt64(truncatingIfNeeded: store.lineCount)
            for number in first..<store.count {
                let broken = watchesStates ? model.broken(in: store.states[number]) : 0
                if broken != 0 {
                    sink.findings.note(broken, number: UInt32(truncatingIfNeeded: number), byStep: false)
                    if broken & endings != 0 {
                        cut.append(UInt32(truncatingIfNeeded: number))
                        continue
                    }
                }
                var depth: UInt32 = 0
                if let place = parents.firstIndex(of: store.parents[number]) { depth = depthOfParent[place] + 1 }
                result.depth = max(result.depth, Int(depth))
                if depth < depthLimit { stack.append((UInt32(truncatingIfNeeded: number), depth)) } else { skippedByDepth += 1 }
            }
            peakStack = max(peakStack, stack.count)
            if store.isFull || stopping.isDecided(sink.findings) || stack.isEmpty { break }
            parents.removeAll(keepingCapacity: true)
            depthOfParent.removeAll(keepingCapacity: true)
            while parents.count < Self.bundle, let (number, depth) = stack.popLast() {
                parents.append(number)
                depthOfParent.append(depth)
                sink.parent = number
                let before = sink.transitions
                let state = store.states[Int(number)]
                expander.expand(state, into: &sink)
                expanded += 1
                if sink.transitions == before {
                    result.endings += 1
                    let broken = model.brokenByEnding(in: state)
                    if broken != 0 { sink.findings.note(broken, number: number, byStep: false) }
                }
            }
            if meter.isDue(at: expanded) {
                meter.report(
                    states: store.count, transitions: sink.transitions, depth: result.depth, frontier: stack.count, to: progress)
            }
        }
        result.states = store.count
        result.transitions = sink.transitions
        result.memory = store.memory
        result.memory.frontier = peakStack * 8
        result.seconds = meter.seconds
        let left = "\(store.count - expanded - cut.count) of \(store.count) states were found and not expanded"
        if store.isFull {
            result.stop = store.count >= options.stateLimit ?? .max ? .stateLimit : .memoryLimit
            result.coverage =
                "stopped at the \(result.stop == .stateLimit ? "state" : "memory") limit of \(store.capacity) states, depth first:"
                + " \(left)"
        } else if !stack.isEmpty || (stopping.isDecided(sink.findings) && skippedByDepth > 0) {
            result.stop = .decided
            result.coverage = "stopped when everything asked for was decided, depth first: \(left)"
        } else if skippedByDepth > 0 {
            result.stop = .depthLimit
            result.coverage =
                "\(left) at the depth limit \(depthLimit); depth first, so a state may have been reached there that is nearer to"
                + " an initial one"
        } else {
            result.coverage = "expanded all \(store.count) states, depth first, to depth \(result.depth)"
        }
        return sink.findings
    }
}

/// When a search has found what it was asked for.
@usableFromInline
struct Stopping: Sendable {
    @usableFromInline let stopWhen: SearchOptions.StopWhen
    /// Properties of interest that a path can break by itself, and those that need the whole space.
    @usableFromInline let decidable: PropertySet
    @usableFromInline let needsWhole: PropertySet

    @usableFromInline
    init<M: Model>(_ model: M, _ options: SearchOptions) {
        stopWhen = options.stopWhen
        let goal = options.goal & model.everyProperty
        needsWhole = goal & (model.properties(of: .canFinish) | model.properties(of: .noIdleCycle))
        decidable = goal & ~needsWhole
    }

    @inlinable
    func isDecided(_ findings: Findings) -> Bool {
        if findings.list.isEmpty { return false }
        return stopWhen == .firstViolation || (needsWhole == 0 && findings.open & decidable == 0)
    }
}
