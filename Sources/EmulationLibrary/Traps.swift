internal import CEmulationLibrary
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

/// The same for a SENDUIPI that need not notify and a UIRET that brings nothing, without a mask: false, and nothing is done, for all
/// else.
@_cdecl("runtime_execute_quietly")
func executeQuietly(_ thread: Thread, _ registers: Registers, _ site: UnsafeMutablePointer<runtime_site>) -> Bool {
    guard case .instruction(let instruction) = site.decoded else { return false }
    return sendQuietly(instruction, thread, registers) || returnQuietly(instruction, thread, registers)
}

/// A UIRET that leaves an alternate stack: from UIF = 1 on that stack is the next delivery's, and a gate has its registers there. A
/// trap's are restored in one step.
@_cdecl("runtime_must_trap")
func mustTrap(_ thread: Thread, _ site: UnsafeMutablePointer<runtime_site>) -> Bool {
    guard case .instruction(let instruction) = site.decoded, case .uiret = instruction.operation else { return false }
    return thread.pointee.uistackadjust & 1 != 0
}
