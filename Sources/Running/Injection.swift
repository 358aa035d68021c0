internal import CRunning
internal import Glibc

/// Puts the library into a program that has no dynamic loader, between its execve and its first instruction.
///
/// A process of its own, no child of the program's, traces the program for that long: then it detaches and ends. So the program
/// has the process, the parent and the children that it would have had, and can be traced by a debugger.
struct Injection {
    let image: LibraryImage
    let code: ProgramFile.Code
    /// The path of `uintr`, for the programs of this kind that the program executes; at most 1023 bytes.
    let runner: String

    /// What the supervisor tells this process: its id, then 0 or an errno.
    private typealias Word = Int32

    /// Starts the supervisor of this process, which is to call execve next.
    func begin() throws(Refusal) {
        var (toUs, fromUs) = ([CInt](repeating: -1, count: 2), [CInt](repeating: -1, count: 2))
        guard running_pipe(&toUs) == 0, running_pipe(&fromUs) == 0 else { throw Self.failed("a pipe") }
        let target = getpid()
        let middle = running_fork()
        if middle == 0 {
            // Its parent is gone at once: nobody has to wait for the supervisor.
            if running_fork() != 0 { _exit(0) }
            close(toUs[0])
            close(fromUs[1])
            supervise(target, reports: toUs[1], leave: fromUs[0])
        }
        guard middle > 0 else { throw Self.failed("a process") }
        while waitpid(middle, nil, 0) < 0, errno == EINTR {}
        close(toUs[1])
        close(fromUs[0])
        defer {
            close(toUs[0])
            close(fromUs[1])
        }
        guard let supervisor = Self.receive(toUs[0]) else { throw Self.failed("a process") }
        running_allow_tracer(supervisor)
        Self.send(0, to: fromUs[1])
        guard let failure = Self.receive(toUs[0]) else { throw Self.failed("a process") }
        guard failure == 0 else {
            throw Refusal(
                .cannot,
                "ptrace: \(String(cString: strerror(failure))). Without it, the emulation cannot be put into a static program. Link it dynamically, or allow ptrace (kernel.yama.ptrace_scope below 3; in a container, the capability SYS_PTRACE).")
        }
    }

    private static func failed(_ what: String) -> Refusal {
        Refusal(.cannot, "\(what) for the start of a static program: \(errnoText). End other processes, or raise the limit, and run again.")
    }

    private static func send(_ word: Word, to descriptor: CInt) {
        withUnsafeBytes(of: word) { _ = write(descriptor, $0.baseAddress, $0.count) }
    }

    private static func receive(_ descriptor: CInt) -> Word? {
        var word: Word = 0
        let size = MemoryLayout<Word>.size
        while true {
            let count = read(descriptor, &word, size)
            if count == size { return word }
            if count >= 0 || errno != EINTR { return nil }
        }
    }

    // MARK: The supervisor

    private func supervise(_ target: pid_t, reports: CInt, leave: CInt) -> Never {
        var all = sigset_t()
        sigfillset(&all)
        sigprocmask(SIG_SETMASK, &all, nil)
        Self.send(getpid(), to: reports)
        guard Self.receive(leave) != nil else { _exit(1) }
        let failure = -running_ptrace(PTRACE_SEIZE_REQUEST, target, 0, UInt(RUNNING_TRACE_EXEC | RUNNING_EXIT_KILL))
        Self.send(Word(failure), to: reports)
        close(reports)
        close(leave)
        if failure == 0 {
            var tracee = Tracee(target)
            do throws(Tracee.Failure) {
                if try tracee.runToFirstInstruction() { try inject(&tracee) }
            } catch {
                let text = "uintr: the emulation could not be put into the static program: \(error.what). Link it dynamically.\n"
                _ = text.withCString { write(STDERR_FILENO, $0, strlen($0)) }
                tracee.end(status: Refusal.Kind.cannot.rawValue)
            }
        }
        _exit(0)
    }

    private func inject(_ tracee: inout Tracee) throws(Tracee.Failure) {
        let entry = tracee.start.rip
        let bias = entry &- code.entry
        let base = try tracee.call(
            SYS_MMAP, 0, image.size, UInt64(PROT_READ | PROT_WRITE), UInt64(MAP_PRIVATE | MAP_ANONYMOUS), UInt64.max, 0)
        var bytes = image.bytes(at: base)
        // struct runtime_alone.
        var words: [UInt8] = []
        for word in [entry, code.text.lowerBound &+ bias, code.text.upperBound &+ bias] {
            words += (0..<8).map { UInt8(truncatingIfNeeded: word >> UInt64(8 * $0)) }
        }
        words += runner.utf8.count < 1024 ? Array(runner.utf8) : []
        bytes.replaceSubrange(Int(image.words)..<Int(image.words) + words.count, with: words)
        try tracee.write(bytes, at: base)
        for part in image.parts {
            _ = try tracee.call(SYS_MPROTECT, base + part.range.lowerBound, UInt64(part.range.count), part.protection)
        }
        try tracee.leave(at: base + image.entry)
    }
}

private let SYS_MMAP: UInt64 = 9
private let SYS_MPROTECT: UInt64 = 10
