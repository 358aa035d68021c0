import ArgumentParser
import Glibc

/// The two streams. Standard output carries only the format that was asked for; all else goes to standard error.
enum Output {
    /// Writes all of `text` to standard output.
    ///
    /// A reader that has gone (`| head`) is not an error: the run is over and its verdict stands, so the exit status stays what
    /// it would have been, also where the parent process ignores SIGPIPE.
    /// - Throws: exit status 1, after a sentence on standard error, if what was written cannot be kept.
    static func write(_ text: String) throws {
        let old = signal(SIGPIPE, SIG_IGN)
        defer { _ = signal(SIGPIPE, old) }
        let failure = write(text, to: STDOUT_FILENO)
        guard failure != 0, failure != EPIPE else { return }
        note("standard output cannot be written: \(String(cString: strerror(failure))). The report is incomplete; send it to a file or a terminal with space left, and run again.")
        throw ExitCode(1)
    }

    /// A sentence for the user, on standard error.
    static func note(_ sentence: String) {
        _ = write("uintr: \(sentence)\n", to: STDERR_FILENO)
    }

    /// Wrong usage: the sentence is on standard error; what is returned is to be thrown, and exits 64 (EX_USAGE).
    static func usage(_ sentence: String) -> ExitCode {
        note(sentence)
        return ExitCode(EX_USAGE)
    }

    /// Codes that draw on the terminal behind standard error.
    static func draw(_ codes: String) { _ = write(codes, to: STDERR_FILENO) }

    /// Codes that draw on the terminal behind standard output.
    static func screen(_ codes: String) { _ = write(codes, to: STDOUT_FILENO) }

    /// - Returns: 0, or the errno.
    private static func write(_ text: String, to descriptor: CInt) -> CInt {
        var bytes = Array(text.utf8)[...]
        while !bytes.isEmpty {
            let count = bytes.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
            if count > 0 {
                bytes = bytes.dropFirst(count)
            } else if count < 0 && errno == EAGAIN {
                // Someone else made the pipe non-blocking.
                var poll = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
                _ = Glibc.poll(&poll, 1, -1)
            } else if count < 0 && errno != EINTR {
                return errno
            }
        }
        return 0
    }
}
