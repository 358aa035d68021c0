/// How much of everything an exploration may use. Whatever is proved is proved within these.
public struct Bounds: Equatable, Hashable, Sendable, Codable {
    /// CPUs, 1–3; CPU 0 is never taken offline.
    public var cpus = 2
    /// Tasks that receive, 1–2.
    public var receivers = 1
    /// Tasks that send, 1–3.
    public var senders = 1
    /// SENDUIPIs of each sender, 0–3.
    public var messages = 1
    /// User vectors of each receiver, 1–2.
    public var vectors = 1
    /// Preemptions, 0–3, over the whole execution. With 0, a task inside a system call leaves its CPU only through its own schedule().
    public var preemptions = 0
    /// Cycles of offline and online, 0–3.
    public var offline = 0
    /// Signals, 0–3.
    public var signals = 0
    /// Expiries of the timeout of uintr_wait(), 0–3.
    public var timeouts = 0
    /// Unregistrations of a handler, 0–1.
    public var unregisters = 0
    /// Exits of a receiver, 0–1.
    public var exits = 0
    /// Forks by a receiver, 0–1.
    public var forks = 0
    /// Times that a kernel thread uses the FPU, 0–3.
    public var kthreads = 0

    public init() {}
}
