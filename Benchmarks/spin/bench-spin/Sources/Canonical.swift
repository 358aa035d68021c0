import ModelChecker

/// One state for all that differ in nothing that matters: which CPU is which, which sender is which, and fields that are written
/// before they are read again.
extension WaitModel {
    @inline(__always)
    func canonical(_ state: State) -> State {
        let here = state.shared.field(State.cpuAt, State.cpuBits)
        let first = here == 0 ? state : exchanged(state, 0, here)
        let one = sorted(withoutDead(first))
        if State.cpus == 2 { return one }
        // The receiver's CPU is 0; the others have two orders.
        let other = sorted(withoutDead(exchanged(first, 1, 2)))
        return (one.shared, one.sending) < (other.shared, other.sending) ? one : other
    }

    /// CPUs `a` and `b`, a < b, with their names exchanged.
    @inline(__always)
    func exchanged(_ state: State, _ a: UInt64, _ b: UInt64) -> State {
        var next = state
        next.shared = State.cpus == 2 ? exchangedTwo(state.shared) : exchangedSets(state.shared, a, b)
        for index in 0..<senders {
            let at = Self.senderAt(index) &+ 7
            next.sending = next.sending.with(at, State.cpuBits, renamed(next.sending.field(at, State.cpuBits), a, b))
        }
        return next
    }

    @inline(__always)
    private func renamed(_ cpu: UInt64, _ a: UInt64, _ b: UInt64) -> UInt64 { cpu == a ? b : cpu == b ? a : cpu }

    /// Two CPUs: neighbouring bits, and from in_flight on neighbouring pairs of bits, change places.
    @inline(__always)
    private func exchangedTwo(_ s: UInt64) -> UInt64 {
        let bits: UInt64 = 0b01_0101_0101 &<< State.uinvAt
        let pairs: UInt64 = 0b0011_0011_0011 &<< State.inFlightAt
        let kept = s & ~(bits | bits &<< 1 | pairs | pairs &<< 2)
        let moved = (s & bits) &<< 1 | (s &>> 1) & bits | (s & pairs) &<< 2 | (s &>> 2) & pairs
        return (kept | moved) ^ (1 &<< State.cpuAt | 1 &<< State.ndstAt)
    }

    private func exchangedSets(_ s: UInt64, _ a: UInt64, _ b: UInt64) -> UInt64 {
        var next = s
        for at in [State.uinvAt, State.irrAt, State.kickAt, State.irqsOffAt, State.rqLockAt] {
            let difference = (next &>> (at &+ a) ^ next &>> (at &+ b)) & 1
            next ^= difference &<< (at &+ a) | difference &<< (at &+ b)
        }
        for at in [State.inFlightAt, State.interruptAt, State.idleAt] {
            let difference = (next &>> (at &+ 2 &* a) ^ next &>> (at &+ 2 &* b)) & 3
            next ^= difference &<< (at &+ 2 &* a) | difference &<< (at &+ 2 &* b)
        }
        for at in [State.cpuAt, State.ndstAt] {
            next = next.with(at, State.cpuBits, renamed(next.field(at, State.cpuBits), a, b))
        }
        return next
    }

    /// Places of the receiver where `back` is read later, one bit each: whatever leads to s_cli or x_cli writes it anew.
    private static var backIsLive: UInt64 { (1 << 34 - 1) & ~(1 << ReceiverPlace.sCli - 1) }

    /// Places from which TIF_UINTR is set before it is read: on the way to the bit, and in the switch-out.
    private static var tifIsDead: UInt64 {
        [
            ReceiverPlace.kState, ReceiverPlace.kCli, ReceiverPlace.kUinv, ReceiverPlace.kTif, ReceiverPlace.sSn,
            ReceiverPlace.sXsaves, ReceiverPlace.sTif,
        ].reduce(0) { $0 | 1 << $1 }
    }
    private static var schedules: UInt64 { 0b111 << ReceiverPlace.sCli }

    @inline(__always)
    private func withoutDead(_ state: State) -> State {
        var next = state
        var s = state.shared
        let place: UInt64 = 1 &<< s.field(State.receiverAt, 6)
        let back = s.field(State.backAt, 4)
        // A preemption always switches; uintr_wait's own schedule() comes after TIF_UINTR was set.
        if place & Self.tifIsDead != 0 || (place & Self.schedules != 0 && back != Back.kDisarm) { s = s.clear(State.tifAt) }
        if place & Self.backIsLive == 0 { s = s.with(State.backAt, 4, 0) }
        if place != 1 << ReceiverPlace.xUirr { s = s.clear(State.takenAt) }
        // While SN is set SENDUIPI looks at neither, and who clears it writes both.
        if s.has(State.snAt), mutant != 4 { s = s.clear(State.onAt).with(State.ndstAt, State.cpuBits, 0) }
        next.shared = s
        for index in 0..<senders {
            let at = Self.senderAt(index)
            if next.sending.field(at, 5) != SenderPlace.ipi { next.sending = next.sending.with(at &+ 7, State.cpuBits, 0) }
        }
        return next
    }

    /// Senders in the order of their fields.
    @inline(__always)
    private func sorted(_ state: State) -> State {
        let width = 7 &+ State.cpuBits
        let base = State.senderShift
        var sorted = state
        if senders == 2 {
            let a = state.sending.field(base, width)
            let b = state.sending.field(base &+ width, width)
            if a > b { sorted.sending = state.sending.with(base, width, b).with(base &+ width, width, a) }
        } else if senders == 3 {
            var a = state.sending.field(base, width)
            var b = state.sending.field(base &+ width, width)
            var c = state.sending.field(base &+ 2 &* width, width)
            if a > b { swap(&a, &b) }
            if b > c { swap(&b, &c) }
            if a > b { swap(&a, &b) }
            sorted.sending = state.sending.with(base, width, a).with(base &+ width, width, b).with(base &+ 2 &* width, width, c)
        }
        return sorted
    }
}
