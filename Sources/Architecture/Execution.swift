extension LogicalProcessor {
    /// Executes one of the five instructions at RIP (SDM Vol. 2: SENDUIPI, CLUI, STUI, TESTUI, UIRET).
    ///
    /// - Returns: the notification that SENDUIPI sends after its write, or nil.
    /// - Throws: what the instruction raises; nothing is changed then, RIP included.
    @inlinable public mutating func execute<M: Memory & ~Copyable>(
        _ instruction: Instruction, memory: inout M
    ) throws(Fault) -> Notification? {
        // CR4.UINTR = 1 implies the CPUID bit: writeCR4 refuses it without.
        guard uintrEnabled, in64BitMode, !inEnclave, !instruction.lock else { throw .invalidOpcode }

        var notification: Notification?
        switch instruction.operation {
        case .clui:
            uintr.uif = false
        case .stui:
            uintr.uif = true
        case .testui:
            rflags.remove(.clearedByTESTUI)
            if uintr.uif { rflags.insert(.cf) } else { rflags.remove(.cf) }
        case .senduipi(let register):
            guard uintr.senduipiEnabled else { throw .invalidOpcode }
            notification = try uintr.senduipi(gpr[register], paging: paging, memory: &memory)
        case .uiret:
            try uiret(memory: &memory)
            shadow = .none
            return nil
        }
        rip = rip &+ UInt64(instruction.length)
        rflags.remove(.rf)
        shadow = .none
        return notification
    }
}
