import KernelModel
import ModelChecker
import Testing
import Verdicts

/// Bounds with some of them changed.
func within(_ change: (inout Bounds) -> Void = { _ in }) -> Bounds {
    var bounds = Bounds()
    change(&bounds)
    return bounds
}

extension KernelModel {
    /// The claims that some execution breaks, and how many states and endings there are.
    func judged(_ reductions: Reductions = .canonical) throws -> (broken: Set<Claim>, result: SearchResult<KernelState>) {
        var options = SearchOptions()
        options.reductions = reductions
        let result = try searched(options)
        return (Set(result.violations.map { Claim.allCases[$0.property] }), result)
    }
}

/// A situation, small enough to be searched in a moment.
struct Situation: CustomTestStringConvertible, Sendable {
    var name: String
    var scenario = Scenario.any
    var user = UserSide.clui
    var bounds: Bounds
    var testDescription: String { name }

    static let all: [Situation] = [
        Situation(name: "one message", bounds: within()),
        Situation(name: "two senders, two messages each", bounds: within { $0.senders = 2; $0.messages = 2 }),
        Situation(name: "a preemption", bounds: within { $0.preemptions = 1; $0.messages = 2 }),
        Situation(name: "three CPUs, two senders, a preemption", bounds: within { $0.cpus = 3; $0.senders = 2; $0.preemptions = 1 }),
        Situation(name: "a signal", bounds: within { $0.signals = 1; $0.messages = 2 }),
        Situation(name: "a signal and a preemption", bounds: within { $0.signals = 1; $0.preemptions = 1 }),
        Situation(name: "a timeout", bounds: within { $0.timeouts = 1; $0.messages = 2 }),
        Situation(name: "offline and online", bounds: within { $0.offline = 1; $0.messages = 2 }),
        Situation(
            name: "two senders, offline and online, a preemption", bounds: within { $0.senders = 2; $0.offline = 1; $0.preemptions = 1 }),
        Situation(
            name: "three CPUs, offline and online, a preemption", bounds: within { $0.cpus = 3; $0.offline = 1; $0.preemptions = 1 }),
        Situation(name: "an exit", bounds: within { $0.exits = 1; $0.messages = 2; $0.preemptions = 1 }),
        Situation(name: "a signal and an exit", bounds: within { $0.signals = 1; $0.exits = 1 }),
        Situation(
            name: "two receivers and an exit",
            bounds: within { $0.receivers = 2; $0.senders = 2; $0.exits = 1; $0.preemptions = 1 }),
        Situation(name: "an unregistration", bounds: within { $0.unregisters = 1; $0.senders = 2; $0.preemptions = 1 }),
        Situation(
            name: "a kernel thread with the FPU, and a fork", bounds: within { $0.kthreads = 1; $0.forks = 1; $0.preemptions = 1 }),
        Situation(name: "two vectors", bounds: within { $0.vectors = 2; $0.senders = 2; $0.preemptions = 1 }),
        Situation(name: "a receiver that spins", user: .spin, bounds: within { $0.preemptions = 2; $0.messages = 2 }),
        Situation(
            name: "a receiver that spins, three messages, a preemption", user: .spin, bounds: within { $0.messages = 3; $0.preemptions = 1 }),
        Situation(name: "a receiver that spins while its CPU leaves", user: .spin, bounds: within { $0.offline = 1; $0.messages = 2 }),
        Situation(name: "a receiver that waits once", user: .once, bounds: within { $0.signals = 1 }),
        Situation(name: "a UPID with a foreign reserved bit", scenario: .badUPID, user: .spin, bounds: within()),
        Situation(name: "the mail's hotplug", scenario: .hotplug, bounds: within { $0.offline = 1 }),
    ]

    func model(_ design: String, _ repairs: [String] = [], isFused: Bool = true) throws -> KernelModel {
        try KernelModel(design: design, repairs: repairs, scenario: scenario, user: user, bounds: bounds, isFused: isFused)
    }

    func model(_ mutant: Mutant) -> KernelModel? { mutant.model(scenario: scenario, user: user, bounds: bounds) }
}
