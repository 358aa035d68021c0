/// Breadth-first search on several threads, level by level.
///
/// States are spread over stores by their hash. A round takes the next chunks of the level: first each thread expands chunks,
/// and writes the successors of each chunk into one batch for every store; then each thread takes stores, and looks up what is
/// meant for its store, chunk by chunk. No store is touched by two threads at once, so there is nothing to lock; and the order of
/// look-ups does not depend on who does them, so states have the same numbers, and a violation the same path, whatever the
/// number of threads and however they are scheduled.
///
/// Invariant of the unsafe code: the arrays behind the pointers have the lengths named beside them. Between two meetings of the
/// crew a chunk's output is used by the thread that claimed the chunk only (expanding), or a store and its column of batches by
/// the thread that claimed the store (looking up); everything else is changed by one thread while the others wait for it.
@usableFromInline
final class ParallelBreadthFirst<E: Expander>: @unchecked Sendable {
    @usableFromInline typealias State = E.M.State
    @usableFromInline static var shardBits: Int { 4 }
    @usableFromInline static var shards: Int { 1 << shardBits }
    /// States in a chunk: at most this, so that a round's batches stay in the cache; fewer in a small level, so that there is
    /// work for all. A meeting waits for the slowest thread, which on a busy machine may not be running: rounds are long.
    @usableFromInline static var chunkSize: Int { 1024 }
    @usableFromInline static var chunksInRound: Int { 32 }

    /// A part of the frontier, and what came of it.
    @usableFromInline
    struct Chunk {
        @usableFromInline var shard = 0
        @usableFromInline var places = 0..<0
        @usableFromInline var transitions = 0
        @usableFromInline var endings = 0
        @usableFromInline var findings = Findings(open: 0)
        @inlinable init() {}
    }

    /// What a store has beside its states.
    @usableFromInline
    struct Beside {
        /// Places that are not expanded, in order.
        @usableFromInline var cut: [UInt32] = []
        @usableFromInline var findings = Findings(open: 0)
        /// States of the level that is being expanded.
        @usableFromInline var level = 0..<0
        @inlinable init() {}
    }

    @usableFromInline let expander: E
    @usableFromInline let options: SearchOptions
    @usableFromInline let crew: Crew
    /// `shards` of each.
    @usableFromInline let stores: UnsafeMutablePointer<Store<State>>
    @usableFromInline let beside: UnsafeMutablePointer<Beside>
    /// `chunksInRound`; and for each of them `shards` batches.
    @usableFromInline let chunks: UnsafeMutablePointer<Chunk>
    @usableFromInline let batches: UnsafeMutablePointer<Batch<State>>
    @usableFromInline var chunkCount = 0
    @usableFromInline var isDone = false
    @usableFromInline var findings: Findings
    @usableFromInline var result = SearchResult<State>()
    @usableFromInline var meter: Meter

    @usableFromInline let endingExecution: PropertySet
    @usableFromInline let watchesStates: Bool

    @usableFromInline
    init(_ expander: E, _ options: SearchOptions) throws(SearchError) {
        self.expander = expander
        self.options = options
        let shards = Self.shards
        // A store's share, and what chance may add to it.
        let share = options.stateLimit.map { $0 / shards + $0 / 8 / shards + 64 } ?? .max
        stores = .allocate(capacity: shards)
        for shard in 0..<shards {
            do throws(SearchError) {
                let store = try Store<State>(
                    memoryLimit: options.memoryBytes / shards, stateLimit: min(share, 1 << (32 - Self.shardBits) - 2),
                    expectedStates: options.expectedStates / shards, keepsFingerprints: options.fingerprints)
                (stores + shard).initialize(to: store)
            } catch {
                (stores).deinitialize(count: shard)
                stores.deallocate()
                throw error
            }
        }
        crew = Crew(count: options.threads)
        beside = .allocate(capacity: shards)
        beside.initialize(repeating: Beside(), count: shards)
        chunks = .allocate(capacity: Self.chunksInRound)
        chunks.initialize(repeating: Chunk(), count: Self.chunksInRound)
        batches = .allocate(capacity: Self.chunksInRound * shards)
        for batch in 0..<Self.chunksInRound * shards { (batches + batch).initialize(to: Batch(capacity: 64)) }
        endingExecution = expander.model.endingExecution
        watchesStates = expander.model.properties(of: .invariant) != 0
        findings = Findings(open: options.goal & expander.model.everyProperty)
        meter = Meter(interval: options.progressInterval)
    }

    deinit {
        for batch in 0..<Self.chunksInRound * Self.shards { batches[batch].deallocate() }
        batches.deallocate()
        chunks.deinitialize(count: Self.chunksInRound)
        chunks.deallocate()
        beside.deinitialize(count: Self.shards)
        beside.deallocate()
        stores.deinitialize(count: Self.shards)
        stores.deallocate()
    }

    @inlinable var count: Int { (0..<Self.shards).reduce(0) { $0 + stores[$1].count } }
    @inlinable var visited: Visited<State> { Visited(shards: stores, shardBits: Self.shardBits) }
    /// States that were not expanded because what follows them is undefined, by their numbers.
    @inlinable var cut: [UInt32] {
        (0..<Self.shards).flatMap { shard in beside[shard].cut.map { $0 << UInt32(Self.shardBits) | UInt32(shard) } }
    }

    /// All expand, then all look up; the last one to be ready prepares the next round.
    @inlinable
    func run(progress: (Progress) -> Void) {
        let stopping = Stopping(expander.model, options)
        var sink = ShardedSink<State>(batches: batches, endingExecution: endingExecution, findings: Findings(open: 0))
        sink.parent = Store<State>.none
        for state in expander.model.initialStates { sink.place(expander.representative(state)) }
        chunkCount = 1
        for shard in 0..<Self.shards { lookUp(shard) }
        var driver = Driver(remaining: [], level: 0, expanded: 0)
        collect()
        // `progress` is called on the caller's thread only.
        withoutActuallyEscaping(progress) { progress in
            let lead = Lead(progress: progress, driver: driver)
            isDone = !prepare(lead, stopping, onCaller: true)
            crew.run { [self] thread in
                while !isDone {
                    expandChunks()
                    crew.meet()
                    lookUpStores()
                    crew.meet {
                        collect()
                        isDone = !prepare(lead, stopping, onCaller: thread == 0)
                    }
                }
            }
            driver = lead.driver
        }
        finish(driver)
    }

    /// Where the search is in its level.
    @usableFromInline
    struct Driver {
        /// Shards of the level with the places that are still to be expanded, the last one first.
        @usableFromInline var remaining: [(shard: Int, places: Range<Int>)]
        @usableFromInline var level: Int
        /// States of this level that have been expanded.
        @usableFromInline var expanded: Int
        @usableFromInline var levelSize = 0
        @usableFromInline var expandedBefore = 0
        @usableFromInline var hasStarted = false
        @inlinable
        init(remaining: [(shard: Int, places: Range<Int>)], level: Int, expanded: Int) {
            self.remaining = remaining
            self.level = level
            self.expanded = expanded
        }
    }

    /// What is used by the one thread that prepares a round.
    @usableFromInline
    final class Lead: @unchecked Sendable {
        @usableFromInline let progress: (Progress) -> Void
        @usableFromInline var driver: Driver
        @inlinable
        init(progress: @escaping (Progress) -> Void, driver: Driver) {
            self.progress = progress
            self.driver = driver
        }
    }

    /// Cuts the next round's chunks. False if the search is over.
    @inlinable
    func prepare(_ lead: Lead, _ stopping: Stopping, onCaller: Bool) -> Bool {
        let total = count
        if stopping.isDecided(findings) {
            result.stop = .decided
            return false
        }
        if let limit = options.stateLimit, total >= limit {
            result.stop = .stateLimit
            return false
        }
        for shard in 0..<Self.shards where stores[shard].isFull {
            result.stop = .memoryLimit
            return false
        }
        if lead.driver.remaining.isEmpty, !nextLevel(lead) { return false }
        if onCaller {
            meter.report(
                states: total, transitions: result.transitions, depth: lead.driver.level,
                frontier: total - lead.driver.expandedBefore - lead.driver.expanded, to: lead.progress)
        }
        chunkCount = 0
        let size = min(Self.chunkSize, max(lead.driver.levelSize / 64, 64))
        while chunkCount < Self.chunksInRound, let (shard, places) = lead.driver.remaining.popLast() {
            let some = places.prefix(size)
            if some.count < places.count { lead.driver.remaining.append((shard, places.dropFirst(some.count))) }
            chunks[chunkCount].shard = shard
            chunks[chunkCount].places = some
            lead.driver.expanded += some.count
            chunkCount += 1
        }
        return true
    }

    @inlinable
    func nextLevel(_ lead: Lead) -> Bool {
        lead.driver.expandedBefore += lead.driver.expanded
        lead.driver.expanded = 0
        var size = 0
        for shard in (0..<Self.shards).reversed() {
            let places = beside[shard].level.upperBound..<stores[shard].count
            stores[shard].release(below: places.lowerBound)
            beside[shard].level = places
            size += places.count
            if !places.isEmpty { lead.driver.remaining.append((shard, places)) }
        }
        guard size > 0 else { return false }
        if lead.driver.hasStarted { lead.driver.level += 1 }
        lead.driver.hasStarted = true
        lead.driver.levelSize = size
        meter.level(size)
        if let limit = options.depthLimit, lead.driver.level >= limit {
            result.stop = .depthLimit
            return false
        }
        if options.fingerprints, memory.total > options.memoryBytes {
            result.stop = .memoryLimit
            return false
        }
        return true
    }

    @inlinable
    func expandChunks() {
        while true {
            let index = crew.claim()
            if index >= chunkCount { return }
            expand(index)
        }
    }

    @inlinable
    func expand(_ index: Int) {
        let model = expander.model
        let shard = chunks[index].shard
        var sink = ShardedSink<State>(
            batches: batches + index * Self.shards, endingExecution: endingExecution, findings: Findings(open: findings.open))
        let states = stores[shard].states
        let hasCut = !beside[shard].cut.isEmpty
        var endings = 0
        for place in chunks[index].places {
            if hasCut, beside[shard].isCut(place) { continue }
            sink.parent = UInt32(truncatingIfNeeded: place << Self.shardBits | shard)
            let before = sink.transitions
            let state = states[place]
            expander.expand(state, into: &sink)
            if sink.transitions == before {
                endings += 1
                let broken = model.brokenByEnding(in: state)
                if broken != 0 { sink.findings.note(broken, number: sink.parent, byStep: false) }
            }
        }
        chunks[index].transitions = sink.transitions
        chunks[index].endings = endings
        chunks[index].findings = sink.findings
    }

    @inlinable
    func lookUpStores() {
        while true {
            let shard = crew.claim()
            if shard >= Self.shards { return }
            lookUp(shard)
        }
    }

    @inlinable
    func lookUp(_ shard: Int) {
        beside[shard].findings = Findings(open: findings.open)
        let first = stores[shard].count
        // Ahead of each look-up the lines of the next batch are on their way.
        if chunkCount > 0 { stores[shard].prefetch(batches[shard]) }
        for chunk in 0..<chunkCount {
            if chunk + 1 < chunkCount { stores[shard].prefetch(batches[(chunk + 1) * Self.shards + shard]) }
            stores[shard].insert(&batches[chunk * Self.shards + shard])
        }
        guard watchesStates else { return }
        for place in first..<stores[shard].count {
            let broken = expander.model.broken(in: stores[shard].states[place])
            if broken != 0 {
                let number = UInt32(truncatingIfNeeded: place << Self.shardBits | shard)
                beside[shard].findings.note(broken, number: number, byStep: false)
                if broken & endingExecution != 0 { beside[shard].cut.append(UInt32(truncatingIfNeeded: place)) }
            }
        }
    }

    /// Takes over what a round found, in an order that does not depend on who found it.
    @inlinable
    func collect() {
        for chunk in 0..<chunkCount {
            result.transitions += chunks[chunk].transitions
            result.endings += chunks[chunk].endings
            for finding in chunks[chunk].findings.list {
                findings.note(finding.properties, number: finding.number, byStep: finding.byStep)
            }
        }
        for shard in 0..<Self.shards {
            for finding in beside[shard].findings.list {
                findings.note(finding.properties, number: finding.number, byStep: finding.byStep)
            }
        }
    }

    @usableFromInline var memory: MemoryUse {
        var use = MemoryUse()
        for shard in 0..<Self.shards {
            let part = stores[shard].memory
            use.table += part.table
            use.frontier += part.frontier
            use.parents += part.parents
        }
        for batch in 0..<Self.chunksInRound * Self.shards {
            use.frontier += batches[batch].capacity * (MemoryLayout<State>.stride + 12)
        }
        return use
    }

    @usableFromInline
    func finish(_ driver: Driver) {
        let total = count
        let left = total - driver.expandedBefore - driver.expanded
        result.states = total
        result.depth = driver.level
        result.memory = memory
        result.seconds = meter.seconds
        result.describe(
            level: driver.level, expandedInLevel: driver.expanded, level: driver.levelSize,
            beyond: left - (driver.levelSize - driver.expanded), limit: total)
        if options.fingerprints { result.omissionOdds = omissionOdds(states: total) }
    }
}

extension ParallelBreadthFirst.Beside {
    @inlinable
    func isCut(_ place: Int) -> Bool {
        var low = 0
        var high = cut.count
        while low < high {
            let middle = (low + high) / 2
            if Int(cut[middle]) < place { low = middle + 1 } else { high = middle }
        }
        return low < cut.count && Int(cut[low]) == place
    }
}

/// Takes the successors of the state that is being expanded into one batch for each store.
@usableFromInline
struct ShardedSink<State: PackedState>: StepSink {
    @usableFromInline let batches: UnsafeMutablePointer<Batch<State>>
    @usableFromInline var parent: UInt32 = 0
    @usableFromInline var transitions = 0
    @usableFromInline let endingExecution: PropertySet
    @usableFromInline var findings: Findings

    @inlinable
    init(batches: UnsafeMutablePointer<Batch<State>>, endingExecution: PropertySet, findings: Findings) {
        self.batches = batches
        self.endingExecution = endingExecution
        self.findings = findings
    }

    @inlinable @inline(__always)
    mutating func add(_ next: State, step: StepID, breaks: PropertySet) {
        transitions &+= 1
        if breaks != 0 {
            findings.note(breaks, number: parent, byStep: true)
            if breaks & endingExecution != 0 { return }
        }
        place(next)
    }

    @inlinable @inline(__always)
    func place(_ next: State) {
        let hash = withUnsafePointer(to: next) { Store<State>.hash(of: $0) }
        batches[Visited<State>.shard(of: hash, mask: 15)].append(next, hash, parent: parent)
    }
}
