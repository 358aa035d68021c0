import ModelChecker

// What a step is called for a reader: the kernel's functions and the manual's names.

/// A step in words.
public struct StepDescription: Equatable, Sendable {
    /// The CPU that does it; nil where no CPU does.
    public var cpu: Int?
    /// `receiver A`, `sender B`, `hotplug`; nil for hardware and interrupt handlers.
    public var task: String?
    public var text: String
    /// For an IPI that arrives or is dropped: its vector, and where it goes.
    public var arrival: (vector: NotificationVector, cpu: Int)?

    public static func == (a: StepDescription, b: StepDescription) -> Bool {
        a.cpu == b.cpu && a.task == b.task && a.text == b.text && a.arrival?.cpu == b.arrival?.cpu
            && a.arrival?.vector == b.arrival?.vector
    }
}

extension KernelModel {
    public static func receiverName(_ r: Int) -> String { "receiver \(r == 0 ? "A" : "B")" }
    public static func senderName(_ index: Int) -> String { "sender \(["C", "D", "E"][min(index, 2)])" }

    /// A task by its number in `CPUState.current`.
    static func taskName(_ number: Int) -> String? {
        switch number {
        case 0: nil
        case 1, 2: receiverName(number - 1)
        default: senderName(number - 3)
        }
    }

    public func name(of step: StepID, in state: KernelState) -> String {
        let description = describe(step, in: state)
        let place = description.cpu.map { "CPU \($0): " } ?? ""
        return place + (description.task.map { "\($0): " } ?? "") + description.text
    }

    /// What `step` is, taken in `state`.
    public func describe(_ step: StepID, in state: KernelState) -> StepDescription {
        guard let (kind, a, b) = StepKind.parse(step) else {
            return StepDescription(text: "step \(step), which this model does not have")
        }
        switch kind {
        case .run: return describeRun(a, state)
        case .deliver:
            let vector = 63 - state[cpu: a].uirr.leadingZeroBitCount
            return StepDescription(
                cpu: a, task: KernelModel.taskName(state[cpu: a].current), text: "user interrupt \(vector): the handler sets flag, UIRET")
        case .take: return StepDescription(cpu: a, text: describeTake(a, state))
        case .handler: return describeHandler(a, state)
        case .pick:
            return StepDescription(cpu: a, text: "context switch to \(KernelModel.taskName(b) ?? "idle")")
        case .preempt:
            return StepDescription(cpu: a, task: KernelModel.taskName(state[cpu: a].current), text: "preempted")
        case .stop:
            return StepDescription(
                cpu: a, task: KernelModel.taskName(state[cpu: a].current),
                text: "cpu_down(\(a)): preempted by the stopper")
        case .arrive:
            let vector: NotificationVector = b == 0 ? .uinv : .wait
            let online = state[cpu: a].online
            return StepDescription(
                text: online ? "the IPI with \(vector.name) arrives at CPU \(a)" + arrivalText(vector, a, state)
                    : "the IPI with \(vector.name) to CPU \(a): nobody answers, it is dropped",
                arrival: (vector, a))
        case .beginOffline: return StepDescription(cpu: 0, task: "hotplug", text: "cpu_down(\(a)): CPU \(a) runs no tasks any more")
        case .leaveCPU: return StepDescription(cpu: a, task: "hotplug", text: (state.hotplugPhase == 0 ? "cpu_down(\(a)): " : "") + "take_cpu_down(): interrupts off" + (isFused && program.interrupt[program.leaving].operation == .setOffline ? ", set_cpu_online(\(a), false)" : ""))
        case .online: return StepDescription(cpu: 0, task: "hotplug", text: "cpu_up(\(a)): INIT clears IRR of CPU \(a)")
        case .signal:
            return StepDescription(text: "a signal is sent to \(KernelModel.receiverName(a)): try_to_wake_up()")
        case .timeout: return StepDescription(text: "the timer of \(KernelModel.receiverName(a)) expires: try_to_wake_up()")
        case .kthread: return StepDescription(cpu: a, task: "kernel thread", text: "kernel_fpu_begin(): the registers are its own")
        case .softirq:
            return StepDescription(
                cpu: cpu(running: a + 1, state), task: "softirq", text: "kernel_fpu_begin(): XSAVES, UINV := 0")
        case .fork: return StepDescription(cpu: cpu(running: a + 1, state), task: KernelModel.receiverName(a), text: "fork()")
        case .leaveTask:
            return StepDescription(
                cpu: cpu(running: a + 1, state), task: KernelModel.receiverName(a),
                text: b == 0 ? "uintr_unregister_handler()" : "exit()")
        }
    }

    /// What the CPU does with it at once, if the arrival and that are one step.
    private func arrivalText(_ vector: NotificationVector, _ c: Int, _ s: KernelState) -> String {
        guard accepts(s[cpu: c]) else { return ": masked, it is dropped" }
        guard isTakenOnArrival(s, s[cpu: c]) else { return ": IRR := 1" }
        var after = s
        after[cpu: c].setIRR(vector, true)
        return ", which " + describeTake(c, after)
    }

    private func describeTake(_ c: Int, _ s: KernelState) -> String {
        let cpu = s[cpu: c]
        if cpu.irrUINV {
            if cpu.uinv, cpu.owner > 0 {
                return "takes UINV's vector: notification, ON := 0 in the UPID of \(KernelModel.receiverName(cpu.owner - 1))"
            }
            return "takes UINV's vector with UINV = 0: a spurious interrupt, EOI"
        }
        if cpu.irrWait { return "takes the wait vector" }
        return "takes the reschedule IPI"
    }

    private func describeHandler(_ c: Int, _ s: KernelState) -> StepDescription {
        let cpu = s[cpu: c]
        if cpu.irqpc == 1 {
            return StepDescription(cpu: c, text: "notification: UIRR |= xchg(PIR, 0) = \(KernelModel.set(s[receiver: max(cpu.owner - 1, 0)].pir))")
        }
        let instruction = program.interrupt[cpu.irqpc]
        var text = KernelModel.text(instruction.operation, s, Int(instruction.receiver), c, program)
        if instruction.operation == .setOffline {
            let left = [(cpu.irrUINV, "UINV's vector"), (cpu.irrWait, "the wait vector")].filter(\.0).map(\.1)
            text += left.isEmpty ? "" : ", \(left.joined(separator: " and ")) left behind in IRR"
        }
        return StepDescription(cpu: c, text: "\(program.functions.interrupt[cpu.irqpc])(): \(text)")
    }

    private func describeRun(_ c: Int, _ s: KernelState) -> StepDescription {
        let current = s[cpu: c].current
        guard let name = KernelModel.taskName(current) else { return StepDescription(cpu: c, text: "idle") }
        if current < 3 {
            let pc = s[receiver: current - 1].pc
            let text = KernelModel.text(program.task[pc].operation, s, current - 1, c, program)
            let function = isUser(pc) ? "" : "\(program.functions.task[pc])(): "
            return StepDescription(cpu: c, task: name, text: function + text)
        }
        let index = current - 3
        let sender = s[sender: index]
        switch sender.pc {
        case 0: return StepDescription(cpu: c, task: name, text: describeSENDUIPI(index, s))
        case 1:
            return StepDescription(
                cpu: c, task: name, text: "SENDUIPI: sends \(sender.nv.name) to CPU \(sender.ndst)")
        default:
            let text = KernelModel.text(program.fault[sender.pc].operation, s, target(of: index), c, program)
            return StepDescription(cpu: c, task: name, text: "\(program.functions.fault[sender.pc])(): \(text)")
        }
    }

    private func describeSENDUIPI(_ index: Int, _ s: KernelState) -> String {
        let r = target(of: index)
        let task = s[receiver: r]
        if task.armed || task.foreignReserved {
            return "SENDUIPI to \(KernelModel.receiverName(r)): a reserved bit is set, #GP" + (program.generalProtection == 0 ? ", SIGSEGV" : "")
        }
        let posts = "SENDUIPI to \(KernelModel.receiverName(r)): PIR[\(vector(of: index))] := 1"
        if task.sn { return posts + ", SN = 1: no IPI" }
        if task.on { return posts + ", ON = 1: no IPI" }
        return posts + ", ON := 1"
    }

    /// A set of vectors: `{0,1}`.
    public static func set(_ bits: UInt64) -> String {
        "{" + (0..<64).filter { bits >> UInt64($0) & 1 != 0 }.map(String.init).joined(separator: ",") + "}"
    }
}

extension NotificationVector {
    public var name: String { self == .uinv ? "UINV's vector" : "the wait vector" }
}

extension KernelModel {
    static func text(_ operation: Operation, _ s: KernelState, _ r: Int, _ c: Int, _ program: Program) -> String {
        let task = s[receiver: r]
        let uirr = task.needLoad ? task.savedUIRR : s[cpu: c].uirr
        func test(_ condition: String, _ holds: Bool) -> String { "\(condition): \(holds ? "yes" : "no")" }
        switch operation {
        case .clui: return "clui"
        case .testFlag: return task.flag != 0 ? "if (!flag): the flag is set, it is consumed" : "if (!flag): it is clear, uintr_wait()"
        case .cluiAndTest: return task.flag != 0 ? "clui; if (!flag): the flag is set, stui" : "clui; if (!flag): it is clear, uintr_wait()"
        case .stui: return "stui"
        case .spin: return "spins"
        case .jump: return "system call"
        case .ifSignal: return test("signal pending?", task.signal)
        case .ifUIRR, .ifUIRRLive: return test("UIRR != 0?", uirr != 0)
        case .ifPIR: return test("PIR != 0?", task.pir != 0)
        case .ifPending: return test("PIR or UIRR != 0?", (task.pir | uirr) != 0)
        case .ifWaiting: return test("waiting?", task.waiting)
        case .ifInterruptible: return test("TASK_INTERRUPTIBLE?", task.interruptible)
        case .ifExpired: return "timer expired?"
        case .unlessTIF: return test("TIF_UINTR?", task.tif)
        case .unlessNeedLoad: return test("state in the registers?", !task.needLoad)
        case .setInterruptible: return "set_current_state(TASK_INTERRUPTIBLE)"
        case .setRunning: return "__set_current_state(TASK_RUNNING)"
        case .schedule:
            if !task.interruptible { return "schedule(): TASK_RUNNING, goes on" }
            if task.signal || program.tifEndsSleep && task.tif { return "schedule(): a signal is pending, goes on" }
            return "schedule(): leaves the run queue"
        case .switched: return "__switch_to(): the CPU is idle"
        case .resume: return "goes on"
        case .userReturn: return "returns to user mode"
        case .handleSignal: return "the signal's handler runs and returns"
        case .clone: return "the child gets a copy of the FPU state"
        case .armTimer: return "the timer is armed"
        case .cancelTimer: return "the timer is cancelled"
        case .gone: return "no receiver any more"
        case .setWaiting: return "waiting := true"
        case .clearWaiting: return "waiting := false"
        case .setTIF: return "TIF_UINTR := 1"
        case .clearTIF: return "TIF_UINTR := 0"
        case .unlink: return "the UPID has no task any more"
        case .storeNVWait: return "UPID.NV := wait vector"
        case .storeNDST: return "UPID.NDST := CPU \(c)"
        case .setSN: return "UPID.SN := 1"
        case .clearSN: return "UPID.SN := 0"
        case .arm: return "UPID: the reserved bit := 1"
        case .disarm: return "UPID: the reserved bit := 0"
        case .clearON: return "UPID.ON := 0"
        case .armIfNoPIR: return task.pir != 0 ? "cmpxchg16b: PIR != 0, no sleep" : "cmpxchg16b: PIR = 0, the reserved bit := 1, ON := 0"
        case .armIfNoPIRKeepON: return task.pir != 0 ? "cmpxchg16b: PIR != 0, no sleep" : "cmpxchg16b: PIR = 0, the reserved bit := 1"
        case .clearONIfNoPIR: return task.pir != 0 ? "cmpxchg16b: PIR != 0, no sleep" : "cmpxchg16b: PIR = 0, ON := 0"
        case .publish: return "UPID: NDST := CPU \(c), NV := UINV's vector, SN := ON := 0"
        case .publishKeepON: return "UPID: NDST := CPU \(c), NV := UINV's vector, SN := 0"
        case .publishKeepSN: return "UPID: NDST := CPU \(c), NV := UINV's vector, ON := 0"
        case .publishKeepNDST: return "UPID: NV := UINV's vector, SN := ON := 0"
        case .takePIR: return "xchg(PIR, 0) = \(set(task.pir)), into UIRR"
        case .readPIR: return "reads PIR = \(set(task.pir))"
        case .zeroPIR: return "PIR := 0"
        case .mergeUIRR: return "UIRR |= \(set(task.register))"
        case .storeUIRR: return "UIRR := \(set(task.register))"
        case .selfIPI: return task.pir != 0 ? "PIR != 0: self-IPI with UINV's vector" : "PIR = 0"
        case .awaitON: return "ON = 0: nothing to wait for"
        case .awaitIPIs: return "no IPI is in flight to this CPU"
        case .xsaves, .xsavesInit: return task.needLoad ? "the state is saved already" : "XSAVES: UINV := 0"
        case .saveKeepUINV: return "the state is saved, UINV stays"
        case .load:
            if !task.needLoad { return "the state is in the registers" }
            return s[cpu: c].owner == r + 1 ? "the registers are still its own: no XRSTORS" : "XRSTORS"
        case .xrstors, .xrstorsAlways: return "XRSTORS"
        case .loadUINV: return "UINV := its vector"
        case .clearUINV: return task.needLoad ? "local_irq_disable()" : "local_irq_disable(), UINV := 0"
        case .clearComponent: return "the registers of component 14 := 0"
        case .listAdd: return "list_add()"
        case .listRemove: return task.listed > 0 ? "list_del(), UPID.NV := UINV's vector" : "not on the list"
        case .lockList: return "spin_lock()"
        case .unlockList: return "spin_unlock()"
        case .unlessListedON: return test("\(receiverName(r)) on the list with ON = 1?", task.listed > 0 && task.on)
        case .unlessListed: return test("\(receiverName(r)) on the list?", task.listed > 0)
        case .unlessNDSTHere: return test("\(receiverName(r)): NDST is this CPU?", task.ndst == c)
        case .walkSetSN: return "\(receiverName(r)): UPID.SN := 1"
        case .walkStoreNV: return "\(receiverName(r)): UPID.NV := UINV's vector"
        case .walkWake: return "wake_up_process(\(receiverName(r))), list_del()"
        case .walkNotify: return "\(receiverName(r)): TIF_NOTIFY_SIGNAL"
        case .retarget: return "\(receiverName(r)): UPID.NDST := an online CPU"
        case .resend: return task.on ? "\(receiverName(r)): ON = 1, the IPI is sent again" : "\(receiverName(r)): ON = 0"
        case .iret: return "returns"
        case .setOffline: return "set_cpu_online(\(c), false)"
        case .decode: return "decodes SENDUIPI"
        case .segvIfForeign: return task.foreignReserved ? "another reserved bit: SIGSEGV" : "no other reserved bit"
        case .gpPost: return task.armed ? "cmpxchg16b: PIR |= its bit, the reserved bit := 0" : "cmpxchg16b: PIR |= its bit; was not armed"
        case .gpPostKeepArmed: return "cmpxchg16b: PIR |= its bit"
        case .gpRead: return "reads the UPID: \(task.armed ? "armed" : "not armed")"
        case .gpWrite: return "writes the UPID: PIR |= its bit, the reserved bit := 0"
        case .gpTestAndClear: return task.armed ? "test_and_clear_bit(reserved): was set" : "test_and_clear_bit(reserved): was clear"
        case .unlessWasArmed: return "armed?"
        case .gpSetPIR: return "PIR |= its bit"
        case .gpSetON: return "UPID.ON := 1"
        case .gpClearWaiting: return "waiting := false"
        case .gpWake, .gpWakeHeld, .gpWakeFound: return "wake_up_process(\(receiverName(r)))"
        case .gpFindTask: return "looks up the task of the UPID"
        case .gpSetTIF: return "\(receiverName(r)): TIF_UINTR := 1"
        case .gpKick: return "kick_process(\(receiverName(r)))"
        case .gpDone: return "IP += length"
        case .gpRerun: return "returns to the same SENDUIPI"
        }
    }
}
