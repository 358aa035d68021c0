// The mail's design made correct: what kernel/ implements. Component 14 is an independent one (0364c572): the FPU code does not know it.

extension WaitDesign {
    public static let fault = WaitDesign(
        name: "fault",
        summary: "The mail's design made correct: armed before the sleep, by one operation that also finds what is pending.",
        source: "25ba1e1f, 0364c572, and the search",
        repairs: ideas,
        write: { sources, _ in
            writeFaultTask(&sources.task)
            writeLeaving(&sources.interrupt, retargets: false)
            writeFaultHandler(&sources.fault)
        },
        finish: { program, _ in program.suppressedNDSTIsDead = true })

    private static func writeFaultTask(_ code: inout Assembler) {
        code.function("uintr_wait")
        code.label("wait")
        code.emit(.armTimer, local: true)
        code.label("again")
        code.emit(.setInterruptible, name: "wait.state")
        code.emit(.clearUINV, name: "wait.uinv")
        code.emit(.setTIF, irqs: false, local: true, name: "wait.tif")
        code.emit(.ifUIRR, to: "abort", irqs: false, local: true, name: "wait.uirr")
        code.emit(.armIfNoPIR, to: "abort", irqs: false, name: "wait.arm")
        // After the task state: a timer that expired before found nobody to wake.
        code.emit(.ifExpired, to: "woken", local: true, name: "wait.timer")
        code.emit(.schedule, name: "schedule")
        code.label("woken")
        code.emit(.disarm, name: "wait.disarm")
        // It waits again unless a signal or the timer ends the wait. A vector then keeps it from sleeping: a return of 0 means that one
        // is pending.
        code.emit(.ifSignal, to: "abort", name: "wait.signal")
        code.emit(.ifExpired, to: "abort", local: true, name: "wait.expired")
        code.emit(.jump, to: "again", local: true, name: "wait.again")
        code.label("abort")
        code.emit(.setRunning, local: true, name: "wait.running")
        code.emit(.cancelTimer, local: true)
        code.emit(.jump, to: "exit", local: true, name: "wait.return")

        code.function("uintr_switch")
        code.label("switchOut")
        code.emit(.unlessNeedLoad, to: "save", irqs: false, local: true, name: "switch.loaded")
        code.emit(.jump, to: "switch", irqs: false, local: true)
        code.label("save")
        code.emit(.setSN, irqs: false, name: "switch.sn")
        code.emit(.xsavesInit, irqs: false, local: true, name: "switch.xsaves")
        code.emit(.setTIF, irqs: false, local: true, name: "switch.tif")
        code.label("switch")
        code.emit(.switched, irqs: false, local: true)
        code.label("switchIn")
        code.emit(.resume, irqs: false, local: true)

        code.function("uintr_exit_to_user")
        code.label("exit")
        code.emit(.ifSignal, to: "signal", irqs: false)
        // One read of the thread's flags; and TIF_UINTR, once seen, stays until this task clears it.
        code.emit(.unlessTIF, to: "out", irqs: false, local: true)
        code.emit(.clearTIF, irqs: false, local: true, name: "exit.tif")
        code.emit(.publish, irqs: false, name: "exit.publish")
        code.emit(.takePIR, irqs: false, name: "exit.take")
        code.emit(.xrstors, irqs: false, local: true, name: "exit.xrstors")
        code.emit(.mergeUIRR, irqs: false, local: true, name: "exit.merge")
        code.emit(.loadUINV, irqs: false, local: true, name: "exit.uinv")
        code.label("out")
        code.emit(.userReturn, irqs: false, local: true)
        code.writeCommon { code in
            code.function("uintr_free")
            code.label("leave")
            // SN first: where the component is gone the switch does not set it.
            code.emit(.setSN, name: "leave.sn")
            code.emit(.clearComponent, name: "leave.msrs")
            code.emit(.unlink, name: "leave.unlink")
            code.emit(.gone, local: true)
        }
    }

    private static func writeFaultHandler(_ code: inout Assembler) {
        code.function("uintr_fixup_senduipi")
        code.label("generalProtection")
        code.emit(.decode, local: true)
        code.emit(.segvIfForeign, name: "gp.foreign")
        code.emit(.gpPost, name: "gp.post")
        code.emit(.unlessWasArmed, to: "running", local: true, name: "gp.armed")
        code.emit(.gpWake, name: "gp.wake")
        code.emit(.gpDone, local: true, name: "gp.done")
        code.label("running")
        code.emit(.gpSetTIF, name: "gp.tif")
        code.emit(.gpKick, name: "gp.kick")
        code.emit(.gpDone, local: true, name: "gp.done2")
    }
}
