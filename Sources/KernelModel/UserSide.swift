/// What a receiver's program does around uintr_wait().
public enum UserSide: String, CaseIterable, Codable, Hashable, Sendable {
    /// `clui; if (!flag) uintr_wait(); stui`: no handler runs between the test and the sleep.
    case clui
    /// `if (!flag) uintr_wait()`: a handler may.
    case naive
    /// Never waits: it spins in user mode, and the handler does the work.
    case spin
    /// Waits once, in the `clui` pattern, and then spins in user mode.
    case once
}
