public import KernelModel

extension WaitDesign {
    /// The design of this name.
    ///
    /// - Throws: a sentence that names the designs, and the nearest.
    public static func checked(_ name: String) throws(UsageError) -> WaitDesign {
        if let design = named(name) { return design }
        let names = all.map(\.name)
        throw UsageError(
            "--design: there is no design \"\(name)\".\(suggestion(for: name, among: names)) The designs are \(names.joined(separator: ", ")). \"uintr explore --list\" says what each is."
        )
    }

    /// What can be switched on: the design's repairs, and the mail's other ideas.
    public var switches: [Repair] { repairs + WaitDesign.ideas.filter { !repairs.contains($0) } }

    /// `names` in the design's order, each once.
    ///
    /// - Throws: a sentence that names what can be switched on, and the nearest.
    public func checkedRepairs(_ names: [String]) throws(UsageError) -> [String] {
        let known = switches.map(\.name)
        for name in names where !known.contains(name) {
            let isAlways = always.contains(name) ? " \(self.name) has it without being asked." : ""
            throw UsageError(
                "--repairs: \(self.name) has no repair \"\(name)\" to switch on.\(isAlways)\(isAlways.isEmpty ? suggestion(for: name, among: known) : "") It has \(known.joined(separator: ", "))."
            )
        }
        return known.filter(names.contains)
    }
}

extension Claim {
    /// - Throws: a sentence that names the claims, and the nearest.
    public static func named(_ name: String) throws(UsageError) -> Claim {
        if let claim = Claim(rawValue: name) { return claim }
        let names = allCases.map(\.rawValue)
        throw UsageError(
            "--claim: there is no claim \"\(name)\".\(suggestion(for: name, among: names)) The claims are \(names.joined(separator: ", ")). \"uintr explore --list\" says what each is."
        )
    }

    /// One line for a reader.
    public var summary: String {
        switch self {
        case .lostWakeup: "a receiver that sleeps is woken by what was posted for it"
        case .delivered: "every posted vector is delivered once the receiver can take it"
        case .onceEach: "no vector is delivered twice without a new post, and none that was never posted"
        case .rightTask: "no notification is consumed for another task than the one that it was sent for"
        case .freedUPID: "no processor touches the UPID of a receiver after it was freed"
        case .xrstors: "XRSTORS never raises #GP because UINV is not 0"
        case .uinvLoaded: "UINV is loaded whenever a receiver is in user mode with interrupts enabled"
        case .innocentCPU: "no CPU that runs another task is interrupted to wake one that sleeps"
        case .waitList: "a waiter is on the wait list once while it waits, and not after"
        case .faultLoop: "no SENDUIPI faults for ever"
        case .onePost: "each SENDUIPI posts exactly once, whichever way it took"
        case .signalLeftovers: "a waiter woken by a signal leaves nothing behind"
        case .upidState: "the UPID of a task that is switched out has SN or a waiter, that of one in user mode neither"
        }
    }
}

extension Question {
    /// The design with its repairs: `rfc-v1 + state-order`.
    public var designText: String { ([design] + repairs).joined(separator: " + ") }

    /// What is explored, without the claim: `rfc-v1, scenario hotplug, user side naive`.
    public var subject: String {
        designText + (scenario == .any ? "" : ", scenario \(scenario.rawValue)") + (user == .clui ? "" : ", user side \(user.rawValue)")
    }

    /// The arguments of `uintr explore` that ask it.
    public var arguments: [String] {
        var words = ["--design", design]
        if !repairs.isEmpty { words += ["--repairs", repairs.joined(separator: ",")] }
        words += ["--claim", claim.rawValue]
        if scenario != .any { words += ["--scenario", scenario.rawValue] }
        if user != .clui { words += ["--user", user.rawValue] }
        let bounds = bounds.argument(in: scenario)
        if !bounds.isEmpty { words += ["--bounds", bounds] }
        return words
    }

    /// What a reader types to ask it.
    public var command: String { (["uintr", "explore"] + arguments).joined(separator: " ") }
}

extension ExploreOptions {
    /// The arguments of `uintr explore` that are not its defaults.
    public var arguments: [String] {
        var words: [String] = []
        if strategy != .breadthFirst { words += ["--strategy", strategy.rawValue] }
        if !reductions { words.append("--no-reductions") }
        if fingerprints { words.append("--fingerprints") }
        if let seed { words += ["--seed", "\(seed)"] }
        if let memory { words += ["--memory", "\(memory)"] }
        if let threads { words += ["--threads", "\(threads)"] }
        return words
    }

    /// What decides which states are searched: `breadth-first, reduced`, `pct, reduced, seed 7`.
    public var text: String {
        var parts = [strategy.rawValue, reductions ? "reduced" : "unreduced"]
        if fingerprints { parts.append("fingerprints") }
        if let seed, strategy.isRandom { parts.append("seed \(seed)") }
        return parts.joined(separator: ", ")
    }
}

extension Sequence<Answer> {
    /// 0 if all hold, 1 if one is violated, 4 if none is but one is incomplete.
    public var exitStatus: Int32 {
        contains { $0.verdict == .violated } ? 1 : contains { $0.verdict == .incomplete } ? 4 : 0
    }
}
