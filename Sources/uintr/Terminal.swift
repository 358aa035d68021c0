import Glibc
import Report

/// What the standard streams lead to.
enum Terminal {
    static var isStandardOutput: Bool { isatty(STDOUT_FILENO) == 1 }
    static var isStandardError: Bool { isatty(STDERR_FILENO) == 1 }

    /// Keys can be read, and what they do be seen.
    static var isInteractive: Bool { isatty(STDIN_FILENO) == 1 && isStandardOutput && environment("TERM") != "dumb" }

    /// Colour only on a terminal that has it, and never where NO_COLOR is set and not empty (no-color.org).
    static var layout: TextLayout {
        guard isStandardOutput else { return TextLayout() }
        let refused = !(environment("NO_COLOR") ?? "").isEmpty || environment("TERM") == "dumb"
        return TextLayout(width: columns, colour: !refused)
    }

    static func environment(_ name: String) -> String? {
        getenv(name).map { String(cString: $0) }
    }

    /// Lines of the terminal behind standard output.
    static var rows: Int { size(of: STDOUT_FILENO).map { Int($0.ws_row) } ?? 24 }

    /// Columns of the terminal behind standard error.
    static var errorColumns: Int { size(of: STDERR_FILENO).map { Int($0.ws_col) } ?? 80 }

    private static var columns: Int {
        size(of: STDOUT_FILENO).map { Int($0.ws_col) } ?? environment("COLUMNS").flatMap { Int($0) } ?? 80
    }

    /// Nil for what is no terminal, or one that does not say.
    private static func size(of descriptor: CInt) -> winsize? {
        var size = winsize()
        return ioctl(descriptor, UInt(TIOCGWINSZ), &size) == 0 && size.ws_col > 0 && size.ws_row > 0 ? size : nil
    }
}

/// Progress on standard error, if that is a terminal; nothing else ever sees it.
struct ProgressLine {
    private var progress: Progress
    private let clock = ContinuousClock()
    private let start: ContinuousClock.Instant
    private let isShown = Terminal.isStandardError

    init(total: Int, unit: String) {
        progress = Progress(total: total, unit: unit)
        start = clock.now
    }

    var elapsed: Duration { start.duration(to: clock.now) }

    mutating func update(_ done: Int) {
        guard isShown, let line = progress.line(done: done, elapsed: elapsed) else { return }
        Output.draw(line)
    }

    func erase() {
        if isShown { Output.draw(progress.erasure) }
    }
}
