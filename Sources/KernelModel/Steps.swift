import ModelChecker

/// What a step is, and its number in a trace: the kind in bits 8 and up, who and where below.
public enum StepKind: UInt16, Sendable, CaseIterable {
    /// The task that CPU `a` runs takes its next step.
    case run
    /// CPU `a` delivers a user interrupt.
    case deliver
    /// CPU `a` takes an interrupt out of IRR.
    case take
    /// The handler on CPU `a` goes on.
    case handler
    /// CPU `a`, idle, runs task `b`.
    case pick
    /// The task on CPU `a` is preempted.
    case preempt
    /// The stopper takes CPU `a` from a task in user mode.
    case stop
    /// The IPI with vector `b` arrives at CPU `a`.
    case arrive
    /// CPU `a` is to go offline.
    case beginOffline
    /// CPU `a`, with nothing left to run, turns interrupts off.
    case leaveCPU
    /// CPU `a` comes back.
    case online
    /// A signal is sent to receiver `a`.
    case signal
    /// The timer of receiver `a` expires.
    case timeout
    /// A kernel thread on CPU `a` uses the FPU.
    case kthread
    /// A softirq uses the FPU over receiver `a` in the kernel.
    case softirq
    /// Receiver `a` forks, unregisters its handler (`b` = 0) or exits (`b` = 1).
    case fork
    case leaveTask

    @inlinable public func id(_ a: Int, _ b: Int = 0) -> StepID { rawValue &<< 8 | StepID(a) &<< 4 | StepID(b) }

    public static func parse(_ id: StepID) -> (kind: StepKind, a: Int, b: Int)? {
        StepKind(rawValue: id >> 8).map { ($0, Int(id >> 4 & 15), Int(id & 15)) }
    }
}

extension KernelModel {
    /// First what must come sooner or later: CPUs that have something to run, IPIs in flight. A state without such a step that breaks
    /// a claim by that is an ending, though a signal, a timer or another CPU might still come and hide it; so nothing of that is added.
    @inlinable public func steps<Sink: StepSink<KernelState>>(from s: KernelState, into sink: inout Sink) {
        var moves = false
        for c in 0..<cpus {
            let cpu = s[cpu: c]
            if cpu.online, stepsOfCPU(c, cpu, s, &sink) { moves = true }
            if s[inFlight: .uinv, to: c] > 0 {
                arrival(.uinv, c, cpu, s, &sink)
                moves = true
            }
            if s[inFlight: .wait, to: c] > 0 {
                arrival(.wait, c, cpu, s, &sink)
                moves = true
            }
        }
        if !moves, s.hotplugPhase != 1, brokenByEnding(in: s) != 0 { return }
        for c in 0..<cpus where s[cpu: c].online && s[cpu: c].irqpc == 0 { optionalStepsOfCPU(c, s, &sink) }
        environment(s, &sink)
    }

    /// An IPI arrives: in IRR, or nowhere if no APIC answers.
    @inlinable func arrival<Sink: StepSink<KernelState>>(
        _ vector: NotificationVector, _ c: Int, _ cpu: CPUState, _ s: KernelState, _ sink: inout Sink
    ) {
        var next = s
        next[inFlight: vector, to: c] -= 1
        var breaks: PropertySet = 0
        if accepts(cpu) {
            next[cpu: c].setIRR(vector, true)
            if isTakenOnArrival(s, cpu) { take(&next, cpu: c, &breaks) }
        } else if vector == .uinv {
            forgetNotifications(&next)
        }
        sink.add(next, step: StepKind.arrive.id(c, Int(vector.rawValue)), breaks: breaks)
    }

    /// The local APIC takes what arrives into IRR.
    @inlinable func accepts(_ cpu: CPUState) -> Bool { cpu.online && !(program.masksOnLeaving && !cpu.active) }

    /// An arrival and the CPU's taking it are one step: the arrival touches nothing that another CPU sees, so it may come just before.
    @inlinable func isTakenOnArrival(_ s: KernelState, _ cpu: CPUState) -> Bool {
        isFused && !cpu.hasInterrupt && cpu.irqpc == 0 && interruptsAreOn(s, cpu.current)
    }

    /// - Returns: true if there was one.
    @inlinable func stepsOfCPU<Sink: StepSink<KernelState>>(
        _ c: Int, _ cpu: CPUState, _ s: KernelState, _ sink: inout Sink
    ) -> Bool {
        var breaks: PropertySet = 0
        var next = s
        if cpu.irqpc != 0 {
            if cpu.irqpc == 1 {
                endNotification(&next, cpu: c, &breaks)
            } else if !stepInterrupt(&next, cpu: c, &breaks) {
                return false
            }
            sink.add(next, step: StepKind.handler.id(c), breaks: breaks)
            return true
        }
        let current = cpu.current
        if takesInterrupt(s, cpu) {
            // The interrupt comes before the next instruction.
            take(&next, cpu: c, &breaks)
            sink.add(next, step: StepKind.take.id(c), breaks: breaks)
            return true
        }
        switch current {
        case 0: return picks(c, s, &sink)
        case 1, 2:
            if delivers(s, receiver: current - 1, cpu: c) {
                deliver(&next, receiver: current - 1, cpu: c, &breaks)
                sink.add(next, step: StepKind.deliver.id(c), breaks: breaks)
                return true
            }
            guard stepTask(&next, receiver: current - 1, cpu: c, &breaks) else { return false }
        default: guard stepSender(&next, current - 3, c, &breaks) else { return false }
        }
        sink.add(next, step: StepKind.run.id(c), breaks: breaks)
        return true
    }

    @inlinable func takesInterrupt(_ s: KernelState, _ cpu: CPUState) -> Bool {
        cpu.hasInterrupt && interruptsAreOn(s, cpu.current)
    }

    /// What may happen on a CPU and need not.
    @inlinable func optionalStepsOfCPU<Sink: StepSink<KernelState>>(_ c: Int, _ s: KernelState, _ sink: inout Sink) {
        let cpu = s[cpu: c]
        guard !takesInterrupt(s, cpu) else { return }
        switch cpu.current {
        case 0:
            if inTaskFPUState, s[left: .kthreads] > 0, cpu.owner != 0 {
                var next = s
                next.spend(.kthreads)
                next[cpu: c].owner = 0
                sink.add(next, step: StepKind.kthread.id(c), breaks: 0)
            }
        // Also where a user interrupt is recognised: ordinary interrupts, the timer's too, come before it (SDM 9.4).
        case 1, 2: mayInterrupt(receiver: cpu.current - 1, c, s, &sink)
        default: mayInterrupt(sender: cpu.current - 3, c, s, &sink)
        }
    }

    @inlinable func interruptsAreOn(_ s: KernelState, _ current: Int) -> Bool {
        switch current {
        case 0: true
        case 1, 2: !program.task[s[receiver: current - 1].pc].irqsOff
        // SENDUIPI is one instruction: nothing is taken between its post and its IPI.
        default: s[sender: current - 3].pc != 1
        }
    }

    @inlinable func picks<Sink: StepSink<KernelState>>(_ c: Int, _ s: KernelState, _ sink: inout Sink) -> Bool {
        guard s[cpu: c].active else { return false }
        var found = false
        for r in 0..<receivers where s[receiver: r].onRQ && cpu(running: r + 1, s) == nil {
            var next = s
            next[cpu: c].current = r + 1
            var breaks: PropertySet = 0
            settle(&next, receiver: r, cpu: c, &breaks)
            sink.add(next, step: StepKind.pick.id(c, r + 1), breaks: breaks)
            found = true
        }
        for index in 0..<senders where !s[sender: index].isDone && cpu(running: index + 3, s) == nil {
            var next = s
            next[cpu: c].current = index + 3
            sink.add(next, step: StepKind.pick.id(c, index + 3), breaks: 0)
            found = true
        }
        return found
    }

    @inlinable func mayInterrupt<Sink: StepSink<KernelState>>(receiver r: Int, _ c: Int, _ s: KernelState, _ sink: inout Sink) {
        let task = s[receiver: r]
        guard !program.task[task.pc].irqsOff else { return }
        let user = isUser(task.pc)
        if s[left: .preemptions] > 0 {
            var next = s
            next.spend(.preemptions)
            var breaks: PropertySet = 0
            switchOut(&next, r, c, &breaks)
            sink.add(next, step: StepKind.preempt.id(c), breaks: breaks)
        }
        if user {
            // Without a preemption to spend, the handler runs first.
            if delivers(s, receiver: r, cpu: c) { return }
            if !s[cpu: c].active {
                var next = s
                var breaks: PropertySet = 0
                switchOut(&next, r, c, &breaks)
                sink.add(next, step: StepKind.stop.id(c), breaks: breaks)
            }
            if task.pc == 0 { calls(r, c, s, &sink) }
            return
        }
        if task.pc == program.signal, s[left: .exits] > 0 {
            // The signal is a fatal one: get_signal() does not return.
            exit(r, s, &sink)
        }
        if inTaskFPUState, s[left: .kthreads] > 0, !task.needLoad {
            var next = s
            next.spend(.kthreads)
            kernelFPU(&next, r, c)
            sink.add(next, step: StepKind.softirq.id(r), breaks: 0)
        }
    }

    /// System calls that a receiver may make instead of waiting.
    @inlinable func calls<Sink: StepSink<KernelState>>(_ r: Int, _ c: Int, _ s: KernelState, _ sink: inout Sink) {
        if s[left: .forks] > 0 {
            var next = s
            next.spend(.forks)
            next[receiver: r].userPC = 0
            next[receiver: r].pc = program.clone
            sink.add(next, step: StepKind.fork.id(r), breaks: 0)
        }
        if s[left: .unregisters] > 0 {
            var next = s
            next.spend(.unregisters)
            next[receiver: r].pc = program.leave
            sink.add(next, step: StepKind.leaveTask.id(r, 0), breaks: 0)
        }
        if s[left: .exits] > 0 { exit(r, s, &sink) }
    }

    @inlinable func exit<Sink: StepSink<KernelState>>(_ r: Int, _ s: KernelState, _ sink: inout Sink) {
        var next = s
        next.spend(.exits)
        next[receiver: r].userPC = 3
        next[receiver: r].pc = program.leave
        sink.add(next, step: StepKind.leaveTask.id(r, 1), breaks: 0)
    }

    /// A task is switched out against its will: it stays on the run queue.
    @inlinable func switchOut(_ s: inout KernelState, _ r: Int, _ c: Int, _ breaks: inout PropertySet) {
        enterKernel(&s, r)
        s[receiver: r].resume = s[receiver: r].pc
        s[receiver: r].pc = program.switchOut
        settle(&s, receiver: r, cpu: c, &breaks)
    }

    /// A task that an interrupt finds in user mode returns there through exit_to_user_mode().
    @inlinable func enterKernel(_ s: inout KernelState, _ r: Int) {
        let pc = s[receiver: r].pc
        guard isUser(pc) else { return }
        s[receiver: r].userPC = pc
        s[receiver: r].pc = program.exit
    }

    /// - Returns: false if the sender is blocked.
    @inlinable func stepSender(_ next: inout KernelState, _ index: Int, _ c: Int, _ breaks: inout PropertySet) -> Bool {
        switch next[sender: index].pc {
        case 0:
            guard scenario != .hotplug || next.mayPost || sleepsWithCPUOffline(next) else { return false }
            senduipi(&next, sender: index, cpu: c, &breaks)
            return true
        case 1: return sendNotification(&next, sender: index, cpu: c, &breaks)
        default: return stepFault(&next, sender: index, cpu: c, &breaks)
        }
    }

    @inlinable func mayInterrupt<Sink: StepSink<KernelState>>(sender index: Int, _ c: Int, _ s: KernelState, _ sink: inout Sink) {
        let pc = s[sender: index].pc
        guard pc != 1 else { return }
        if s[left: .preemptions] > 0 {
            var next = s
            next.spend(.preemptions)
            next[cpu: c].current = 0
            sink.add(next, step: StepKind.preempt.id(c), breaks: 0)
        }
        if pc == 0, !s[cpu: c].active {
            var next = s
            next[cpu: c].current = 0
            sink.add(next, step: StepKind.stop.id(c), breaks: 0)
        }
    }

    /// The mail's situation: a receiver sleeps, and the CPU that its NDST names is offline.
    @inlinable func sleepsWithCPUOffline(_ s: KernelState) -> Bool { s.hotplugPhase == 2 && sleeps(on: s.hotplugCPU, s) }

    /// A receiver sleeps, and its NDST names CPU `c`.
    @inlinable func sleeps(on c: Int, _ s: KernelState) -> Bool {
        for r in 0..<receivers {
            let task = s[receiver: r]
            if !task.onRQ, !task.gone, cpu(running: r + 1, s) == nil, task.ndst == c { return true }
        }
        return false
    }

    /// CPU `c` takes the highest vector of its IRR; UINV's is above the wait vector.
    @inlinable func take(_ s: inout KernelState, cpu c: Int, _ breaks: inout PropertySet) {
        let current = s[cpu: c].current
        let r = current == 1 || current == 2 ? current - 1 : -1
        if s[cpu: c].irrUINV {
            s[cpu: c].irrUINV = false
            if s[cpu: c].uinv {
                beginNotification(&s, cpu: c, &breaks)
                return
            }
            s[cpu: c].irqpc = program.spurious
            forgetNotifications(&s)
        } else if s[cpu: c].irrWait {
            s[cpu: c].irrWait = false
            s[cpu: c].irqpc = program.waitVector
            if current > 2 || r >= 0 && isForAnother(s, r, c) { breaks |= bit(.innocentCPU) }
        } else {
            s[cpu: c].irrKick = false
        }
        if r >= 0 { enterKernel(&s, r) }
    }

    /// The wait vector that CPU `c` takes while it runs receiver `r` was sent for the other one.
    @inlinable func isForAnother(_ s: KernelState, _ r: Int, _ c: Int) -> Bool {
        guard receivers > 1, !s[receiver: r].on else { return false }
        let other = s[receiver: 1 - r]
        return !other.onRQ && other.on && other.nv == .wait && other.ndst == c
    }

    /// What happens to a machine: CPU hotplug, signals, timers.
    @inlinable func environment<Sink: StepSink<KernelState>>(_ s: KernelState, _ sink: inout Sink) {
        switch s.hotplugPhase {
        case 0:
            if s[left: .offline] > 0 {
                for c in 1..<max(cpus, 1) { beginOffline(c, s, &sink) }
            }
        case 1: leaveCPU(s, &sink)
        default:
            let c = s.hotplugCPU
            var next = s
            next.hotplugPhase = 0
            next.hotplugCPU = 0
            next[cpu: c].online = true
            next[cpu: c].active = true
            sink.add(next, step: StepKind.online.id(c), breaks: 0)
        }
        for r in 0..<receivers {
            let task = s[receiver: r]
            guard !task.gone else { continue }
            if s[left: .signals] > 0, !task.signal {
                var next = s
                next.spend(.signals)
                next[receiver: r].signal = true
                wake(&next, r)
                if let c = cpu(running: r + 1, s), isUser(task.pc) { next[cpu: c].irrKick = true }
                sink.add(next, step: StepKind.signal.id(r), breaks: 0)
            }
            if s[left: .timeouts] > 0, task.timer {
                var next = s
                next.spend(.timeouts)
                next[receiver: r].timer = false
                wake(&next, r)
                sink.add(next, step: StepKind.timeout.id(r), breaks: 0)
            }
        }
    }

    /// A CPU that is to go offline runs nothing new. Until its task leaves it, nobody else sees that: so, fused, it begins together
    /// with the stopper taking the CPU from a task in user mode, or with the CPU leaving from idle.
    @inlinable func beginOffline<Sink: StepSink<KernelState>>(_ c: Int, _ s: KernelState, _ sink: inout Sink) {
        var next = s
        next.spend(.offline)
        next.hotplugPhase = 1
        next.hotplugCPU = c
        next[cpu: c].active = false
        guard isFused, !program.masksOnLeaving else {
            sink.add(next, step: StepKind.beginOffline.id(c), breaks: 0)
            return
        }
        let cpu = s[cpu: c]
        guard cpu.irqpc == 0, !cpu.hasInterrupt else { return }
        var breaks: PropertySet = 0
        switch cpu.current {
        case 0:
            leaveCPU(next, &sink)
            return
        case 1, 2:
            let r = cpu.current - 1
            guard isUser(s[receiver: r].pc), !delivers(s, receiver: r, cpu: c) else { return }
            switchOut(&next, r, c, &breaks)
        default:
            guard s[sender: cpu.current - 3].pc == 0 else { return }
            next[cpu: c].current = 0
        }
        sink.add(next, step: StepKind.stop.id(c), breaks: breaks)
    }

    @inlinable func leaveCPU<Sink: StepSink<KernelState>>(_ s: KernelState, _ sink: inout Sink) {
        let c = s.hotplugCPU
        guard s[cpu: c].current == 0, s[cpu: c].irqpc == 0 else { return }
        if program.flushesSenders {
            for index in 0..<senders where s[sender: index].pc == 1 { return }
        }
        if program.drainsIPIs {
            let cpu = s[cpu: c]
            guard s[inFlight: .uinv, to: c] == 0, s[inFlight: .wait, to: c] == 0, !cpu.irrUINV, !cpu.irrWait else { return }
        }
        var next = s
        next[cpu: c].irqpc = program.leaving
        // The CPU that leaves may give the sleeper another NDST.
        if scenario == .hotplug, sleeps(on: c, s) { next.mayPost = true }
        var breaks: PropertySet = 0
        // What arrives before or after set_cpu_online() is lost alike.
        if isFused, program.interrupt[program.leaving].operation == .setOffline { _ = stepInterrupt(&next, cpu: c, &breaks) }
        sink.add(next, step: StepKind.leaveCPU.id(c), breaks: breaks)
    }
}
