internal import Glibc
internal import SystemPackage

/// The right to send one vector to one receiver, as a file descriptor: a number, and whoever holds it may make a sender.
///
/// It may cross threads, and processes on the hardware (SCM_RIGHTS, fork). It is closed when the value ends.
public struct VectorDescriptor: ~Copyable, Sendable {
    /// The backend of the receiver; a sender is made on the same.
    public let backend: Backend
    /// `nil` for a descriptor that came from elsewhere: the kernel does not tell.
    public let vector: UserVector?
    /// The descriptor's number. Closing it by hand is an error, which a later ``Sender/init(to:)`` reports as EBADF.
    public private(set) var rawValue: CInt

    /// Takes over a descriptor that was received from elsewhere; nothing is checked before a sender is made.
    public init(adopting descriptor: CInt, on backend: Backend) {
        self.init(adopting: descriptor, vector: nil, on: backend)
    }

    init(adopting descriptor: CInt, vector: UserVector?, on backend: Backend) {
        rawValue = descriptor
        self.vector = vector
        self.backend = backend
    }

    /// Gives the number away without closing it.
    public consuming func release() -> CInt {
        let number = rawValue
        rawValue = -1
        return number
    }

    deinit {
        if rawValue >= 0 { _ = Glibc.close(rawValue) }
    }
}

/// A connection from the thread that made it to one vector of a receiver.
///
/// With the first series' ABIs the UITT belongs to the thread, so a sender stays on the thread that made it. It is
/// unregistered when the value ends. It outlives the receiver harmlessly: what it sends then reaches nobody, and nobody says
/// so, since SENDUIPI has no answer.
public struct Sender: ~Copyable {
    /// The backend that it sends through.
    public let backend: Backend
    /// The index of the UITT that SENDUIPI is given.
    public let index: Int
    /// With an ABI that unregisters by descriptor, a duplicate of it; else -1. It keeps the connection's file open, so that
    /// closing the ``VectorDescriptor`` leaves the sender working, as it does with intel-6.0.
    private var descriptor: CInt

    /// Connects the calling thread.
    ///
    /// - Throws: EBADF (closed), EOPNOTSUPP (not a vector's descriptor), EISCONN (first series: connected already),
    ///   ESHUTDOWN (the receiver has ended), ENOSPC (256 senders), ENOMEM.
    public init(to target: borrowing VectorDescriptor) throws(UserInterruptError) {
        let backend = target.backend
        let fd = target.rawValue
        let index = try backend.call(.registerSender, "descriptor \(fd)") { $0.registerSender(descriptor: fd) }
        guard backend.answers.unregistersSenderByDescriptor else {
            self.init(index: index, descriptor: -1, on: backend)
            return
        }
        let duplicate = fcntl(fd, F_DUPFD_CLOEXEC, 0)
        guard duplicate >= 0 else {
            let errno = Errno(rawValue: Glibc.errno)
            _ = backend.calls.unregisterSender(descriptor: fd, index: index)
            throw .failed(.registerSender, "duplicate of descriptor \(fd)", errno: errno, abi: backend.abi)
        }
        self.init(index: index, descriptor: duplicate, on: backend)
    }

    init(index: CInt, descriptor: CInt, on backend: Backend) {
        self.index = Int(index)
        self.descriptor = descriptor
        self.backend = backend
    }

    /// SENDUIPI. Returns when the request is posted; it may be delivered later, and requests of one vector that are not yet
    /// delivered merge into one. Async-signal-safe.
    public borrowing func send() {
        backend.calls.senduipi(UInt64(truncatingIfNeeded: index))
    }

    /// Unregisters now and says what the kernel answered; the end of the value's life does so in silence.
    public consuming func close() throws(UserInterruptError) {
        defer { closed = true }
        try unregister()
    }

    private var closed = false

    private borrowing func unregister() throws(UserInterruptError) {
        let fd = descriptor
        let number = CInt(truncatingIfNeeded: index)
        defer { if fd >= 0 { _ = Glibc.close(fd) } }
        _ = try backend.call(.unregisterSender, fd >= 0 ? "descriptor \(fd)" : "index \(number)") {
            $0.unregisterSender(descriptor: fd, index: number)
        }
    }

    deinit {
        if !closed { try? unregister() }
    }
}

@available(*, unavailable, message: "a sender belongs to the thread that made it")
extension Sender: Sendable {}
