import KernelModel
import Testing
import Verdicts

@Suite("A swarm of jobs")
struct SwarmTests {
    private func question(_ bounds: String, _ scenario: Scenario = .any) throws -> Question {
        Question(design: "rfc-v1", scenario: scenario, bounds: try Bounds.parse(bounds, scenario: scenario))
    }

    @Test("the same seed makes the same jobs, another one others")
    func seeded() throws {
        let question = try question("cpus=3,senders=3,messages=2,offline=2,preemptions=2")
        let swarm = try Swarm([question], count: 40, search: ExploreOptions(), seed: 7)
        #expect(swarm == (try Swarm([question], count: 40, search: ExploreOptions(), seed: 7)))
        #expect(swarm.jobs != (try Swarm([question], count: 40, search: ExploreOptions(), seed: 8)).jobs)
    }

    @Test("no two jobs are the same, however few ways there are to differ", arguments: ["", "cpus=3,senders=3,messages=3,preemptions=3"])
    func different(_ bounds: String) throws {
        for seed in 1...20 {
            let swarm = try Swarm([try question(bounds)], count: 60, search: ExploreOptions(), seed: UInt64(seed))
            #expect(Set(swarm.jobs.map { $0.question.arguments + $0.search.arguments }).count == 60, "seed \(seed)")
        }
    }

    @Test("the first job of each question is the question itself; no job goes beyond its bounds, or where nothing can happen")
    func bounds() throws {
        let questions = [
            try question("cpus=3,senders=2,messages=2,offline=2", .hotplug), try question("cpus=2,offline=1,signals=3"),
        ]
        for seed in 1...50 {
            let swarm = try Swarm(questions, count: 30, search: ExploreOptions(), seed: UInt64(seed))
            #expect(swarm.jobs.prefix(2).map(\.question) == questions)
            for (index, job) in swarm.jobs.enumerated() {
                let bounds = job.question.bounds
                #expect(bounds.isWithin(questions[index % 2].bounds))
                #expect(bounds.messages > 0, "seed \(seed)")
                // Its own command must be one that uintr explore takes.
                #expect(try Bounds.parse(bounds.argument(in: job.question.scenario), scenario: job.question.scenario) == bounds)
            }
        }
    }

    @Test("random jobs have a seed and the others none; each keeps memory and threads")
    func search() throws {
        var given = ExploreOptions()
        given.memory = 1 << 30
        let swarm = try Swarm([try question("senders=3,preemptions=2")], count: 100, search: given, seed: 3)
        for job in swarm.jobs {
            #expect((job.search.seed != nil) == job.search.strategy.isRandom)
            #expect(!job.search.fingerprints || job.search.strategy == .breadthFirst)
            #expect(job.search.memory == 1 << 30 && job.search.threads == 1)
        }
        #expect(Set(swarm.jobs.map(\.search.strategy)) == Set(ExploreOptions.Strategy.allCases))
        #expect(Set(swarm.jobs.map(\.search.reductions)).count == 2)
        #expect(Set(swarm.jobs.map(\.question.bounds)).count > 5)
    }

    @Test("fewer jobs than questions are refused: a question would go unasked")
    func few() throws {
        let questions = [try question(""), try question("senders=2")]
        let error = try #require(throws: UsageError.self) { try Swarm(questions, count: 1, search: ExploreOptions(), seed: 1) }
        #expect(error.sentence.contains("there are 2 questions"))
    }
}
