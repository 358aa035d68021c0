// Patches 03 to 11 of 13 September 2021, and their repairs (abi.md 3.1; thread 87r1dedykm, 87czoweu2d, 87tui162am, c6e83d0e).

extension WaitDesign {
    public static let rfcV1 = WaitDesign(
        name: "rfc-v1",
        summary: "The wait vector as posted: NV names a second vector while the task waits, whose handler looks for waiters on one list.",
        source: "20210913200132.3396598-12",
        repairs: vectorRepairs,
        write: { sources, on in writeVector(&sources, on) },
        finish: { program, _ in program.inTaskFPUState = true })

    public static let vector = WaitDesign(
        name: "vector",
        summary: "The wait vector with every repair that it takes.",
        source: "87tui162am, and the search",
        repairs: [],
        always: vectorRepairs.map(\.name),
        write: { sources, on in writeVector(&sources, on) },
        finish: { program, _ in program.inTaskFPUState = true })

    static let vectorRepairs: [Repair] = [
        Repair(
            name: "state-order", summary: "The task state is set before the waiter can be found.", source: "87r1dedykm"),
        Repair(
            name: "pending-check",
            summary: "After the waiter is on the list, PIR or UIRR non-zero cancels the sleep and undoes the wait's traces.",
            source: "c6e83d0e"),
        Repair(
            name: "retarget-offline",
            summary: "Waiters of a CPU that leaves get another NDST, and the IPI again if one was outstanding.", source: "87tui162am"),
        Repair(
            name: "cleanup", summary: "On every way out of the wait the task leaves the list and NV is UINV's vector again.",
            source: "87r1dedykm"),
        Repair(
            name: "clear-sn", summary: "The wait clears the SN that an earlier schedule-out of the same call left.", source: "the search"),
        Repair(
            name: "uinv-off", summary: "UINV is 0 from before the check for pending vectors: a late notification cannot take PIR.",
            source: "the search"),
        Repair(
            name: "clear-on",
            summary: "The check clears ON, if PIR is 0, in one locked operation: a notification whose vector nobody waits for cannot mute the senders.",
            source: "the search"),
        Repair(
            name: "ndst-here",
            summary: "The wait stores NDST anew, with interrupts off until the task is on the list.", source: "the search"),
        Repair(
            name: "clear-on-exit",
            summary: "The return to user mode clears ON too: a notification that found UINV = 0 and PIR empty cannot mute the senders.",
            source: "the search"),
    ]

    static func writeVector(_ sources: inout Sources, _ on: Set<String>) {
        writeVectorTask(&sources.task, on)
        writeWaitList(&sources.interrupt, retargets: on.contains("retarget-offline"), notifies: false)
    }

    private static func writeVectorTask(_ code: inout Assembler, _ on: Set<String>) {
        code.function("uintr_receiver_wait")
        code.label("wait")
        code.emit(.armTimer, local: true)
        if on.contains("state-order") { code.emit(.setInterruptible, name: "wait.state") }
        code.emit(.storeNVWait, name: "wait.nv")
        code.emit(.setWaiting, name: "wait.waiting")
        if on.contains("clear-sn") { code.emit(.clearSN, name: "wait.sn") }
        let off = on.contains("uinv-off") || on.contains("ndst-here")
        if on.contains("uinv-off") { code.emit(.clearUINV, name: "wait.uinv") }
        if on.contains("ndst-here") {
            code.emit(.storeNDST, irqs: !on.contains("uinv-off"), name: "wait.ndst")
        }
        code.emit(.listAdd, irqs: !off, name: "wait.list")
        if on.contains("pending-check") {
            if on.contains("clear-on") {
                code.emit(.ifUIRRLive, to: "undo", irqs: !off, local: on.contains("uinv-off"), name: "wait.uirr")
                code.emit(.clearONIfNoPIR, to: "undo", irqs: !off, name: "wait.check")
            } else {
                code.emit(.ifPending, to: "undo", irqs: !off, name: "wait.check")
            }
        }
        if !on.contains("state-order") { code.emit(.setInterruptible, name: "wait.state") }
        code.emit(.ifExpired, to: "woken", local: true, name: "wait.timer")
        code.emit(.schedule, name: "schedule")
        code.label("woken")
        if on.contains("cleanup") { code.emit(.listRemove, name: "wait.cleanup") }
        code.emit(.setRunning, local: true, name: "wait.awake")
        code.emit(.cancelTimer, local: true)
        code.emit(.jump, to: "exit", local: true, name: "wait.return")
        if on.contains("pending-check") {
            code.label("undo")
            code.emit(.listRemove, name: "wait.undo")
            code.emit(.setRunning, local: true, name: "wait.running")
            code.emit(.cancelTimer, local: true)
            code.emit(.jump, to: "exit", local: true, name: "undo.return")
        }

        code.function("switch_uintr_prepare")
        code.label("switchOut")
        code.emit(.ifWaiting, to: "save", irqs: false, local: true)
        code.emit(.setSN, irqs: false, name: "switch.sn")
        code.function("save_fpregs_to_fpstate")
        code.label("save")
        code.emit(.xsaves, irqs: false, name: "switch.xsaves")
        code.emit(.switched, irqs: false, local: true)
        code.label("switchIn")
        code.emit(.resume, irqs: false, local: true)
        writeVectorExit(&code, clearsON: on.contains("clear-on-exit"))
    }

    /// switch_uintr_return(), as posted and as in Intel's later tree.
    static func writeVectorExit(_ code: inout Assembler, clearsON: Bool = false) {
        code.function("switch_uintr_return")
        code.label("exit")
        code.emit(.ifSignal, to: "signal", irqs: false)
        code.emit(.load, irqs: false, name: "exit.load")
        code.emit(.loadUINV, irqs: false, local: true, name: "exit.uinv")
        code.emit(.storeNDST, irqs: false, name: "exit.ndst")
        // Before exit.self reads PIR: what is posted in between is found there, and what is posted later sends an IPI.
        if clearsON { code.emit(.clearON, irqs: false, name: "exit.on") }
        code.emit(.clearSN, irqs: false, name: "exit.sn")
        code.emit(.clearTIF, irqs: false, local: true)
        code.emit(.selfIPI, irqs: false, name: "exit.self")
        code.emit(.userReturn, irqs: false, local: true)
        code.writeCommon { code in
            code.function("uintr_free")
            code.label("leave")
            code.emit(.clearComponent, name: "leave.msrs")
            code.emit(.setSN, name: "leave.sn")
            code.emit(.listRemove, name: "leave.list")
            code.emit(.gone, local: true)
        }
    }

    /// uintr_wake_up_process(): the handler of the wait vector walks the list; and the CPU that leaves.
    static func writeWaitList(_ code: inout Assembler, retargets: Bool, notifies: Bool) {
        code.function("uintr_wake_up_process")
        if notifies { code.label("spurious") }
        code.label("waitVector")
        code.emit(.lockList, irqs: false, name: "walk.lock")
        for r in 0..<2 {
            let next = "walk\(r + 1)"
            code.emit(.unlessListedON, to: next, receiver: r, irqs: false, name: "walk.on\(r)")
            code.emit(.walkSetSN, receiver: r, irqs: false, name: "walk.sn\(r)")
            code.emit(.walkStoreNV, receiver: r, irqs: false, name: "walk.nv\(r)")
            if notifies { code.emit(.walkNotify, receiver: r, irqs: false, local: true, name: "walk.notify\(r)") }
            code.emit(.walkWake, receiver: r, irqs: false, name: "walk.wake\(r)")
            code.label(next)
        }
        code.emit(.unlockList, irqs: false, local: true, name: "walk.unlock")
        code.emit(.iret, irqs: false, local: true)
        writeLeaving(&code, retargets: retargets)
    }

    /// What a CPU does on its way offline, interrupts off.
    static func writeLeaving(_ code: inout Assembler, retargets: Bool) {
        code.function("uintr_cpu_dying")
        code.label("leaving")
        if retargets {
            code.emit(.lockList, irqs: false, name: "dying.lock")
            for r in 0..<2 {
                let next = "dying\(r + 1)"
                code.emit(.unlessListed, to: next, receiver: r, irqs: false, local: true, name: "dying.listed\(r)")
                code.emit(.unlessNDSTHere, to: next, receiver: r, irqs: false, local: true, name: "dying.here\(r)")
                code.emit(.retarget, receiver: r, irqs: false, name: "dying.retarget\(r)")
                code.emit(.resend, receiver: r, irqs: false, name: "dying.resend\(r)")
                code.label(next)
            }
            code.emit(.unlockList, irqs: false, local: true, name: "dying.unlock")
        }
        code.function("set_cpu_online")
        code.emit(.setOffline, irqs: false)
    }
}
