import KernelModel
import ModelChecker

/// Turns a path of the model into what a reader sees.
struct TraceWriter {
    let model: KernelModel
    let question: Question

    init(_ model: KernelModel, _ question: Question) {
        self.model = model
        self.question = question
    }

    func trace(_ path: Path) throws(ExplorerError) -> Trace {
        let states: [KernelState]
        do throws(ReplayError) {
            states = try model.replay(path).states
        } catch {
            throw ExplorerError("The trace that was found cannot be taken again: \(error). This is an error of the search; please report it.")
        }
        let initial = values(states[0], before: nil)
        var before = initial
        let ids = path.steps + path.cycle
        let steps = ids.indices.map { step(ids[$0], states[$0], states[$0 + 1], &before) }
        return Trace(
            title: title, cpus: question.bounds.cpus, initial: initial, steps: steps,
            conclusion: conclusion(states[ids.count], repeating: path.cycle.count))
    }

    /// Takes the steps of `recorded` again, and says what the model has to say of the end.
    func follow(_ recorded: Trace) -> Replay {
        var state = model.initialStates[0]
        let initial = values(state, before: nil)
        var before = initial
        var seen = [state]
        var steps: [Trace.Step] = []
        var broken: PropertySet = 0
        for (index, record) in recorded.steps.enumerated() {
            let enabled = model.steps(from: state)
            guard let taken = enabled.first(where: { $0.id == record.id }), model.describe(record.id, in: state).text == record.text
            else { return .notEnabled(index: index, enabled: enabled.map { model.name(of: $0.id, in: state) }) }
            steps.append(step(record.id, state, taken.next, &before))
            broken |= taken.breaks
            state = taken.next
            if question.claim == .faultLoop, seen.contains(state) { broken |= 1 << PropertySet(Claim.faultLoop.bitIndex) }
            seen.append(state)
        }
        if model.steps(from: state).isEmpty { broken |= model.brokenByEnding(in: state) }
        let violated = broken >> PropertySet(question.claim.bitIndex) & 1 != 0
        let trace = Trace(
            title: title, cpus: question.bounds.cpus, initial: initial, steps: steps, conclusion: violated ? recorded.conclusion : "The claim is not violated.")
        return .done(trace, violated ? .violated : .holds)
    }

    private var title: String {
        question.subject + ": the claim \(question.claim.rawValue) is violated"
    }

    private func step(_ id: StepID, _ state: KernelState, _ next: KernelState, _ before: inout [Trace.Value]) -> Trace.Step {
        let description = model.describe(id, in: state)
        let after = values(next, before: before)
        before = after
        let arrow = description.arrival.map { Trace.InFlight(vector: $0.vector.name, to: $0.cpu) }
        return Trace.Step(
            id: id, cpu: description.cpu, task: description.task, text: description.text, arrow: arrow,
            dropped: arrow.map { !model.accepts(cpu: $0.to, state) } ?? false, inFlight: inFlight(next), state: after)
    }

    private func inFlight(_ state: KernelState) -> [Trace.InFlight] {
        model.inFlight(state).map { Trace.InFlight(vector: $0.vector.name, to: $0.cpu) }
    }

    private func values(_ state: KernelState, before: [Trace.Value]?) -> [Trace.Value] {
        model.values(state).enumerated().map { index, value in
            Trace.Value(name: value.name, text: value.text, changed: before.map { $0[index].text != value.text } ?? false)
        }
    }

    private func conclusion(_ state: KernelState, repeating cycle: Int) -> String {
        if cycle > 0 { return "The last \(cycle) steps repeat for ever." }
        return model.conclusion(of: question.claim, in: state)
    }
}
