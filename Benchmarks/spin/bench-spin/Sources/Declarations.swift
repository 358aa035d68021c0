import ModelChecker

/// What each place reads and writes, for the search to derive from.
extension WaitModel {
    func locationCount(of process: Int) -> Int {
        if process == 0 { return ReceiverPlace.names.count }
        if process < Self.firstIdle { return InterruptPlace.names.count }
        if process < Self.firstNetwork { return IdlePlace.names.count }
        if process < Self.firstSender { return 1 }
        // The messages sent belong to the place: after the last there is nothing to come.
        return SenderPlace.names.count * 4
    }

    @inline(__always)
    func location(of process: Int, in state: State) -> Int {
        if process == 0 { return Int(state.shared.field(State.receiverAt, 6)) }
        if process < Self.firstIdle {
            return Int(state.shared.field(State.interruptAt &+ 2 &* UInt64(process - Self.firstInterrupt), 2))
        }
        if process < Self.firstNetwork { return Int(state.shared.field(State.idleAt &+ 2 &* UInt64(process - Self.firstIdle), 2)) }
        if process < Self.firstSender { return 0 }
        let own = state.sending &>> Self.senderAt(process - Self.firstSender)
        return Int(own & 31 &+ 24 &* own.field(5, 2))
    }

    var observed: State { State() }

    /// Fields, one bit each.
    private typealias Bits = UInt64

    private func bit(_ at: UInt64) -> UInt64 { 1 << at }
    private func mask(_ at: UInt64, _ width: UInt64) -> UInt64 { (1 << width - 1) << at }
    private func everyCPU(_ at: UInt64) -> UInt64 { mask(at, State.setBits) }
    private var cpuField: UInt64 { mask(State.cpuAt, State.cpuBits) }

    private func shared(_ bits: UInt64) -> State {
        var state = State()
        state.shared = bits
        return state
    }

    func footprint(of process: Int, at location: Int) -> Footprint<State> {
        if process == 0 { return receiverFootprint(UInt64(location)) }
        if process < Self.firstIdle { return interruptFootprint(UInt64(process - Self.firstInterrupt), UInt64(location)) }
        if process < Self.firstNetwork { return idleFootprint(UInt64(process - Self.firstIdle), UInt64(location)) }
        if process < Self.firstSender { return networkFootprint(UInt64(process - Self.firstNetwork)) }
        return senderFootprint(process - Self.firstSender, location)
    }

    private func interruptFootprint(_ c: UInt64, _ place: UInt64) -> Footprint<State> {
        let own = mask(State.interruptAt + 2 * c, 2)
        switch place {
        case InterruptPlace.idle:
            let reads = own | bit(State.irqsOffAt + c) | bit(State.irrAt + c) | bit(State.uinvAt + c) | bit(State.kickAt + c)
                | mask(State.receiverAt, 6) | cpuField
            return Footprint(
                reads: shared(reads), writes: shared(own | bit(State.irrAt + c) | bit(State.kickAt + c)),
                next: [Int(InterruptPlace.idle), Int(InterruptPlace.on)])
        case InterruptPlace.on:
            return Footprint(reads: shared(own), writes: shared(own | bit(State.onAt)), next: [Int(InterruptPlace.pir)])
        case InterruptPlace.pir:
            return Footprint(
                reads: shared(own | bit(State.pirAt)), writes: shared(own | bit(State.pirAt) | bit(State.uirrAt)),
                next: [Int(InterruptPlace.idle)])
        default: return Footprint(reads: shared(own), writes: State(), next: [])
        }
    }

    private func idleFootprint(_ c: UInt64, _ place: UInt64) -> Footprint<State> {
        var footprint = idleAccesses(c, place)
        footprint.phase = idlePhase(place)
        return footprint
    }

    private func idleAccesses(_ c: UInt64, _ place: UInt64) -> Footprint<State> {
        let own = mask(State.idleAt + 2 * c, 2)
        let lock = bit(State.rqLockAt + c)
        let irqsOff = bit(State.irqsOffAt + c)
        switch place {
        case IdlePlace.idle:
            return Footprint(
                reads: shared(own | irqsOff | bit(State.onCPUAt) | bit(State.onRqAt) | cpuField | mask(State.interruptAt + 2 * c, 2)),
                writes: shared(own | irqsOff | lock), next: [Int(IdlePlace.sti), Int(IdlePlace.lock)])
        case IdlePlace.sti: return Footprint(reads: shared(own), writes: shared(own | irqsOff), next: [Int(IdlePlace.idle)])
        case IdlePlace.lock: return Footprint(reads: shared(own | lock), writes: shared(own | lock), next: [Int(IdlePlace.onCPU)])
        default: return Footprint(reads: shared(own), writes: shared(own | bit(State.onCPUAt)), next: [Int(IdlePlace.idle)])
        }
    }

    private func networkFootprint(_ c: UInt64) -> Footprint<State> {
        let inFlight = mask(State.inFlightAt + 2 * c, 2)
        return Footprint(reads: shared(inFlight), writes: shared(inFlight | bit(State.irrAt + c)), next: [0])
    }

    private func receiverFootprint(_ place: UInt64) -> Footprint<State> {
        typealias At = ReceiverPlace
        let own = mask(State.receiverAt, 6)
        let back = mask(State.backAt, 4)
        let preemptions = mask(State.preemptionsAt, 2)
        let identified = mask(State.interruptAt, 2 * State.setBits)
        let irqsOff = everyCPU(State.irqsOffAt)
        let uinv = everyCPU(State.uinvAt)
        let kick = everyCPU(State.kickAt)
        let rqLock = everyCPU(State.rqLockAt)
        let interruptible = bit(State.interruptibleAt)

        func declare(_ reads: UInt64, _ writes: UInt64, _ next: UInt64...) -> Footprint<State> {
            // Masks and unmasks of a CPU's bit keep the others', so what is written in a set is written alone.
            var footprint = Footprint(
                reads: shared(own | reads), writes: shared(own | writes), next: next.map { Int($0) })
            footprint.phase = receiverPhase(place)
            return footprint
        }
        // A reschedule interrupt or a preemption beside the step itself.
        func inUser(_ reads: UInt64, _ writes: UInt64, _ next: UInt64...) -> Footprint<State> {
            var footprint = declare(
                identified | kick | cpuField | preemptions | reads, kick | preemptions | back | writes, At.xCli, At.sCli)
            footprint.next += next.map { Int($0) }
            return footprint
        }
        func preemptible(_ reads: UInt64, _ writes: UInt64, _ next: UInt64) -> Footprint<State> {
            declare(identified | preemptions | reads, preemptions | back | writes, next, At.sCli)
        }

        switch place {
        case At.uClui: return inUser(bit(State.uirrAt), bit(State.uirrAt), At.hFlag, At.uTest)
        case At.uTest: return inUser(bit(State.flagAt), bit(State.flagAt), At.uStui, At.kState)
        case At.uStui: return inUser(0, 0, At.uClui)
        case At.hFlag: return inUser(0, bit(State.flagAt), At.hUiret)
        case At.hUiret: return inUser(0, 0, At.uClui)
        case At.kState: return declare(identified, interruptible, At.kCli)
        case At.kCli: return preemptible(cpuField, irqsOff, At.kUinv)
        case At.kUinv: return declare(cpuField, uinv, At.kTif)
        case At.kTif: return declare(0, bit(State.tifAt), At.kUirr)
        case At.kUirr: return declare(bit(State.uirrAt), 0, At.kArm, At.nState)
        case At.kArm: return declare(bit(State.pirAt), bit(State.armedAt) | bit(State.onAt), At.kSti, At.nState)
        case At.kSti: return declare(cpuField, irqsOff | (mutant == 3 ? interruptible : 0), At.kSchedule)
        case At.kSchedule: return preemptible(0, back, At.sCli)
        case At.kDisarm: return preemptible(0, bit(State.armedAt), At.kRunning)
        case At.kRunning: return declare(identified, interruptible | back, At.xCli)
        case At.nState: return declare(0, interruptible, At.nSti)
        case At.nSti: return declare(cpuField, irqsOff | back, At.xCli)
        case At.sCli: return declare(identified | cpuField, irqsOff, At.sLock)
        case At.sLock: return declare(cpuField | rqLock, rqLock, At.sDequeue)
        case At.sDequeue: return declare(back | interruptible, bit(State.onRqAt), At.sSn, At.sUnlock)
        case At.sSn: return declare(0, bit(State.snAt), At.sXsaves)
        case At.sXsaves: return declare(cpuField, uinv, At.sTif)
        case At.sTif: return declare(0, bit(State.tifAt), At.sSwitch)
        case At.sSwitch: return declare(0, bit(State.onCPUAt), At.sUnlock)
        case At.sUnlock:
            var footprint = declare(bit(State.onCPUAt) | cpuField, rqLock, At.sSti)
            footprint.enabling = shared(own | bit(State.onCPUAt))
            return footprint
        case At.sSti: return declare(cpuField | back, irqsOff, At.kCli, At.kSchedule, At.kDisarm, At.xCli)
        case At.xCli: return declare(identified | cpuField, irqsOff, At.xTif)
        case At.xTif: return declare(bit(State.tifAt), bit(State.tifAt), At.xUpid, At.xIret)
        case At.xUpid:
            return declare(
                cpuField, mask(State.ndstAt, State.cpuBits) | bit(State.snAt) | (mutant == 4 ? 0 : bit(State.onAt)), At.xPir)
        case At.xPir: return declare(bit(State.pirAt), bit(State.takenAt) | bit(State.pirAt), At.xUirr)
        case At.xUirr: return declare(bit(State.takenAt), bit(State.uirrAt), At.xUinv)
        case At.xUinv: return declare(cpuField, uinv, At.xIret)
        case At.xIret: return declare(back | cpuField, irqsOff, At.uClui, At.uTest, At.uStui, At.hFlag, At.hUiret)
        default: return Footprint(reads: shared(own), writes: State(), next: [])
        }
    }

    /// Interrupts are off from cli to sti, and a lock is held: what is done there, but for the one step that others see, moves.
    private func receiverPhase(_ place: UInt64) -> TransactionPhase {
        typealias At = ReceiverPlace
        switch place {
        case At.kUinv, At.kTif, At.kUirr, At.kArm, At.sLock, At.sDequeue, At.xTif: return .beforeCommit
        case At.kSti: return mutant == 3 ? .outside : .afterCommit
        case At.nSti, At.sXsaves, At.sTif, At.sSwitch, At.sSti, At.xUirr, At.xUinv, At.xIret: return .afterCommit
        default: return .outside
        }
    }

    private func idlePhase(_ place: UInt64) -> TransactionPhase {
        switch place {
        case IdlePlace.sti: .afterCommit
        case IdlePlace.lock, IdlePlace.onCPU: .beforeCommit
        default: .outside
        }
    }

    private func senderPhase(_ place: UInt64) -> TransactionPhase {
        typealias At = SenderPlace
        switch place {
        case At.state, At.recheck, At.running, At.enqueue: return mutant == 6 ? .outside : .beforeCommit
        case At.loop, At.entry, At.ipi, At.decode, At.rqUnlock, At.notQueued, At.waking, At.newUnlock, At.piUnlock, At.next:
            return .afterCommit
        default: return .outside
        }
    }

    private func senderFootprint(_ index: Int, _ location: Int) -> Footprint<State> {
        typealias At = SenderPlace
        let place = UInt64(location % 24)
        let sent = location / 24
        let base = Self.senderAt(index)
        let target = mask(base + 7, State.cpuBits)
        let rqLock = everyCPU(State.rqLockAt)
        let interruptible = bit(State.interruptibleAt)
        let holdsPiLock = At.state...At.piUnlock ~= place

        var own = State()
        own.sending = mask(base, 7)
        func declare(_ reads: UInt64, _ writes: UInt64, _ next: UInt64..., usesTarget: Bool = false) -> Footprint<State> {
            var footprint = Footprint(
                reads: own, writes: own, next: next.map { Int($0) + 24 * (place == At.next ? sent + 1 : sent) })
            footprint.reads.shared |= reads
            footprint.writes.shared |= writes
            if place == At.upid { footprint.writes.sending |= target }
            if place == At.ipi { footprint.reads.sending |= target }
            if holdsPiLock { footprint.holds = 1 }
            if place == At.piLock { footprint.acquires = 1 }
            footprint.phase = senderPhase(place)
            return footprint
        }
        guard sent < messages else { return Footprint(reads: own, writes: State(), next: []) }
        switch place {
        case At.loop: return declare(0, 0, At.entry)
        case At.entry: return declare(0, 0, At.upid)
        case At.upid:
            return declare(
                bit(State.armedAt) | bit(State.snAt) | bit(State.onAt) | mask(State.ndstAt, State.cpuBits),
                bit(State.pirAt) | bit(State.onAt), At.decode, At.ipi, At.next)
        case At.ipi: return declare(mask(State.inFlightAt, 2 * State.setBits), mask(State.inFlightAt, 2 * State.setBits), At.next)
        case At.decode: return declare(0, 0, At.post)
        case At.post: return declare(bit(State.armedAt), bit(State.armedAt) | bit(State.pirAt), At.piLock, At.tif)
        case At.tif: return declare(0, bit(State.tifAt), At.kick)
        case At.kick: return declare(cpuField, everyCPU(State.kickAt), At.next)
        case At.piLock: return declare(bit(State.piLockAt), bit(State.piLockAt), At.state)
        case At.state: return declare(interruptible, 0, At.onRq, At.piUnlock)
        case At.onRq: return declare(bit(State.onRqAt), 0, At.rqLock, At.waking)
        case At.rqLock: return declare(cpuField | rqLock, rqLock, At.recheck)
        case At.recheck: return declare(bit(State.onRqAt), 0, At.running, At.notQueued)
        case At.running: return declare(0, interruptible, At.rqUnlock)
        case At.rqUnlock: return declare(cpuField, rqLock, At.piUnlock)
        case At.notQueued: return declare(cpuField, rqLock, At.waking)
        case At.waking: return declare(0, interruptible, At.select)
        case At.select: return declare(bit(State.onCPUAt), cpuField, At.newLock)
        case At.newLock: return declare(cpuField | rqLock, rqLock, At.enqueue)
        case At.enqueue: return declare(0, bit(State.onRqAt), At.newUnlock)
        case At.newUnlock: return declare(cpuField, rqLock, At.piUnlock)
        case At.piUnlock: return declare(0, bit(State.piLockAt), At.next)
        case At.next: return declare(0, 0, At.loop)
        default: return Footprint(reads: own, writes: State(), next: [])
        }
    }
}
