internal import Architecture
internal import CEmulation

/// The emulated logical processor of one thread.
///
/// Invariant: `cpu` is touched in `inSection` only, on its own thread. The notification signal can interrupt the thread anywhere.
/// It sets the deferred flag; if the section is taken, that is all, and whoever leaves the section looks at the flag
/// afterwards (`settle`); else it settles itself, and has left the section when the interrupted code goes on. While a handler
/// runs, the section is free. So no notification is lost, and none changes `cpu` under anyone's hands.
///
/// All of this runs in the signal handler too, so it neither allocates nor locks; optimised builds check that from `execute`,
/// `senduipi` and `notified` on down. Unoptimised ones may on first use, so `EmulatedThread.start` runs it once before.
struct Processor {
    var cpu = LogicalProcessor()
    var handler: emulation_handler = { _, _, _ in }
    var context: UnsafeMutableRawPointer?
    /// The section is taken; a notification is to be processed.
    var (busy, deferred) = (false, false)
    /// How many notification signals are being handled on this thread, one within the other.
    var signals = 0
    /// The running handler has executed STUI within a signal, where the kernel has the signal blocked: it was unblocked.
    var opened = false

    /// UINV, and NV of every UPID: the vector that the first series used.
    static var notificationVector: UInt8 { 0xEC }

    /// CPL 3, 64-bit mode, CR4.UINTR = 1, which processors with these features take at CPL 0.
    init(uittsz: UInt32) {
        cpu.rflags.insert(.interruptEnable)
        try? cpu.writeCR4(CR4.uintr)
        cpu.cpl = 3
        cpu.uintr.uittsz = uittsz
    }

    static var current: UnsafeMutablePointer<Processor>? { emulation_processor()?.assumingMemoryBound(to: Processor.self) }
}

extension UnsafeMutablePointer<Processor> {
    /// Only a handler of some other signal can find the section taken; there, SENDUIPI is all that may be called.
    func inSection(_ body: (inout LogicalProcessor) throws(Fault) -> Void) {
        guard !pointee.busy else { return emulation_fault(true) }
        pointee.busy = true
        emulation_fence()
        var fault: Fault?
        do throws(Fault) { try body(&pointee.cpu) } catch { fault = error }
        emulation_fence()
        pointee.busy = false
        emulation_fence()
        if let fault { raise(fault) }
    }

    private func raise(_ fault: Fault) {
        if case .invalidOpcode = fault { emulation_fault(true) } else { emulation_fault(false) }
    }

    /// CLUI, STUI or TESTUI. Returns UIF as it is after the instruction.
    #if !DEBUG
    @_noLocks @_noAllocation
    #endif
    func execute(_ operation: Operation) -> Bool {
        var uif = false
        inSection { cpu throws(Fault) in
            var memory = ThreadMemory()
            _ = try cpu.execute(Instruction(operation), memory: &memory)
            if case .testui = operation { uif = cpu.rflags.contains(.cf) } else { uif = cpu.uintr.uif }
        }
        if uif, pointee.signals > 0, !pointee.opened {
            pointee.opened = true
            _ = emulation_signal_block(false)
        }
        settle(nil)
        return uif
    }

    /// On a copy, so that no section is needed: what SENDUIPI reads does not change while there is a sender.
    #if !DEBUG
    @_noLocks @_noAllocation
    #endif
    func senduipi(_ index: UInt64) {
        var (cpu, memory) = (pointee.cpu, ThreadMemory())
        cpu.gpr[0] = index
        do throws(Fault) {
            let notification = try cpu.execute(Instruction(.senduipi(register: 0)), memory: &memory)
            if let notification { emulation_notify(notification.ndst) }
        } catch {
            raise(error)
        }
    }

    /// The notification signal. The kernel blocks it until this returns, but while `opened`, which belongs to one handler.
    #if !DEBUG
    @_noLocks @_noAllocation
    #endif
    func notified(_ ucontext: UnsafeRawPointer) {
        pointee.deferred = true
        guard !pointee.busy else { return }
        let outer = pointee.opened
        (pointee.signals, pointee.opened) = (pointee.signals &+ 1, false)
        settle(ucontext)
        (pointee.signals, pointee.opened) = (pointee.signals &- 1, outer)
    }

    /// An instruction boundary: takes the notification that has arrived, if any, and delivers while something is due.
    func settle(_ ucontext: UnsafeRawPointer?) {
        withUnsafeTemporaryAllocation(of: UInt64.self, capacity: 8) { words in
            guard let frame = words.baseAddress else { return }
            emulation_interrupted(ucontext, frame + 4)
            while deliver(frame, interrupting: frame + 4) || pointee.deferred {}
        }
    }

    /// Delivers the highest pending vector (SDM Vol. 3A 9.4.2), calls the handler and executes UIRET; false if nothing is due.
    /// - Parameter registers: RIP, RFLAGS and RSP.
    private func deliver(_ frame: UnsafeMutablePointer<UInt64>, interrupting registers: UnsafeMutablePointer<UInt64>) -> Bool {
        var vector: UInt8?
        var memory = ThreadMemory(frame: frame)
        inSection { cpu throws(Fault) in
            if pointee.deferred {
                pointee.deferred = false
                // Otherwise the receiver has ended, and this is the kernel's spurious interrupt.
                if cpu.identifiesNotifications, cpu.uintr.isNotification(Processor.notificationVector) {
                    try cpu.uintr.processNotification(paging: cpu.paging, memory: &memory)
                }
            }
            guard cpu.deliversUserInterrupt else { return }
            (cpu.rip, cpu.rflags, cpu.gpr.rsp) = (registers[0], RFLAGS(rawValue: registers[1]), registers[2])
            memory.window = (registers[2] &- cpu.uintr.uistackadjust) & ~0xF &- 32
            vector = try cpu.deliverUserInterrupt(memory: &memory)
        }
        guard let vector else { return false }
        let outer = pointee.opened
        emulation_call(pointee.handler, pointee.context, frame + 1, UInt64(vector))
        inSection { cpu throws(Fault) in
            // The handler has popped the vector; a delivery nested in it has left another RSP.
            cpu.gpr.rsp = memory.window &+ 8
            _ = try cpu.execute(Instruction(.uiret), memory: &memory)
        }
        if pointee.opened != outer {
            pointee.opened = outer
            _ = emulation_signal_block(true)
        }
        return true
    }
}

/// Linear memory as the emulated processor of a thread sees it: the process's own, but for the delivery frame.
///
/// Where delivery pushes its frame, below the interrupted RSP, lies the kernel's signal frame here. So user-mode accesses reach
/// the four quadwords of `frame` instead, as if they lay at `window`.
///
/// Unsafe: supervisor accesses are made at the address given. These are UITTADDR, UPIDADDR and the UPIDADDR of UITT entries, which
/// `EmulatedThread` writes and keeps alive: an entry is made invalid before its UPID is released.
struct ThreadMemory: Memory {
    var window: UInt64 = 0
    /// Vector, RIP, RFLAGS, RSP.
    var frame: UnsafeMutablePointer<UInt64>?

    private func place(_ address: UInt64, _ access: Access) throws(Fault) -> UnsafeMutablePointer<UInt64> {
        guard let frame, access.user, address &- window < 32, address & 7 == 0 else { throw .page(address: address, code: access.code(present: false)) }
        return frame + Int(truncatingIfNeeded: (address &- window) &>> 3)
    }

    private func raw(_ address: UInt64) throws(Fault) -> UnsafeMutableRawPointer {
        if let pointer = UnsafeMutableRawPointer(bitPattern: UInt(address)) { return pointer }
        throw .page(address: address, code: .write)
    }

    func load(_ address: UInt64, _ access: Access) throws(Fault) -> UInt64 { try place(address, access).pointee }
    func store(_ address: UInt64, _ value: UInt64, _ access: Access) throws(Fault) { try place(address, access).pointee = value }

    /// Two reads of 8 bytes: if they do not belong together, the compare-and-exchange that follows fails and returns a pair
    /// that does. A UITT entry is written by this thread only.
    func loadForUpdate(_ address: UInt64) throws(Fault) -> Octaword {
        let memory = try raw(address)
        return Octaword(low: emulation_load(memory), high: emulation_load(memory + 8))
    }

    func loadOctaword(_ address: UInt64, _ access: Access) throws(Fault) -> Octaword { try loadForUpdate(address) }

    func compareExchange(_ address: UInt64, expected: Octaword, desired: Octaword) throws(Fault) -> Octaword {
        var seen = expected
        emulation_compare_exchange16(try raw(address), &seen.low, &seen.high, desired.low, desired.high)
        return seen
    }

    func fetchAnd(_ address: UInt64, _ mask: UInt64) throws(Fault) -> UInt64 { emulation_fetch_and(try raw(address), mask) }
    func exchange(_ address: UInt64, _ value: UInt64) throws(Fault) -> UInt64 { emulation_exchange(try raw(address), value) }
}
