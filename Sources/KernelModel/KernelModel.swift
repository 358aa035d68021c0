import Architecture
import ModelChecker

/// Linux around user interrupts, with one design of uintr_wait(), as a model for the checker.
public struct KernelModel: Model {
    public typealias State = KernelState

    /// Raised with every change that gives a step another number or another meaning.
    public static let version = 1

    public let configuration: Configuration
    @usableFromInline let program: Program
    @usableFromInline let cpus: Int
    @usableFromInline let receivers: Int
    @usableFromInline let senders: Int
    @usableFromInline let vectors: Int
    @usableFromInline let scenario: Scenario
    /// Receivers take user-interrupt state along in the FPU's lazily restored state.
    @usableFromInline let inTaskFPUState: Bool

    /// Steps that touch nothing shared are part of the step before them. Without, each operation is a step of its own: the same
    /// verdicts and endings with more states, which the tests compare.
    @usableFromInline let isFused: Bool

    /// What a model is made of.
    public struct Configuration: Equatable, Hashable, Sendable {
        public var design: String
        public var switches: [String]
        public var scenario: Scenario
        public var user: UserSide
        public var bounds: Bounds
        public var isFused = true
    }

    init(_ configuration: Configuration, program: Program) {
        self.configuration = configuration
        self.program = program
        cpus = configuration.bounds.cpus
        receivers = configuration.bounds.receivers
        senders = configuration.bounds.senders
        vectors = configuration.bounds.vectors
        scenario = configuration.scenario
        inTaskFPUState = program.inTaskFPUState
        isFused = configuration.isFused
    }

    /// One for each claim, at the claim's place.
    public var properties: [Property] {
        Claim.allCases.map { claim in
            switch claim {
            case .lostWakeup, .delivered: Property(claim.rawValue, .ending)
            case .faultLoop: Property(claim.rawValue, .noIdleCycle)
            case .waitList, .freedUPID, .xrstors: Property(claim.rawValue, .invariant, endsExecution: true)
            default: Property(claim.rawValue, .invariant)
            }
        }
    }

    /// The code of the #GP handler alone shows `Claim.faultLoop`; where it does not, a search must.
    public var endsEveryFault: Bool { program.endsEveryFault }

    public var initialStates: [KernelState] {
        let bounds = configuration.bounds
        var s = KernelState()
        for c in 0..<cpus {
            s[cpu: c].online = true
            s[cpu: c].active = true
        }
        for r in 0..<receivers {
            let c = cpus - 1 - r
            s[receiver: r].onRQ = true
            s[receiver: r].uif = true
            s[receiver: r].foreignReserved = scenario == .badUPID && r == 0
            if c >= 0 {
                s[receiver: r].ndst = c
                s[cpu: c].current = r + 1
                s[cpu: c].owner = r + 1
                s[cpu: c].uinv = true
            } else {
                // It was preempted in user mode.
                s[receiver: r].pc = program.switchIn
                s[receiver: r].resume = program.exit
                s[receiver: r].sn = true
                s[receiver: r].tif = true
                s[receiver: r].needLoad = true
                s[receiver: r].savedUINV = inTaskFPUState
            }
        }
        for index in 0..<senders {
            s[sender: index].left = UInt64(bounds.messages)
            if index < cpus, bounds.messages > 0, s[cpu: index].current == 0 { s[cpu: index].current = 3 + index }
        }
        s[left: .preemptions] = UInt64(bounds.preemptions)
        s[left: .offline] = UInt64(bounds.offline)
        s[left: .signals] = UInt64(bounds.signals)
        s[left: .timeouts] = UInt64(bounds.timeouts)
        s[left: .kthreads] = UInt64(bounds.kthreads)
        s[left: .unregisters] = UInt64(bounds.unregisters)
        s[left: .exits] = UInt64(bounds.exits)
        s[left: .forks] = UInt64(bounds.forks)
        return [s]
    }

    /// The receiver that sender `index` sends to.
    @inlinable func target(of index: Int) -> Int { index % receivers }
    /// The user vector that sender `index` sends.
    @inlinable func vector(of index: Int) -> Int { index / receivers % vectors }

    /// The task program's places in user mode.
    @inlinable func isUser(_ pc: Int) -> Bool { pc < 3 }

    @inlinable func bit(_ claim: Claim) -> PropertySet { 1 << PropertySet(claim.bitIndex) }

    /// Every receiver's UPID is freed once the receiver has exited and nobody's UITT entry names it.
    @inlinable func isFreed(_ r: Int, _ s: KernelState) -> Bool {
        guard s[receiver: r].exited else { return false }
        for index in 0..<senders where target(of: index) == r && !s[sender: index].isDone { return false }
        return true
    }

    /// The CPU that runs task `task`, numbered as `CPUState.current`; nil if none does.
    @inlinable func cpu(running task: Int, _ s: KernelState) -> Int? {
        for c in 0..<cpus where s[cpu: c].current == task { return c }
        return nil
    }

    /// UIRR, wherever it is: in memory, or in the registers of the CPU that holds them.
    @inlinable func uirr(of r: Int, _ s: KernelState) -> UInt64 {
        let task = s[receiver: r]
        if task.needLoad { return task.savedUIRR }
        for c in 0..<cpus where s[cpu: c].owner == r + 1 { return s[cpu: c].uirr }
        return 0
    }

    /// User vectors that have been posted and not delivered, PIR and UIRR.
    @inlinable func pending(_ r: Int, _ s: KernelState) -> UInt64 { s[receiver: r].pir | uirr(of: r, s) }

    /// The timer of the wait was armed and has expired.
    @inlinable func hasExpired(_ task: ReceiverState) -> Bool { configuration.bounds.timeouts > 0 && !task.timer }

    public func brokenByEnding(in s: KernelState) -> PropertySet {
        var broken: PropertySet = 0
        for r in 0..<receivers {
            let task = s[receiver: r]
            guard !task.gone else { continue }
            let cpu = cpu(running: r + 1, s)
            let inUserMode = cpu != nil && isUser(task.pc)
            let pending = pending(r, s)
            let asleep = !task.onRQ
            // A task that is runnable and finds no CPU is not lost: another bound would run it.
            let stuck = cpu != nil && !inUserMode
            if asleep && (hasExpired(task) || (task.owed | pending | task.flag) != 0) || stuck && (task.owed | pending) != 0 {
                broken |= bit(.lostWakeup)
            }
            // One delivery after two posts settles both in the ledger; what is in PIR is a request still, and nothing moves it.
            if task.owed != 0 && (pending == 0 || inUserMode) || inUserMode && task.pir != 0 { broken |= bit(.delivered) }
        }
        return broken
    }
}
