// Lutomirski's mail of 30 September 2021, exactly (25ba1e1f), with the return to user mode that the thread settled on (C-3).

extension WaitDesign {
    public static let mail = WaitDesign(
        name: "mail",
        summary: "A reserved bit is set where a waiting task's FPU state is saved, else SN; SENDUIPI faults, and #GP emulates it.",
        source: "25ba1e1f",
        repairs: ideas,
        write: { sources, _ in
            var code = sources.task
            code.function("uintr_wait")
            code.label("wait")
            code.emit(.armTimer, local: true)
            code.emit(.setWaiting, name: "wait.waiting")
            code.emit(.setInterruptible, name: "wait.state")
            code.emit(.ifExpired, to: "woken", local: true, name: "wait.timer")
            code.emit(.schedule, name: "schedule")
            code.label("woken")
            code.emit(.clearWaiting, name: "wait.nowait")
            code.emit(.setRunning, local: true, name: "wait.running")
            code.emit(.cancelTimer, local: true)
            code.emit(.jump, to: "exit", local: true, name: "wait.return")

            code.function("save_fpregs_to_fpstate")
            code.label("switchOut")
            code.emit(.ifWaiting, to: "arm", irqs: false, local: true)
            code.emit(.setSN, irqs: false, name: "switch.sn")
            code.emit(.jump, to: "save", irqs: false, local: true)
            code.label("arm")
            code.emit(.arm, irqs: false, name: "switch.arm")
            code.label("save")
            code.emit(.xsaves, irqs: false, name: "switch.xsaves")
            code.emit(.switched, irqs: false, local: true)
            code.label("switchIn")
            code.emit(.resume, irqs: false, local: true)

            // "In this order": NDST, SN, PIR into UIRR, UINV (C-3).
            code.function("exit_to_user_mode_prepare")
            code.label("exit")
            code.emit(.ifSignal, to: "signal", irqs: false)
            code.emit(.load, irqs: false, name: "exit.load")
            code.emit(.storeNDST, irqs: false, name: "exit.ndst")
            code.emit(.disarm, irqs: false, name: "exit.disarm")
            code.emit(.clearSN, irqs: false, name: "exit.sn")
            code.emit(.takePIR, irqs: false, name: "exit.take")
            code.emit(.mergeUIRR, irqs: false, local: true, name: "exit.merge")
            code.emit(.loadUINV, irqs: false, local: true, name: "exit.uinv")
            code.emit(.userReturn, irqs: false, local: true)
            code.writeCommon { code in
                code.function("exit_thread")
                code.label("leave")
                code.emit(.clearComponent, name: "leave.msrs")
                code.emit(.setSN, name: "leave.sn")
                code.emit(.disarm, name: "leave.disarm")
                code.emit(.gone, local: true)
            }
            sources.task = code
            writeLeaving(&sources.interrupt, retargets: false)

            sources.fault.function("exc_general_protection")
            sources.fault.label("generalProtection")
            sources.fault.emit(.decode, local: true)
            sources.fault.emit(.segvIfForeign, name: "gp.foreign")
            sources.fault.emit(.gpPost)
            sources.fault.emit(.gpWakeHeld)
            sources.fault.emit(.gpDone, local: true)
        },
        finish: { program, _ in program.inTaskFPUState = true })
}
