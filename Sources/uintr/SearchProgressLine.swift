import Report
import Synchronization
import Verdicts

/// A search's progress on standard error, if that is a terminal; nothing else ever sees it. It may be updated from any thread.
final class SearchProgressLine: Sendable {
    private let line: Mutex<SearchLine>
    private let start = ContinuousClock.now
    private let isShown = Terminal.isStandardError

    init(_ subject: String, number: Int, of total: Int) {
        line = Mutex(SearchLine(subject, number: number, of: total))
    }

    func update(_ progress: ExploreProgress) {
        guard isShown else { return }
        let elapsed = start.duration(to: .now)
        line.withLock { line in
            guard let codes = line.line(progress, elapsed: elapsed, width: Terminal.errorColumns) else { return }
            Output.draw(codes)
        }
    }

    func erase() {
        guard isShown else { return }
        line.withLock { Output.draw($0.erasure) }
    }
}
