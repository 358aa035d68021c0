import Architecture
import Cases

/// The core's side of `Observed`: the lines that a machine prints for the same case, were it like the core.
public enum CoreObservation {
    /// What the options ask for: the lines of the steps, that of the end. An expectation that does not hold ends the case, as
    /// does a fault that nothing expects, unless it is a free one.
    ///
    /// IPIs of SENDUIPI arrive at once, as
    /// they do there; those of `send` wait for `arrive`.
    public static func lines(
        of testCase: Case, number: Int, features: Features, options: BinaryCases.Options = .observeSteps
    ) -> [String] {
        var machine = CoreMachine(testCase, features: features)
        var known = Known(machine)
        let beginning = known
        var lines: [String] = []
        var faults = ""
        var pending = StepOutcome.done
        walk: for (index, step) in testCase.steps.enumerated() {
            switch (step, pending) {
            case (.expectFault(let expected), .fault(let found)) where expected == found: pending = .done
            case (.expectFault, _): break walk
            case (_, _) where pending == .done || options.contains(.free):
                let waiting = machine.machine.inFlight.count
                pending = machine.perform(step)
                if case .execute = step, machine.machine.inFlight.count > waiting { machine.machine.arrive(waiting) }
                let next = index + 1 < testCase.steps.count ? testCase.steps[index + 1] : nil
                if options.contains(.observeSteps), !step.isExpectation, !step.continues(into: next) || pending != .done {
                    lines.append("@ \(number) \(index + 1) \(word(pending))" + known.changes(to: machine))
                }
                if case .failure = pending { break walk }
                if case .fault(let fault) = pending, options.contains(.free), !options.contains(.observeSteps) {
                    faults += Observed.fault(fault.words)
                }
            default: break walk
            }
        }
        if options.contains(.observeEnd) {
            var all = beginning
            let line = faults + all.changes(to: machine)
            lines.append("= \(number)" + (options.contains(.hashEnd) ? " #\(hex(Observed.hash(line)))" : line))
        }
        return lines
    }

    private static func word(_ outcome: StepOutcome) -> String {
        switch outcome {
        case .done: "done"
        case .fault(let fault): fault.words.joined(separator: ",")
        case .other: "other"
        case .failure: "failure"
        }
    }

    /// What the lines so far have told.
    private struct Known {
        var fields: [[UInt64]]
        var memory: [(address: UInt64, value: UInt64)]
        var deliveredCount = 0

        init(_ machine: CoreMachine) {
            fields = (0..<machine.machine.count).map { Known.fields(of: $0, machine) }
            memory = machine.machine.memory.quadwords
        }

        private static func fields(of processor: Int, _ machine: CoreMachine) -> [UInt64] {
            var machine = machine
            machine.cpu = processor
            return Observed.fields.map { field in
                field == .rflags ? machine.value(field) & ~Observed.hiddenFlags : machine.value(field)
            }
        }

        mutating func changes(to machine: CoreMachine) -> String {
            var line = ""
            for processor in fields.indices {
                let now = Known.fields(of: processor, machine)
                for (place, field) in Observed.fields.enumerated() where now[place] != fields[processor][place] {
                    line += Observed.field(field, now[place], processor: processor)
                }
                fields[processor] = now
            }
            for (index, quadword) in machine.machine.memory.quadwords.enumerated()
            where quadword.value != memory[index].value {
                memory[index].value = quadword.value
                line += Observed.memory(quadword.address, quadword.value)
            }
            if machine.deliveries.vectors.count < deliveredCount { deliveredCount = 0 }
            for vector in machine.deliveries.vectors[deliveredCount...] { line += Observed.delivered(vector) }
            deliveredCount = machine.deliveries.vectors.count
            return line
        }
    }
}

extension CaseMemory {
    /// All of it but the code page, in the order of addresses.
    var quadwords: [(address: UInt64, value: UInt64)] {
        var all: [(address: UInt64, value: UInt64)] = []
        for page in pages.sorted(by: { $0.base < $1.base }) where page.base != Layout.code {
            for offset in stride(from: 0, to: page.bytes.count, by: 8) {
                var value: UInt64 = 0
                for byte in (offset..<offset + 8).reversed() { value = value << 8 | UInt64(page.bytes[byte]) }
                all.append((page.base + UInt64(offset), value))
            }
        }
        return all
    }
}
