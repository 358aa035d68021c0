import ModelChecker

/// wait.pml's protocol, step for step: the same places, the same fields, the same steps.
struct WaitModel<State: WaitState>: ProcessModel {
    let senders: Int
    let messages: UInt64
    let preemptions: UInt64
    /// What is left out, 1–7 (see the places in wait.pml); 0 for nothing.
    let mutant: Int
    /// Its owner is searchOnce: a counted reference would be counted for every step.
    unowned(unsafe) let endings: EndingLog

    init(_ sizes: Sizes, mutant: Int = 0, endings: EndingLog) {
        precondition(sizes.cpus == State.cpus && 1...State.senders ~= sizes.senders && 1...3 ~= sizes.messages)
        precondition(0...3 ~= sizes.preemptions && Sizes.mutants ~= mutant)
        senders = sizes.senders
        messages = UInt64(sizes.messages)
        preemptions = UInt64(sizes.preemptions)
        self.mutant = mutant
        self.endings = endings
    }

    var initialStates: [State] {
        var state = State()
        state.shared = UInt64(0).set(State.onRqAt).set(State.onCPUAt).set(State.uinvAt)
            .with(State.preemptionsAt, 2, preemptions)
            .with(State.receiverAt, 6, ReceiverPlace.uClui)
        return [state]
    }

    static var lostWakeup: PropertySet { 1 }
    var properties: [Property] { [Property("lost-wakeup", .ending)] }

    // Processes: the receiver; for each CPU its interrupts, its idle task and the IPIs on their way to it; the senders.
    @inline(__always) static var firstInterrupt: Int { 1 }
    @inline(__always) static var firstIdle: Int { 1 + State.cpus }
    @inline(__always) static var firstNetwork: Int { 1 + 2 * State.cpus }
    @inline(__always) static var firstSender: Int { 1 + 3 * State.cpus }
    var processCount: Int { Self.firstSender + senders }
    func process(of step: StepID) -> Int { Int(step >> 3) }

    @inline(__always)
    func steps<Sink: StepSink<State>>(from state: State, into sink: inout Sink) {
        receiver(state, &sink)
        let s = state.shared
        // While the receiver is on a CPU with interrupts on and no interrupt is anywhere, no CPU has a step of its own.
        if s & Self.quiet != 0 || !s.has(State.onCPUAt) {
            for cpu in 0..<State.cpus {
                interrupts(UInt64(cpu), state, &sink)
                idle(UInt64(cpu), state, &sink)
                network(UInt64(cpu), state, &sink)
            }
        }
        for index in 0..<senders { sender(index, state, &sink) }
    }

    /// The sets of CPUs from irr to idle.
    @inline(__always)
    private static var quiet: UInt64 { (1 << (10 * State.setBits) - 1) << State.irrAt }

    func steps<Sink: StepSink<State>>(of process: Int, from state: State, into sink: inout Sink) {
        if process == 0 {
            receiver(state, &sink)
        } else if process < Self.firstIdle {
            interrupts(UInt64(process - Self.firstInterrupt), state, &sink)
        } else if process < Self.firstNetwork {
            idle(UInt64(process - Self.firstIdle), state, &sink)
        } else if process < Self.firstSender {
            network(UInt64(process - Self.firstNetwork), state, &sink)
        } else {
            sender(process - Self.firstSender, state, &sink)
        }
    }

    /// Unless the receiver sleeps and nothing is posted for it.
    func brokenByEnding(in state: State) -> PropertySet {
        let s = state.shared
        endings.note(ending(state))
        return s.has(State.pirAt) || s.has(State.uirrAt) || s.has(State.onRqAt)
            || s.field(State.receiverAt, 6) != ReceiverPlace.sUnlock ? Self.lostWakeup : 0
    }

    /// The globals of wait.pml, in the order and widths of ending.h.
    func ending(_ state: State) -> UInt64 {
        let s = state.shared
        var fields: UInt64 = 0
        var width: UInt64 = 0
        func append(_ value: UInt64, _ bits: UInt64) {
            fields |= value << width
            width += bits
        }
        for at in [State.onAt, State.snAt, State.pirAt, State.armedAt] { append(s.field(at, 1), 1) }
        append(s.field(State.ndstAt, State.cpuBits), 2)
        for at in [State.interruptibleAt, State.onRqAt, State.onCPUAt] { append(s.field(at, 1), 1) }
        append(s.field(State.cpuAt, State.cpuBits), 2)
        for at in [State.tifAt, State.uirrAt] { append(s.field(at, 1), 1) }
        append(s.field(State.receiverAt, 6) <= ReceiverPlace.hUiret ? 1 : 0, 1)
        append(s.field(State.flagAt, 1), 1)
        append(s.field(State.preemptionsAt, 2), 2)
        append(s.field(State.piLockAt, 1), 1)
        for at in [State.uinvAt, State.irrAt, State.kickAt, State.irqsOffAt, State.rqLockAt] { append(s.field(at, State.setBits), 3) }
        append(s.field(State.inFlightAt, 2 * State.setBits), 6)
        append(isIdentified(s) ? 1 : 0, 1)
        return fields
    }

    /// A CPU is between identification and the end of notification processing.
    @inline(__always)
    func isIdentified(_ s: UInt64) -> Bool { s.field(State.interruptAt, 2 * State.setBits) != 0 }

    /// A step's number: the process in the high bits, which of its steps in this state in the low three.
    @inline(__always)
    static func step(_ process: Int, _ alternative: UInt16 = 0) -> StepID { UInt16(process) << 3 | alternative }

    func name(of step: StepID, in state: State) -> String {
        let process = process(of: step)
        let place = location(of: process, in: state)
        if process == 0 { return "receiver: " + ReceiverPlace.names[place] }
        if process < Self.firstIdle { return "CPU \(process - Self.firstInterrupt): " + InterruptPlace.names[place] }
        if process < Self.firstNetwork { return "CPU \(process - Self.firstIdle): " + IdlePlace.names[place] }
        if process < Self.firstSender { return "IPI arrives at CPU \(process - Self.firstNetwork)" }
        return "sender \(process - Self.firstSender): " + SenderPlace.names[place]
    }
}

extension WaitModel {
    @inline(__always)
    func add<Sink: StepSink<State>>(_ state: State, _ shared: UInt64, _ step: StepID, _ sink: inout Sink) {
        var next = state
        next.shared = shared
        sink.add(next, step: step, breaks: 0)
    }

    // MARK: The processors and the network

    @inline(__always)
    func interrupts<Sink: StepSink<State>>(_ c: UInt64, _ state: State, _ sink: inout Sink) {
        let s = state.shared
        let at = State.interruptAt &+ 2 &* c
        let process = Self.firstInterrupt &+ Int(c)
        switch s.field(at, 2) {
        case InterruptPlace.idle:
            if s.has(State.irqsOffAt &+ c) { return }
            if s.has(State.irrAt &+ c) {
                let taken = s.clear(State.irrAt &+ c)
                add(state, s.has(State.uinvAt &+ c) ? taken.with(at, 2, InterruptPlace.on) : taken, Self.step(process), &sink)
            }
            if s.has(State.kickAt &+ c) {
                let isUser = s.field(State.receiverAt, 6) <= ReceiverPlace.hUiret
                if !(isUser && s.field(State.cpuAt, State.cpuBits) == c) {
                    add(state, s.clear(State.kickAt &+ c), Self.step(process, 1), &sink)
                }
            }
        case InterruptPlace.on:
            add(state, s.clear(State.onAt).with(at, 2, InterruptPlace.pir), Self.step(process), &sink)
        default:
            let uirr = s.field(State.pirAt, 1) &<< State.uirrAt
            add(state, (s | uirr).clear(State.pirAt).with(at, 2, InterruptPlace.idle), Self.step(process), &sink)
        }
    }

    @inline(__always)
    func idle<Sink: StepSink<State>>(_ c: UInt64, _ state: State, _ sink: inout Sink) {
        let s = state.shared
        let at = State.idleAt &+ 2 &* c
        let process = Self.firstIdle &+ Int(c)
        switch s.field(at, 2) {
        case IdlePlace.idle:
            let isOnCPU = s.has(State.onCPUAt)
            let isHere = s.field(State.cpuAt, State.cpuBits) == c
            if s.has(State.irqsOffAt &+ c) {
                if !(isOnCPU && isHere) {
                    add(state, s.clear(State.rqLockAt &+ c).with(at, 2, IdlePlace.sti), Self.step(process), &sink)
                }
            } else if s.has(State.onRqAt), isHere, !isOnCPU, s.field(State.interruptAt &+ 2 &* c, 2) == InterruptPlace.idle {
                add(state, s.set(State.irqsOffAt &+ c).with(at, 2, IdlePlace.lock), Self.step(process, 1), &sink)
            }
        case IdlePlace.sti:
            add(state, s.clear(State.irqsOffAt &+ c).with(at, 2, IdlePlace.idle), Self.step(process), &sink)
        case IdlePlace.lock:
            if !s.has(State.rqLockAt &+ c) {
                add(state, s.set(State.rqLockAt &+ c).with(at, 2, IdlePlace.onCPU), Self.step(process), &sink)
            }
        default:
            add(state, s.set(State.onCPUAt).with(at, 2, IdlePlace.idle), Self.step(process), &sink)
        }
    }

    @inline(__always)
    func network<Sink: StepSink<State>>(_ c: UInt64, _ state: State, _ sink: inout Sink) {
        let s = state.shared
        let at = State.inFlightAt &+ 2 &* c
        if s.field(at, 2) != 0 {
            add(state, (s &- (1 &<< at)).set(State.irrAt &+ c), Self.step(Self.firstNetwork &+ Int(c)), &sink)
        }
    }

    // MARK: A sender

    /// Place (5 bits), messages sent (2), NDST as SENDUIPI read it (1 or 2), of sender `index`.
    @inline(__always)
    func senderField(_ index: Int, _ state: State) -> UInt64 { state.sending &>> Self.senderAt(index) }

    @inline(__always)
    static func senderAt(_ index: Int) -> UInt64 { State.senderShift &+ (7 &+ State.cpuBits) &* UInt64(index) }

    @inline(__always)
    func sender<Sink: StepSink<State>>(_ index: Int, _ state: State, _ sink: inout Sink) {
        let s = state.shared
        let at = Self.senderAt(index)
        let own = state.sending &>> at
        let cpu = s.field(State.cpuAt, State.cpuBits)
        let process = Self.firstSender &+ index

        // The sender goes on to `place`, and the shared fields become `shared`.
        @inline(__always)
        func go(_ place: UInt64, _ shared: UInt64, _ alternative: UInt16 = 0) {
            var next = state
            next.shared = shared
            next.sending = next.sending.with(at, 5, place)
            sink.add(next, step: Self.step(process, alternative), breaks: 0)
        }

        switch own & 31 {
        case SenderPlace.loop:
            if own.field(5, 2) < messages { go(SenderPlace.entry, s) }
        case SenderPlace.entry: go(SenderPlace.upid, s)
        case SenderPlace.upid:
            if s.has(State.armedAt) {
                go(SenderPlace.decode, s)
            } else if s.has(State.snAt) || s.has(State.onAt) {
                go(SenderPlace.next, s.set(State.pirAt))
            } else {
                var next = state
                next.shared = s.set(State.pirAt).set(State.onAt)
                next.sending = next.sending.with(at, 5, SenderPlace.ipi)
                    .with(at &+ 7, State.cpuBits, s.field(State.ndstAt, State.cpuBits))
                sink.add(next, step: Self.step(process), breaks: 0)
            }
        case SenderPlace.ipi:
            let target = State.inFlightAt &+ 2 &* own.field(7, State.cpuBits)
            if s.field(target, 2) < 3 { go(SenderPlace.next, s &+ (1 &<< target)) }
        case SenderPlace.decode: go(SenderPlace.post, s)
        case SenderPlace.post:
            if s.has(State.armedAt) {
                go(SenderPlace.piLock, s.clear(State.armedAt).set(State.pirAt))
            } else {
                go(SenderPlace.tif, s.set(State.pirAt))
            }
        case SenderPlace.tif: go(SenderPlace.kick, s.set(State.tifAt))
        case SenderPlace.kick: go(SenderPlace.next, s.set(State.kickAt &+ cpu))

        // try_to_wake_up()
        case SenderPlace.piLock:
            if !s.has(State.piLockAt) { go(SenderPlace.state, s.set(State.piLockAt)) }
        case SenderPlace.state: go(s.has(State.interruptibleAt) ? SenderPlace.onRq : SenderPlace.piUnlock, s)
        case SenderPlace.onRq: go(s.has(State.onRqAt) ? SenderPlace.rqLock : SenderPlace.waking, s)
        case SenderPlace.rqLock:
            if mutant == 6 {
                go(SenderPlace.recheck, s)
            } else if !s.has(State.rqLockAt &+ cpu) {
                go(SenderPlace.recheck, s.set(State.rqLockAt &+ cpu))
            }
        case SenderPlace.recheck: go(s.has(State.onRqAt) ? SenderPlace.running : SenderPlace.notQueued, s)
        case SenderPlace.running: go(SenderPlace.rqUnlock, s.clear(State.interruptibleAt))
        case SenderPlace.rqUnlock: go(SenderPlace.piUnlock, mutant == 6 ? s : s.clear(State.rqLockAt &+ cpu))
        case SenderPlace.notQueued: go(SenderPlace.waking, mutant == 6 ? s : s.clear(State.rqLockAt &+ cpu))
        case SenderPlace.waking: go(SenderPlace.select, s.clear(State.interruptibleAt))
        case SenderPlace.select:
            if !s.has(State.onCPUAt) {
                for target in 0..<State.cpus {
                    go(SenderPlace.newLock, s.with(State.cpuAt, State.cpuBits, UInt64(target)), UInt16(target))
                }
            }
        case SenderPlace.newLock:
            if !s.has(State.rqLockAt &+ cpu) { go(SenderPlace.enqueue, s.set(State.rqLockAt &+ cpu)) }
        case SenderPlace.enqueue: go(SenderPlace.newUnlock, s.set(State.onRqAt))
        case SenderPlace.newUnlock: go(SenderPlace.piUnlock, s.clear(State.rqLockAt &+ cpu))
        case SenderPlace.piUnlock: go(SenderPlace.next, s.clear(State.piLockAt))
        default:
            var next = state
            next.sending = next.sending.with(at, 5, SenderPlace.loop) &+ (1 &<< (at &+ 5))
            sink.add(next, step: Self.step(process), breaks: 0)
        }
    }
}
