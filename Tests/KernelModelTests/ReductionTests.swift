import KernelModel
import ModelChecker
import Testing

/// Collects what a reader sees of the receivers in the endings of a model, the states without steps. Which CPU is which, and how far
/// CPU hotplug has come, may differ: what breaks a claim by ending there does not wait for what may happen and need not.
private func endings(_ model: KernelModel, canonical: Bool) -> Set<[String]> {
    var seen: Set<KernelState> = []
    var endings: Set<[String]> = []
    var stack = model.initialStates
    while let state = stack.popLast() {
        guard seen.insert(state).inserted else { continue }
        let steps = model.steps(from: state)
        if steps.isEmpty {
            endings.insert(
                model.values(model.canonical(state)).filter { !$0.name.hasPrefix("UINV") }.map { value in
                    "\(value.name): " + value.text.split(separator: " ").filter { !$0.hasPrefix("NDST=") }.joined(separator: " ")
                })
        }
        // What follows a step after which everything is undefined is not searched.
        let fatal = Claim.allCases.filter { [.waitList, .freedUPID, .xrstors].contains($0) }.reduce(PropertySet(0)) {
            $0 | 1 << PropertySet($1.bitIndex)
        }
        for step in steps where step.breaks & fatal == 0 { stack.append(canonical ? model.canonical(step.next) : step.next) }
    }
    return endings
}

@Suite("Reductions of the kernel's model") struct ReductionTests {
    @Test(
        "fused steps and merged states give the verdicts of single steps",
        arguments: WaitDesign.all.map(\.name), Situation.all.filter { $0.name != "two receivers and an exit" })
    func verdicts(_ design: String, _ situation: Situation) throws {
        let reduced = try situation.model(design).judged().broken
        let single = try situation.model(design, isFused: false).judged([]).broken
        // Cycles of canonical states are decided without reductions.
        #expect(reduced.subtracting([.faultLoop]) == single.subtracting([.faultLoop]))
    }

    @Test("and the same endings", arguments: WaitDesign.all.map(\.name), [0, 2, 5, 7, 10])
    func endingsAgree(_ design: String, _ index: Int) throws {
        let situation = Situation.all[index]
        let reduced = endings(try situation.model(design), canonical: true)
        let single = endings(try situation.model(design, isFused: false), canonical: false)
        #expect(reduced == single)
    }

    @Test("the scenario hotplug lets the senders begin, reduced or not", arguments: WaitDesign.all.map(\.name), [true, false])
    func hotplugIsNotEmpty(_ design: String, _ reduced: Bool) throws {
        let model = try KernelModel(design: design, scenario: .hotplug, bounds: within { $0.offline = 1 }, isFused: reduced)
        var seen: Set<KernelState> = []
        var stack = model.initialStates
        while let state = stack.popLast() {
            guard seen.insert(state).inserted else { continue }
            for step in model.steps(from: state) {
                if model.name(of: step.id, in: state).contains("SENDUIPI to receiver A") { return }
                stack.append(reduced ? model.canonical(step.next) : step.next)
            }
        }
        Issue.record("no sender executes SENDUIPI in \(seen.count) states: whatever holds here holds of nothing")
    }

    @Test("canonical is idempotent, and keeps steps", arguments: WaitDesign.all.map(\.name))
    func canonical(_ design: String) throws {
        let situations = Situation.all.filter { $0.bounds.cpus == 3 || $0.bounds.receivers == 2 || $0.scenario == .hotplug }
        for situation in situations {
            let model = try situation.model(design)
            var generator = SystemRandomNumberGenerator()
            let seed = generator.next()
            var random = seed
            var state = model.initialStates[0]
            for _ in 0..<20_000 {
                let steps = model.steps(from: state)
                let canonical = model.canonical(state)
                try #require(model.canonical(canonical) == canonical, "seed \(seed): \(model.values(state))")
                let mine = Set(steps.map { model.canonical($0.next) })
                let its = Set(model.steps(from: canonical).map { model.canonical($0.next) })
                try #require(mine == its, "seed \(seed): \(model.values(state))")
                random = random &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
                state = steps.isEmpty ? model.initialStates[0] : steps[Int(random >> 33) % steps.count].next
            }
        }
    }

    @Test(
        "exact counts of states, without reduction",
        arguments: [("rfc-v1", 316), ("intel-sender", 250), ("mail", 175), ("vector", 725)])
    func counts(_ design: String, _ states: Int) throws {
        #expect(try KernelModel(design: design, bounds: within(), isFused: false).judged([]).result.states == states)
    }
}
