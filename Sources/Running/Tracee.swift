internal import CRunning
internal import Glibc

/// A seized process that is to execute another program, and stops before that one's first instruction (ptrace(2)).
struct Tracee {
    struct Failure: Error {
        /// What was tried, and the errno.
        var what: String
    }

    private let pid: pid_t
    /// The registers at the program's first instruction.
    private(set) var start = user_regs_struct()
    /// The quadword there, while a SYSCALL instruction stands in its place.
    private var original: UInt?
    private var mask: UInt64 = 0
    /// SIGSTOP cannot be blocked: it is sent again when all is done.
    private var isToStop = false

    init(_ pid: pid_t) { self.pid = pid }

    private func request(_ number: Int, _ address: UInt = 0, _ data: UInt = 0, _ what: String) throws(Failure) {
        let result = running_ptrace(number, pid, address, data)
        guard result >= 0 else { throw Failure(what: "\(what): \(String(cString: strerror(-CInt(result))))") }
    }

    /// The next stop's status; `nil` when the process has ended.
    private func wait() throws(Failure) -> CInt? {
        var status: CInt = 0
        while waitpid(pid, &status, __WALL) < 0 {
            guard errno == EINTR else { throw Failure(what: "waitpid: \(errnoText)") }
        }
        return status & 0xFF == 0x7F ? status : nil
    }

    /// - Returns: false if there is no program: execve failed, or the process was killed before.
    mutating func runToFirstInstruction() throws(Failure) -> Bool {
        while let status = try wait() {
            let (signal, event) = (status >> 8 & 0xFF, status >> 16)
            if event == RUNNING_EVENT_EXEC { return try stopAtStart() }
            // Whatever else comes is the process's own.
            try request(PTRACE_CONT_REQUEST, 0, event == 0 ? UInt(signal) : 0, "PTRACE_CONT")
        }
        return false
    }

    /// The exec stop lies within the system call, which writes RAX when it ends: this one lies behind it.
    private mutating func stopAtStart() throws(Failure) -> Bool {
        try exchangeMask(&mask, request: PTRACE_GETSIGMASK_REQUEST)
        // No signal comes between; the end of a single step is SIGTRAP.
        var blocked = ~(UInt64(1) << UInt64(SIGTRAP - 1))
        try exchangeMask(&blocked, request: PTRACE_SETSIGMASK_REQUEST)
        try request(PTRACE_INTERRUPT_REQUEST, 0, 0, "PTRACE_INTERRUPT")
        try request(PTRACE_CONT_REQUEST, 0, 0, "PTRACE_CONT")
        while let status = try wait() {
            let (signal, event) = (status >> 8 & 0xFF, status >> 16)
            if event == RUNNING_EVENT_STOP, signal == SIGTRAP {
                var registers = user_regs_struct()
                try exchange(&registers, request: PTRACE_GETREGS_REQUEST)
                start = registers
                return true
            }
            if signal == SIGSTOP { isToStop = true }
            try request(PTRACE_CONT_REQUEST, 0, 0, "PTRACE_CONT")
        }
        return false
    }

    private func exchange(_ registers: inout user_regs_struct, request number: Int) throws(Failure) {
        let result = running_registers(number, pid, &registers)
        guard result >= 0 else { throw Failure(what: "the registers: \(String(cString: strerror(-CInt(result))))") }
    }

    private func exchangeMask(_ mask: inout UInt64, request number: Int) throws(Failure) {
        let result = running_mask(number, pid, &mask)
        guard result >= 0 else { throw Failure(what: "the signal mask: \(String(cString: strerror(-CInt(result))))") }
    }

    /// Has the process make a system call.
    ///
    /// - Returns: what it returned.
    mutating func call(
        _ number: UInt64, _ a: UInt64 = 0, _ b: UInt64 = 0, _ c: UInt64 = 0, _ d: UInt64 = 0, _ e: UInt64 = 0, _ f: UInt64 = 0
    ) throws(Failure) -> UInt64 {
        try prepareCall()
        var registers = start
        (registers.rax, registers.rdi, registers.rsi, registers.rdx) = (number, a, b, c)
        (registers.r10, registers.r8, registers.r9) = (d, e, f)
        // No system call is left to be restarted.
        registers.orig_rax = UInt64.max
        try exchange(&registers, request: PTRACE_SETREGS_REQUEST)
        try request(PTRACE_SINGLESTEP_REQUEST, 0, 0, "PTRACE_SINGLESTEP")
        while let status = try wait() {
            let (signal, event) = (status >> 8 & 0xFF, status >> 16)
            if event == 0, signal == SIGTRAP {
                try exchange(&registers, request: PTRACE_GETREGS_REQUEST)
                let result = Int64(bitPattern: registers.rax)
                guard result >= 0 || result < -4095 else {
                    throw Failure(what: "system call \(number): \(String(cString: strerror(CInt(-result))))")
                }
                return registers.rax
            }
            if signal == SIGSTOP { isToStop = true }
            try request(PTRACE_SINGLESTEP_REQUEST, 0, 0, "PTRACE_SINGLESTEP")
        }
        throw Failure(what: "it was killed")
    }

    /// Puts SYSCALL in the place of the first instruction.
    private mutating func prepareCall() throws(Failure) {
        guard original == nil else { return }
        var word: UInt = 0
        let result = running_peek(pid, UInt(start.rip), &word)
        guard result >= 0 else { throw Failure(what: "its first instruction: \(String(cString: strerror(-CInt(result))))") }
        try request(PTRACE_POKETEXT_REQUEST, UInt(start.rip), word & ~0xFFFF | 0x050F, "PTRACE_POKETEXT")
        original = word
    }

    func write(_ bytes: [UInt8], at address: UInt64) throws(Failure) {
        let memory = open("/proc/\(pid)/mem", O_WRONLY | O_CLOEXEC)
        guard memory >= 0 else { throw Failure(what: "/proc/\(pid)/mem: \(errnoText)") }
        defer { close(memory) }
        guard pwrite(memory, bytes, bytes.count, Int(address)) == bytes.count else { throw Failure(what: "/proc/\(pid)/mem: \(errnoText)") }
    }

    /// Lets the process go on, untraced, at an address.
    mutating func leave(at address: UInt64) throws(Failure) {
        if let original { try request(PTRACE_POKETEXT_REQUEST, UInt(start.rip), original, "PTRACE_POKETEXT") }
        original = nil
        var registers = start
        registers.rip = address
        registers.orig_rax = UInt64.max
        try exchange(&registers, request: PTRACE_SETREGS_REQUEST)
        try exchangeMask(&mask, request: PTRACE_SETSIGMASK_REQUEST)
        if isToStop { kill(pid, SIGSTOP) }
        try request(PTRACE_DETACH_REQUEST, 0, 0, "PTRACE_DETACH")
    }

    /// Has the process end with a status.
    mutating func end(status: Int32) {
        // Nothing returns from exit_group, so the failure is that the process has ended.
        _ = try? call(231, UInt64(status))
    }
}
