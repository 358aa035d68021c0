import KernelModel
import Testing
import Verdicts

@Suite("Joined results")
struct JoinedResultsTests {
    private func row(
        _ verdict: Answer.Verdict, states: UInt64 = 100, design: String = "fault", bounds: String = "", steps: Int? = nil,
        _ change: (inout ExploreOptions) -> Void = { _ in }
    ) throws -> AnswerRecord {
        var search = ExploreOptions()
        change(&search)
        let trace = steps.map { count in
            Trace(
                title: "t", cpus: 2, initial: [],
                steps: (0..<count).map { Trace.Step(id: UInt16($0), cpu: 0, task: nil, text: "s", inFlight: [], state: []) }, conclusion: "c")
        }
        return AnswerRecord(
            Answer(
                question: Question(design: design, bounds: try Bounds.parse(bounds)), verdict: verdict, states: states, transitions: states * 2,
                seconds: 1, coverage: "", trace: trace), search: search)
    }

    private func join(_ files: [AnswerRecord]...) -> JoinedResults {
        JoinedResults(files.enumerated().map { ("\($0 + 1).json", .success($1)) })
    }

    @Test("runs of one question are one group, and the shortest trace stands for it")
    func groups() throws {
        let joined = join(
            [try row(.violated, steps: 9)], [try row(.incomplete), try row(.violated, steps: 7)], [try row(.holds, design: "mail")])
        #expect(joined.groups.map(\.question.design) == ["fault", "mail"])
        #expect(joined.groups[0].runs.map(\.file) == ["1.json", "2.json", "2.json"])
        #expect(joined.records.map(\.answer.trace?.steps.count) == [7, nil])
        #expect(joined.exitStatus == 1)
    }

    @Test("one complete run makes a question hold, however many are incomplete")
    func holds() throws {
        let joined = join([try row(.incomplete, states: 9000) { $0.strategy = .pct }], [try row(.holds)])
        #expect(joined.groups[0].verdict == .holds && joined.records[0].answer.verdict == .holds)
        #expect(joined.exitStatus == 0)
    }

    @Test("violated beside holds, within the same bounds, is a disagreement that names both files")
    func disagreement() throws {
        let joined = join([try row(.holds) { $0.fingerprints = true }], [try row(.violated, steps: 3)])
        let said = try #require(joined.groups[0].disagreement)
        #expect(said.contains("1.json") && said.contains("2.json") && said.contains("fingerprints"))
        #expect(joined.groups[0].verdict == .violated && joined.exitStatus == 1)
    }

    @Test("two complete searches of the same graph that store different numbers of states disagree")
    func counts() throws {
        func full(_ states: UInt64, _ change: (inout ExploreOptions) -> Void = { _ in }) throws -> AnswerRecord {
            try row(.holds, states: states) {
                $0.reductions = false
                change(&$0)
            }
        }
        #expect(join([try full(100)], [try full(101)]).groups[0].disagreement?.contains("100") == true)
        #expect(join([try full(100)], [try full(101)]).exitStatus == 1)
        #expect(join([try full(100)], [try full(100) { $0.strategy = .depthFirst }]).groups[0].disagreement == nil)
        #expect(join([try full(100)], [try full(101) { $0.strategy = .depthFirst }]).groups[0].disagreement != nil)
        // What a reduction leaves out depends on the order, and fingerprints may leave a state out.
        #expect(join([try row(.holds, states: 50)], [try row(.holds, states: 51) { $0.strategy = .depthFirst }]).exitStatus == 0)
        #expect(join([try full(100)], [try full(99) { $0.fingerprints = true }]).exitStatus == 0)
        #expect(join([try full(100)], [try row(.holds, states: 40)]).exitStatus == 0)
    }

    @Test("the same row given twice is one run")
    func repeated() throws {
        let joined = join([try row(.holds)], [try row(.holds)])
        #expect(joined.groups[0].runs.count == 1 && joined.repeated == 1)
    }

    @Test("different bounds are different questions; coverage names the largest that hold and what no run took in at once")
    func coverage() throws {
        let joined = join(
            [try row(.holds)], [try row(.holds, bounds: "senders=2")], [try row(.holds, bounds: "preemptions=1")],
            [try row(.incomplete, bounds: "senders=2,preemptions=1")])
        #expect(joined.groups.count == 4 && joined.exitStatus == 4)
        let coverage = try #require(joined.coverage.first)
        #expect(joined.coverage.count == 1)
        #expect(coverage.holds == [try Bounds.parse("senders=2"), try Bounds.parse("preemptions=1")])
        #expect(coverage.union == (try Bounds.parse("senders=2,preemptions=1")))
        #expect(coverage.incomplete == [coverage.union])
    }

    @Test("what a complete run took in is not open: the same system with fewer events, and no smaller system")
    func takenIn() throws {
        let walk = { (bounds: String) in try self.row(.incomplete, bounds: bounds) { $0.strategy = .random } }
        let full = try row(.holds, bounds: "senders=2,preemptions=2")
        #expect(join([full], [try walk("senders=2,preemptions=1")]).exitStatus == 0)
        #expect(join([full], [try walk("preemptions=1")]).exitStatus == 4)
        #expect(join([full], [try walk("senders=2,signals=1")]).exitStatus == 4)
    }

    @Test("what holds within some bounds and is violated within others is compared, whichever run comes first")
    func comparisons() throws {
        func meaning(_ holds: String, _ violated: String) throws -> [JoinedResults.Comparison.Meaning] {
            let (one, other) = (try row(.holds, bounds: holds), try row(.violated, bounds: violated, steps: 3))
            let first = join([one], [other]).coverage.first?.comparisons.map(\.meaning)
            #expect(first == join([other], [one]).coverage.first?.comparisons.map(\.meaning))
            return first ?? []
        }
        #expect(try meaning("preemptions=2,signals=1", "preemptions=1") == [.contradiction])
        #expect(try meaning("senders=2,messages=2", "senders=2") == [.smallerSystem(parts: ["messages"])])
        #expect(try meaning("cpus=3,senders=2", "senders=2") == [.smallerSystem(parts: ["cpus"])])
        #expect(try meaning("senders=2", "senders=2,preemptions=1,signals=1") == [.beyond(names: ["preemptions", "signals"])])
        #expect(join([try row(.holds)], [try row(.holds, bounds: "senders=2")]).coverage[0].comparisons.isEmpty)
    }

    @Test("a contradiction is told even where a smaller violation stands beside it, and the least bounds stand for the rest")
    func hidden() throws {
        let joined = join(
            [try row(.holds, bounds: "senders=2,preemptions=2")], [try row(.violated, bounds: "senders=2,preemptions=1", steps: 3)],
            [try row(.violated, bounds: "", steps: 3)])
        let coverage = try #require(joined.coverage.first)
        #expect(coverage.violated == [try Bounds.parse("")])
        #expect(coverage.comparisons.map(\.meaning) == [.contradiction, .smallerSystem(parts: ["senders"])])
    }

    @Test("a job that has no result leaves the whole incomplete, and hides no violation")
    func missing() throws {
        let missing = [JoinedResults.Missing(job: .init(number: 2, command: "", result: "2.json"), state: .notEnded)]
        #expect(JoinedResults([("a", .success([try row(.holds)]))], missing: missing).exitStatus == 4)
        #expect(JoinedResults([("a", .success([try row(.violated, steps: 1)]))], missing: missing).exitStatus == 1)
    }

    @Test("a file that cannot be used leaves the result incomplete, and hides no violation")
    func unusable() throws {
        let broken: (String, Result<[AnswerRecord], FileError>) = ("x.json", .failure(FileError("is empty.")))
        #expect(JoinedResults([broken, ("a", .success([try row(.holds)]))]).exitStatus == 4)
        #expect(JoinedResults([broken, ("a", .success([try row(.violated, steps: 1)]))]).exitStatus == 1)
        #expect(JoinedResults([broken]).unusable == [.init(file: "x.json", sentence: "is empty.")])
        #expect(JoinedResults([("a", .success([]))]).exitStatus == 4)
    }
}

extension JoinedResults.Unusable {
    init(file: String, sentence: String) {
        self = JoinedResults([(file, .failure(FileError(sentence)))]).unusable[0]
    }
}

@Suite("Jobs and their files")
struct JobListTests {
    @Test("a line that names no result is refused with its number")
    func refused() throws {
        let error = try #require(throws: FileError.self) { try JobList("uintr explore --result a.json\nuintr explore > b.json\n") }
        #expect(error.sentence.contains("line 2"))
        #expect(try #require(throws: FileError.self) { try JobList("\n") }.sentence.contains("holds no job"))
        #expect(try JobList("x --result a.json\n\ny --result b.json").jobs.map(\.number) == [1, 3])
    }

    @Test("without a result, the marker tells a job that has not begun from one that has not ended and one that failed")
    func states() {
        #expect(ResultFile.state(mark: nil) == .notBegun)
        #expect(ResultFile.state(mark: "") == .notEnded)
        #expect(ResultFile.state(mark: "There is no room.\n") == .failed("There is no room."))
    }

    @Test("answers to other questions, or by another search, leave the job to do")
    func answered() {
        let question = Question(design: "fault")
        let answer = Answer(question: question, verdict: .incomplete, states: 1, transitions: 1, seconds: 0, coverage: "")
        let rows = [AnswerRecord(answer, search: ExploreOptions())]
        var other = ExploreOptions()
        other.memory = 1 << 20
        #expect(ResultFile.answers(rows, [question], ExploreOptions()))
        #expect(!ResultFile.answers(rows, [question], other))
        #expect(!ResultFile.answers(rows, [Question(design: "mail")], ExploreOptions()) && !ResultFile.answers([], [question], ExploreOptions()))
    }
}
