import KernelModel

extension KernelExplorer {
    /// Judges the mail's other ideas: each alone, and all together.
    ///
    /// `sufficient`: the mail's design with it loses no wakeup; `necessary`: the correct design without it does; else `useless`.
    @Sendable
    static func ideas(_ asked: Question, _ options: ExploreOptions, _ report: @escaping Explorer.Report) throws(ExplorerError) -> [IdeaRow] {
        let all = WaitDesign.ideas.map(\.name)
        let without = try judge(asked, "fault", [], options, report)
        let offline = WaitDesign.rfcV1.repairs.map(\.name).filter { $0 != "retarget-offline" }
        let unretargeted = try judge(asked, "rfc-v1", offline, options, report)
        var rows: [IdeaRow] = []
        for (name, ideas) in all.map({ ($0, [$0]) }) + [("all four", all)] {
            let mail = try judge(asked, "mail", ideas, options, report)
            let vector = try judge(asked, "rfc-v1", offline + ideas, options, report)
            let word = without.verdict == .violated ? "necessary" : mail.verdict == .holds ? "sufficient" : "useless"
            rows.append(
                IdeaRow(
                    idea: name, verdict: [mail, vector, without].contains { $0.verdict == .incomplete } ? "incomplete" : word,
                    reason: "mail with it: \(sentence(mail)). fault without it: \(sentence(without)). vector without "
                        + "retarget-offline: \(sentence(unretargeted)); with it: \(sentence(vector))."))
        }
        return rows
    }

    private static func judge(
        _ asked: Question, _ design: String, _ repairs: [String], _ options: ExploreOptions, _ report: @escaping Explorer.Report
    ) throws(ExplorerError) -> Answer {
        var question = asked
        question.design = design
        question.repairs = repairs
        question.claim = .lostWakeup
        guard let answer = try explore([question], options, report).first else {
            throw ExplorerError("The search gave no answer to \(design).")
        }
        return answer
    }

    private static func sentence(_ answer: Answer) -> String {
        switch answer.verdict {
        case .holds: "no wakeup is lost"
        case .violated: "a wakeup is lost after \(answer.trace?.steps.count ?? 0) steps"
        case .incomplete: "incomplete"
        }
    }
}
