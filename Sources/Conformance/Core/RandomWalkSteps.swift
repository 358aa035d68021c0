import Architecture

extension RandomWalk {
    mutating func step() {
        report.steps += 1
        let cpu = Int(generator.below(UInt64(RandomWalk.processors)))
        switch generator.below(100) {
        case 0..<45: execute(cpu)
        case 45..<60: arrive()
        case 60..<75: takeInterrupt(cpu)
        case 75..<91: deliver(cpu)
        case 91..<96: running[cpu] < 0 ? switchIn(cpu) : switchOut(cpu)
        case 96..<98: machine[cpu].rflags.rawValue ^= RFLAGS.interruptEnable.rawValue
        default: machine[cpu].shadow = [.none, .sti, .movSS][Int(generator.below(3))]
        }
        if failure == nil { checkAll() }
    }

    // MARK: Instructions

    private mutating func execute(_ cpu: Int) {
        guard running[cpu] >= 0 else { return }
        switch generator.below(10) {
        case 0..<6: senduipi(cpu)
        case 6: execute(Instruction(.clui), cpu)
        case 7: execute(Instruction(.stui), cpu)
        case 8: testui(cpu)
        default: uiret(cpu)
        }
    }

    /// Executes one instruction, one in sixteen with a fault injected; a fault must leave everything as it was.
    /// - Returns: true if it did not fault.
    @discardableResult private mutating func execute(_ instruction: Instruction, _ cpu: Int) -> Bool {
        report.instructions += 1
        machine.memory.faultAfter = generator.below(16) == 0 ? 1 + Int(generator.below(4)) : 0
        let before = machine[cpu]
        let inFlight = machine.inFlight.count
        do throws(Machine<WalkMemory>.Stop) {
            try machine.execute(instruction, on: cpu)
        } catch {
            report.faults += 1
            if machine[cpu] != before || machine.inFlight.count != inFlight {
                fail("\(instruction.operation) on processor \(cpu) stopped with \(error) and changed the processor")
            }
            machine.memory.faultAfter = 0
            return false
        }
        machine.memory.faultAfter = 0
        return true
    }

    private mutating func senduipi(_ cpu: Int) {
        let register = UInt8(generator.below(16))
        let rsp = machine[cpu].gpr.rsp
        // One in sixteen indices is above UITTSZ.
        let index = generator.below(UInt64(RandomWalk.entries) * 17 / 16)
        machine[cpu].gpr[register] = index
        let entry: UITTEntry? =
            index < UInt64(RandomWalk.entries)
            ? UITTEntry(
                control: machine.memory[RandomWalk.uitt + index * 16],
                upidaddr: machine.memory[RandomWalk.uitt + index * 16 + 8]) : nil
        let refused = entry.map { $0.control & ~0x3F00 != 1 || $0.upidaddr & 0x3F != 0 } ?? true
        if execute(Instruction(.senduipi(register: register)), cpu) {
            if refused {
                fail("SENDUIPI \(index) did not fault")
            } else if let entry {
                ledger.post(UInt8(truncatingIfNeeded: entry.control >> 8), to: Int((entry.upidaddr - WalkMemory.base) / 64))
                report.sent += 1
            }
        }
        if register == 4 { machine[cpu].gpr.rsp = rsp }
    }

    private mutating func testui(_ cpu: Int) {
        machine[cpu].rflags.rawValue ^= generator.next() & 0x8D5
        let uif = machine[cpu].uintr.uif
        if execute(Instruction(.testui), cpu), machine[cpu].rflags.rawValue & 0x8D5 != (uif ? 1 : 0) {
            fail("TESTUI with UIF = \(uif) left RFLAGS = \(machine[cpu].rflags.rawValue)")
        }
    }

    private mutating func uiret(_ cpu: Int) {
        let task = running[cpu]
        guard task >= 0, let frame = frames[task].last else { return }
        // The handler has dropped what it pushed, and popped the vector.
        machine[cpu].gpr.rsp = frame.entry &+ 8
        guard execute(Instruction(.uiret), cpu) else { return }
        frames[task].removeLast()
        let mask = RFLAGS.loadedByUIRET.rawValue
        let found = machine[cpu]
        if found.rip != frame.rip || found.gpr.rsp != frame.rsp || found.rflags.rawValue & mask != frame.rflags & mask
            || !found.uintr.uif
        {
            fail("UIRET on processor \(cpu) did not return to the frame that delivery pushed")
        }
        if frames[task].isEmpty { machine[cpu].gpr.rsp = RandomWalk.stackTop(task) }
    }

    // MARK: Interrupts

    private mutating func arrive() {
        guard machine.inFlight.count > 0 else { return }
        machine.arrive(UInt8(generator.below(UInt64(machine.inFlight.count))))
    }

    private mutating func takeInterrupt(_ cpu: Int) {
        let task = running[cpu]
        do throws(Fault) {
            switch try machine.takeInterrupt(cpu) {
            case nil: return
            case .notification:
                guard task >= 0 else { return fail("a notification was identified on processor \(cpu), which runs no task") }
                report.notifications += 1
                ledger.moveToUIRR(task)
            case .ordinary(let vector):
                guard task < 0, vector == RandomWalk.vector else {
                    return fail("vector \(vector) reached the kernel on processor \(cpu)")
                }
                report.staleNotifications += 1
                machine[cpu].apic.endOfInterrupt()
            }
        } catch {
            fail("notification processing raised \(error)")
        }
    }

    private mutating func deliver(_ cpu: Int) {
        let task = running[cpu]
        guard machine[cpu].deliversUserInterrupt, task < 0 || frames[task].count < 32 else { return }
        machine[cpu].gpr.rsp &-= generator.below(16) &* 8
        let before = machine[cpu]
        machine.memory.faultAfter = generator.below(16) == 0 ? 1 + Int(generator.below(4)) : 0
        defer { machine.memory.faultAfter = 0 }
        do throws(Fault) {
            guard let vector = try machine.deliverUserInterrupt(cpu) else { return fail("nothing was delivered") }
            guard task >= 0, vector == ledger.deliver(to: task) else {
                return fail("vector \(vector) was delivered to task \(task), and is not its highest pending one")
            }
            report.delivered += 1
            let entry = machine[cpu].gpr.rsp
            frames[task].append(
                .init(entry: entry, rip: before.rip, rflags: before.rflags.rawValue, rsp: before.gpr.rsp))
            if entry & 0xF != 0 || entry > before.gpr.rsp - 128 - 32 || machine[cpu].uintr.uif {
                fail("delivery on processor \(cpu): RSP \(entry) from \(before.gpr.rsp)")
            }
        } catch {
            report.faults += 1
            if machine[cpu] != before { fail("delivery raised \(error) and changed the processor") }
        }
    }

    // MARK: The kernel

    /// The task leaves: SN, then XSAVES, then the initial configuration for whoever comes next (message 25ba1e1f; S-1).
    private mutating func switchOut(_ cpu: Int) {
        let task = running[cpu]
        savedRSP[task] = machine[cpu].gpr.rsp
        machine.memory[RandomWalk.upid(task)] |= UPID.snMask
        let uif = machine[cpu].uintr.uif
        kernel(cpu) { processor, memory throws(Fault) in
            try processor.xsaves(RandomWalk.area(task), mask: XSAVEArea.uintrComponent, memory: &memory)
            guard processor.uintr.uinv == 0 else { throw .generalProtection }
            // The init load. XRSTORS refuses it while UINV is loaded, which XSAVES has just cleared.
            memory[RandomWalk.area(RandomWalk.tasks) + XSAVEArea.xcompBV] = XSAVEArea.compacted | XSAVEArea.uintrComponent
            try processor.xrstors(RandomWalk.area(RandomWalk.tasks), mask: XSAVEArea.uintrComponent, memory: &memory)
        }
        let saved = machine.memory[RandomWalk.area(task) + XSAVEArea.extendedRegion + 16]
        if machine[cpu].uintr != UserInterruptState() { fail("XRSTORS of the initial configuration left something") }
        if saved >> 63 != (uif ? 1 : 0) { fail("XSAVES of task \(task) lost UIF") }
        running[cpu] = -1
    }

    /// A task comes: NDST, SN and ON cleared together, PIR moved to UIRR, UINV restored by the load (message 87bl4fcxz8; C-3).
    private mutating func switchIn(_ cpu: Int) {
        let idle = (0..<RandomWalk.tasks).filter { !running.contains($0) }
        guard !idle.isEmpty else { return }
        let task = idle[Int(generator.below(UInt64(idle.count)))]
        let upid = RandomWalk.upid(task)
        let ndst = machine[cpu].apic.mode == .x2APIC ? UInt32(cpu) : UInt32(cpu) << 8
        machine.memory[upid] = UPID(nv: RandomWalk.vector, ndst: ndst).control
        let image = RandomWalk.area(task) + XSAVEArea.extendedRegion
        let posted = machine.memory[upid + 8]
        machine.memory[upid + 8] = 0
        machine.memory[image + 32] |= posted
        ledger.moveToUIRR(task)
        machine.memory[RandomWalk.area(task) + XSAVEArea.xstateBV] = XSAVEArea.uintrComponent
        // Registered tasks always have UINV: their image may come from before UIRR was merged, and is otherwise as saved.
        machine.memory[image + 16] = machine.memory[image + 16] & ~(0xFF << 32) | UInt64(RandomWalk.vector) << 32
        kernel(cpu) { processor, memory throws(Fault) in
            try processor.xrstors(RandomWalk.area(task), mask: XSAVEArea.uintrComponent, memory: &memory)
        }
        running[cpu] = task
        machine[cpu].cpl = 3
        machine[cpu].gpr.rsp = savedRSP[task]
        report.switches += 1
    }

    /// Runs kernel code at CPL 0; XSAVES and XRSTORS count as instructions, and must not fault here.
    private mutating func kernel(
        _ cpu: Int, _ body: (inout LogicalProcessor, inout WalkMemory) throws(Fault) -> Void
    ) {
        report.instructions += 1
        var processor = machine[cpu]
        processor.cpl = 0
        do throws(Fault) {
            try body(&processor, &machine.memory)
        } catch {
            fail("the kernel on processor \(cpu) met \(error)")
        }
        machine[cpu] = processor
    }

    // MARK: What must hold

    private mutating func checkAll() {
        for task in 0..<RandomWalk.tasks {
            let upid = UPID(
                control: machine.memory[RandomWalk.upid(task)], pir: machine.memory[RandomWalk.upid(task) + 8])
            if upid.pir != ledger.posted[task] { return fail("PIR of task \(task) is \(upid.pir), not \(ledger.posted[task])") }
            let cpu = running.firstIndex(of: task)
            let uirr =
                cpu.map { machine[$0].uintr.uirr }
                ?? machine.memory[RandomWalk.area(task) + XSAVEArea.extendedRegion + 32]
            if uirr != ledger.requested[task] { return fail("UIRR of task \(task) is \(uirr), not \(ledger.requested[task])") }
            guard let cpu else {
                if !upid.sn { return fail("task \(task) runs nowhere with SN = 0") }
                continue
            }
            if upid.sn { return fail("task \(task) runs with SN = 1") }
            if upid.pir != 0, !upid.on { return fail("task \(task) has requests in PIR and ON = 0") }
            if upid.on, !notificationIsOnItsWay(to: cpu) {
                return fail("task \(task) has ON = 1, and no notification is on its way to processor \(cpu)")
            }
        }
    }

    private func notificationIsOnItsWay(to cpu: Int) -> Bool {
        if machine[cpu].apic.irr[RandomWalk.vector] { return true }
        for index in 0..<machine.inFlight.count where machine.inFlight[index].destination == UInt32(cpu) { return true }
        return false
    }

    /// Lets everything end: whatever was sent is delivered then.
    mutating func drain() {
        for _ in 0..<20_000 where failure == nil {
            for cpu in 0..<RandomWalk.processors {
                machine[cpu].rflags.insert(.interruptEnable)
                machine[cpu].shadow = .none
                arrive()
                takeInterrupt(cpu)
                let task = running[cpu]
                if task < 0 || frames[task].isEmpty {
                    if task >= 0 { execute(Instruction(.stui), cpu) }
                    deliver(cpu)
                } else {
                    uiret(cpu)
                }
                if generator.below(64) == 0 { running[cpu] < 0 ? switchIn(cpu) : switchOut(cpu) }
            }
            checkAll()
            if ledger.posted.allSatisfy({ $0 == 0 }), ledger.requested.allSatisfy({ $0 == 0 }) { return }
        }
        if failure == nil { fail("posted \(ledger.posted), requested \(ledger.requested) are still not delivered at the end") }
    }
}
