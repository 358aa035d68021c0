import Conformance
import Report
import Testing

@Suite("The walks' report")
struct WalkReportTests {
    private func report(violation: String?) -> WalkReport {
        var walk = RandomWalk.run(instructions: 50, seed: 7)
        walk.violation = violation
        var report = WalkReport(seed: 7)
        report.walk = (walk, .milliseconds(1500))
        return report
    }

    @Test("a violation is spelled out with the command that takes it again, and holds no more")
    func violation() {
        let report = report(violation: "step 9: PIR of task 2 holds a vector that nobody sent")
        #expect(!report.holds)
        let text = report.text(TextLayout(width: 120))
        #expect(text.contains("VIOLATED") && text.contains("step 9: PIR of task 2 holds a vector that nobody sent"))
        #expect(text.contains("uintr walk --seed 7 --instructions ") && text.contains("--strings 0"))
        #expect(!text.contains("nothing lost") && report.json.contains("\"verdict\" : \"violated\""))
    }

    @Test("a walk without one says what held")
    func holds() {
        let report = report(violation: nil)
        #expect(report.holds)
        #expect(report.text(TextLayout(width: 120)).contains("nothing lost, nothing invented"))
    }
}
