import Glibc

/// The terminal with keys as they are typed and a screen of its own, given back as it was however the command ends: by the reader,
/// by a signal, or stopped and continued.
final class RawTerminal {
    enum Event {
        case keys([UInt8])
        /// Another size, or the command was stopped and goes on.
        case redraw
        /// Nobody types any more.
        case closed
    }

    /// What ends a command, what stops it, and what changes the screen under it.
    private static let signals = [SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGTSTP, SIGCONT, SIGWINCH]

    private var before = termios()
    private var pipe: [CInt] = [-1, -1]
    private var isTaken = false

    /// Nil where the terminal refuses.
    init?() {
        guard tcgetattr(STDIN_FILENO, &before) == 0, Glibc.pipe(&pipe) == 0 else { return nil }
        // A read finds the pipe empty, and a handler finds it full, without waiting.
        for end in pipe { _ = fcntl(end, F_SETFL, O_NONBLOCK) }
        SignalPipe.descriptor = pipe[1]
        for signal in Self.signals { SignalPipe.catches(signal) }
        take()
    }

    /// Draws a screen: at most as many lines as it has, or it scrolls.
    func draw(_ lines: [String]) {
        Output.screen("\u{1B}[H" + lines.map { $0 + "\u{1B}[K" }.joined(separator: "\r\n") + "\u{1B}[J")
    }

    /// Waits for keys or a signal. A signal that ends the command ends it here, the terminal given back.
    func wait() -> Event {
        while true {
            var ready = [pollfd(fd: STDIN_FILENO, events: Int16(POLLIN), revents: 0), pollfd(fd: pipe[0], events: Int16(POLLIN), revents: 0)]
            if poll(&ready, 2, -1) < 0 && errno != EINTR { return .closed }
            if let signal = nextSignal() {
                handle(signal)
                return .redraw
            }
            guard ready[0].revents != 0 else { continue }
            var bytes = read()
            guard !bytes.isEmpty else { return .closed }
            // The rest of an escape sequence comes at once, if there is one.
            if bytes.contains(0x1B) {
                var more = pollfd(fd: STDIN_FILENO, events: Int16(POLLIN), revents: 0)
                while poll(&more, 1, 20) > 0 {
                    let rest = read()
                    if rest.isEmpty { break }
                    bytes += rest
                }
            }
            return .keys(bytes)
        }
    }

    func giveBack() {
        release()
        for signal in Self.signals { Glibc.signal(signal, SIG_DFL) }
        SignalPipe.descriptor = -1
        for end in pipe where end >= 0 { close(end) }
        pipe = [-1, -1]
    }

    private func take() {
        var raw = before
        raw.c_lflag &= ~tcflag_t(ICANON | ECHO)
        guard tcsetattr(STDIN_FILENO, TCSADRAIN, &raw) == 0 else { return }
        isTaken = true
        // Another screen, no cursor, no wrapping of long lines.
        Output.screen("\u{1B}[?1049h\u{1B}[?25l\u{1B}[?7l")
    }

    private func release() {
        guard isTaken else { return }
        isTaken = false
        Output.screen("\u{1B}[?7h\u{1B}[?25h\u{1B}[?1049l")
        var old = before
        _ = tcsetattr(STDIN_FILENO, TCSADRAIN, &old)
    }

    private func handle(_ signal: CInt) {
        switch signal {
        case SIGWINCH: break
        case SIGCONT:
            // Whoever stopped the command may have changed the terminal.
            release()
            take()
        case SIGTSTP:
            release()
            Glibc.signal(SIGTSTP, SIG_DFL)
            raise(SIGTSTP)
            SignalPipe.catches(SIGTSTP)
            take()
        default:
            giveBack()
            raise(signal)
        }
    }

    private func nextSignal() -> CInt? {
        var byte: UInt8 = 0
        return Glibc.read(pipe[0], &byte, 1) == 1 ? CInt(byte) : nil
    }

    private func read() -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: 256)
        while true {
            let count = Glibc.read(STDIN_FILENO, &bytes, bytes.count)
            if count < 0 && errno == EINTR { continue }
            return Array(bytes.prefix(max(count, 0)))
        }
    }
}

/// Brings signals to where they can be waited for: the handler writes the signal's number into a pipe.
private enum SignalPipe {
    /// The pipe's end that is written. Set before a handler is installed and taken back after the last is removed, by the one
    /// thread that the command has; the handler only reads it.
    nonisolated(unsafe) static var descriptor: CInt = -1

    static func catches(_ signal: CInt) {
        var action = sigaction()
        action.__sigaction_handler.sa_handler = { number in
            // write(2) alone is called, which may be (signal-safety(7)); who was interrupted sees its errno again.
            let old = errno
            var byte = UInt8(truncatingIfNeeded: number)
            _ = Glibc.write(SignalPipe.descriptor, &byte, 1)
            errno = old
        }
        sigaction(signal, &action, nil)
    }
}
