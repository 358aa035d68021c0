import ModelChecker

// The receiver's task: one operation, and the local ones that follow it.

extension KernelModel {
    /// Executes the next step of receiver `r` on CPU `c`.
    ///
    /// - Returns: false if the step is blocked; the state is then as it was.
    @inlinable func stepTask(_ s: inout KernelState, receiver r: Int, cpu c: Int, _ breaks: inout PropertySet) -> Bool {
        var pc = s[receiver: r].pc
        repeat {
            pc = execute(program.task[pc], at: pc, &s, r, c, &breaks)
            guard pc >= 0 else { return false }
            s[receiver: r].pc = pc
        } while isFused && program.task[pc].isLocal && s[cpu: c].current == r + 1
        return true
    }

    /// Runs the local operations that receiver `r`, just put at another place, comes to first.
    @inlinable func settle(_ s: inout KernelState, receiver r: Int, cpu c: Int, _ breaks: inout PropertySet) {
        if isFused, program.task[s[receiver: r].pc].isLocal { _ = stepTask(&s, receiver: r, cpu: c, &breaks) }
    }

    /// - Returns: the place of the next operation; -1 if this one is blocked.
    @inlinable func execute(
        _ instruction: Instruction, at pc: Int, _ s: inout KernelState, _ r: Int, _ c: Int, _ breaks: inout PropertySet
    ) -> Int {
        let next = pc + 1
        let target = Int(instruction.target)
        switch instruction.operation {
        case .clui: s[receiver: r].uif = false
        case .testFlag:
            if s[receiver: r].flag != 0 {
                s[receiver: r].flag = 0
                s[receiver: r].uif = true
                return 0
            }
            s[receiver: r].userPC = 2
            return target
        case .cluiAndTest:
            if s[receiver: r].flag != 0 { return next }
            s[receiver: r].uif = false
            s[receiver: r].userPC = 2
            return target
        case .stui:
            s[receiver: r].uif = true
            return target
        case .spin: return -1

        case .jump: return target
        case .ifSignal: return s[receiver: r].signal ? target : next
        case .ifUIRR, .ifUIRRLive: return uirr(s, r, c) != 0 ? target : next
        case .ifPIR: return s[receiver: r].pir != 0 ? target : next
        case .ifPending: return (s[receiver: r].pir | uirr(s, r, c)) != 0 ? target : next
        case .ifWaiting: return s[receiver: r].waiting ? target : next
        case .ifInterruptible: return s[receiver: r].interruptible ? target : next
        case .ifExpired: return hasExpired(s[receiver: r]) ? target : next
        case .unlessTIF: return s[receiver: r].tif ? next : target
        case .unlessNeedLoad: return s[receiver: r].needLoad ? next : target

        case .setInterruptible: s[receiver: r].interruptible = true
        case .setRunning: s[receiver: r].interruptible = false
        case .schedule: return schedule(&s, r, next)
        case .switched:
            checkSwitchedOut(s, r, &breaks)
            s[cpu: c].current = 0
            return program.switchIn
        case .resume:
            let place = s[receiver: r].resume
            s[receiver: r].resume = 0
            return place
        case .userReturn: return returnToUser(&s, r, c, &breaks)
        case .handleSignal:
            s[receiver: r].signal = false
            s[receiver: r].signalled = true
            if inTaskFPUState { kernelFPU(&s, r, c) }
        case .clone:
            // fpu_clone() stores the parent's registers in the child: XSAVES, and the parent goes on.
            if inTaskFPUState, !s[receiver: r].needLoad { s[cpu: c].uinv = false }
        case .armTimer: s[receiver: r].timer = configuration.bounds.timeouts > 0
        case .cancelTimer: s[receiver: r].timer = false
        case .gone: return leave(&s, r, c)
        case .setWaiting: s[receiver: r].waiting = true
        case .clearWaiting: s[receiver: r].waiting = false
        case .setTIF: s[receiver: r].tif = true
        case .clearTIF: s[receiver: r].tif = false
        case .unlink: s[receiver: r].unlinked = true

        case .storeNVWait: s[receiver: r].nv = .wait
        case .storeNDST: s[receiver: r].ndst = c
        case .setSN: s[receiver: r].sn = true
        case .clearSN: s[receiver: r].sn = false
        case .arm: s[receiver: r].armed = true
        case .disarm: s[receiver: r].armed = false
        case .clearON: s[receiver: r].on = false
        case .armIfNoPIR:
            if s[receiver: r].pir != 0 { return target }
            s[receiver: r].armed = true
            s[receiver: r].on = false
        case .armIfNoPIRKeepON:
            if s[receiver: r].pir != 0 { return target }
            s[receiver: r].armed = true
        case .clearONIfNoPIR:
            if s[receiver: r].pir != 0 { return target }
            s[receiver: r].on = false
        case .publish: publish(&s, r, ndst: c)
        case .publishKeepON: publish(&s, r, ndst: c, on: s[receiver: r].on)
        case .publishKeepSN: publish(&s, r, ndst: c, sn: s[receiver: r].sn)
        case .publishKeepNDST: publish(&s, r, ndst: s[receiver: r].ndst)
        case .takePIR:
            s[receiver: r].register = s[receiver: r].pir
            s[receiver: r].pir = 0
        case .readPIR: s[receiver: r].register = s[receiver: r].pir
        case .zeroPIR: s[receiver: r].pir = 0
        case .mergeUIRR:
            setUIRR(&s, r, c, uirr(s, r, c) | s[receiver: r].register)
            s[receiver: r].register = 0
        case .storeUIRR:
            setUIRR(&s, r, c, s[receiver: r].register)
            s[receiver: r].register = 0
        case .selfIPI: if s[receiver: r].pir != 0 { s[cpu: c].irrUINV = true }
        case .awaitON: if s[receiver: r].on { return -1 }
        case .awaitIPIs:
            if s[inFlight: .uinv, to: c] != 0 || s[inFlight: .wait, to: c] != 0 { return -1 }

        case .xsaves: xsaves(&s, r, c)
        case .xsavesInit:
            if !s[receiver: r].needLoad {
                xsaves(&s, r, c)
                // The kernel zeroes UINV in memory: it is loaded again on the last step to user mode (875yug4eos).
                s[receiver: r].savedUINV = false
                s[cpu: c].owner = 0
            }
        case .saveKeepUINV:
            if !s[receiver: r].needLoad {
                s[receiver: r].savedUIRR = s[cpu: c].uirr
                s[receiver: r].needLoad = true
            }
        case .load: load(&s, r, c, &breaks)
        case .xrstors: if s[receiver: r].needLoad { xrstors(&s, r, c, &breaks) }
        case .xrstorsAlways:
            if !s[receiver: r].needLoad { s[receiver: r].savedUIRR = s[cpu: c].uirr }
            xrstors(&s, r, c, &breaks)
        case .loadUINV: s[cpu: c].uinv = true
        case .clearUINV: if !s[receiver: r].needLoad { s[cpu: c].uinv = false }
        case .clearComponent:
            if !s[receiver: r].needLoad {
                s[cpu: c].uinv = false
                s[cpu: c].uirr = 0
                s[cpu: c].owner = 0
            }
            s[receiver: r].savedUIRR = 0
            s[receiver: r].savedUINV = false
            s[receiver: r].needLoad = true

        case .listAdd:
            if listIsLocked(s) { return -1 }
            let listed = s[receiver: r].listed
            if listed > 0 { breaks |= bit(.waitList) }
            s[receiver: r].listed = min(listed + 1, 3)
        case .listRemove:
            if listIsLocked(s) { return -1 }
            if s[receiver: r].listed > 0 {
                s[receiver: r].listed = 0
                s[receiver: r].nv = .uinv
                s[receiver: r].waiting = false
            }
        default:
            assertionFailure("\(instruction.operation) is not a task's operation")
        }
        return next
    }

    /// UIRR of the task that CPU `c` runs, in the register or in memory.
    @inlinable func uirr(_ s: KernelState, _ r: Int, _ c: Int) -> UInt64 {
        s[receiver: r].needLoad ? s[receiver: r].savedUIRR : s[cpu: c].uirr
    }

    @inlinable func setUIRR(_ s: inout KernelState, _ r: Int, _ c: Int, _ value: UInt64) {
        if s[receiver: r].needLoad { s[receiver: r].savedUIRR = value } else { s[cpu: c].uirr = value }
    }

    /// schedule() decides under the run queue's lock, as try_to_wake_up() does.
    @inlinable func schedule(_ s: inout KernelState, _ r: Int, _ next: Int) -> Int {
        guard s[receiver: r].interruptible else { return next }
        if s[receiver: r].signal || program.tifEndsSleep && s[receiver: r].tif {
            s[receiver: r].interruptible = false
            return next
        }
        s[receiver: r].onRQ = false
        s[receiver: r].resume = next
        return program.switchOut
    }

    /// try_to_wake_up().
    @inlinable func wake(_ s: inout KernelState, _ r: Int) {
        guard s[receiver: r].interruptible, !s[receiver: r].gone else { return }
        s[receiver: r].interruptible = false
        s[receiver: r].onRQ = true
    }

    @inlinable func publish(_ s: inout KernelState, _ r: Int, ndst: Int, sn: Bool = false, on: Bool = false) {
        s[receiver: r].ndst = ndst
        s[receiver: r].nv = .uinv
        s[receiver: r].sn = sn
        s[receiver: r].on = on
    }

    /// XSAVES of component 14, unless it is in memory already (SDM Vol. 1, 13.11: it clears UINV).
    @inlinable func xsaves(_ s: inout KernelState, _ r: Int, _ c: Int) {
        guard !s[receiver: r].needLoad else { return }
        s[receiver: r].savedUIRR = s[cpu: c].uirr
        s[receiver: r].savedUINV = s[cpu: c].uinv
        s[cpu: c].uinv = false
        // What the register still shows is in memory, and nobody reads it before it is loaded again.
        s[cpu: c].uirr = 0
        s[receiver: r].needLoad = true
    }

    /// switch_fpu_return(): nothing is loaded where the registers are still this task's, and then UINV stays 0.
    @inlinable func load(_ s: inout KernelState, _ r: Int, _ c: Int, _ breaks: inout PropertySet) {
        guard s[receiver: r].needLoad else { return }
        if s[cpu: c].owner == r + 1 {
            s[cpu: c].uirr = s[receiver: r].savedUIRR
            s[receiver: r].savedUIRR = 0
            s[receiver: r].savedUINV = false
            s[receiver: r].needLoad = false
        } else {
            xrstors(&s, r, c, &breaks)
        }
    }

    /// XRSTORS of component 14 (SDM Vol. 1, 13.12: #GP while UINV is not 0).
    @inlinable func xrstors(_ s: inout KernelState, _ r: Int, _ c: Int, _ breaks: inout PropertySet) {
        if s[cpu: c].uinv { breaks |= bit(.xrstors) }
        for other in 0..<cpus where s[cpu: other].owner == r + 1 { s[cpu: other].owner = 0 }
        s[cpu: c].uirr = s[receiver: r].savedUIRR
        s[cpu: c].uinv = s[receiver: r].savedUINV
        s[cpu: c].owner = r + 1
        s[receiver: r].savedUIRR = 0
        s[receiver: r].savedUINV = false
        s[receiver: r].needLoad = false
    }

    /// kernel_fpu_begin() and what restores a signal frame: the registers are saved and belong to nobody.
    @inlinable func kernelFPU(_ s: inout KernelState, _ r: Int, _ c: Int) {
        guard !s[receiver: r].needLoad else { return }
        xsaves(&s, r, c)
        s[cpu: c].owner = 0
    }

    @inlinable func returnToUser(_ s: inout KernelState, _ r: Int, _ c: Int, _ breaks: inout PropertySet) -> Int {
        let task = s[receiver: r]
        if !s[cpu: c].uinv || s[cpu: c].owner != r + 1 || task.needLoad { breaks |= bit(.uinvLoaded) }
        if task.sn || task.armed || task.nv != .uinv { breaks |= bit(.upidState) }
        if task.signalled {
            if task.armed || task.waiting || task.listed > 0 || task.nv != .uinv || task.interruptible {
                breaks |= bit(.signalLeftovers)
            }
            s[receiver: r].signalled = false
        }
        let place = task.userPC
        s[receiver: r].userPC = 0
        return place
    }

    @inlinable func checkSwitchedOut(_ s: KernelState, _ r: Int, _ breaks: inout PropertySet) {
        let task = s[receiver: r]
        // Only a waiter may be without SN, and not where the scheduler took it from user mode.
        let isWaiter = task.resume != program.exit && (task.armed || task.waiting)
        if !task.sn && !isWaiter { breaks |= bit(.upidState) }
    }

    /// The task stops being a receiver; it, or what is left of it, is of no more interest.
    @inlinable func leave(_ s: inout KernelState, _ r: Int, _ c: Int) -> Int {
        let old = s[receiver: r]
        var task = ReceiverState(bits: 0)
        task.gone = true
        task.exited = old.userPC == 3
        task.on = old.on
        task.sn = old.sn
        task.nv = old.nv
        task.armed = old.armed
        task.ndst = old.ndst
        task.foreignReserved = old.foreignReserved
        task.listed = old.listed
        task.unlinked = old.unlinked
        s[receiver: r] = task
        s[cpu: c].current = 0
        return 0
    }

    /// A CPU is in the part of its handler that holds the wait list's lock.
    @inlinable func listIsLocked(_ s: KernelState) -> Bool {
        for c in 0..<cpus {
            let pc = s[cpu: c].irqpc
            if pc > 1, program.interrupt[pc].holdsLock { return true }
        }
        return false
    }
}
