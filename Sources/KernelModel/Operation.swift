/// One step of the program of a design: at most one access to what others can see, or one locked operation.
///
/// "Local" operations touch only what no other CPU, task or interrupt handler can see in between; the interpreter runs them in
/// the same step as the operation before them. That is sound: such an operation commutes with every step of everyone else, so each
/// execution in which something comes in between has an equal one in which nothing does (Lipton 1975).
public enum Operation: UInt8, Sendable {
    // MARK: the receiver's program in user mode
    /// CLUI.
    case clui
    /// Tests the flag: found set it is consumed and STUI follows; else the system call is entered (`target`).
    case testFlag
    /// CLUI and the test of the flag in one, for a program that waits once; what the flag says is not consumed.
    case cluiAndTest
    /// STUI; the program goes on at `target`.
    case stui
    /// A program that only spins: it never takes a step by itself.
    case spin

    // MARK: branches (`target` if the condition holds)
    /// Always. Local.
    case jump
    /// A signal is pending for the task.
    case ifSignal
    /// UIRR is not 0, in the register or in memory. Local: with UINV = 0 nobody else changes it.
    case ifUIRR
    /// The same while UINV may be loaded: a notification can change it.
    case ifUIRRLive
    /// PIR is not 0.
    case ifPIR
    /// PIR or UIRR is not 0, one test.
    case ifPending
    /// The design's mark of a waiter is set.
    case ifWaiting
    /// The task state is TASK_INTERRUPTIBLE.
    case ifInterruptible
    /// The timer of the wait was armed and has expired.
    case ifExpired
    /// TIF_UINTR is clear.
    case unlessTIF
    /// The component is in the registers, UINV too.
    case unlessNeedLoad

    // MARK: the task and the scheduler
    case setInterruptible
    case setRunning
    /// schedule(): takes the task off the run queue if it is TASK_INTERRUPTIBLE and has no signal, and goes to the switch; else goes on.
    case schedule
    /// The end of the switch: the CPU no longer runs the task, and another may.
    case switched
    /// The task goes on where it left. Local.
    case resume
    /// The return to user mode; checks what must hold there.
    case userReturn
    /// A signal is delivered and its handler returns: fpu__restore_sig().
    case handleSignal
    /// fork(): fpu_clone().
    case clone
    case armTimer
    case cancelTimer
    /// The task is no receiver any more, or no task any more.
    case gone
    case setWaiting
    case clearWaiting
    case setTIF
    case clearTIF
    /// The UPID's pointer to the task is cleared, under the lock that guards it.
    case unlink

    // MARK: the task's UPID
    case storeNVWait
    case storeNDST
    case setSN
    case clearSN
    case arm
    case disarm
    case clearON
    /// cmpxchg16b: if PIR is 0, arms and clears ON; else to `target`.
    case armIfNoPIR
    /// As `armIfNoPIR`, and leaves ON alone.
    case armIfNoPIRKeepON
    /// cmpxchg16b: if PIR is 0, clears ON; else to `target`.
    case clearONIfNoPIR
    /// One locked operation: NDST := this CPU, NV := UINV's vector, SN and ON := 0.
    case publish
    /// The same without ON.
    case publishKeepON
    /// The same without SN.
    case publishKeepSN
    /// The same without NDST.
    case publishKeepNDST
    /// xchg(PIR, 0) into a register of the program.
    case takePIR
    /// PIR into a register of the program, by a plain read.
    case readPIR
    /// PIR := 0, by a plain store.
    case zeroPIR
    /// UIRR |= what was taken. Local.
    case mergeUIRR
    /// UIRR := what was taken. Local.
    case storeUIRR
    /// If PIR is not 0, sends the UINV vector to this CPU itself.
    case selfIPI
    /// Blocks until ON is 0: "ON = 1 means that an IPI is in flight to this CPU; one could wait for it" (25ba1e1f).
    case awaitON
    /// Blocks until no IPI is in flight to this CPU: the APIC operation that the mail asks for.
    case awaitIPIs

    // MARK: component 14
    /// XSAVES, if the registers are live: UINV := 0. The registers stay (TIF_NEED_FPU_LOAD).
    case xsaves
    /// XSAVES, and XRSTORS of the initial configuration: nobody's state stays in the registers.
    case xsavesInit
    /// The state is stored, but UINV stays: a save that is not destructive, or comes later than the switch.
    case saveKeepUINV
    /// switch_fpu_return(): no XRSTORS if the registers are still this task's, else XRSTORS.
    case load
    /// XRSTORS, if the component is not in the registers.
    case xrstors
    /// XRSTORS in any case.
    case xrstorsAlways
    /// UINV := the notification vector, by WRMSR.
    case loadUINV
    /// UINV := 0, by WRMSR, if the registers are live.
    case clearUINV
    /// The registers and the saved state are cleared.
    case clearComponent

    // MARK: the wait list
    case listAdd
    /// Takes the task off, if it is on: NV := UINV's vector, no waiter any more.
    case listRemove

    // MARK: interrupt handlers and the CPU that leaves (`receiver` is the operand)
    /// Takes the list's lock.
    case lockList
    /// Frees it. Local: who waits for it sees it free at the next step.
    case unlockList
    /// The operand is not on the list, or its ON is 0.
    case unlessListedON
    case unlessListed
    /// The operand's NDST is another CPU.
    case unlessNDSTHere
    case walkSetSN
    case walkStoreNV
    /// The operand is no waiter any more, is woken, and leaves the list.
    case walkWake
    /// The operand's NDST := an online CPU.
    case retarget
    /// If the operand's ON is set, the wait vector is sent to its NDST.
    case resend
    /// TIF_NOTIFY_SIGNAL on the operand: what ends its system call.
    case walkNotify
    /// The interrupt returns.
    case iret
    /// set_cpu_online(cpu, false).
    case setOffline

    // MARK: #GP on a sender's CPU (the sender's target is the operand)
    /// The instruction is SENDUIPI, its index is in the kernel's own table; else SIGSEGV. Local.
    case decode
    /// The UPID has a reserved bit that is not the kernel's own: SIGSEGV.
    case segvIfForeign
    /// cmpxchg16b: PIR[v] := 1, and disarms; remembers whether it was armed.
    case gpPost
    /// The same in two: reads,
    case gpRead
    /// … and writes what follows from what was read.
    case gpWrite
    /// cmpxchg16b: PIR[v] := 1, leaves armed.
    case gpPostKeepArmed
    /// test_and_clear_bit(reserved): remembers what it was.
    case gpTestAndClear
    /// Was not armed.
    case unlessWasArmed
    case gpSetPIR
    case gpSetON
    case gpClearWaiting
    /// wake_up_process(), if the UPID still has a task; one step under the lock that guards the pointer.
    case gpWake
    /// wake_up_process() of a task that the UPID's context holds a reference to: of one that has exited it does nothing.
    case gpWakeHeld
    /// The same without the lock: looks,
    case gpFindTask
    /// … and wakes what was found.
    case gpWakeFound
    case gpSetTIF
    /// kick_process().
    case gpKick
    /// IP += length: the SENDUIPI is done.
    case gpDone
    /// Returns to the same SENDUIPI.
    case gpRerun
}

/// An operation at its place in a program.
public struct Instruction: Sendable {
    public var operation: Operation
    /// Where a branch goes to.
    public var target: UInt8
    /// The receiver that an interrupt handler's operation is about, 0 or 1.
    public var receiver: UInt8
    /// Interrupts are off before it executes.
    public var irqsOff: Bool
    /// Runs in the same step as the one before it.
    public var isLocal: Bool
    /// The wait list's lock is held before it executes.
    public var holdsLock: Bool
}
