#if !hasFeature(Embedded)
internal import Architecture
#endif
internal import CEmulationRuntime

/// The instruction at RIP: up to its last byte and no further, since the page after it may not be mapped.
private func decode(at rip: UInt64) -> Decoded {
    var bytes = InstructionBytes()
    while true {
        var byte: UInt8 = 0
        guard runtime_user_byte(rip &+ UInt64(bytes.count), &byte) else { return .other }
        bytes.append(byte)
        let decoded = Decoded(bytes)
        if decoded != .truncated { return decoded }
    }
}

/// After the #UD of the instruction at RIP: has it patched, or executes it on the calling thread.
///
/// - Returns: a `Verdict`; for `page`, the address in `address`. Nothing is changed where it is not `done`.
@_cdecl("runtime_execute") func execute(_ thread: Thread, _ registers: Registers, _ address: Registers) -> CInt {
    let rip = registers[RUNTIME_RIP]
    if let site = siteOfCopy(at: rip) {
        registers[RUNTIME_RIP] = site.pointee.address
        return executeSite(thread, registers, address, site)
    }
    switch decode(at: rip) {
    case .instruction(let instruction):
        // Executed again, as patched, and as it will be from now on.
        if runtime_mode != RUNTIME_TRAP.rawValue, patch(at: rip, instruction) { return Verdict.done.rawValue }
        return execute(instruction, thread, registers, address).rawValue
    case .tooLong:
        return Verdict.generalProtection.rawValue
    case .other, .truncated:
        // Another thread may have patched it since it trapped.
        guard let site = patchedSite(rip) else { return Verdict.other.rawValue }
        return executeSite(thread, registers, address, site)
    }
}

/// The same for an instruction that stands elsewhere now. RIP is the site's.
@_cdecl("runtime_execute_site")
func executeSite(
    _ thread: Thread, _ registers: Registers, _ address: Registers, _ site: UnsafeMutablePointer<runtime_site>
) -> CInt {
    guard case .instruction(let instruction) = site.decoded else { return Verdict.other.rawValue }
    return execute(instruction, thread, registers, address).rawValue
}

func execute(_ instruction: Instruction, _ thread: Thread, _ registers: Registers, _ address: Registers) -> Verdict {
    var cpu = LogicalProcessor(thread, registers)
    if case .senduipi(let register) = instruction.operation {
        guard runtime_abi.closesConnections, let senders = thread.senders else {
            return senduipi(cpu.gpr[register], instruction, &cpu, thread, registers, address)
        }
        let mask = runtime_signals_block()
        defer { runtime_signals_restore(mask) }
        senders.dropIfClosed(cpu.gpr[register])
        if senders.pointee.used == 0 { cpu.uintr.uitt = 0 }
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
///
/// From a post that sets ON to its notification all signals are blocked: a handler of the program's that left it by longjmp in
/// between would leave ON set for ever. Where ON is set already, as in a flood, there is nothing to leave undone.
private func senduipi(
    _ index: UInt64, _ instruction: Instruction, _ cpu: inout LogicalProcessor, _ thread: Thread, _ registers: Registers,
    _ address: Registers
) -> Verdict {
    let senders = thread.senders
    if let senders { runtime_enter(senders) }
    defer { if let senders { runtime_exit(senders) } }
    var quiet = QuietMemory()
    do throws(Fault) {
        _ = try cpu.execute(instruction, memory: &quiet)
        runtime_event(instruction.event, index, registers[RUNTIME_RIP])
        registers[RUNTIME_RIP] = cpu.rip
        registers[RUNTIME_RFLAGS] = cpu.rflags.rawValue
        return .done
    } catch {
        guard quiet.refused else { return .fault(error, of: thread, address) }
    }
    let mask = runtime_signals_block()
    defer { runtime_signals_restore(mask) }
    var memory = ProcessMemory()
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
    // UIF and UIRR stay as they are: in a gate, a signal handler of the program's may have changed them meanwhile.
    registers[RUNTIME_RIP] = cpu.rip
    registers[RUNTIME_RFLAGS] = cpu.rflags.rawValue
    return .done
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
