internal import Architecture
internal import CEmulationRuntime

// Where CEmulationBackend enters the runtime, at an instruction. It runs between two instructions of anything, as a signal's handler
// does, so it neither allocates nor locks: optimised builds check that, here and of `boundary`.

/// UIRET, on the registers of a block.
/// - Returns: a `Verdict`; the boundary after it is the caller's.
#if !DEBUG
@_noLocks @_noAllocation
#endif
@_cdecl("emulation_uiret") func uiret(_ thread: Thread, _ registers: Registers, _ address: Registers) -> CInt {
    execute(Instruction(.uiret), thread, registers, address).rawValue
}

/// SENDUIPI, with the index in RAX.
#if !DEBUG
@_noLocks @_noAllocation
#endif
@_cdecl("emulation_send") func send(_ thread: Thread, _ registers: Registers, _ address: Registers) -> CInt {
    execute(Instruction(.senduipi(register: 0)), thread, registers, address).rawValue
}
