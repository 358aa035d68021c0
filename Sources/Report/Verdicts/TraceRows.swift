import Verdicts

/// A trace taken apart into what is drawn: every picture of a trace is made from these.
struct TraceRows {
    enum Kind: Equatable {
        /// Another task than before on this CPU.
        case task(cpu: Int, name: String)
        /// Another function than before in this task.
        case function(cpu: Int, name: String)
        /// `isInside`: of the function named above it.
        case step(cpu: Int, text: String, isInside: Bool)
        /// A step that no CPU takes and that is no arrival.
        case event(text: String)
        /// An IPI leaves; `from` is nil where no CPU sends it.
        case sent(from: Int?, Trace.InFlight)
        case arrived(Trace.InFlight, text: String)
        case dropped(Trace.InFlight, text: String)
    }

    struct Row: Equatable {
        var kind: Kind
        /// For each CPU how many IPIs are on their way to it, before and after this row.
        var lanesBefore: [Int]
        var lanesAfter: [Int]

        /// A name that stands above steps.
        var isHeading: Bool {
            switch kind {
            case .task, .function: true
            default: false
            }
        }
    }

    /// The rows of each step.
    var steps: [[Row]] = []

    init(_ trace: Trace) {
        var tasks = [String?](repeating: nil, count: trace.cpus)
        var functions = [Substring?](repeating: nil, count: trace.cpus)
        var inFlight: [Trace.InFlight] = []
        var lanes = [Int](repeating: 0, count: trace.cpus)
        for step in trace.steps {
            var rows: [Row] = []
            func add(_ kind: Kind, lane: Int? = nil, _ change: Int = 0) {
                let before = lanes
                if let lane { lanes[lane] = max(lanes[lane] + change, 0) }
                rows.append(Row(kind: kind, lanesBefore: before, lanesAfter: lanes))
            }
            if let arrow = step.arrow {
                if let index = inFlight.firstIndex(of: arrow) { inFlight.remove(at: index) }
                let text = step.cpu == nil ? oneLine(step.text) : arrow.vector
                add(step.dropped ? .dropped(arrow, text: text) : .arrived(arrow, text: text), lane: arrow.to, -1)
            }
            if let cpu = step.cpu {
                if let task = step.task, tasks[cpu] != task {
                    tasks[cpu] = task
                    functions[cpu] = nil
                    add(.task(cpu: cpu, name: oneLine(task)))
                }
                let text = oneLine(step.text)
                let (function, rest) = Self.split(text)
                if let function, functions[cpu] != function { add(.function(cpu: cpu, name: String(function))) }
                functions[cpu] = function
                add(.step(cpu: cpu, text: String(rest), isInside: function != nil))
            } else if step.arrow == nil {
                add(.event(text: oneLine(step.text)))
            }
            for ipi in Self.difference(step.inFlight, inFlight) { add(.sent(from: step.cpu, ipi), lane: ipi.to, 1) }
            inFlight = step.inFlight
            // What left without an arrival (INIT, say) is in flight no more.
            for cpu in lanes.indices { lanes[cpu] = inFlight.count { $0.to == cpu } }
            steps.append(rows)
        }
    }

    /// `schedule(): leaves the run queue` as its function and what is done there. Only a call without arguments names a function.
    private static func split(_ text: String) -> (function: Substring?, rest: Substring) {
        let name = text.prefix { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "_") }
        let rest = text.dropFirst(name.count)
        guard !name.isEmpty, rest.hasPrefix("(): "), rest.count > 4 else { return (nil, text[...]) }
        return (text.prefix(name.count + 2), rest.dropFirst(4))
    }

    /// What is in `a` more often than in `b`.
    private static func difference(_ a: [Trace.InFlight], _ b: [Trace.InFlight]) -> [Trace.InFlight] {
        var rest = b
        return a.filter { ipi in
            guard let index = rest.firstIndex(of: ipi) else { return true }
            rest.remove(at: index)
            return false
        }
    }
}
