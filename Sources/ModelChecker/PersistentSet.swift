/// The steps that need to be taken in a state, as a set of processes all of whose steps are.
///
/// A set P of processes is persistent (Godefroid 1996, with Overman's closure; a stubborn set in Valmari's terms) if no step from
/// the present place of one of them is in conflict with anything that the others can do while P stands still. Others who have no
/// step now, and whom only P could give one, can do nothing.
///
/// No step may be put off for ever (the ignoring problem), and a cycle of reduced states could do that: a state in which a
/// chosen process is at one of the locations that cut every cycle of its locations is expanded in full, so every cycle has such a
/// state (Kurshan, Levin, Minea, Peled, Yenigün 1998). The same holds for a step after which the execution ends: what commutes with
/// it could not come later.
@usableFromInline
struct PersistentSet<M: ProcessModel>: Sendable {
    @usableFromInline typealias State = M.State
    @usableFromInline let model: M
    /// Whoever makes this value keeps it alive: a counted reference would be counted for every step.
    @usableFromInline unowned(unsafe) let dependence: Dependence<State>
    @usableFromInline let endingExecution: PropertySet
    @usableFromInline let observes: Bool

    @usableFromInline
    init(_ model: M, _ dependence: Dependence<State>) {
        self.model = model
        self.dependence = dependence
        endingExecution = model.endingExecution
        observes = !model.observed.isZero && model.endingExecution != 0
    }

    /// What is chosen: one bit for each process; and the step, if it is only one.
    @usableFromInline
    struct Choice {
        @usableFromInline var processes: UInt64
        @usableFromInline var steps: ProbeSink<State>
        @inlinable init(processes: UInt64, steps: ProbeSink<State>) {
            self.processes = processes
            self.steps = steps
        }
    }

    /// Counts the steps of a process, and keeps one.
    @inlinable @inline(__always)
    func probe(_ process: Int, _ state: State) -> ProbeSink<State> {
        var sink = ProbeSink<State>()
        model.steps(of: process, from: state, into: &sink)
        return sink
    }

    /// A step after which the execution ends is not followed.
    @inlinable @inline(__always)
    func endsExecution(_ probe: ProbeSink<State>, _ process: Int, _ state: State) -> Bool {
        if probe.breaks & endingExecution != 0 { return true }
        guard observes, probe.count > 0 else { return false }
        if probe.count == 1 { return model.broken(in: probe.next) & endingExecution != 0 }
        return model.steps(of: process, from: state).contains { model.broken(in: $0.next) & endingExecution != 0 }
    }

    @inlinable
    func choose(_ state: State) -> Choice {
        let count = dependence.processCount
        return withUnsafeTemporaryAllocation(of: Int.self, capacity: 64) { places in
            for process in 0..<count {
                places[process] = dependence.firstPlace[process] + model.location(of: process, in: state)
            }
            if dependence.withTransactions != 0, let choice = chooseInner(state, places) { return choice }
            // A single process that nobody's future can disturb is found without looking at the others' steps.
            for process in 0..<count where !dependence.needsEveryone[places[process]] {
                var isAlone = true
                for other in 0..<count where other != process && dependence.isConflict(places[process], places[other]) {
                    isAlone = false
                    break
                }
                guard isAlone else { continue }
                let steps = probe(process, state)
                if steps.count > 0, !endsExecution(steps, process, state) {
                    return Choice(processes: 1 << UInt64(process), steps: steps)
                }
            }
            return chooseSeveral(state, places)
        }
    }

    @inlinable
    func chooseSeveral(_ state: State, _ places: UnsafeMutableBufferPointer<Int>) -> Choice {
        let count = dependence.processCount
        let everybody = count == 64 ? UInt64.max : 1 << UInt64(count) - 1
        var all = ProbeSink<State>()
        var enabled: UInt64 = 0
        /// Those whose steps send the search to a full expansion.
        var unfit: UInt64 = 0
        return withUnsafeTemporaryAllocation(of: ProbeSink<State>.self, capacity: 64) { probes in
            for process in 0..<count {
                let steps = probe(process, state)
                probes.initializeElement(at: process, to: steps)
                if steps.count == 0 { continue }
                enabled |= 1 << UInt64(process)
                if dependence.needsEveryone[places[process]] || endsExecution(steps, process, state) {
                    unfit |= 1 << UInt64(process)
                }
                all.merge(steps)
            }
            var best = Choice(processes: everybody, steps: all)
            // Alone in a state, a step is all there is; but a chain must not follow it round a cycle.
            if unfit != 0, best.steps.count == 1 { best.steps.count = 2 }
            for process in 0..<count where (enabled & ~unfit) >> UInt64(process) & 1 != 0 {
                let set = closure(of: process, enabled, places)
                if set & unfit != 0 || set & enabled == enabled { continue }
                var steps = ProbeSink<State>()
                for member in 0..<count where (set & enabled) >> UInt64(member) & 1 != 0 { steps.merge(probes[member]) }
                if steps.count < best.steps.count { best = Choice(processes: set & enabled, steps: steps) }
            }
            return best
        }
    }

    /// The least persistent set with `seed` in it.
    @inlinable
    func closure(of seed: Int, _ enabled: UInt64, _ places: UnsafeMutableBufferPointer<Int>) -> UInt64 {
        let count = dependence.processCount
        let lockSet = dependence.lockSetOfPlace[places[seed]]
        var set: UInt64 = 1 << UInt64(seed)
        while true {
            // Who can move while the set stands still.
            var able = enabled & ~set
            var isGrowing = true
            while isGrowing {
                isGrowing = false
                for other in 0..<count where (able | set) >> UInt64(other) & 1 == 0 {
                    for mover in 0..<count where able >> UInt64(mover) & 1 != 0 {
                        if dependence.canEnable(places[mover], places[other], lockSet: lockSet) {
                            able |= 1 << UInt64(other)
                            isGrowing = true
                            break
                        }
                    }
                }
            }
            var larger = set
            for other in 0..<count where able >> UInt64(other) & 1 != 0 {
                for member in 0..<count where set >> UInt64(member) & 1 != 0 {
                    if dependence.isConflict(places[member], places[other]) {
                        larger |= 1 << UInt64(other)
                        break
                    }
                }
            }
            if larger == set { return set }
            set = larger
        }
    }
}

extension PersistentSet {
    /// The process that is inside a transaction and can go on, if there is one.
    @inlinable
    func chooseInner(_ state: State, _ places: UnsafeMutableBufferPointer<Int>) -> Choice? {
        var left = dependence.withTransactions
        while left != 0 {
            let process = left.trailingZeroBitCount
            left &= left &- 1
            guard dependence.isInner[places[process]] else { continue }
            let steps = probe(process, state)
            if steps.count > 0, !endsExecution(steps, process, state) {
                return Choice(processes: 1 << UInt64(process), steps: steps)
            }
        }
        return nil
    }

    @inlinable @inline(__always)
    func isInner(_ process: Int, _ state: State) -> Bool {
        dependence.isInner[dependence.firstPlace[process] &+ model.location(of: process, in: state)]
    }

    /// The same, without the others' places.
    @inlinable
    func innerProcess(_ state: State) -> Int? {
        var left = dependence.withTransactions
        while left != 0 {
            let process = left.trailingZeroBitCount
            left &= left &- 1
            guard isInner(process, state) else { continue }
            let steps = probe(process, state)
            if steps.count > 0, !endsExecution(steps, process, state) { return process }
        }
        return nil
    }

    /// The step that alone needs to be taken in `state`, if there is only one and it breaks nothing.
    /// - Parameters:
    ///   - process: whose step led to `state`: nearly always it is inside a transaction, or nobody is.
    ///   - all: look for persistent sets too.
    @inlinable @inline(__always)
    func onlyStep(from state: State, after process: Int, all: Bool) -> ProbeSink<State>? {
        if dependence.withTransactions >> UInt64(process) & 1 != 0, isInner(process, state) {
            let steps = probe(process, state)
            if steps.count == 1, steps.breaks == 0, !endsExecution(steps, process, state) { return steps }
        }
        if all {
            let choice = choose(state)
            return choice.steps.count == 1 && choice.steps.breaks == 0 ? choice.steps : nil
        }
        guard let process = innerProcess(state) else { return nil }
        let steps = probe(process, state)
        return steps.count == 1 && steps.breaks == 0 ? steps : nil
    }
}

/// Counts steps, and keeps the last one.
@usableFromInline
struct ProbeSink<State: PackedState>: StepSink {
    @usableFromInline var count = 0
    @usableFromInline var next = State()
    @usableFromInline var step: StepID = 0
    @usableFromInline var breaks: PropertySet = 0
    @inlinable init() {}

    @inlinable @inline(__always)
    mutating func add(_ next: State, step: StepID, breaks: PropertySet) {
        count &+= 1
        self.next = next
        self.step = step
        self.breaks |= breaks
    }

    @inlinable
    mutating func merge(_ other: ProbeSink) {
        if other.count > 0 {
            next = other.next
            step = other.step
        }
        count += other.count
        breaks |= other.breaks
    }
}
