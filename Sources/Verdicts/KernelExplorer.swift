import Glibc
import KernelModel
import ModelChecker

extension KernelModel {
    /// Searches this model: the place where the search is compiled for it.
    public func searched(_ options: SearchOptions) throws(SearchError) -> SearchResult<KernelState> {
        try Search(self, options: options).run()
    }
}

/// The model checker, set on the kernel's model.
enum KernelExplorer {
    /// One search for all of `questions`, which differ in their claims alone.
    @Sendable
    static func explore(
        _ questions: [Question], _ options: ExploreOptions, _ report: @escaping Explorer.Report
    ) throws(ExplorerError) -> [Answer] {
        guard let first = questions.first else { return [] }
        let model = try model(of: first, reduced: options.reductions)
        var search = searchOptions(options, claims: questions.map(\.claim))
        search.stopWhen = questions.count == 1 ? .firstViolation : .everyPropertyDecided
        var found = try run(model, search, report)
        let loop = Claim.faultLoop.bitIndex
        if found.isComplete, found.undecided >> PropertySet(loop) & 1 != 0, !model.endsEveryFault {
            // Canonical states have a cycle, or only fingerprints were kept: whether there is one of the states that these stand
            // for takes a search of its own.
            var alone = searchOptions(options, claims: [.faultLoop])
            alone.reductions = []
            alone.fingerprints = false
            let second = try run(model, alone, report)
            found.undecided = found.undecided & ~(1 << PropertySet(loop)) | second.undecided & 1 << PropertySet(loop)
            found.coverage += "; cycles were looked for in \(second.states) states without reductions"
            if let violation = second.violation(of: loop) { found.violations.append(violation) }
        }
        var answers: [Answer] = []
        for question in questions { answers.append(try answer(question, model, found, options)) }
        return answers
    }

    private static func answer(
        _ question: Question, _ model: KernelModel, _ found: SearchResult<KernelState>, _ options: ExploreOptions
    ) throws(ExplorerError) -> Answer {
        let place = question.claim.bitIndex
        var answer = Answer(
            question: question, verdict: .holds, states: UInt64(found.states), transitions: UInt64(found.transitions),
            seconds: found.seconds, coverage: coverage(found, options))
        if let violation = found.violation(of: place) {
            answer.verdict = .violated
            answer.trace = try TraceWriter(model, question).trace(violation.path)
        } else if found.undecided >> PropertySet(place) & 1 != 0 {
            if question.claim == .faultLoop, model.endsEveryFault {
                answer.coverage += "; fault-loop follows from the code: its #GP handler only goes forward and never returns to the same SENDUIPI"
            } else {
                answer.verdict = .incomplete
            }
        }
        return answer
    }

    private static func coverage(_ found: SearchResult<KernelState>, _ options: ExploreOptions) -> String {
        var text = found.coverage
        if let odds = found.omissionOdds { text += "; the odds that a state was left out are below \(short(odds))" }
        return text + (options.reductions ? "; local steps fused, symmetric states merged" : "; no reduction")
    }

    /// Two digits, rounded up: `1.5e-3`.
    private static func short(_ odds: Double) -> String {
        guard odds > 0, odds < 1 else { return "\(odds)" }
        let exponent = log10(odds).rounded(.down)
        return "\((odds / pow(10, exponent) * 10).rounded(.up) / 10)e\(Int(exponent))"
    }

    private static func searchOptions(_ options: ExploreOptions, claims: [Claim]) -> SearchOptions {
        var search = SearchOptions()
        switch options.strategy {
        case .breadthFirst: search.strategy = .breadthFirst
        case .depthFirst: search.strategy = .depthFirst
        case .random: search.strategy = .randomWalk(seed: options.seed ?? 1, walks: walks, depth: 1000)
        case .pct: search.strategy = .pct(seed: options.seed ?? 1, walks: walks, depth: 1000)
        }
        search.goal = claims.reduce(0) { $0 | 1 << PropertySet($1.bitIndex) }
        search.fingerprints = options.fingerprints
        search.reductions = options.reductions && !options.strategy.isRandom ? .canonical : []
        search.threads = options.strategy == .breadthFirst ? options.threads ?? max(sysconf(Int32(_SC_NPROCESSORS_ONLN)), 1) : 1
        search.memoryLimit = options.memory.map { Int(clamping: $0) }
        return search
    }

    private static let walks = 100_000

    private static func run(
        _ model: KernelModel, _ options: SearchOptions, _ report: @escaping Explorer.Report
    ) throws(ExplorerError) -> SearchResult<KernelState> {
        do throws(SearchError) {
            return try Search(model, options: options).run { progress in
                report(
                    ExploreProgress(
                        states: UInt64(progress.states), depth: progress.depth, queued: UInt64(progress.frontier),
                        estimate: progress.estimate.map { UInt64($0) }))
            }
        } catch {
            throw ExplorerError("The search could not run: \(error)")
        }
    }

    static func model(of question: Question, reduced: Bool) throws(ExplorerError) -> KernelModel {
        do throws(KernelModel.ConfigurationError) {
            return try KernelModel(
                design: question.design, repairs: question.repairs, scenario: question.scenario, user: question.user,
                bounds: question.bounds, isFused: reduced)
        } catch {
            switch error {
            case .unknownDesign(let name):
                throw ExplorerError("There is no design \(name). \"uintr explore --list\" names them all.")
            case .unknownRepair(let name, let design):
                throw ExplorerError("The design \(design) has no repair \(name). \"uintr explore --list\" names what it has.")
            }
        }
    }

    /// Takes the steps of a trace in the model that its file describes.
    @Sendable
    static func replay(_ file: TraceFile) throws(ExplorerError) -> Replay {
        // A step is a number in the model with steps fused, or without: the names tell which.
        var failure: Replay?
        for fused in [true, false] {
            let model = try model(of: file.question, reduced: fused)
            switch TraceWriter(model, file.question).follow(file.trace) {
            case .done(let trace, let verdict): return .done(trace, verdict)
            case .notEnabled(let index, let enabled):
                if case .notEnabled(let before, _) = failure, before >= index { continue }
                failure = .notEnabled(index: index, enabled: enabled)
            }
        }
        return failure ?? .notEnabled(index: 0, enabled: [])
    }
}
