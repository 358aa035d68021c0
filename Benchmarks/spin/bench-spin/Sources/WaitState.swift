import ModelChecker

/// The fields of wait.pml, packed. The sizes fix the layout when the program is compiled, so each shift is a constant.
protocol WaitState: PackedState {
    /// Processors that the receiver may run on, 2–3.
    static var cpus: Int { get }
    /// Senders that there is room for, 1–3.
    static var senders: Int { get }
    /// The receiver and its processors.
    var shared: UInt64 { get set }
    /// Eight bits for each sender, from bit `senderShift` up.
    var sending: UInt64 { get set }
    static var senderShift: UInt64 { get }
}

/// Two processors and two senders: 64 bits.
struct NarrowState: WaitState {
    var shared: UInt64
    init() { shared = 0 }
    static var wordCount: Int { 1 }
    static var cpus: Int { 2 }
    static var senders: Int { 2 }
    static var senderShift: UInt64 { 48 }
    var sending: UInt64 {
        get { shared }
        set { shared = newValue }
    }
    subscript(word index: Int) -> UInt64 {
        get { shared }
        set { shared = newValue }
    }
}

/// Three processors and three senders.
struct WideState: WaitState {
    var shared: UInt64
    var sending: UInt64
    init() { (shared, sending) = (0, 0) }
    static var wordCount: Int { 2 }
    static var cpus: Int { 3 }
    static var senders: Int { 3 }
    static var senderShift: UInt64 { 0 }
    subscript(word index: Int) -> UInt64 {
        get { index == 0 ? shared : sending }
        set { if index == 0 { shared = newValue } else { sending = newValue } }
    }
}

extension WaitState {
    @inline(__always) static var cpuBits: UInt64 { cpus > 2 ? 2 : 1 }
    @inline(__always) static var setBits: UInt64 { UInt64(cpus) }

    // Where each field begins. One bit each up to preemptions.
    @inline(__always) static var onAt: UInt64 { 0 }
    @inline(__always) static var snAt: UInt64 { 1 }
    @inline(__always) static var pirAt: UInt64 { 2 }
    @inline(__always) static var armedAt: UInt64 { 3 }
    @inline(__always) static var interruptibleAt: UInt64 { 4 }
    @inline(__always) static var onRqAt: UInt64 { 5 }
    @inline(__always) static var onCPUAt: UInt64 { 6 }
    @inline(__always) static var tifAt: UInt64 { 7 }
    @inline(__always) static var uirrAt: UInt64 { 8 }
    @inline(__always) static var flagAt: UInt64 { 9 }
    @inline(__always) static var piLockAt: UInt64 { 10 }
    @inline(__always) static var takenAt: UInt64 { 11 }
    @inline(__always) static var preemptionsAt: UInt64 { 12 }
    @inline(__always) static var backAt: UInt64 { 14 }
    @inline(__always) static var receiverAt: UInt64 { 18 }
    @inline(__always) static var ndstAt: UInt64 { 24 }
    @inline(__always) static var cpuAt: UInt64 { ndstAt + cpuBits }
    // Sets of CPUs, a bit for each.
    @inline(__always) static var uinvAt: UInt64 { cpuAt + cpuBits }
    @inline(__always) static var irrAt: UInt64 { uinvAt + setBits }
    @inline(__always) static var kickAt: UInt64 { irrAt + setBits }
    @inline(__always) static var irqsOffAt: UInt64 { kickAt + setBits }
    @inline(__always) static var rqLockAt: UInt64 { irqsOffAt + setBits }
    @inline(__always) static var inFlightAt: UInt64 { rqLockAt + setBits }
    /// Two bits for each CPU.
    @inline(__always) static var interruptAt: UInt64 { inFlightAt + 2 * setBits }
    @inline(__always) static var idleAt: UInt64 { interruptAt + 2 * setBits }
}

extension UInt64 {
    /// The field of `width` bits at `shift`.
    @inline(__always)
    func field(_ shift: UInt64, _ width: UInt64) -> UInt64 { (self &>> shift) & (1 &<< width &- 1) }

    @inline(__always)
    func has(_ bit: UInt64) -> Bool { self & (1 &<< bit) != 0 }

    @inline(__always)
    func set(_ bit: UInt64) -> UInt64 { self | (1 &<< bit) }

    @inline(__always)
    func clear(_ bit: UInt64) -> UInt64 { self & ~(1 &<< bit) }

    @inline(__always)
    func with(_ shift: UInt64, _ width: UInt64, _ value: UInt64) -> UInt64 {
        self & ~((1 &<< width &- 1) &<< shift) | (value &<< shift)
    }
}
