internal import CEmulationRuntime

// A processor takes a user interrupt in less than a microsecond; here each costs several, so that a flood that a processor would
// bear would leave the interrupted code nothing. So the time is kept that a thread spends in receiving, and the time that it has
// between. Where the first gets ahead, senders are not heard (ON stays set) until the second has caught up; a timer sees to that.
//
// What a notification takes is not all seen from here. Under a hypervisor most of it is the interrupt from the other CPU, and it
// falls into what looks like the thread's own time. So it is charged: little where each notification brings one user interrupt, as
// between threads that answer each other; much where a vector comes again before its handler has returned, as only a flood does.

extension UnsafeMutablePointer<runtime_thread> {
    /// How far receiving may get ahead, in nanoseconds. In a flood the timer has taken the place of notifications, and what came in
    /// a pause is taken at its end; without one, less would take more timers than it saves notifications.
    private var limit: UInt64 { pointee.flooded != 0 ? 25_000 : 150_000 }
    /// What a notification's signal costs outside of what is measured, roughly, in nanoseconds.
    private var signalCost: UInt64 {
        guard runtime_virtual else { return pointee.repeated != 0 ? 4_000 : 1_500 }
        return pointee.repeated != 0 ? 40_000 : 8_000
    }
    /// The same of the timer's; and the least pause that is worth one.
    private var timerCost: UInt64 { 50_000 }
    private var leastPause: UInt64 { 250_000 }
    /// The time of a handler that computes is the program's own affair: it must not keep the next vector back for as long.
    private var most: UInt64 { 300_000 }

    /// A vector has been delivered: the thread turns from its own code to receiving, or is at it.
    func beginReceiving(_ vector: UInt64) {
        let bit: UInt64 = 1 &<< vector
        if pointee.taken & bit != 0 { pointee.repeated = 1 }
        pointee.taken |= bit
        guard pointee.receiving == 0 else { return }
        let now = runtime_monotonic()
        let own = now &- pointee.since
        // Twice the longest pause without one: no flood any more.
        if own > 2 &* (most &+ most / 2 &+ timerCost) { pointee.flooded = 0 }
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
        let floods: UInt32 = pointee.repeated
        endReceiving(now)
        pointee.flooded = floods
        let pause = max(pointee.debt &+ pointee.debt / 2 &+ timerCost, leastPause)
        guard runtime_timer_set(receiver, pause) else { return false }
        pointee.until = now &+ pause
        return true
    }

    /// The same, without a pause.
    func isBehind(_ now: UInt64) -> Bool {
        pointee.until != 0 || (pointee.receiving != 0 && pointee.debt &+ (now &- pointee.since) > limit)
    }

    /// Nothing is left to receive.
    func endReceiving() {
        if pointee.receiving != 0 { endReceiving(runtime_monotonic()) }
    }

    func endReceiving(_ now: UInt64) {
        guard pointee.receiving != 0 else { return }
        pointee.debt = min(pointee.debt &+ (now &- pointee.since) &+ signalCost, most)
        pointee.since = now
        (pointee.receiving, pointee.repeated, pointee.taken) = (0, 0, 0)
    }

    /// A call of the runtime: what it promises of pending vectors goes before.
    func forgive() {
        (pointee.debt, pointee.until, pointee.receiving) = (0, 0, 0)
        (pointee.flooded, pointee.repeated, pointee.taken) = (0, 0, 0)
        pointee.since = runtime_monotonic()
    }
}
