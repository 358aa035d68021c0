import KernelModel
import Verdicts

/// Builds a trace as the explorer would, keeping what a step does not change.
struct TraceBuilder {
    private var values: [Trace.Value]
    private let initial: [Trace.Value]
    private(set) var inFlight: [Trace.InFlight] = []
    private(set) var steps: [Trace.Step] = []

    init(_ values: [(String, String)]) {
        initial = values.map { Trace.Value(name: $0.0, text: $0.1) }
        self.values = initial
    }

    mutating func step(
        _ cpu: Int?, _ task: String?, _ text: String, _ changes: [String: String] = [:], sends: Trace.InFlight? = nil,
        arrives: Trace.InFlight? = nil, dropped: Bool = false
    ) {
        for index in values.indices {
            let change = changes[values[index].name]
            values[index].changed = change != nil && change != values[index].text
            if let change { values[index].text = change }
        }
        if let arrives, let index = inFlight.firstIndex(of: arrives) { inFlight.remove(at: index) }
        if let sends { inFlight.append(sends) }
        steps.append(
            Trace.Step(
                id: UInt16(steps.count), cpu: cpu, task: task, text: text, arrow: arrives, dropped: dropped, inFlight: inFlight, state: values))
    }

    func trace(_ title: String, cpus: Int, conclusion: String) -> Trace {
        Trace(title: title, cpus: cpus, initial: initial, steps: steps, conclusion: conclusion)
    }
}

extension Sample {
    static let hotplug: Question = {
        var bounds = Bounds()
        bounds.offline = 1
        return Question(design: "rfc-v1", claim: .lostWakeup, scenario: .hotplug, bounds: bounds)
    }()

    /// Thomas Gleixner's scenario (87tui162am), as the RFC's kernel goes through it.
    static let lostWakeup: Trace = {
        let wait = Trace.InFlight(vector: "wait vector", to: 1)
        var b = TraceBuilder([
            ("UPID", "ON=0 SN=0 NV=UINV NDST=1 PIR={}"), ("UIRR", "{}"), ("UINV CPU 1", "loaded"), ("task A", "RUNNING on CPU 1"),
            ("wait list", "{}"), ("CPU 1", "online"),
        ])
        b.step(1, "receiver A", "clui")
        b.step(1, "receiver A", "flag is clear: uintr_wait()")
        b.step(1, "receiver A", "UPID.NV := wait vector", ["UPID": "ON=0 SN=0 NV=wait NDST=1 PIR={}"])
        b.step(1, "receiver A", "list_add(A)", ["wait list": "{A}"])
        b.step(1, "receiver A", "set_current_state(TASK_INTERRUPTIBLE)", ["task A": "INTERRUPTIBLE on CPU 1"])
        b.step(1, "receiver A", "schedule(): XSAVES, UINV := 0; SN stays clear", ["UINV CPU 1": "0", "task A": "INTERRUPTIBLE, asleep"])
        b.step(0, "cpuhp", "cpu_down(1): the stopper runs on CPU 1, no task to move")
        b.step(1, "stopper", "__cpu_disable(): interrupts off", ["CPU 1": "interrupts off"])
        b.step(1, "stopper", "play_dead()", ["CPU 1": "offline"])
        b.step(
            0, "sender B", "SENDUIPI: PIR[0] := 1, ON := 1; IPI to NDST", ["UPID": "ON=1 SN=0 NV=wait NDST=1 PIR={0}"], sends: wait)
        b.step(nil, nil, "nothing answers", arrives: wait, dropped: true)
        return b.trace(
            "rfc-v1, scenario hotplug: the claim lost-wakeup is violated", cpus: 2,
            conclusion:
                "Receiver A sleeps on the wait list with vector 0 posted, and ON = 1 mutes every later SENDUIPI: nothing can wake it any more."
        )
    }()

    static let violated = Answer(
        question: hotplug, verdict: .violated, states: 412, transitions: 1033, seconds: 0.031,
        coverage: "breadth-first, reduced; stopped at the first violation.", trace: lostWakeup)

    /// Arrows in every direction: to the left, to the right past a CPU, to itself, two at once to one CPU.
    static let arrows: Trace = {
        let to0 = Trace.InFlight(vector: "UINV", to: 0)
        let to2 = Trace.InFlight(vector: "UINV", to: 2)
        let to1 = Trace.InFlight(vector: "reschedule", to: 1)
        var b = TraceBuilder([("UPID A", "ON=0 PIR={}"), ("UPID B", "ON=0 PIR={}")])
        b.step(2, "sender C", "SENDUIPI A", ["UPID A": "ON=1 PIR={0}"], sends: to0)
        b.step(0, "sender D", "SENDUIPI B", ["UPID B": "ON=1 PIR={1}"], sends: to2)
        b.step(1, "receiver B", "try_to_wake_up(A)", sends: to1)
        b.step(0, "sender D", "SENDUIPI B, by another way", sends: to2)
        b.step(nil, nil, "arrives: recognised", ["UPID A": "ON=0 PIR={}"], arrives: to0)
        b.step(nil, nil, "arrives", arrives: to2)
        b.step(2, "receiver E", "handler runs")
        b.step(nil, nil, "a timer expires, which no CPU does")
        b.step(1, "receiver B", "a_word_that_is_much_longer_than_the_column_in_which_it_has_to_stand()")
        b.step(nil, nil, "arrives", arrives: to1)
        b.step(nil, nil, "arrives", arrives: to2)
        return b.trace("sample: arrows", cpus: 3, conclusion: "Every IPI arrived.")
    }()

    static func answer(
        _ design: String, _ claim: Claim, _ verdict: Answer.Verdict = .holds, repairs: [String] = [], states: UInt64 = 1000,
        bounds: Bounds = Bounds(), trace: Trace? = nil, coverage: String = "breadth-first, reduced: complete."
    ) -> Answer {
        Answer(
            question: Question(design: design, repairs: repairs, claim: claim, bounds: bounds), verdict: verdict, states: states,
            transitions: states &* 3, seconds: 0.25, coverage: coverage, trace: trace)
    }
}
