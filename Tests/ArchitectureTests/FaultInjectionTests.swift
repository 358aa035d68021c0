import Architecture
import Testing

@Suite("A fault at any access")
struct FaultInjectionTests {
    private static let upid: UInt64 = 0x1000
    private static let uitt: UInt64 = 0x2000
    private static let area: UInt64 = 0x3000
    private static let stack: UInt64 = 0x8000

    /// CPL 3 with everything set up for each of the operations below.
    private func processor(cpl: UInt8 = 3, shadowStack: Bool = false) throws -> LogicalProcessor {
        var processor = LogicalProcessor()
        try processor.writeCR4(CR4.uintr | CR4.osxsave | (shadowStack ? CR4.cet : 0))
        try processor.writeXSS(XSAVEArea.uintrComponent)
        processor.uintr = UserInterruptState(
            uirr: 0x28, uihandler: 0x5000, uistackadjust: 128, uittsz: 3, uinv: 0xE1, upidaddr: Self.upid,
            uitt: Self.uitt | 1, uif: true)
        processor.userCET = ControlFlowEnforcement(rawValue: shadowStack ? 1 | 1 << 2 : 0)
        processor.ssp = 0x9000
        processor.gpr.rsp = Self.stack
        processor.rip = 0x4000
        processor.rflags = RFLAGS(rawValue: 0x1_0346)
        processor.cpl = cpl
        return processor
    }

    private var memory: TestMemory {
        var memory = TestMemory()
        memory.words = [
            Self.upid: 0xE1_0000, Self.upid + 8: 1, Self.uitt: 5 << 8 | 1, Self.uitt + 8: Self.upid,
            Self.stack: 0x4444, Self.stack + 8: 0x246, Self.stack + 16: 0x7000, 0x9000: 0x4444,
            Self.area + 512: 1 << 14, Self.area + 520: 1 << 63 | 1 << 14, Self.area + 576: 0x6666,
        ]
        return memory
    }

    /// Runs `body` with a fault at access 0, 1, … until one run has none. In each that faulted `processor` must be as before.
    ///
    /// - Returns: how many accesses the run without a fault made.
    private func inject(
        _ start: LogicalProcessor, _ body: (inout LogicalProcessor, inout TestMemory) throws(Fault) -> Void,
        memoryStays: Bool
    ) -> Int {
        for access in 0..<100 {
            var processor = start
            var memory = self.memory
            memory.faultAt = access
            do throws(Fault) {
                try body(&processor, &memory)
                #expect(processor != start, "without a fault it changes something")
                return access
            } catch {
                guard case .page = error else {
                    Issue.record("access \(access) ended in \(error)")
                    return access
                }
                #expect(processor == start, "access \(access)")
                if memoryStays { #expect(memory.words == self.memory.words, "access \(access)") }
            }
        }
        return 100
    }

    @Test("SENDUIPI that faults at any access changes neither a register nor memory")
    func senduipi() throws {
        let count = inject(try processor(), { processor, memory throws(Fault) in
            _ = try processor.execute(Instruction(.senduipi(register: 0)), memory: &memory)
        }, memoryStays: true)
        #expect(count == 3)
    }

    @Test("UIRET that faults at any pop, the shadow stack's too, changes nothing")
    func uiret() throws {
        for shadowStack in [false, true] {
            let count = inject(try processor(shadowStack: shadowStack), { processor, memory throws(Fault) in
                _ = try processor.execute(Instruction(.uiret), memory: &memory)
            }, memoryStays: true)
            #expect(count == (shadowStack ? 4 : 3))
        }
    }

    @Test("delivery that faults at any push, the shadow stack's too, leaves every register, UIRR and UIF")
    func delivery() throws {
        for shadowStack in [false, true] {
            let count = inject(try processor(shadowStack: shadowStack), { processor, memory throws(Fault) in
                _ = try processor.deliverUserInterrupt(memory: &memory)
            }, memoryStays: false)
            #expect(count == (shadowStack ? 5 : 4))
        }
    }

    @Test("XSAVES that faults at any access leaves UINV")
    func xsaves() throws {
        let count = inject(try processor(cpl: 0), { processor, memory throws(Fault) in
            try processor.xsaves(Self.area, mask: XSAVEArea.uintrComponent, memory: &memory)
        }, memoryStays: false)
        #expect(count == 8)
    }

    @Test("XRSTORS that faults at any access has loaded nothing, and UINV is 0")
    func xrstors() throws {
        var start = try processor(cpl: 0)
        start.uintr.uinv = 0
        let count = inject(start, { processor, memory throws(Fault) in
            try processor.xrstors(Self.area, mask: XSAVEArea.uintrComponent, memory: &memory)
        }, memoryStays: true)
        #expect(count == 14)
    }

    @Test("notification processing that faults in its second step has cleared ON, and taken nothing")
    func processing() throws {
        for access in 0..<2 {
            var processor = try processor()
            var memory = self.memory
            memory.words[Self.upid] = 0xE1_0001
            memory.faultAt = access
            let before = processor
            #expect(throws: Fault.page(address: Self.upid + UInt64(access) * 8, code: PageFaultCode(rawValue: 2))) {
                try processor.uintr.processNotification(paging: .bits48, memory: &memory)
            }
            #expect(processor == before)
            #expect(memory.words[Self.upid] == (access == 0 ? 0xE1_0001 : 0xE1_0000))
            #expect(memory.words[Self.upid + 8] == 1)
        }
    }

    @Test("SENDUIPI that finds the UPID changed begins anew with what it found")
    func retry() throws {
        var processor = try processor()
        var memory = self.memory
        memory.interloper = (Self.upid, 0x77_0000)
        let notification = try processor.execute(Instruction(.senduipi(register: 0)), memory: &memory)
        #expect(notification == Notification(vector: 0x77, ndst: 0))
        #expect(memory.words[Self.upid] == 0x77_0001)
        #expect(memory.words[Self.upid + 8] == 1 | 1 << 5)
    }

    @Test("a reserved bit that appears under SENDUIPI's hands raises #GP, nothing written")
    func armedInBetween() throws {
        var processor = try processor()
        let before = processor
        var memory = self.memory
        memory.interloper = (Self.upid, 0xE1_0080)
        #expect(throws: Fault.generalProtection) {
            try processor.execute(Instruction(.senduipi(register: 0)), memory: &memory)
        }
        #expect(processor == before)
        #expect(memory.words[Self.upid] == 0xE1_0080)
        #expect(memory.words[Self.upid + 8] == 1)
    }

    @Test("SN that appears under SENDUIPI's hands is obeyed: posted, not notified")
    func suppressedInBetween() throws {
        var processor = try processor()
        var memory = self.memory
        memory.interloper = (Self.upid, 0xE1_0002)
        let notification = try processor.execute(Instruction(.senduipi(register: 0)), memory: &memory)
        #expect(notification == nil)
        #expect(memory.words[Self.upid] == 0xE1_0002)
        #expect(memory.words[Self.upid + 8] == 1 | 1 << 5)
    }

    @Test("SENDUIPI and processing reach memory with supervisor privilege, delivery and UIRET with the CPL's")
    func privileges() throws {
        var processor = try processor()
        var memory = self.memory
        _ = try processor.execute(Instruction(.senduipi(register: 0)), memory: &memory)
        try processor.uintr.processNotification(paging: .bits48, memory: &memory)
        #expect(memory.log.allSatisfy { !$0.user })
        memory.log = []
        _ = try processor.deliverUserInterrupt(memory: &memory)
        #expect(memory.log.count == 4 && memory.log.allSatisfy { $0.user && $0.write })
        memory.log = []
        processor.gpr.rsp = Self.stack
        _ = try processor.execute(Instruction(.uiret), memory: &memory)
        #expect(memory.log.count == 3 && memory.log.allSatisfy { $0.user && !$0.write })
        memory.log = []
        processor.cpl = 0
        processor.gpr.rsp = Self.stack
        _ = try processor.execute(Instruction(.uiret), memory: &memory)
        #expect(memory.log.allSatisfy { !$0.user })
    }

    @Test("without the feature CR4.UINTR cannot be set, so the five raise #UD")
    func featureGate() throws {
        var processor = LogicalProcessor(features: Features(uintr: false))
        #expect(throws: Fault.generalProtection) { try processor.writeCR4(CR4.uintr) }
        let operations: [Architecture.Operation] = [.clui, .stui, .testui, .uiret, .senduipi(register: 0)]
        for operation in operations {
            let before = processor
            var memory = self.memory
            #expect(throws: Fault.invalidOpcode) { try processor.execute(Instruction(operation), memory: &memory) }
            #expect(processor == before)
            #expect(memory.accesses == 0)
        }
    }
}
