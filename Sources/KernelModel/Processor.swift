import Architecture
import ModelChecker

// What processors do without asking the kernel. The rules are Architecture's own functions, on values made from the state.

/// The UPIDs of a state, as the memory that Architecture's functions reach: receiver `r`'s lies at 64 × (r + 1).
@usableFromInline struct UPIDMemory: Memory {
    @usableFromInline var state: KernelState
    @inlinable init(_ state: KernelState) { self.state = state }

    @inlinable static func address(_ r: Int) -> UInt64 { UInt64(r &+ 1) &* UPID.alignment }
    @inlinable func receiver(_ address: UInt64) -> Int { Int(address &>> 6) &- 1 }

    /// Vectors of the ordinary kind, as the RFC numbers them: UINV's 0xec, the wait vector 0xeb.
    @inlinable static func vector(_ nv: NotificationVector) -> UInt8 { nv == .uinv ? 0xEC : 0xEB }

    @inlinable func upid(_ r: Int) -> UPID {
        let task = state[receiver: r]
        var upid = UPID(
            nv: UPIDMemory.vector(task.nv), ndst: UInt32(task.ndst), pir: task.pir, on: task.on, sn: task.sn)
        // Bit 7 is the one that Intel's kernel sets; bit 2 stands for any other.
        if task.armed { upid.control |= 1 << 7 }
        if task.foreignReserved { upid.control |= 1 << 2 }
        return upid
    }

    @inlinable mutating func set(_ r: Int, _ upid: UPID) {
        state[receiver: r].on = upid.on
        state[receiver: r].sn = upid.sn
        state[receiver: r].pir = upid.pir
    }

    @inlinable mutating func load(_ address: UInt64, _ access: Access) throws(Fault) -> UInt64 { upid(receiver(address)).control }
    @inlinable mutating func store(_ address: UInt64, _ value: UInt64, _ access: Access) throws(Fault) {
        set(receiver(address), UPID(control: value, pir: upid(receiver(address)).pir))
    }
    @inlinable mutating func loadOctaword(_ address: UInt64, _ access: Access) throws(Fault) -> Octaword {
        upid(receiver(address)).octaword
    }
    @inlinable mutating func loadForUpdate(_ address: UInt64) throws(Fault) -> Octaword { upid(receiver(address)).octaword }
    @inlinable mutating func compareExchange(_ address: UInt64, expected: Octaword, desired: Octaword) throws(Fault) -> Octaword {
        // One step of the model: nothing came in between.
        set(receiver(address), UPID(desired))
        return expected
    }
    @inlinable mutating func fetchAnd(_ address: UInt64, _ mask: UInt64) throws(Fault) -> UInt64 {
        let old = upid(receiver(address))
        set(receiver(address), UPID(control: old.control & mask, pir: old.pir))
        return old.control
    }
    @inlinable mutating func exchange(_ address: UInt64, _ value: UInt64) throws(Fault) -> UInt64 {
        let r = receiver(address &- 8)
        let old = upid(r)
        set(r, UPID(control: old.control, pir: value))
        return old.pir
    }
}

extension KernelModel {
    /// SENDUIPI up to its post (steps 1 to 5); step 6, the IPI, is a step of its own.
    @inlinable func senduipi(_ s: inout KernelState, sender index: Int, cpu c: Int, _ breaks: inout PropertySet) {
        let r = target(of: index)
        if scenario == .hotplug { s.mayPost = true }
        let entry = UITTEntry(uv: UInt8(truncatingIfNeeded: vector(of: index)), upidaddr: UPIDMemory.address(r))
        var memory = UPIDMemory(s)
        do throws(Fault) {
            let notification = try entry.post(paging: .bits48, memory: &memory)
            if isFreed(r, s) { breaks |= bit(.freedUPID) }
            s = memory.state
            posted(&s, sender: index, &breaks)
            if let notification {
                s[sender: index].pc = 1
                s[sender: index].nv = notification.vector == UPIDMemory.vector(.uinv) ? .uinv : .wait
                s[sender: index].ndst = Int(notification.ndst)
            } else {
                finish(&s, sender: index, cpu: c, &breaks)
            }
        } catch {
            if program.generalProtection == 0 {
                kill(&s, sender: index, cpu: c, &breaks)
            } else {
                enterFault(&s, sender: index)
            }
        }
    }

    /// SENDUIPI's step 6. False while the modelled interconnect has no room: three IPIs of the vector are on their way.
    @inlinable func sendNotification(_ s: inout KernelState, sender index: Int, cpu c: Int, _ breaks: inout PropertySet) -> Bool {
        let (nv, ndst) = (s[sender: index].nv, s[sender: index].ndst)
        guard s[inFlight: nv, to: ndst] < 3 else { return false }
        s[inFlight: nv, to: ndst] += 1
        if receivers > 1, nv == .uinv, !s[receiver: target(of: index)].gone { s[receiver: target(of: index)].notified = true }
        finish(&s, sender: index, cpu: c, &breaks)
        return true
    }

    /// The ledger: a SENDUIPI has set its bit in PIR.
    @inlinable func posted(_ s: inout KernelState, sender index: Int, _ breaks: inout PropertySet) {
        if s[sender: index].posted { breaks |= bit(.onePost) }
        s[sender: index].posted = true
        let r = target(of: index)
        // A UPID with a reserved bit that is not the kernel's is a SIGSEGV, and nothing is posted (S-8).
        if s[receiver: r].foreignReserved { breaks |= bit(.onePost) }
        guard !s[receiver: r].gone else { return }
        let v = vector(of: index)
        s[receiver: r].owed |= 1 << UInt64(v)
        let credit = s[receiver: r].credit(v)
        if credit < 2 { s[receiver: r].setCredit(v, credit + 1) }
    }

    /// The instruction after a SENDUIPI is reached.
    @inlinable func finish(_ s: inout KernelState, sender index: Int, cpu c: Int, _ breaks: inout PropertySet) {
        if !s[sender: index].posted { breaks |= bit(.onePost) }
        var sender = SenderState(bits: 0)
        sender.left = s[sender: index].left - 1
        s[sender: index] = sender
        if sender.left == 0 { s[cpu: c].current = 0 }
    }

    /// SIGSEGV: right where the UPID has a reserved bit that is not the kernel's (S-8), else a SENDUIPI that does not post.
    @inlinable func kill(_ s: inout KernelState, sender index: Int, cpu c: Int, _ breaks: inout PropertySet) {
        if !s[receiver: target(of: index)].foreignReserved { breaks |= bit(.onePost) }
        s[sender: index] = SenderState(bits: 0)
        s[cpu: c].current = 0
    }

    /// Notification identification, and processing up to ON := 0.
    @inlinable func beginNotification(_ s: inout KernelState, cpu c: Int, _ breaks: inout PropertySet) {
        let r = s[cpu: c].owner - 1
        guard r >= 0 else { return }
        if isFreed(r, s) { breaks |= bit(.freedUPID) }
        s[receiver: r].notified = false
        for other in 0..<receivers where other != r && s[receiver: other].notified {
            // The other one sleeps, nothing is on its way that will wake it, and the notification that it was sent is gone.
            let task = s[receiver: other]
            if !task.onRQ, !task.gone, task.on, task.pir != 0, task.ndst == c, s[inFlight: .uinv, to: c] == 0, !isBeingWoken(s, other) {
                breaks |= bit(.rightTask)
            }
        }
        var memory = UPIDMemory(s)
        let registers = UserInterruptState(upidaddr: UPIDMemory.address(r))
        do throws(Fault) { try registers.clearOutstandingNotification(paging: .bits48, memory: &memory) } catch {}
        s = memory.state
        s[cpu: c].irqpc = 1
    }

    /// A SENDUIPI to receiver `r` has posted and its IPI has not left, a #GP handler is at work for it, or a wait vector is on its way.
    @inlinable func isBeingWoken(_ s: KernelState, _ r: Int) -> Bool {
        for index in 0..<senders where target(of: index) == r && s[sender: index].pc > 0 { return true }
        for c in 0..<cpus where s[inFlight: .wait, to: c] != 0 || s[cpu: c].irrWait || s[cpu: c].irqpc > 1 { return true }
        return false
    }

    /// A notification was taken by nobody: with none on its way any more, none will be consumed.
    @inlinable func forgetNotifications(_ s: inout KernelState) {
        guard receivers > 1 else { return }
        for c in 0..<cpus where s[inFlight: .uinv, to: c] != 0 || s[cpu: c].irrUINV { return }
        for r in 0..<receivers { s[receiver: r].notified = false }
    }

    /// Processing, the rest: PIR is taken, and added to UIRR.
    @inlinable func endNotification(_ s: inout KernelState, cpu c: Int, _ breaks: inout PropertySet) {
        let r = s[cpu: c].owner - 1
        s[cpu: c].irqpc = 0
        if isFreed(r, s) { breaks |= bit(.freedUPID) }
        var memory = UPIDMemory(s)
        var registers = UserInterruptState(uirr: s[cpu: c].uirr, upidaddr: UPIDMemory.address(r))
        do throws(Fault) { try registers.takePostedRequests(paging: .bits48, memory: &memory) } catch {}
        s = memory.state
        s[cpu: c].uirr = registers.uirr
    }

    /// A user interrupt is delivered at the next boundary.
    @inlinable func delivers(_ s: KernelState, receiver r: Int, cpu c: Int) -> Bool {
        isUser(s[receiver: r].pc) && s[receiver: r].uif && s[cpu: c].owner == r + 1 && s[cpu: c].uirr != 0
            && !s[receiver: r].needLoad
    }

    /// Delivery, the handler, and UIRET. That they are one step hides nothing: with UIF = 0 the same interruptions are possible
    /// between CLUI and STUI.
    @inlinable func deliver(_ s: inout KernelState, receiver r: Int, cpu c: Int, _ breaks: inout PropertySet) {
        let registers = UserInterruptState(uirr: s[cpu: c].uirr)
        guard let vector = registers.highestPending else { return }
        s[cpu: c].uirr &= ~(1 << UInt64(vector))
        s[receiver: r].flag |= 1 << UInt64(vector)
        s[receiver: r].owed &= ~(1 << UInt64(vector))
        let credit = s[receiver: r].credit(Int(vector))
        if credit == 0 { breaks |= bit(.onceEach) } else { s[receiver: r].setCredit(Int(vector), credit - 1) }
        // A program that spins has no use for the flag.
        if configuration.user == .spin { s[receiver: r].flag = 0 }
    }
}
