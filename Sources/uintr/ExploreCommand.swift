import ArgumentParser
import KernelModel
import Report
import Verdicts

struct ExploreCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "explore",
        abstract: "Search every interleaving of a wait design for one that breaks a claim.",
        discussion: """
            A proof within the bounds, or the shortest trace that breaks the claim: a column for each CPU, IPIs in flight between them. \
            "uintr explore --list" names designs, repairs, claims and bounds. Exit status: 0 all hold, 1 one is violated, 4 none is \
            violated but one is incomplete, 64 wrong usage.
            """)

    enum Format: String, CaseIterable, ExpressibleByArgument { case text, json, markdown, mermaid, html }

    @Option(help: ArgumentHelp("The wait design.", valueName: "name"))
    var design: String?

    @Option(help: ArgumentHelp("Repairs of the design, or ideas of the mail, to switch on.", valueName: "a,b"))
    var repairs: String?

    @Option(help: ArgumentHelp("What is claimed of it; lost-wakeup if not given. With --all, every claim.", valueName: "name"))
    var claim: String?

    @Option(help: "A situation that the search is confined to.")
    var scenario = Scenario.any

    @Option(help: "What the receiver's program does around uintr_wait().")
    var user = UserSide.clui

    @Option(
        help: ArgumentHelp(
            "How much of everything may happen. Not named: cpus=2,receivers=1,senders=1,messages=1,vectors=1, all else 0.",
            valueName: "name=n,…"))
    var bounds = ""

    @Option(help: "In which order the search takes the steps. Only breadth-first finds a shortest trace; random and pct never cover all.")
    var strategy = ExploreOptions.Strategy.breadthFirst

    @Flag(help: "The matrix: every design against every claim, or those of --design and --claim.")
    var all = false

    @Option(help: "With --all and no bounds of its own: the situations that are searched together.")
    var suite = Suite.Name.small

    @Option(help: "What standard output carries.")
    var format = Format.text

    @Option(help: ArgumentHelp("Save the trace, if there is one, for \"uintr replay\".", valueName: "file"))
    var trace: String?

    @Option(help: ArgumentHelp("Memory that the search may use: 4G, 512M.", valueName: "bytes"))
    var memory: String?

    @Option(help: "Threads that search, breadth-first; one for each CPU if not given.")
    var threads: Int?

    @Option(help: "Of the random strategies and of --shards. Drawn, and printed, if not given.")
    var seed: UInt64?

    @Flag(inversion: .prefixedNo, help: "Skip interleavings that no claim can tell from one that is searched.")
    var reductions = true

    @Flag(help: "Store 64-bit fingerprints in place of states: less memory, and small odds, which are printed, of leaving a state out.")
    var fingerprints = false

    @Flag(name: .customLong("no-times"), help: "Leave out what differs from run to run.")
    var noTimes = false

    @Flag(help: "List designs, repairs, claims and bounds in place of searching.")
    var list = false

    @Option(help: ArgumentHelp("Write so many independent jobs in place of searching. With --output.", valueName: "n"))
    var shards: Int?

    @Option(help: ArgumentHelp("Where --shards writes jobs.txt (GNU parallel) and jobs.sbatch (Slurm).", valueName: "folder"))
    var output: String?

    @Option(
        help: ArgumentHelp(
            "Write the answers there as JSON, whole or not at all, and exit 0 whatever they are. Where they are already, search nothing.",
            valueName: "file"))
    var result: String?

    func validate() throws {
        if list {
            guard format == .text || format == .json else { throw ValidationError("--list prints text or JSON. Give --format text or json.") }
            return
        }
        if design == nil && !all {
            throw ValidationError(
                "Nothing is asked. Give --design (\(WaitDesign.all.map(\.name).joined(separator: ", "))), or --all for every design and claim.")
        }
        if repairs != nil && design == nil { throw ValidationError("--repairs belong to a design. Give --design as well.") }
        if let threads, !(1...1024).contains(threads) { throw ValidationError("--threads is 1 to 1024, not \(threads).") }
        if fingerprints && strategy != .breadthFirst {
            throw ValidationError("--fingerprints serve --strategy breadth-first alone, not \(strategy.rawValue). Leave one of them out.")
        }
        if all && trace != nil { throw ValidationError("--trace saves one trace. Give --design and --claim in place of --all.") }
        if all && format == .mermaid { throw ValidationError("A Mermaid diagram draws one trace. Give --design and --claim in place of --all, or --format html.") }
        if (shards == nil) != (output == nil) {
            throw ValidationError("--shards says how many jobs, --output where they are written. Give both: --shards 100 --output jobs.")
        }
        if result != nil && (format != .text || trace != nil) {
            throw ValidationError("--result writes JSON to a file, the trace in it. Leave --trace and --format out.")
        }
        if let shards {
            guard (1...100_000).contains(shards) else { throw ValidationError("--shards is 1 to 100000, not \(shards).") }
            if trace != nil || format != .text || result != nil {
                throw ValidationError("--shards writes jobs and searches nothing. Leave --trace, --format and --result out: each job writes JSON to a file of its own.")
            }
        }
    }

    func run() throws {
        if list {
            let catalogue = CatalogueText()
            return try Output.write(format == .json ? catalogue.json : catalogue.text(Terminal.layout))
        }
        let (questions, options): ([[Question]], ExploreOptions)
        do throws(UsageError) {
            questions = try self.questions()
            options = try self.options()
        } catch {
            throw Output.usage(error.sentence)
        }
        if let shards, let output { return try writeJobs(questions.flatMap { $0 }, shards, options, to: output) }
        if let result {
            let job = ResultJob(file: ResultFile(result), questions: questions.flatMap { $0 }, options: options)
            if job.isDone { return }
            return try job.run { () throws(ExplorerError) in try answers(questions, options) }
        }
        try search(questions, options)
    }

    /// What is asked: for each design its claims.
    private func questions() throws(UsageError) -> [[Question]] {
        var designs = WaitDesign.all
        if let design { designs = [try WaitDesign.checked(design)] }
        var claims = all ? Claim.allCases : [.lostWakeup]
        if let claim { claims = [try Claim.named(claim)] }
        let names = (repairs ?? "").split(separator: ",").map { String($0.filter { $0 != " " }) }
        var situations = Suite.named(suite).situations.map { Question(design: "", scenario: $0.scenario, user: $0.user, bounds: $0.bounds) }
        if !usesSuite {
            situations = [
                Question(design: "", scenario: scenario, user: user, bounds: try Bounds.parse(bounds, scenario: scenario))
            ]
        }
        var questions: [[Question]] = []
        for design in designs {
            let repairs = try design.checkedRepairs(names)
            for situation in situations {
                questions.append(
                    claims.map {
                        var question = situation
                        (question.design, question.repairs, question.claim) = (design.name, repairs, $0)
                        return question
                    })
            }
        }
        return questions
    }

    /// What was typed says nothing of the situation: a suite of them is searched.
    private var usesSuite: Bool { all && bounds.isEmpty && scenario == .any && user == .clui && shards == nil }

    private func options() throws(UsageError) -> ExploreOptions {
        var options = ExploreOptions()
        options.strategy = strategy
        options.reductions = reductions
        options.fingerprints = fingerprints
        options.threads = threads
        if let memory { options.memory = try bytes(of: memory, option: "--memory") }
        if strategy.isRandom && shards == nil { options.seed = seed ?? UInt64.random(in: 1...UInt64(UInt32.max)) }
        return options
    }

    private func writeJobs(_ questions: [Question], _ count: Int, _ options: ExploreOptions, to folder: String) throws {
        let swarm: Swarm
        do throws(UsageError) {
            swarm = try Swarm(questions, count: count, search: options, seed: seed ?? UInt64.random(in: 1...UInt64(UInt32.max)))
        } catch {
            throw Output.usage(error.sentence)
        }
        let files = SwarmFiles(swarm)
        let list = folder + "/jobs.txt"
        // Other jobs' results would be taken for these jobs'.
        if let old = try? TextFile.read(list), old != Array(files.jobs.utf8) {
            throw Output.usage("\(list) holds other jobs, whose results may be there. Name another --output, or give the --seed and all else that made them.")
        }
        for name in [folder, folder + "/results", folder + "/logs"] { try TextFile.makeFolder(name) }
        try TextFile.write(files.jobs, to: list)
        try TextFile.write(files.slurm, to: folder + "/jobs.sbatch")
        try Output.write(files.text(in: folder, Terminal.layout))
    }

    /// For `--result`.
    private func answers(_ questions: [[Question]], _ options: ExploreOptions) throws(ExplorerError) -> [AnswerRecord] {
        var records: [AnswerRecord] = []
        for (index, asked) in questions.enumerated() {
            let line = SearchProgressLine(asked[0].subject, number: index + 1, of: questions.count)
            defer { line.erase() }
            records += try Explorer.engine.explore(asked, options) { line.update($0) }.map { AnswerRecord($0, search: options) }
        }
        return records
    }

    private func search(_ questions: [[Question]], _ options: ExploreOptions) throws {
        let explorer = Explorer.engine
        var records: [AnswerRecord] = []
        var ideas: [IdeaRow] = []
        // JSON is an array of answers, which ideas are not.
        let wantsIdeas = all && design == nil && claim == nil && format != .json
        do throws(ExplorerError) {
            let total = questions.count + (wantsIdeas ? 1 : 0)
            for (index, asked) in questions.enumerated() {
                let subject = asked[0].subject + ", " + (asked.count == 1 ? asked[0].claim.rawValue : "\(asked.count) claims")
                let line = SearchProgressLine(subject, number: index + 1, of: total)
                defer { line.erase() }
                records += try explorer.explore(asked, options) { line.update($0) }.map { AnswerRecord($0, search: options) }
            }
            if wantsIdeas, let first = questions.first?.first {
                let line = SearchProgressLine("the mail's other ideas", number: total, of: total)
                defer { line.erase() }
                ideas = try explorer.ideas(usesSuite ? Suite.ideas(first) : first, options) { line.update($0) }
            }
        } catch {
            Output.note(error.sentence)
            throw ExitCode(1)
        }
        var report = ExploreReport(records, ideas: ideas, showsTimes: !noTimes, command: Self.typed)
        try save(records.first, version: explorer.version, options, in: &report)
        try Output.write(render(report))
        throw ExitCode(report.exitStatus)
    }

    private func save(_ record: AnswerRecord?, version: Int, _ options: ExploreOptions, in report: inout ExploreReport) throws {
        guard let trace, let answer = record?.answer else { return }
        guard let found = answer.trace else {
            return Output.note("\(trace) is not written: nothing is violated, so there is no trace.")
        }
        let file = TraceFile(version: version, question: answer.question, verdict: answer.verdict, seed: options.seed, trace: found)
        try TextFile.write(file.json, to: trace)
        report.traceFile = trace
    }

    private func render(_ report: ExploreReport) -> String {
        switch format {
        case .text: report.text(Terminal.layout)
        case .json: report.json
        case .markdown: report.markdown
        case .mermaid: report.mermaid
        case .html: report.html
        }
    }

    /// What was typed, whatever the path of the executable.
    static var typed: String {
        (["uintr"] + CommandLine.arguments.dropFirst().map(shellQuoted)).joined(separator: " ")
    }
}

extension Scenario: ExpressibleByArgument {}
extension UserSide: ExpressibleByArgument {}
extension Suite.Name: ExpressibleByArgument {}
extension ExploreOptions.Strategy: ExpressibleByArgument {}
