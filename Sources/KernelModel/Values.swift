// What a reader sees of a state.

extension KernelModel {
    /// Names and texts, always the same names in the same order.
    public func values(_ s: KernelState) -> [(name: String, text: String)] {
        var values: [(name: String, text: String)] = []
        for r in 0..<receivers {
            let task = s[receiver: r]
            let suffix = receivers > 1 ? (r == 0 ? " A" : " B") : ""
            var upid = "ON=\(task.on ? 1 : 0) SN=\(task.sn ? 1 : 0) NV=\(task.nv == .uinv ? "UINV" : "wait") NDST=\(task.ndst) PIR=\(KernelModel.set(task.pir))"
            if task.armed { upid += " reserved" }
            values.append(("UPID" + suffix, upid))
            values.append(("UIRR" + suffix, KernelModel.set(uirr(of: r, s))))
            values.append(("task" + suffix, taskState(task, cpu(running: r + 1, s))))
        }
        for c in 0..<cpus {
            let cpu = s[cpu: c]
            var text = cpu.online ? (cpu.uinv ? "set" : "0") : "offline"
            if cpu.irrUINV || cpu.irrWait {
                text += ", IRR: " + [(cpu.irrUINV, "UINV's vector"), (cpu.irrWait, "the wait vector")].filter(\.0).map(\.1).joined(separator: ", ")
            }
            values.append(("UINV CPU \(c)", text))
        }
        return values
    }

    private func taskState(_ task: ReceiverState, _ cpu: Int?) -> String {
        if task.exited { return "exited" }
        if task.gone { return "unregistered" }
        var text = task.interruptible ? "INTERRUPTIBLE" : "RUNNING"
        if !task.onRQ { text += cpu == nil ? ", asleep" : ", going to sleep" } else if cpu == nil { text += ", on the run queue" }
        if task.listed > 0 { text += task.listed == 1 ? ", on the wait list" : ", twice on the wait list" }
        return text
    }

    /// IPIs that have been sent and have not arrived.
    public func inFlight(_ s: KernelState) -> [(vector: NotificationVector, cpu: Int)] {
        var ipis: [(vector: NotificationVector, cpu: Int)] = []
        for c in 0..<cpus {
            for vector in [NotificationVector.uinv, .wait] {
                for _ in 0..<s[inFlight: vector, to: c] { ipis.append((vector, c)) }
            }
        }
        return ipis
    }

    /// The local APIC of CPU `c` takes an IPI that arrives.
    public func accepts(cpu c: Int, _ s: KernelState) -> Bool { accepts(s[cpu: c]) }

    /// What is wrong with `s`, at the end of a run that breaks `claim`.
    public func conclusion(of claim: Claim, in s: KernelState) -> String {
        switch claim {
        case .lostWakeup, .delivered: ending(s)
        case .onceEach: "A vector is delivered for which nothing was posted since its last delivery."
        case .rightTask: "The notification that was to wake a sleeping receiver is consumed for another one."
        case .freedUPID: "A processor, or the kernel, touches what was freed when its receiver exited."
        case .xrstors: "XRSTORS with UINV != 0 raises #GP in the kernel."
        case .uinvLoaded: "The receiver is in user mode, and UINV is not loaded: no notification reaches it there."
        case .innocentCPU: "A CPU is interrupted for a task that sleeps, while it runs another one."
        case .waitList: "The wait list is corrupt: an entry that is on it is added again, or one that is not is taken off."
        case .faultLoop: "SENDUIPI faults for ever."
        case .onePost: "A SENDUIPI has posted twice, or not at all."
        case .signalLeftovers: "The wait is over by a signal, and its traces are still there."
        case .upidState: "The UPID does not say what the task does: in user mode SN, or the reserved bit, or the wait vector; or switched out without SN."
        }
    }

    private func ending(_ s: KernelState) -> String {
        for r in 0..<receivers {
            let task = s[receiver: r]
            guard !task.gone else { continue }
            let name = KernelModel.receiverName(r)
            let cpu = cpu(running: r + 1, s)
            let pending = pending(r, s)
            if !task.onRQ {
                if task.pir != 0 {
                    let why = task.sn ? "SN = 1: no SENDUIPI sends an IPI" : task.on ? "ON = 1: the next SENDUIPI sends no IPI either" : "no IPI is in flight"
                    return "\(name) sleeps in uintr_wait() with PIR = \(KernelModel.set(task.pir)), and nothing will wake it: \(why)."
                }
                if pending != 0 { return "\(name) sleeps in uintr_wait() with UIRR = \(KernelModel.set(pending)), and nothing will wake it." }
                if task.owed != 0 { return "\(name) sleeps in uintr_wait(). Vectors \(KernelModel.set(task.owed)) were posted, and are nowhere any more." }
                if hasExpired(task) {
                    return "\(name) sleeps in uintr_wait(). Its timer had expired before the task state was set, and nothing will wake it."
                }
                if task.flag != 0 { return "\(name) sleeps in uintr_wait(). The handler has set the flag after it was tested, and nothing will wake it." }
            }
            if cpu != nil, !isUser(task.pc), task.owed | pending != 0 { return "\(name) waits in the kernel for ever." }
            if task.owed != 0 { return "\(name) is in user mode, vectors \(KernelModel.set(task.owed)) were posted, and nothing will deliver them." }
        }
        return "A receiver does not get what was posted for it."
    }
}
