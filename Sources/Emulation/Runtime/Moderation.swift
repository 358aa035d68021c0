internal import CEmulationRuntime

// A processor takes a user interrupt in less than a microsecond; here each costs several, so that a flood that a processor would
// bear would leave the interrupted code nothing. So the time is kept that a thread spends in receiving, and the time that it has
// between. Where the first gets ahead, senders are not heard (ON stays set) until the second has caught up; a timer sees to that.

extension UnsafeMutablePointer<runtime_thread> {
    /// How far receiving may get ahead, in nanoseconds. Less would take more timers, and one costs tens of microseconds where a
    /// hypervisor has to be asked.
    private var limit: UInt64 { 150_000 }
    /// What a notification's signal and the timer cost outside of what is measured, roughly, in nanoseconds. Under a hypervisor
    /// the interrupt from the other CPU is most of it.
    private var signalCost: UInt64 { runtime_virtual ? 14_000 : 1_500 }
    private var timerCost: UInt64 { 50_000 }

    /// The thread turns from its own code to receiving.
    func beginReceiving() {
        guard pointee.receiving == 0 else { return }
        let now = runtime_monotonic()
        let own = now &- pointee.since
        pointee.debt = own < pointee.debt ? pointee.debt &- own : 0
        pointee.since = now
        pointee.receiving = 1
    }

    /// An instruction boundary with UIF = 1. True where the thread shall go on with its own code, whatever has been posted.
    func owesItself() -> Bool {
        if pointee.until != 0 {
            guard runtime_monotonic() >= pointee.until else { return true }
            pointee.until = 0
        }
        guard pointee.receiving != 0, let receiver = pointee.receiver else { return false }
        let now = runtime_monotonic()
        let debt = pointee.debt &+ (now &- pointee.since)
        guard debt > limit else { return false }
        endReceiving(now)
        let pause = pointee.debt &+ pointee.debt / 2 &+ timerCost
        guard runtime_timer_set(receiver, pause) else { return false }
        pointee.until = now &+ pause
        return true
    }

    /// Nothing is left to receive.
    func endReceiving() {
        guard pointee.receiving != 0 else { return }
        endReceiving(runtime_monotonic())
    }

    private func endReceiving(_ now: UInt64) {
        // The time of a handler that computes is the program's own affair: it must not keep the next vector back for as long.
        pointee.debt = min(pointee.debt &+ (now &- pointee.since) &+ signalCost, 2 &* limit)
        pointee.since = now
        pointee.receiving = 0
    }

    /// A call of the runtime: what it promises of pending vectors goes before.
    func forgive() {
        (pointee.debt, pointee.until, pointee.receiving) = (0, 0, 0)
        pointee.since = runtime_monotonic()
    }
}
