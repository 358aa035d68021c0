import KernelModel
import ModelChecker

/// Independent jobs made from a few questions, each with its own bounds, seed, strategy and reductions: what one search cannot hold,
/// many small and different ones cover in part (Holzmann, Joshi and Groce, "Swarm verification techniques", IEEE TSE 37, 2011).
public struct Swarm: Equatable, Sendable {
    public struct Job: Equatable, Sendable {
        public var question: Question
        public var search: ExploreOptions
    }

    public var seed: UInt64
    public private(set) var jobs: [Job] = []

    /// The first job of each question asks that question itself, with `search`; those after it draw smaller bounds and another way
    /// to search. No two jobs are the same.
    ///
    /// - Parameters:
    ///   - count: How many jobs; at least one for each question.
    ///   - search: What every job keeps: memory and threads. Without threads a job uses one, since jobs run beside each other.
    ///   - seed: The same seed makes the same jobs.
    /// - Throws: a sentence where there are fewer jobs than questions.
    public init(_ questions: [Question], count: Int, search: ExploreOptions, seed: UInt64) throws(UsageError) {
        guard count >= questions.count, !questions.isEmpty else {
            throw UsageError(
                "--shards \(count): there are \(questions.count) questions, and each needs a job. Give --shards \(questions.count) or more, or fewer questions by --design and --claim."
            )
        }
        self.seed = seed
        var generator = SeededGenerator(seed: seed)
        var given = search
        given.threads = search.threads ?? 1
        var seen: Set<[String]> = []
        for number in 0..<count {
            let question = questions[number % questions.count]
            var job = Job(question: question, search: given)
            if number < questions.count, given.strategy.isRandom { job.search.seed = generator.seed() }
            if number >= questions.count { job = Self.draw(question, given, &generator) }
            // A few draws find a new search where there is one; a walk with a seed of its own always is one.
            for _ in 0..<32 where seen.contains(job.question.arguments + job.search.arguments) {
                job = Self.draw(question, given, &generator)
            }
            if !seen.insert(job.question.arguments + job.search.arguments).inserted {
                job.search.strategy = .pct
                job.search.fingerprints = false
                job.search.seed = generator.seed()
                seen.insert(job.question.arguments + job.search.arguments)
            }
            jobs.append(job)
        }
    }

    private static func draw(_ question: Question, _ given: ExploreOptions, _ generator: inout SeededGenerator) -> Job {
        var job = Job(question: question, search: given)
        for key in BoundKey.all {
            let most = question.bounds[keyPath: key.path]
            // Half of the bounds stay: jobs that are all small would never meet what needs two things at once.
            let least = max(key.range.lowerBound, min(most, floor(key, question)))
            if most > least, generator.next().isMultiple(of: 2) {
                job.question.bounds[keyPath: key.path] = Int.random(in: least...most, using: &generator)
            }
        }
        if job.question.bounds.contradiction(in: question.scenario) != nil { job.question.bounds.cpus = question.bounds.cpus }
        // A walk proves nothing, and takes as long as a search of some ten thousand states.
        job.search.strategy = [.breadthFirst, .breadthFirst, .depthFirst, .random, .pct][Int.random(in: 0..<5, using: &generator)]
        job.search.reductions = Int.random(in: 0..<4, using: &generator) > 0
        job.search.fingerprints = job.search.strategy == .breadthFirst && Int.random(in: 0..<4, using: &generator) == 0
        job.search.seed = job.search.strategy.isRandom ? generator.seed() : nil
        return job
    }

    /// A job in which nothing is sent, or no CPU leaves in the scenario that is about that, learns nothing.
    private static func floor(_ key: BoundKey, _ question: Question) -> Int {
        switch key.name {
        case "messages": 1
        case "offline": question.scenario == .hotplug ? 1 : 0
        default: 0
        }
    }
}

extension SeededGenerator {
    /// Short enough to be typed.
    fileprivate mutating func seed() -> UInt64 { next() >> 32 | 1 }
}
