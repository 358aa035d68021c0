import ModelChecker

// Interrupt handlers, the CPU that leaves, and the #GP handler of a sender.

extension KernelModel {
    /// Executes the next step of the handler on CPU `c`; false if it is blocked.
    @inlinable func stepInterrupt(_ s: inout KernelState, cpu c: Int, _ breaks: inout PropertySet) -> Bool {
        var pc = s[cpu: c].irqpc
        repeat {
            pc = execute(interrupt: program.interrupt[pc], at: pc, &s, c, &breaks)
            guard pc >= 0 else { return false }
            s[cpu: c].irqpc = pc
        } while isFused && pc > 1 && program.interrupt[pc].isLocal
        return true
    }

    @inlinable func execute(
        interrupt instruction: Instruction, at pc: Int, _ s: inout KernelState, _ c: Int, _ breaks: inout PropertySet
    ) -> Int {
        let next = pc + 1
        let target = Int(instruction.target)
        let r = Int(instruction.receiver)
        // Code is written for two receivers.
        switch instruction.operation {
        case .jump: return target
        case .lockList: if listIsLocked(s) { return -1 }
        case .unlockList: break
        case .unlessListedON: return s[receiver: r].listed > 0 && s[receiver: r].on ? next : target
        case .unlessListed: return s[receiver: r].listed > 0 ? next : target
        case .unlessNDSTHere: return s[receiver: r].ndst == c ? next : target
        case .walkSetSN: s[receiver: r].sn = true
        case .walkStoreNV: s[receiver: r].nv = .uinv
        case .walkNotify: s[receiver: r].tif = true
        case .walkWake:
            s[receiver: r].waiting = false
            wake(&s, r)
            let listed = s[receiver: r].listed
            if listed == 0 { breaks |= bit(.waitList) } else { s[receiver: r].listed = listed - 1 }
        case .retarget:
            for other in 0..<cpus where other != c && s[cpu: other].online {
                s[receiver: r].ndst = other
                break
            }
        case .resend:
            if s[receiver: r].on {
                let (nv, ndst) = (s[receiver: r].nv, s[receiver: r].ndst)
                guard s[inFlight: nv, to: ndst] < 3 else { return -1 }
                s[inFlight: nv, to: ndst] += 1
            }
        case .iret: return 0
        case .setOffline:
            // IRR keeps what it has until INIT clears it, and nobody takes it: it is dead from here.
            var cpu = CPUState(bits: 0)
            cpu.owner = 0
            s[cpu: c] = cpu
            s.hotplugPhase = 2
            return 0
        default:
            assertionFailure("\(instruction.operation) is not an interrupt handler's operation")
        }
        return next
    }

    @inlinable func enterFault(_ s: inout KernelState, sender index: Int) {
        var pc = program.generalProtection
        if isFused, program.fault[pc].operation == .decode { pc += 1 }
        s[sender: index].pc = pc
    }

    /// Executes the next step of sender `index`, which CPU `c` runs in its #GP handler; false if it is blocked.
    @inlinable func stepFault(_ s: inout KernelState, sender index: Int, cpu c: Int, _ breaks: inout PropertySet) -> Bool {
        var pc = s[sender: index].pc
        repeat {
            pc = execute(fault: program.fault[pc], at: pc, &s, index, c, &breaks)
            guard pc >= 0 else { return true }
            s[sender: index].pc = pc
        } while isFused && pc > 1 && program.fault[pc].isLocal
        return true
    }

    /// - Returns: the next place, or -1 when the handler has returned: SENDUIPI is done, or the task is.
    @inlinable func execute(
        fault instruction: Instruction, at pc: Int, _ s: inout KernelState, _ index: Int, _ c: Int, _ breaks: inout PropertySet
    ) -> Int {
        let next = pc + 1
        let r = target(of: index)
        let bit: UInt64 = 1 << UInt64(vector(of: index))
        switch instruction.operation {
        case .jump: return Int(instruction.target)
        case .decode: break
        case .segvIfForeign:
            if s[receiver: r].foreignReserved {
                kill(&s, sender: index, cpu: c, &breaks)
                return -1
            }
        case .gpPost:
            s[sender: index].register = s[receiver: r].armed
            s[receiver: r].armed = false
            s[receiver: r].pir |= bit
            posted(&s, sender: index, &breaks)
        case .gpPostKeepArmed:
            s[sender: index].register = s[receiver: r].armed
            s[receiver: r].pir |= bit
            posted(&s, sender: index, &breaks)
        case .gpRead: s[sender: index].register = s[receiver: r].armed
        case .gpWrite:
            s[receiver: r].armed = false
            s[receiver: r].pir |= bit
            posted(&s, sender: index, &breaks)
        case .gpTestAndClear:
            s[sender: index].register = s[receiver: r].armed
            s[receiver: r].armed = false
        case .unlessWasArmed:
            let wasArmed = s[sender: index].register
            s[sender: index].register = false
            return wasArmed ? next : Int(instruction.target)
        case .gpSetPIR:
            s[receiver: r].pir |= bit
            posted(&s, sender: index, &breaks)
        case .gpSetON: s[receiver: r].on = true
        case .gpClearWaiting: s[receiver: r].waiting = false
        case .gpWake:
            if !s[receiver: r].unlinked {
                if s[receiver: r].exited { breaks |= self.bit(.freedUPID) } else { wake(&s, r) }
            }
        case .gpWakeHeld: wake(&s, r)
        case .gpFindTask: s[sender: index].register = !s[receiver: r].unlinked
        case .gpWakeFound:
            let found = s[sender: index].register
            s[sender: index].register = false
            if found {
                if s[receiver: r].exited { breaks |= self.bit(.freedUPID) } else { wake(&s, r) }
            }
        case .gpSetTIF: if !s[receiver: r].gone { s[receiver: r].tif = true }
        case .gpKick:
            if let other = cpu(running: r + 1, s), other != c { s[cpu: other].irrKick = true }
        case .gpDone:
            finish(&s, sender: index, cpu: c, &breaks)
            return -1
        case .gpRerun:
            s[sender: index].register = false
            s[sender: index].pc = 0
            return -1
        default:
            assertionFailure("\(instruction.operation) is not the #GP handler's operation")
        }
        return next
    }
}
