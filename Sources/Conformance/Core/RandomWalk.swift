import Architecture

/// A random walk over the core: three processors, four tasks that each have a UPID, and a kernel that switches between them.
///
/// A ledger of its own follows every vector from SENDUIPI to delivery. After each step it must agree with PIR, UIRR and ON:
/// nothing is lost, nothing invented. A step that faults must have changed nothing.
public struct RandomWalk {
    /// What a walk did.
    public struct Report: Equatable, Sendable {
        public var seed: UInt64
        /// Instructions executed: the five, XSAVES and XRSTORS; those that fault count.
        public var instructions = 0
        public var steps = 0
        public var sent = 0
        public var delivered = 0
        public var notifications = 0
        public var staleNotifications = 0
        public var switches = 0
        public var faults = 0
        /// The first thing that did not hold, and the step at which it was seen; nil if all held.
        public var violation: String?

        init(seed: UInt64) { self.seed = seed }
    }

    static let processors = 3
    static let tasks = 4
    static let vector: UInt8 = 0xEC
    static let entries = 64

    var machine: Machine<WalkMemory>
    var generator: SeededGenerator
    var report: Report
    var ledger = WalkLedger()
    /// The task on each processor, or −1.
    var running = [-1, -1, -1]
    /// The frames that each task's handlers stand on, and its RSP while it runs nowhere.
    var frames: [[WalkLedger.Frame]] = [[], [], [], []]
    var savedRSP: [UInt64] = (0..<RandomWalk.tasks).map(RandomWalk.stackTop)
    var failure: String?

    /// Executes at least `instructions` instructions. The same seed takes the same steps.
    /// - Parameter progress: called every 65,536 steps with the instructions so far.
    public static func run(
        instructions: Int, seed: UInt64, progress: ((Int) -> Void)? = nil
    ) -> Report {
        var walk = RandomWalk(seed: seed)
        while walk.report.instructions < instructions, walk.failure == nil {
            walk.step()
            if walk.report.steps & 0xFFFF == 0, let progress { progress(walk.report.instructions) }
        }
        if walk.failure == nil { walk.drain() }
        walk.report.violation = walk.failure.map { "step \(walk.report.steps): \($0)" }
        return walk.report
    }

    init(seed: UInt64) {
        generator = SeededGenerator(seed: seed)
        report = Report(seed: seed)
        machine = Machine(
            count: RandomWalk.processors, memory: WalkMemory(bytes: 0x10_0000),
            features: Features(flexibleUIRET: seed & 1 == 0, tracksInitialConfiguration: seed & 2 == 0),
            apicMode: seed & 4 == 0 ? .x2APIC : .xAPIC)
        for cpu in 0..<RandomWalk.processors {
            // Neither can fault: CPL is 0 and CPUID enumerates both.
            try? machine[cpu].writeCR4(CR4.uintr | CR4.osxsave)
            try? machine[cpu].writeXSS(XSAVEArea.uintrComponent)
            machine[cpu].rip = 0x40_0000
            machine[cpu].rflags.insert(.interruptEnable)
        }
        for index in 0..<RandomWalk.entries {
            var entry = UITTEntry(uv: UInt8(generator.below(64)), upidaddr: RandomWalk.upid(Int(generator.below(4))))
            // One in eight is refused: not valid, or with a reserved bit.
            switch generator.below(24) {
            case 0: entry.control &= ~1
            case 1: entry.control |= 1 << 7
            case 2: entry.upidaddr |= 1 << 5
            default: break
            }
            machine.memory[RandomWalk.uitt + UInt64(index) * 16] = entry.control
            machine.memory[RandomWalk.uitt + UInt64(index) * 16 + 8] = entry.upidaddr
        }
        for task in 0..<RandomWalk.tasks {
            let state = UserInterruptState(
                uihandler: 0x50_0000, uistackadjust: 128, uittsz: UInt32(RandomWalk.entries - 1), uinv: RandomWalk.vector,
                upidaddr: RandomWalk.upid(task), uitt: RandomWalk.uitt | 1)
            writeImage(UINTRStateImage(state), of: task)
            machine.memory[RandomWalk.upid(task)] = UPID(nv: RandomWalk.vector, ndst: 0, sn: true).control
        }
    }

    static func upid(_ task: Int) -> UInt64 { WalkMemory.base + UInt64(task) * 64 }
    static let uitt = WalkMemory.base + 0x1000
    static func area(_ task: Int) -> UInt64 { WalkMemory.base + 0x2000 + UInt64(task) * 0x400 }
    static func stackTop(_ task: Int) -> UInt64 { WalkMemory.base + 0x2_0000 * UInt64(task + 2) }

    mutating func fail(_ sentence: String) {
        if failure == nil { failure = sentence }
    }

    mutating func writeImage(_ image: UINTRStateImage, of task: Int) {
        let area = RandomWalk.area(task)
        machine.memory[area + XSAVEArea.xstateBV] = XSAVEArea.uintrComponent
        machine.memory[area + XSAVEArea.xcompBV] = XSAVEArea.uintrComponent | XSAVEArea.compacted
        machine.memory.faultAfter = 0
        do throws(Fault) {
            try image.store(area + XSAVEArea.extendedRegion, memory: &machine.memory)
        } catch {
            fail("the image of task \(task) cannot be written")
        }
    }
}
