/// Executions chosen at random. Nothing is stored, so nothing is known to be covered.
@usableFromInline
struct RandomWalks<M: Model> {
    @usableFromInline let model: M
    @usableFromInline let options: SearchOptions
    @usableFromInline var generator: SeededGenerator
    @usableFromInline let walks: Int
    @usableFromInline let depth: Int
    /// Set for PCT.
    @usableFromInline let fairness: (any FairModel)?

    @usableFromInline
    init(_ model: M, _ options: SearchOptions, seed: UInt64, walks: Int, depth: Int, fairness: (any FairModel)?) {
        self.model = model
        self.options = options
        self.walks = walks
        self.depth = depth
        self.fairness = fairness
        generator = SeededGenerator(seed: seed)
    }

    @inlinable
    mutating func run(progress: (Progress) -> Void) -> SearchResult<M.State> {
        var result = SearchResult<M.State>()
        var meter = Meter(interval: options.progressInterval)
        let stopping = Stopping(model, options)
        var findings = Findings(open: options.goal & model.everyProperty)
        let initial = model.initialStates
        let endings = model.endingExecution
        result.stop = .walksDone
        var done = 0
        var longest = 1
        while done < walks, !stopping.isDecided(findings) {
            let start = Int.random(in: 0..<initial.count, using: &generator)
            var state = initial[start]
            var path = Path(initialState: start, steps: [])
            var priorities = fairness.map { Priorities($0.processCount, changes: done % 4, within: longest, &generator) }
            note(model.broken(in: state), path, &findings, &result)
            while true {
                var list = StepList<M.State>()
                model.steps(from: state, into: &list)
                if list.steps.isEmpty {
                    result.endings += 1
                    note(model.brokenByEnding(in: state), path, &findings, &result)
                    break
                }
                if path.steps.count >= depth { break }
                let step = choose(from: list.steps, at: path.steps.count, &priorities)
                path.steps.append(step.id)
                result.transitions += 1
                state = step.next
                let broken = step.breaks | model.broken(in: state)
                note(broken, path, &findings, &result)
                if broken & endings != 0 { break }
            }
            longest = max(longest, path.steps.count)
            done += 1
            meter.report(states: result.transitions, transitions: result.transitions, depth: longest, frontier: 0, to: progress)
        }
        if stopping.isDecided(findings) { result.stop = .decided }
        result.depth = longest
        result.undecided = findings.open
        result.seconds = meter.seconds
        result.coverage =
            "\(done) random executions of at most \(depth) steps, \(result.transitions) steps in all: a sample, no proof"
        result.violations.sort { $0.property < $1.property }
        return result
    }

    @inlinable
    func note(_ broken: PropertySet, _ path: Path, _ findings: inout Findings, _ result: inout SearchResult<M.State>) {
        let fresh = broken & findings.open
        guard fresh != 0 else { return }
        findings.note(fresh, number: 0, byStep: false)
        result.add(path, for: fresh)
    }

    @inlinable
    mutating func choose(from steps: [Step<M.State>], at place: Int, _ priorities: inout Priorities?) -> Step<M.State> {
        guard let fairness, priorities != nil else { return steps[Int.random(in: 0..<steps.count, using: &generator)] }
        var enabled: UInt64 = 0
        for step in steps { enabled |= 1 << UInt64(fairness.process(of: step.id)) }
        let process = priorities?.next(among: enabled, at: place) ?? 0
        let own = steps.filter { fairness.process(of: $0.id) == process }
        return own[Int.random(in: 0..<own.count, using: &generator)]
    }
}

/// The priorities of one execution under PCT: the enabled process of the highest priority moves; at each of a few random places
/// the one that is about to move falls below all others. With d - 1 places, a bug that needs d steps in a certain order is found
/// with a probability of at least 1 / (n k^(d - 1)) an execution, for n processes and k steps.
@usableFromInline
struct Priorities: Sendable {
    @usableFromInline var ofProcess: [Int]
    @usableFromInline var changes: Set<Int>
    @usableFromInline var lowest = 0

    @usableFromInline
    init(_ processes: Int, changes count: Int, within steps: Int, _ generator: inout SeededGenerator) {
        ofProcess = Array(1...max(processes, 1)).shuffled(using: &generator)
        changes = []
        for _ in 0..<count { changes.insert(Int.random(in: 0..<max(steps, 1), using: &generator)) }
    }

    /// - Parameter enabled: not empty.
    @usableFromInline
    mutating func next(among enabled: UInt64, at place: Int) -> Int {
        let process = highest(among: enabled)
        guard changes.remove(place) != nil else { return process }
        lowest -= 1
        ofProcess[process] = lowest
        return highest(among: enabled)
    }

    @usableFromInline
    func highest(among enabled: UInt64) -> Int {
        var best = enabled.trailingZeroBitCount
        for process in ofProcess.indices where enabled >> UInt64(process) & 1 != 0 && ofProcess[process] > ofProcess[best] {
            best = process
        }
        return best
    }
}
