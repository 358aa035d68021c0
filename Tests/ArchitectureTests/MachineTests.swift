import Architecture
import Testing

@Suite("Interrupt messages, vector sets and the machine")
struct MachineTests {
    private func message(_ vector: UInt8, to destination: UInt32 = 0) -> InterruptMessage {
        InterruptMessage(vector: vector, destination: destination, isX2APIC: true)
    }

    @Test("thirty-two messages fit, the thirty-third is refused and changes nothing")
    func capacity() {
        var messages = MessagesInFlight()
        for vector: UInt8 in 0..<32 {
            let fits = messages.append(message(vector))
            #expect(fits)
        }
        let full = messages
        let fits = messages.append(message(99))
        #expect(!fits)
        #expect(messages == full)
        #expect(messages.count == MessagesInFlight.capacity)
    }

    @Test("a message may be taken out anywhere; the others keep their order", arguments: [0, 1, 4] as [UInt8])
    func removal(_ index: UInt8) {
        var messages = MessagesInFlight()
        for vector: UInt8 in 0..<5 { _ = messages.append(message(vector)) }
        let taken = messages.remove(at: index)
        #expect(taken?.vector == index)
        let left = (0..<messages.count).map { messages[$0].vector }
        #expect(left == (0..<5).filter { $0 != index })
        let missing = messages.remove(at: 4)
        #expect(missing == nil)
        #expect(messages.count == 4)
    }

    @Test("two sets of messages are equal by what is in flight, not by what was")
    func equality() {
        var a = MessagesInFlight()
        var b = MessagesInFlight()
        _ = a.append(message(1))
        _ = a.append(message(2))
        _ = a.remove(at: 0)
        _ = b.append(message(2))
        #expect(a == b)
        _ = b.append(message(3))
        #expect(a != b)
        _ = a.append(message(4))
        #expect(a != b)
    }

    @Test("each of the 256 vectors is a bit of its own, and the highest is found")
    func vectorSet() {
        for vector in UInt8.min...UInt8.max {
            var set = VectorSet()
            #expect(set.highest == nil)
            set[vector] = true
            #expect(set.highest == vector)
            for other in UInt8.min...UInt8.max { #expect(set[other] == (other == vector)) }
            set[0] = true
            #expect(set.highest == vector)
            set[vector] = false
            #expect(set.highest == (vector == 0 ? nil : 0))
        }
    }

    @Test("vector sets are equal, and hash alike, by all four words")
    func vectorSetEquality() {
        for vector: UInt8 in [3, 70, 130, 200] {
            var set = VectorSet()
            set[vector] = true
            #expect(set != VectorSet())
            var same = VectorSet()
            same[vector] = true
            #expect(set == same && set.hashValue == same.hashValue)
        }
    }

    @Test("a machine has one to four processors, whatever is asked for")
    func count() {
        #expect(Machine(count: 0, memory: TestMemory()).count == 1)
        #expect(Machine(count: 9, memory: TestMemory()).count == 4)
        let machine = Machine(count: 3, memory: TestMemory())
        for cpu in 0..<3 { #expect(machine[cpu].apic.id == UInt32(cpu)) }
    }

    private func sender() throws -> Machine<TestMemory> {
        var memory = TestMemory()
        memory.words = [0x1000: 0xE1_0000 | 1 << 32, 0x2000: 5 << 8 | 1, 0x2008: 0x1000]
        var machine = Machine(count: 2, memory: memory)
        try machine[0].writeCR4(CR4.uintr)
        machine[0].uintr.uitt = 0x2001
        return machine
    }

    @Test("SENDUIPI waits, nothing changed, while thirty-two messages are in flight")
    func inFlightFull() throws {
        var machine = try sender()
        for _ in 0..<32 { _ = machine.inFlight.append(message(0x41)) }
        let before = machine[0]
        #expect(throws: Machine<TestMemory>.Stop.messagesInFlightFull) {
            try machine.execute(Instruction(.senduipi(register: 0)), on: 0)
        }
        #expect(machine[0] == before && machine.memory.accesses == 0)
        machine.arrive(0)
        try machine.execute(Instruction(.senduipi(register: 0)), on: 0)
        #expect(machine.inFlight.count == 32)
        #expect(machine.inFlight[31] == message(0xE1, to: 1))
    }

    @Test("what the bytes are decides: ours run, others and half ones stop, sixteen bytes are #GP")
    func bytes() throws {
        var machine = try sender()
        try machine.execute(InstructionBytes([0xF3, 0x0F, 0xC7, 0xF0]), on: 0)
        #expect(machine.inFlight.count == 1 && machine[0].rip == 4)
        let before = machine[0]
        #expect(throws: Machine<TestMemory>.Stop.notOurs) { try machine.execute(InstructionBytes([0x90]), on: 0) }
        #expect(throws: Machine<TestMemory>.Stop.notOurs) { try machine.execute(InstructionBytes([0xF3, 0x0F]), on: 0) }
        #expect(throws: Machine<TestMemory>.Stop.fault(.generalProtection)) {
            try machine.execute(InstructionBytes([UInt8](repeating: 0x66, count: 16)), on: 0)
        }
        #expect(machine[0] == before)
    }

    @Test("arrive says how many accepted: one, all of a broadcast, or none")
    func arrival() {
        var machine = Machine(count: 3, memory: TestMemory())
        let none = machine.arrive(0)
        #expect(none == 0)
        for (destination, accepted) in [(1, 1), (UInt32.max, 3), (9, 0)] as [(UInt32, Int)] {
            _ = machine.inFlight.append(message(0x41, to: destination))
            let count = machine.arrive(0)
            #expect(count == accepted)
            #expect(machine.inFlight.count == 0)
        }
        machine[2].apic.softwareEnabled = false
        _ = machine.inFlight.append(message(0x51, to: UInt32.max))
        let enabled = machine.arrive(0)
        #expect(enabled == 2)
    }

    @Test("taking a notification processes it; delivery comes only when due")
    func takeAndDeliver() throws {
        var machine = try sender()
        try machine[1].writeCR4(CR4.uintr)
        machine[1].uintr = UserInterruptState(uihandler: 0x5000, uinv: 0xE1, upidaddr: 0x1000)
        machine[1].rflags.insert(.interruptEnable)
        machine[1].gpr.rsp = 0x8000
        machine[1].cpl = 3
        let nothing = try machine.takeInterrupt(1)
        #expect(nothing == nil)
        try machine.execute(Instruction(.senduipi(register: 0)), on: 0)
        let reached = machine.arrive(0)
        #expect(reached == 1)
        let interrupt = try machine.takeInterrupt(1)
        #expect(interrupt == .notification)
        #expect(machine[1].uintr.uirr == 1 << 5)
        let early = try machine.deliverUserInterrupt(1)
        #expect(early == nil)
        machine[1].uintr.uif = true
        let vector = try machine.deliverUserInterrupt(1)
        #expect(vector == 5)
        let again = try machine.deliverUserInterrupt(1)
        #expect(again == nil)
    }

    @Test("withdrawing a vector takes that request out of IRR, and no other")
    func withdraw() {
        var apic = LocalAPIC(id: 0)
        apic.accept(message(0x41))
        apic.accept(message(0x51))
        apic.withdraw(0x51)
        #expect(apic.irr.highest == 0x41)
    }

    @Test("a fault has the vector of its exception")
    func faultVectors() {
        #expect(Fault.invalidOpcode.vector == 6)
        #expect(Fault.stackSegment.vector == 12)
        #expect(Fault.generalProtection.vector == 13)
        #expect(Fault.page(address: 0, code: PageFaultCode(rawValue: 0)).vector == 14)
        #expect(Fault.alignmentCheck.vector == 17)
        #expect(Fault.controlProtection(code: 2).vector == 21)
    }
}
