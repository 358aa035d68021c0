// Intel's later tree, on Linux 6.0 (abi.md 3.2): the decision to wait is taken at the context switch, for any interruptible sleep.

extension WaitDesign {
    public static let intelReceiver = WaitDesign(
        name: "intel-receiver",
        summary: "Intel's later mode: a receiver that is switched out while interruptible gets the wait vector.",
        source: "uintr-next 6.0, UINTR_HANDLER_FLAG_WAITING_RECEIVER",
        repairs: [],
        write: { sources, _ in
            writeIntelWait(&sources.task)
            sources.task.function("switch_uintr_prepare")
            sources.task.label("switchOut")
            sources.task.emit(.ifInterruptible, to: "block", irqs: false)
            sources.task.emit(.setSN, irqs: false, name: "switch.sn")
            sources.task.emit(.jump, to: "save", irqs: false, local: true)
            sources.task.label("block")
            sources.task.emit(.storeNVWait, irqs: false, name: "switch.nv")
            sources.task.emit(.setWaiting, irqs: false, name: "switch.waiting")
            sources.task.emit(.listAdd, irqs: false, name: "switch.list")
            writeIntelSwitch(&sources.task)
            sources.task.emit(.listRemove, irqs: false, name: "switch.unlist")
            sources.task.label("resume")
            sources.task.emit(.resume, irqs: false, local: true)
            writeVectorExit(&sources.task)
            writeWaitList(&sources.interrupt, retargets: false, notifies: true)
        },
        finish: { program, _ in
            program.inTaskFPUState = true
            program.tifEndsSleep = true
        })

    public static let intelSender = WaitDesign(
        name: "intel-sender",
        summary: "Intel's later mode with a reserved bit: SENDUIPI faults, and the #GP handler wakes or runs it again.",
        source: "uintr-next 6.0, UINTR_HANDLER_FLAG_WAITING_SENDER",
        repairs: [],
        write: { sources, _ in
            writeIntelWait(&sources.task)
            sources.task.function("switch_uintr_prepare")
            sources.task.label("switchOut")
            sources.task.emit(.ifInterruptible, to: "block", irqs: false)
            sources.task.emit(.jump, to: "suppress", irqs: false, local: true)
            sources.task.label("block")
            sources.task.emit(.arm, irqs: false, name: "switch.arm")
            sources.task.emit(.setWaiting, irqs: false, name: "switch.waiting")
            sources.task.label("suppress")
            sources.task.emit(.setSN, irqs: false, name: "switch.sn")
            writeIntelSwitch(&sources.task)
            sources.task.emit(.clearWaiting, irqs: false, name: "switch.nowait")
            sources.task.emit(.disarm, irqs: false, name: "switch.disarm")
            sources.task.label("resume")
            sources.task.emit(.resume, irqs: false, local: true)
            writeVectorExit(&sources.task)
            writeWaitList(&sources.interrupt, retargets: false, notifies: true)

            sources.fault.function("fixup_senduipi_exception")
            sources.fault.label("generalProtection")
            sources.fault.emit(.decode, local: true)
            sources.fault.emit(.gpTestAndClear)
            sources.fault.emit(.unlessWasArmed, to: "again", local: true)
            sources.fault.emit(.gpSetPIR)
            sources.fault.emit(.gpSetON)
            sources.fault.emit(.gpClearWaiting)
            sources.fault.emit(.gpSetTIF)
            sources.fault.emit(.gpWakeHeld)
            sources.fault.emit(.gpDone, local: true)
            sources.fault.label("again")
            sources.fault.emit(.gpRerun, local: true)
        },
        finish: { program, _ in
            program.inTaskFPUState = true
            program.tifEndsSleep = true
        })

    private static func writeIntelWait(_ code: inout Assembler) {
        code.function("uintr_receiver_wait")
        code.label("wait")
        code.emit(.armTimer, local: true)
        code.emit(.setInterruptible, name: "wait.state")
        code.emit(.ifExpired, to: "woken", local: true, name: "wait.timer")
        code.emit(.schedule, name: "schedule")
        code.label("woken")
        code.emit(.setRunning, local: true, name: "wait.running")
        code.emit(.cancelTimer, local: true)
        code.emit(.jump, to: "exit", local: true, name: "wait.return")
    }

    private static func writeIntelSwitch(_ code: inout Assembler) {
        code.function("save_fpregs_to_fpstate")
        code.label("save")
        code.emit(.xsaves, irqs: false, name: "switch.xsaves")
        code.emit(.switched, irqs: false, local: true)
        code.function("switch_uintr_finish")
        code.label("switchIn")
        code.emit(.ifWaiting, to: "undo", irqs: false)
        code.emit(.jump, to: "resume", irqs: false, local: true)
        code.label("undo")
    }
}
