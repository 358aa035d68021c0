#if !hasFeature(Embedded)
internal import Architecture
#endif
internal import CEmulationRuntime

func execute(_ instruction: Instruction, _ thread: Thread, _ registers: Registers, _ address: Registers) -> Verdict {
    var cpu = LogicalProcessor(thread, registers)
    if case .senduipi(let register) = instruction.operation {
        if runtime_abi.closesConnections, let senders = thread.senders {
            senders.dropIfClosed(cpu.gpr[register])
            if senders.pointee.used == 0 { cpu.uintr.uitt = 0 }
        }
        return senduipi(cpu.gpr[register], instruction, &cpu, thread, registers, address)
    }
    var memory = ProcessMemory()
    do throws(Fault) {
        _ = try cpu.execute(instruction, memory: &memory)
    } catch {
        return .fault(error, of: thread, address)
    }
    runtime_event(instruction.event, 0, registers[RUNTIME_RIP])
    cpu.store(thread, registers)
    return .done
}

extension Instruction {
    fileprivate var event: runtime_event {
        switch operation {
        case .senduipi: RUNTIME_SENDUIPI
        case .uiret: RUNTIME_UIRET
        case .testui: RUNTIME_TESTUI
        case .clui: RUNTIME_CLUI
        case .stui: RUNTIME_STUI
        }
    }
}

/// SENDUIPI. While a thread is within, no other takes the entry's page and pipe away (`disconnect`).
private func senduipi(
    _ index: UInt64, _ instruction: Instruction, _ cpu: inout LogicalProcessor, _ thread: Thread, _ registers: Registers,
    _ address: Registers
) -> Verdict {
    var memory = ProcessMemory()
    let senders = thread.senders
    if let senders { runtime_enter(senders) }
    defer { if let senders { runtime_exit(senders) } }
    do throws(Fault) {
        let notification = try cpu.execute(instruction, memory: &memory)
        runtime_event(instruction.event, index, registers[RUNTIME_RIP])
        if notification != nil, let senders {
            runtime_event(RUNTIME_SENT, index, registers[RUNTIME_RIP])
            thread.notify(runtime_connection_get(senders, index))
        }
    } catch {
        return .fault(error, of: thread, address)
    }
    cpu.store(thread, registers)
    return .done
}

/// A SENDUIPI whose UPID has ON set already, as in a flood: it need not notify, and leaves nothing undone where a handler of the
/// program's interrupts it, even for good. RFC v1 first looks whether the descriptor is closed.
/// - Returns: false, and nothing is done, for any other instruction.
func sendQuietly(_ instruction: Instruction, _ thread: Thread, _ registers: Registers) -> Bool {
    guard case .senduipi(let register) = instruction.operation, !runtime_abi.closesConnections, let senders = thread.senders
    else { return false }
    runtime_enter(senders)
    defer { runtime_exit(senders) }
    var cpu = LogicalProcessor(thread, registers)
    let index = cpu.gpr[register]
    guard senders.isNotified(index) else { return false }
    var memory = QuietMemory()
    do throws(Fault) {
        _ = try cpu.execute(instruction, memory: &memory)
    } catch {
        return false
    }
    runtime_event(instruction.event, index, registers[RUNTIME_RIP])
    registers[RUNTIME_RIP] = cpu.rip
    registers[RUNTIME_RFLAGS] = cpu.rflags.rawValue
    return true
}

/// A UIRET after which nothing is to be delivered, as most are. At no place does a handler of the program's that interrupts it, even
/// for good, find anything lost: UIF is 0, and `held` is set until ON is clear and PIR has been seen empty after that.
/// - Returns: false, and nothing is done, where something is posted, or the thread is behind with its own code, and for any other
///   instruction.
func returnQuietly(_ instruction: Instruction, _ thread: Thread, _ registers: Registers) -> Bool {
    guard case .uiret = instruction.operation, !runtime_abi.closesConnections, let receiver = thread.pointee.receiver,
        thread.pointee.uif == 0, thread.pointee.uirr == 0
    else { return false }
    let now = runtime_monotonic()
    guard !thread.isBehind(now) else { return false }
    var cpu = LogicalProcessor(thread, registers)
    var memory = ProcessMemory()
    do throws(Fault) {
        _ = try cpu.execute(instruction, memory: &memory)
    } catch {
        return false
    }
    guard cpu.uintr.uif else { return false }
    if thread.pointee.held != 0 {
        thread.pointee.held = 1
        runtime_fence()
        receiver.clearNotifications()
        guard !receiver.hasPosted, runtime_let_go(thread) else { return false }
    }
    runtime_event(instruction.event, 0, registers[RUNTIME_RIP])
    thread.endReceiving(now)
    registers[RUNTIME_RSP] = cpu.gpr.rsp
    registers[RUNTIME_RIP] = cpu.rip
    registers[RUNTIME_RFLAGS] = cpu.rflags.rawValue
    runtime_fence()
    thread.pointee.uif = 1
    return true
}

extension UnsafeMutablePointer<runtime_thread> {
    /// SENDUIPI's last step. One that fails takes ON back, so that the next send tries again.
    func notify(_ connection: runtime_connection) {
        guard let page = connection.page else { return }
        if let receiver = pointee.receiver, runtime_page_cookie(page) == receiver.pointee.cookie {
            // To itself: the boundary after this instruction is the arrival.
            (pointee.held, pointee.awake, pointee.own) = (1, 1, 1)
        } else if runtime_page_wake(page) {
            return
        } else if runtime_notify(self, connection.notify) < 0 {
            _ = runtime_fetch_and(page, ~UPID.onMask)
        }
    }
}
