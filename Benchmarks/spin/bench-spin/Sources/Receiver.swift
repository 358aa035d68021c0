import ModelChecker

extension WaitModel {
    @inline(__always)
    func receiver<Sink: StepSink<State>>(_ state: State, _ sink: inout Sink) {
        typealias At = ReceiverPlace
        let s = state.shared
        let cpu = s.field(State.cpuAt, State.cpuBits)

        @inline(__always)
        func go(_ place: UInt64, _ shared: UInt64, _ alternative: UInt16 = 0) {
            add(state, shared.with(State.receiverAt, 6, place), Self.step(0, alternative), &sink)
        }
        // While its processor is in the middle of notification processing, the receiver's own steps wait. Not needed where
        // interrupts are off: no notification is identified there.
        @inline(__always)
        func identified() -> Bool { isIdentified(s) }
        @inline(__always)
        func preemption(_ back: UInt64) {
            if s.field(State.preemptionsAt, 2) > 0 {
                go(At.sCli, (s &- (1 &<< State.preemptionsAt)).with(State.backAt, 4, back), 2)
            }
        }
        // In user mode: a reschedule interrupt, or a preemption.
        @inline(__always)
        func userInterrupt(_ back: UInt64) {
            if s.has(State.kickAt &+ cpu) { go(At.xCli, s.clear(State.kickAt &+ cpu).with(State.backAt, 4, back), 1) }
            preemption(back)
        }

        switch s.field(State.receiverAt, 6) {
        case At.uClui:
            if identified() { return }
            if s.has(State.uirrAt) { go(At.hFlag, s.clear(State.uirrAt)) } else { go(At.uTest, s) }
            userInterrupt(Back.uClui)
        case At.uTest:
            if identified() { return }
            if s.has(State.flagAt) { go(At.uStui, s.clear(State.flagAt)) } else { go(At.kState, s) }
            userInterrupt(Back.uTest)
        case At.uStui:
            if identified() { return }
            go(At.uClui, s)
            userInterrupt(Back.uStui)
        case At.hFlag:
            if identified() { return }
            go(At.hUiret, s.set(State.flagAt))
            userInterrupt(Back.hFlag)
        case At.hUiret:
            if identified() { return }
            go(At.uClui, s)
            userInterrupt(Back.hUiret)

        // uintr_wait()
        case At.kState:
            if identified() { return }
            go(At.kCli, mutant == 3 ? s : s.set(State.interruptibleAt))
        case At.kCli:
            if identified() { return }
            go(At.kUinv, s.set(State.irqsOffAt &+ cpu))
            preemption(Back.kCli)
        case At.kUinv: go(At.kTif, mutant == 7 ? s : s.clear(State.uinvAt &+ cpu))
        case At.kTif: go(At.kUirr, s.set(State.tifAt))
        case At.kUirr: go(s.has(State.uirrAt) && mutant != 2 ? At.nState : At.kArm, s)
        case At.kArm:
            if s.has(State.pirAt), mutant != 1 {
                go(At.nState, s)
            } else {
                let armed = mutant == 5 ? s.clear(State.armedAt) : s.set(State.armedAt)
                go(At.kSti, armed.clear(State.onAt))
            }
        case At.kSti:
            let unmasked = s.clear(State.irqsOffAt &+ cpu)
            go(At.kSchedule, mutant == 3 ? unmasked.set(State.interruptibleAt) : unmasked)
        case At.kSchedule:
            if identified() { return }
            go(At.sCli, s.with(State.backAt, 4, Back.kDisarm))
            preemption(Back.kSchedule)
        case At.kDisarm:
            if identified() { return }
            go(At.kRunning, s.clear(State.armedAt))
            preemption(Back.kWoken)
        case At.kRunning:
            if identified() { return }
            go(At.xCli, s.clear(State.interruptibleAt).with(State.backAt, 4, Back.uStui))
        case At.nState: go(At.nSti, s.clear(State.interruptibleAt))
        case At.nSti: go(At.xCli, s.clear(State.irqsOffAt &+ cpu).with(State.backAt, 4, Back.uStui))

        // schedule(), and a preemption's __schedule()
        case At.sCli:
            if identified() { return }
            go(At.sLock, s.set(State.irqsOffAt &+ cpu))
        case At.sLock:
            if !s.has(State.rqLockAt &+ cpu) { go(At.sDequeue, s.set(State.rqLockAt &+ cpu)) }
        case At.sDequeue:
            if s.field(State.backAt, 4) != Back.kDisarm {
                go(At.sSn, s)
            } else if s.has(State.interruptibleAt) {
                go(At.sSn, s.clear(State.onRqAt))
            } else {
                go(At.sUnlock, s)
            }
        case At.sSn: go(At.sXsaves, s.set(State.snAt))
        case At.sXsaves: go(At.sTif, s.clear(State.uinvAt &+ cpu))
        case At.sTif: go(At.sSwitch, s.set(State.tifAt))
        case At.sSwitch: go(At.sUnlock, s.clear(State.onCPUAt))
        case At.sUnlock:
            if s.has(State.onCPUAt) { go(At.sSti, s.clear(State.rqLockAt &+ cpu)) }
        case At.sSti:
            let unmasked = s.clear(State.irqsOffAt &+ cpu)
            switch s.field(State.backAt, 4) {
            case Back.kCli: go(At.kCli, unmasked)
            case Back.kSchedule: go(At.kSchedule, unmasked)
            case Back.kWoken, Back.kDisarm: go(At.kDisarm, unmasked)
            default: go(At.xCli, unmasked)
            }

        // The return to user mode
        case At.xCli:
            if identified() { return }
            go(At.xTif, s.set(State.irqsOffAt &+ cpu))
        case At.xTif:
            if s.has(State.tifAt) { go(At.xUpid, s.clear(State.tifAt)) } else { go(At.xIret, s) }
        case At.xUpid:
            let own = s.with(State.ndstAt, State.cpuBits, cpu).clear(State.snAt)
            go(At.xPir, mutant == 4 ? own : own.clear(State.onAt))
        case At.xPir: go(At.xUirr, s.with(State.takenAt, 1, s.field(State.pirAt, 1)).clear(State.pirAt))
        case At.xUirr: go(At.xUinv, s | s.field(State.takenAt, 1) &<< State.uirrAt)
        case At.xUinv: go(At.xIret, s.set(State.uinvAt &+ cpu))
        default: go(s.field(State.backAt, 4) &+ At.uClui, s.clear(State.irqsOffAt &+ cpu))
        }
    }
}
