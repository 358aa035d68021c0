import Glibc
import ModelChecker
import Synchronization

/// The endings that a search meets, each once.
final class EndingLog: Sendable {
    private let seen = Mutex<Set<UInt64>>([])
    func note(_ ending: UInt64) { seen.withLock { _ = $0.insert(ending) } }
    var all: Set<UInt64> { seen.withLock { $0 } }
}

/// One search, whose result is printed as `name value` lines.
func searchOnce(_ arguments: inout Arguments) throws(Complaint) {
    var sizes = Sizes.named[0].sizes
    var mutant = 0
    var options = SearchOptions()
    var naive = false
    while let option = arguments.next() {
        switch option {
        case "--cpus": sizes.cpus = try arguments.number(after: option, in: 2...3)
        case "--senders": sizes.senders = try arguments.number(after: option, in: 1...3)
        case "--messages": sizes.messages = try arguments.number(after: option, in: 1...3)
        case "--preemptions": sizes.preemptions = try arguments.number(after: option, in: 0...3)
        case "--mutant": mutant = try arguments.number(after: option, in: Sizes.mutants)
        case "--threads": options.threads = try arguments.number(after: option, in: 1...64)
        // Persistent sets find next to nothing here that the transactions leave, and cost more than they save.
        case "--reduce": options.reductions = [.transactions, .chains, .canonical]
        case "--check": options.reductions = .checkDeclarations
        case "--reductions": options.reductions = Reductions(rawValue: UInt8(try arguments.number(after: option, in: 0...255)))
        case "--expect": options.expectedStates = try arguments.number(after: option, in: 0...Int(UInt32.max))
        case "--first": options.stopWhen = .firstViolation
        case "--naive": naive = true
        default:
            throw .usage(
                "bench-spin search [--cpus 2–3] [--senders 1–3] [--messages 1–3] [--preemptions 0–3] [--mutant 0–7]"
                    + " [--threads N] [--expect STATES] [--reduce|--check|--reductions BITS] [--first] [--naive]")
        }
    }
    let endings = EndingLog()
    defer { withExtendedLifetime(endings) {} }
    if sizes.cpus == 2, sizes.senders <= NarrowState.senders {
        try search(WaitModel<NarrowState>(sizes, mutant: mutant, endings: endings), options, naive: naive)
    } else {
        guard sizes.cpus == 3 else { throw .usage("three senders need --cpus 3: the layout for two CPUs has room for two") }
        try search(WaitModel<WideState>(sizes, mutant: mutant, endings: endings), options, naive: naive)
    }
}

private func search<State: WaitState>(_ model: WaitModel<State>, _ options: SearchOptions, naive: Bool) throws(Complaint) {
    let states: Int
    let transitions: Int
    let isViolated: Bool
    if naive {
        let search = NaiveSearch(model)
        states = search.seen.count
        transitions = search.transitions
        isViolated = search.endings.contains { model.brokenByEnding(in: $0) != 0 }
    } else {
        let result: SearchResult<State>
        do throws(SearchError) {
            result = try Search(model, options: options).run()
        } catch {
            throw .failed("\(error)")
        }
        guard result.isComplete || !result.violations.isEmpty else { throw .failed(result.coverage) }
        states = result.states
        transitions = result.transitions
        isViolated = !result.violations.isEmpty
        print("seconds \(result.seconds)")
        for violation in result.violations { print("trace \(violation.path.steps.count) steps") }
    }
    print("states \(states)")
    print("transitions \(transitions)")
    print("violated \(isViolated ? 1 : 0)")
    for ending in model.endings.all.sorted() { print("ending \(String(ending, radix: 16))") }
}
