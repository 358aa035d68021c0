/// What is claimed of a design: each is a property that a step or an ending of the model breaks.
public enum Claim: String, CaseIterable, Codable, Hashable, Sendable {
    /// A receiver that sleeps is woken by what was posted for it and by its timer, and one that found the flag clear does not sleep past its handler.
    case lostWakeup = "lost-wakeup"
    /// Every posted vector is delivered once the receiver can take it.
    case delivered
    /// No vector is delivered twice without a new post, and none that was never posted.
    case onceEach = "once-each"
    /// No notification that was sent for a task which sleeps now, and needed it, is consumed for another one.
    case rightTask = "right-task"
    /// No processor touches the UPID of a receiver after it was freed.
    case freedUPID = "freed-upid"
    /// XRSTORS never raises #GP because UINV is not 0.
    case xrstors
    /// UINV is loaded whenever a receiver is in user mode with interrupts enabled.
    case uinvLoaded = "uinv-loaded"
    /// No CPU that runs another task is interrupted to wake one that sleeps.
    case innocentCPU = "innocent-cpu"
    /// A waiter is on the wait list once while it waits, and not after.
    case waitList = "wait-list"
    /// No SENDUIPI faults for ever.
    case faultLoop = "fault-loop"
    /// Each SENDUIPI posts exactly once, whichever way it took.
    case onePost = "one-post"
    /// A waiter woken by a signal leaves nothing behind.
    case signalLeftovers = "signal-leftovers"
    /// The UPID of a task that is switched out suppresses notifications or belongs to a waiter; that of one in user mode does neither.
    case upidState = "upid-state"

    /// Its place in `allCases`, and its bit in a `PropertySet`.
    @inlinable public var bitIndex: Int {
        switch self {
        case .lostWakeup: 0
        case .delivered: 1
        case .onceEach: 2
        case .rightTask: 3
        case .freedUPID: 4
        case .xrstors: 5
        case .uinvLoaded: 6
        case .innocentCPU: 7
        case .waitList: 8
        case .faultLoop: 9
        case .onePost: 10
        case .signalLeftovers: 11
        case .upidState: 12
        }
    }
}
