/// What taking an interrupt from the local APIC amounts to.
public enum TakenInterrupt: Equatable, Hashable, Sendable {
    /// V = UINV: dismissed already; the two steps of notification processing follow.
    case notification
    /// V ≠ UINV, or identification is off: the handler of this vector in the IDT runs, and writes EOI itself.
    case ordinary(vector: UInt8)
}

extension LogicalProcessor {
    /// True when the local APIC has an interrupt that this processor takes at this boundary, at any CPL.
    @inlinable public var takesInterrupt: Bool {
        rflags.contains(.interruptEnable) && shadow == .none && activity != .waitForStartup && apic.deliverable != nil
    }

    /// Acknowledges the local APIC's highest interrupt, and identifies a notification (SDM Vol. 3A, 9.5.1).
    ///
    /// A notification is dismissed by the processor's own EOI, and leaves HLT as it found it; an ordinary interrupt ends HLT.
    /// - Returns: nil when there is nothing to take.
    @inlinable public mutating func takeInterrupt() -> TakenInterrupt? {
        guard takesInterrupt, let vector = apic.acknowledge() else { return nil }
        if identifiesNotifications, uintr.isNotification(vector) {
            apic.endOfInterrupt()
            if activity == .userWait { activity = .active }
            return .notification
        }
        activity = .active
        return .ordinary(vector: vector)
    }
}
