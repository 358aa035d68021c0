/// The steps of a persistent set, each followed as long as only one step needs to be taken next.
@usableFromInline
struct ReducedSteps<M: ProcessModel>: Expander {
    @usableFromInline typealias State = M.State
    @usableFromInline let model: M
    @usableFromInline let persistent: PersistentSet<M>
    @usableFromInline let reductions: Reductions
    @usableFromInline let watchesStates: Bool

    /// - Parameter dependence: must live as long as this value.
    @usableFromInline
    init(_ model: M, _ reductions: Reductions, _ dependence: Dependence<State>) {
        self.model = model
        self.reductions = reductions
        persistent = PersistentSet(model, dependence)
        watchesStates = !model.observed.isZero
    }

    @inlinable
    func expand<Sink: StepSink<State>>(_ state: State, into sink: inout Sink) {
        withUnsafeMutablePointer(to: &sink) { pointer in withUnsafePointer(to: self) { expander in
            var following = FollowingSink(expander: expander, sink: pointer)
            guard reductions.contains(.partialOrder) else {
                if let process = persistent.innerProcess(state) {
                    model.steps(of: process, from: state, into: &following)
                } else {
                    model.steps(from: state, into: &following)
                }
                return
            }
            var left = persistent.choose(state).processes
            while left != 0 {
                model.steps(of: left.trailingZeroBitCount, from: state, into: &following)
                left &= left &- 1
            }
        } }
    }

    @inlinable
    func segments(from state: State) -> [Segment<State>] {
        let chosen =
            reductions.contains(.partialOrder)
            ? persistent.choose(state).processes : persistent.innerProcess(state).map { 1 << UInt64($0) } ?? .max
        return model.steps(from: state).filter { chosen >> UInt64(model.process(of: $0.id)) & 1 != 0 }.map { step in
            var segment = Segment(states: [representative(step.next)], breaks: step.breaks)
            if step.breaks == 0 {
                _ = follow(step.next, after: model.process(of: step.id)) { segment.states.append(representative($0)) }
            }
            return segment
        }
    }

    @inlinable @inline(__always)
    func representative(_ state: State) -> State {
        guard reductions.contains(.canonical) else { return state }
        guard persistent.dependence.hasDead else { return model.canonical(state) }
        return model.canonical(withoutDead(state))
    }

    @inlinable
    func withoutDead(_ state: State) -> State {
        var result = state
        for process in 0..<persistent.dependence.processCount {
            let place = persistent.dependence.firstPlace[process] + model.location(of: process, in: state)
            result = result.subtracting(persistent.dependence.dead[place])
        }
        return result
    }

    /// The end of the chain from `state`. It is finite: without the locations that cut them, a process's locations have no cycle,
    /// and none of those is inside a transaction.
    /// - Parameters:
    ///   - process: whose step led to `state`.
    ///   - passing: takes every state after `state`, the end included.
    @inlinable @inline(__always)
    func follow(_ state: State, after process: Int, passing: (State) -> Void) -> State {
        var state = state
        guard reductions.contains(.chains) else { return state }
        var process = process
        while !watchesStates || model.broken(in: state) == 0 {
            let step = persistent.onlyStep(from: state, after: process, all: reductions.contains(.partialOrder))
            guard let step else { break }
            process = model.process(of: step.step)
            state = step.next
            passing(state)
        }
        return state
    }
}

/// Passes the end of each step's chain on. Both pointers are valid while one state is expanded, and so is this.
@usableFromInline
struct FollowingSink<M: ProcessModel, Sink: StepSink<M.State>>: StepSink {
    @usableFromInline let expander: UnsafePointer<ReducedSteps<M>>
    @usableFromInline let sink: UnsafeMutablePointer<Sink>

    @inlinable
    init(expander: UnsafePointer<ReducedSteps<M>>, sink: UnsafeMutablePointer<Sink>) {
        self.expander = expander
        self.sink = sink
    }

    @inlinable
    mutating func add(_ next: M.State, step: StepID, breaks: PropertySet) {
        var state = next
        if breaks == 0 {
            state = expander.pointee.follow(state, after: expander.pointee.model.process(of: step)) { _ in }
        }
        sink.pointee.add(expander.pointee.representative(state), step: step, breaks: breaks)
    }
}
