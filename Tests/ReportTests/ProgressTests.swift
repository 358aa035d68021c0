import Report
import Testing

@Suite("Progress")
struct ProgressTests {
    @Test("the line has count, rate and estimate, and draws over the one before")
    func line() {
        var progress = Progress(total: 300, unit: "cases")
        #expect(progress.line(done: 100, elapsed: .seconds(2)) == "\r\u{1B}[K100 of 300 cases, 50 a second, about 4 s left")
    }

    @Test("it is drawn at most ten times a second")
    func rate() {
        var progress = Progress(total: 300, unit: "cases")
        #expect(progress.line(done: 1, elapsed: .milliseconds(1)) != nil)
        #expect(progress.line(done: 2, elapsed: .milliseconds(100)) == nil)
        #expect(progress.line(done: 3, elapsed: .milliseconds(101)) != nil)
    }

    @Test("what was never drawn is not erased")
    func erasure() {
        var progress = Progress(total: 3, unit: "cases")
        #expect(progress.erasure.isEmpty)
        _ = progress.line(done: 1, elapsed: .seconds(1))
        #expect(progress.erasure == "\r\u{1B}[K")
    }
}
