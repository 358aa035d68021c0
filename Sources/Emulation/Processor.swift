internal import Architecture
internal import CEmulation

/// The emulated logical processor of one thread.
///
/// Invariant: `cpu` is touched in `inSection` only, on its own thread. The notification signal can interrupt the thread anywhere.
/// It sets the deferred flag; if the section is taken, that is all, and whoever leaves the section looks at the flag
/// afterwards (`settle`); else it settles itself, and has left the section when the interrupted code goes on. While a handler
/// runs, the section is free. So no notification is lost, and none changes `cpu` under anyone's hands.
///
/// All of this runs in the signal handler too: no allocation, no locks, wrapping arithmetic. `EmulatedThread.start` runs it once
/// before, since unoptimised builds instantiate types on first use.
struct Processor {
    var cpu = LogicalProcessor()
    var handler: emulation_handler = { _, _, _ in }
    var context: UnsafeMutableRawPointer?
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
        guard !emulation_busy() else { return emulation_fault(true) }
        emulation_set_busy(true)
        var fault: Fault?
        do throws(Fault) { try body(&pointee.cpu) } catch { fault = error }
        emulation_set_busy(false)
        if let fault { emulation_fault(fault == .invalidOpcode) }
    }

    /// CLUI, STUI or TESTUI. Returns UIF as it is after the instruction.
    func execute(_ operation: Operation) -> Bool {
        var uif = false
        inSection { cpu throws(Fault) in
            var memory = ThreadMemory()
            _ = try cpu.execute(Instruction(operation), memory: &memory)
            uif = operation == .testui ? cpu.rflags.contains(.cf) : cpu.uintr.uif
        }
        if uif, pointee.signals > 0, !pointee.opened {
            pointee.opened = true
            _ = emulation_signal_block(false)
        }
        settle(nil)
        return uif
    }

    /// On a copy, so that no section is needed: what SENDUIPI reads does not change while there is a sender.
    func senduipi(_ index: UInt64) {
        var cpu = pointee.cpu
        var memory = ThreadMemory()
        cpu.gpr[0] = index
        do throws(Fault) {
            let notification = try cpu.execute(Instruction(.senduipi(register: 0)), memory: &memory)
            if let notification { emulation_notify(notification.ndst) }
        } catch {
            emulation_fault(error == .invalidOpcode)
        }
    }

    /// The notification signal. The kernel blocks it until this returns, but while `opened`, which belongs to one handler.
    func notified(_ ucontext: UnsafeRawPointer) {
        emulation_set_deferred(true)
        guard !emulation_busy() else { return }
        let outer = pointee.opened
        pointee.signals &+= 1
        pointee.opened = false
        settle(ucontext)
        pointee.signals &-= 1
        pointee.opened = outer
    }

    /// An instruction boundary: takes the notification that has arrived, if any, and delivers while something is due.
    func settle(_ ucontext: UnsafeRawPointer?) {
        var interrupted: (UInt64, UInt64, UInt64) = (0, 0, 0)
        withUnsafeMutableBytes(of: &interrupted) { emulation_interrupted(ucontext, $0.assumingMemoryBound(to: UInt64.self).baseAddress) }
        var frame: (UInt64, UInt64, UInt64, UInt64) = (0, 0, 0, 0)
        var delivered = false
        repeat {
            delivered = withUnsafeMutablePointer(to: &frame) {
                $0.withMemoryRebound(to: UInt64.self, capacity: 4) { deliver(interrupted, frame: $0) }
            }
        } while delivered || emulation_deferred()
    }

    /// Delivers the highest pending vector (SDM Vol. 3A 9.4.2), calls the handler and executes UIRET; false if nothing is due.
    private func deliver(_ interrupted: (rip: UInt64, rflags: UInt64, rsp: UInt64), frame: UnsafeMutablePointer<UInt64>) -> Bool {
        var vector: UInt8?
        var memory = ThreadMemory(frame: frame)
        inSection { cpu throws(Fault) in
            if emulation_deferred() {
                emulation_set_deferred(false)
                // UINV is 0 after the receiver has ended: the kernel's spurious interrupt.
                if cpu.identifiesNotifications, cpu.uintr.isNotification(Processor.notificationVector) {
                    try cpu.uintr.processNotification(paging: cpu.paging, memory: &memory)
                }
            }
            guard cpu.deliversUserInterrupt else { return }
            (cpu.rip, cpu.rflags, cpu.gpr.rsp) = (interrupted.rip, RFLAGS(rawValue: interrupted.rflags), interrupted.rsp)
            memory.window = (interrupted.rsp &- cpu.uintr.uistackadjust) & ~0xF &- 32
            vector = try cpu.deliverUserInterrupt(memory: &memory)
        }
        guard let vector else { return false }
        pointee.handler(pointee.context, frame + 1, UInt64(vector))
        inSection { cpu throws(Fault) in
            // The handler has popped the vector; a delivery nested in it has left another RSP.
            cpu.gpr.rsp = memory.window &+ 8
            _ = try cpu.execute(Instruction(.uiret), memory: &memory)
        }
        if pointee.opened {
            pointee.opened = false
            _ = emulation_signal_block(true)
        }
        return true
    }

    /// True if a user interrupt is recognised, or posted and not yet processed.
    func isPending() -> Bool {
        var pending = false
        inSection { cpu in
            let pir = UnsafeRawPointer(bitPattern: UInt(cpu.uintr.upidaddr &+ 8))
            pending = cpu.uintr.isRecognized || pir.map { emulation_load($0) != 0 } ?? false
        }
        return pending
    }
}
