import KernelModel
import ModelChecker
import Testing
import Verdicts

@Suite("Wait designs") struct DesignTests {
    @Test("fault breaks no claim in any small situation", arguments: Situation.all)
    func fault(_ situation: Situation) throws {
        let (broken, result) = try situation.model("fault").judged()
        #expect(broken == [])
        #expect(result.isComplete)
        #expect(result.undecided == 0)
    }

    @Test("vector, with every repair, breaks innocent-cpu alone", arguments: Situation.all)
    func vector(_ situation: Situation) throws {
        let (broken, result) = try situation.model("vector").judged()
        #expect(broken.subtracting([.innocentCPU]) == [])
        #expect(result.isComplete)
    }

    @Test("each repair of vector left out breaks a claim", arguments: WaitDesign.rfcV1.repairs.map(\.name))
    func repairs(_ left: String) throws {
        let others = WaitDesign.rfcV1.repairs.map(\.name).filter { $0 != left }
        for situation in Situation.all {
            if try !situation.model("rfc-v1", others).judged().broken.subtracting([.innocentCPU]).isEmpty { return }
        }
        Issue.record("nothing breaks without \(left)")
    }

    @Test("rfc-v1 with all of its repairs is vector: the same states", arguments: Situation.all)
    func sameAsVector(_ situation: Situation) throws {
        let repaired = try situation.model("rfc-v1", WaitDesign.rfcV1.repairs.map(\.name)).judged().result
        #expect(repaired.states == (try situation.model("vector").judged().result.states))
    }

    @Test("W-5: the wait vector of rfc-v1 goes to a CPU that is offline, and the receiver sleeps for ever")
    func mailsTrace() throws {
        let model = try KernelModel(design: "rfc-v1", scenario: .hotplug, bounds: within { $0.offline = 1 })
        var options = SearchOptions()
        options.goal = 1 << PropertySet(Claim.lostWakeup.bitIndex)
        options.stopWhen = .firstViolation
        let result = try model.searched(options)
        let path = try #require(result.violation(of: Claim.lostWakeup.bitIndex)).path
        var state = model.initialStates[0]
        var names: [String] = []
        for step in path.steps {
            names.append(model.name(of: step, in: state))
            state = try #require(model.steps(from: state).first { $0.id == step }).next
        }
        let expected = [
            "UPID.NV := wait vector", "list_add()", "TASK_INTERRUPTIBLE", "leaves the run queue", "set_cpu_online(1, false)",
            "SENDUIPI to receiver A: PIR[0] := 1", "sends the wait vector to CPU 1", "nobody answers",
        ]
        var place = 0
        for name in names where place < expected.count && name.contains(expected[place]) { place += 1 }
        #expect(place == expected.count, "\(expected[min(place, 7)]) is not where it should be in \(names)")
    }

    @Test("W-5: the designs that fault lose nothing in the mail's scenario", arguments: ["fault", "mail", "intel-sender"])
    func faulting(_ design: String) throws {
        let model = try KernelModel(design: design, scenario: .hotplug, bounds: within { $0.offline = 1 })
        #expect(try !model.judged().broken.contains(.lostWakeup))
    }

    @Test("the naive test of the flag sleeps past its handler in every design", arguments: WaitDesign.all.map(\.name))
    func naive(_ design: String) throws {
        let model = try KernelModel(design: design, user: .naive, bounds: within())
        #expect(try model.judged().broken.contains(.lostWakeup))
    }

    @Test("S-2: intel-sender runs a SENDUIPI that faults for another reason again, for ever")
    func faultLoop() throws {
        let model = try KernelModel(design: "intel-sender", scenario: .badUPID, user: .spin, bounds: within())
        #expect(try model.judged([]).broken.contains(.faultLoop))
    }

    @Test("fault-loop is shown by the code of a #GP handler exactly where the search finds no loop", arguments: WaitDesign.all.map(\.name))
    func endingFaults(_ design: String) throws {
        let model = try KernelModel(design: design, scenario: .badUPID, user: .spin, bounds: within())
        #expect(try model.endsEveryFault == !model.judged([]).broken.contains(.faultLoop))
    }

    @Test("a handler that runs SENDUIPI again does not show it")
    func endlessFaults() throws {
        let mutant = try #require(Mutant.ofFault.first { $0.summary.hasPrefix("SENDUIPI is run again") })
        #expect(try #require(mutant.model(bounds: within())).endsEveryFault == false)
    }

    @Test("S-4, C-5: the mail's design as it stands loses the wakeup of a vector that was posted before the task was switched out")
    func mail() throws {
        #expect(try KernelModel(design: "mail", bounds: within()).judged().broken.contains(.lostWakeup))
    }

    @Test("none of the mail's other ideas, nor all of them, mends its design", arguments: WaitDesign.ideas.map(\.name) + ["all"])
    func ideas(_ idea: String) throws {
        let ideas = idea == "all" ? WaitDesign.ideas.map(\.name) : [idea]
        var broken = false
        for situation in Situation.all where try situation.model("mail", ideas).judged().broken.contains(.lostWakeup) { broken = true }
        #expect(broken)
    }
}
