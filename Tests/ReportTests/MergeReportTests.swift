import KernelModel
import Report
import Testing
import Verdicts

@Suite("What merge prints")
struct MergeReportTests {
    private func joined(_ files: (String, [AnswerRecord])..., broken: [(String, String)] = []) -> JoinedResults {
        JoinedResults(files.map { ($0.0, .success($0.1)) } + broken.map { ($0.0, .failure(FileError($0.1))) })
    }

    private func record(_ verdict: Answer.Verdict, _ bounds: String, states: UInt64 = 10, trace: Trace? = nil) throws -> AnswerRecord {
        AnswerRecord(
            Sample.answer("rfc-v1", .lostWakeup, verdict, states: states, bounds: try Bounds.parse(bounds), trace: trace), search: ExploreOptions())
    }

    @Test("each design and claim has its bounds, its runs, and what no run took in at once")
    func coverage() throws {
        let text = MergeReport(joined(("1.json", [try record(.holds, "senders=2")]), ("2.json", [try record(.holds, "offline=1")])))
            .text(TextLayout(width: 110))
        #expect(text.contains("holds       within cpus=2, receivers=1, senders=2, messages=1"))
        #expect(text.contains("holds       within cpus=2, receivers=1, senders=1, messages=1, offline=1"))
        #expect(text.contains("no complete run took in all at once: cpus=2, receivers=1, senders=2, messages=1, offline=1"))
        #expect(text.contains("1.json: holds, breadth-first, reduced, 10 states"))
        #expect(text.contains("2 runs of 2 questions, 20 states stored in all"))
    }

    @Test("a violation and a disagreement are spelled out, with the next command")
    func trouble() throws {
        let text = MergeReport(
            joined(("1.json", [try record(.holds, "")]), ("2.json", [try record(.violated, "", trace: Sample.lostWakeup)]))
        ).text(TextLayout(width: 100))
        #expect(text.contains("DISAGREE  rfc-v1: lost-wakeup") && text.contains("--no-reductions --threads 1"))
        #expect(text.contains("VIOLATED  rfc-v1: lost-wakeup") && text.contains("11, in 2.json. Receiver A sleeps"))
        #expect(text.contains("1 with runs that disagree"))
    }

    @Test("a file that cannot be used is named in every format that has words", arguments: ["text", "markdown"])
    func unusable(_ format: String) throws {
        for files in [joined(("1.json", [try record(.holds, "")]), broken: [("x.json", "is empty.")]), joined(broken: [("x.json", "is empty.")])] {
            let report = MergeReport(files)
            #expect((format == "text" ? report.text(TextLayout()) : report.markdown).contains("x.json is empty."))
        }
    }

    @Test("jobs without a result are named by what became of them, with the next step; the status is 4")
    func missing() throws {
        func job(_ number: Int) -> JobList.Job { .init(number: number, command: "x", result: "results/\(number).json") }
        let results = JoinedResults(
            [("1.json", .success([try record(.holds, "")]))],
            missing: [2, 3, 4, 9].map { .init(job: job($0), state: .notBegun) } + [
                .init(job: job(5), state: .notEnded), .init(job: job(6), state: .failed("No room.")),
            ])
        let text = MergeReport(results).text(TextLayout(width: 200))
        #expect(results.exitStatus == 4)
        #expect(text.contains("Jobs 2-4, 9 have not begun.") && text.contains("Job 5 has begun and not ended") && text.contains("Job 6 failed: No room."))
        #expect(text.contains("only those without a result are run"))
    }

    @Test("holds here and violated there is explained: a wrong run, a smaller system, or more events")
    func comparisons() throws {
        func text(_ holds: String, _ violated: String) throws -> String {
            MergeReport(joined(("1.json", [try record(.holds, holds)]), ("2.json", [try record(.violated, violated, trace: Sample.lostWakeup)])))
                .text(TextLayout(width: 100)).split(whereSeparator: \.isWhitespace).joined(separator: " ")
        }
        #expect(try text("signals=1", "").contains("DISAGREE It is violated within") && text("signals=1", "").contains("one of the runs is wrong"))
        #expect(try text("senders=2,signals=1", "").contains("The first is a smaller system (senders)"))
        #expect(try text("senders=2", "preemptions=1").contains("takes more than the second allows: preemptions. Both can be right"))
    }

    @Test("a run that a limit ended and a random one are counted apart, and neither is called a failure")
    func limits() throws {
        var random = try record(.incomplete, "senders=2")
        random.search?.strategy = .pct
        let text = MergeReport(joined(("1.json", [try record(.incomplete, "")]), ("2.json", [random]))).text(TextLayout(width: 300))
        #expect(text.contains("1 run was random: a sample") && text.contains("1 run ended at a limit before all was searched"))
        #expect(!text.contains("failed"))
    }

    @Test("its JSON is what it was made from, and merges again to the same")
    func again() throws {
        let first = joined(
            ("1.json", [try record(.holds, "senders=2")]), ("2.json", [try record(.violated, "", trace: Sample.lostWakeup), try record(.incomplete, "")]))
        let text = MergeReport(first).json
        let second = joined(("m.json", try AnswerRecord.read(Array(text.utf8))))
        #expect(MergeReport(second).json == text)
        #expect(second.exitStatus == first.exitStatus)
    }

    @Test("the swarm's files: a line for each job, and an array of as many tasks that fails for nothing that is a result")
    func swarm() throws {
        var search = ExploreOptions()
        search.memory = 2 << 30
        let swarm = try Swarm([Question(design: "rfc-v1", bounds: try Bounds.parse("senders=3,preemptions=2"))], count: 12, search: search, seed: 5)
        let files = SwarmFiles(swarm)
        let lines = files.jobs.split(separator: "\n")
        #expect(lines.count == 12 && files.jobs.hasSuffix("\n"))
        for (index, line) in lines.enumerated() {
            #expect(line.hasPrefix("\"${UINTR:-uintr}\" explore --design rfc-v1 --claim lost-wakeup "))
            #expect(line.hasSuffix(" --result results/00\(index + 1 < 10 ? "0" : "")\(index + 1).json"))
            #expect(line.contains("--memory 2147483648") && line.contains("--threads 1"))
        }
        #expect(files.slurm.hasPrefix("#!/bin/sh\n#SBATCH ") && files.slurm.contains("#SBATCH --array=1-12\n"))
        #expect(files.slurm.contains("#SBATCH --mem=2368M\n") && files.slurm.contains("-le 12 ]"))
        #expect(files.slurm.hasSuffix("exit $status\n") && files.slurm.contains("seed 5"))
        let list = try JobList(files.jobs)
        #expect(list.jobs.map(\.number) == Array(1...12) && list.jobs[11].result == "results/0012.json")
        let words = files.text(in: "my jobs", TextLayout(width: 100))
        #expect(words.contains("cd 'my jobs' && parallel < jobs.txt") && words.contains("uintr merge 'my jobs'\n"))
    }
}

@Suite("More jobs than tasks")
struct ManyJobsTests {
    @Test("an array has no more tasks than Slurm takes by default, and they share all jobs")
    func many() throws {
        let swarm = try Swarm([Question(design: "fault", bounds: try Bounds.parse("senders=3,preemptions=2"))], count: 2500, search: ExploreOptions(), seed: 1)
        let files = SwarmFiles(swarm)
        #expect(files.slurm.contains("#SBATCH --array=1-1000\n") && files.slurm.contains("number + 1000") && files.slurm.contains("-le 2500 ]"))
        #expect(files.jobs.split(separator: "\n").count == 2500)
    }
}

@Suite("What replay prints")
struct ReplayReportTests {
    private let file = TraceFile(version: 1, question: Sample.hotplug, verdict: .violated, trace: Sample.lostWakeup)

    @Test("0 and a sentence where the verdict is reproduced, even where the words beside the steps differ")
    func reproduced() {
        let same = ReplayReport(file, .done(Sample.lostWakeup, .violated), file: "t.json")
        #expect(same.exitStatus == 0 && same.sentence.contains("reproduced: rfc-v1, scenario hotplug: lost-wakeup is violated after 11 steps"))
        #expect(!same.sentence.contains("differs"))
        var other = Sample.lostWakeup
        other.steps[2].text = "another word"
        let differs = ReplayReport(file, .done(other, .violated), file: "t.json")
        #expect(differs.exitStatus == 0 && differs.sentence.contains("differs from the model's own words"))
    }

    @Test("1 where the steps end otherwise than the file says")
    func otherwise() {
        let report = ReplayReport(file, .done(Sample.lostWakeup, .holds), file: "t.json")
        #expect(report.exitStatus == 1 && report.sentence.contains("not reproduced") && report.sentence.contains("it is not violated"))
    }

    @Test("1 where a step is not enabled: which one, and what is")
    func notEnabled() {
        let report = ReplayReport(file, .notEnabled(index: 6, enabled: ["CPU 1: stui", "CPU 0: idle"]), file: "t.json")
        #expect(report.exitStatus == 1 && report.trace == nil)
        #expect(report.sentence.contains("step 7 of 11 (CPU 0: cpu_down(1)"))
        #expect(report.sentence.contains("CPU 1: stui; CPU 0: idle"))
        #expect(ReplayReport(file, .notEnabled(index: 99, enabled: []), file: "t.json").sentence.contains("Nothing is enabled"))
    }
}
