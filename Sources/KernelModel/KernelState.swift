import ModelChecker

// Where each thing stands in the four words of a state. Fields that are dead are kept 0, so that states which cannot be told
// apart are one.
//
//   word 0   three CPUs of 19 bits from bit 0, 19, 38; bits 57–61 CPU hotplug
//   word 1   receiver A
//   word 2   receiver B
//   word 3   three senders of 12 bits from bit 0; bits 36–47 IPIs in flight; bits 48–60 what is left of the bounds

/// The machine, the scheduler, the UPIDs and the ledger, in 32 bytes.
public struct KernelState: PackedState {
    @usableFromInline var w0: UInt64 = 0
    @usableFromInline var w1: UInt64 = 0
    @usableFromInline var w2: UInt64 = 0
    @usableFromInline var w3: UInt64 = 0

    @inlinable public init() {}
    @inlinable public static var wordCount: Int { 4 }

    @inlinable public subscript(word index: Int) -> UInt64 {
        get {
            switch index {
            case 0: w0
            case 1: w1
            case 2: w2
            default: w3
            }
        }
        set {
            switch index {
            case 0: w0 = newValue
            case 1: w1 = newValue
            case 2: w2 = newValue
            default: w3 = newValue
            }
        }
    }

    @inlinable subscript(cpu index: Int) -> CPUState {
        get { CPUState(bits: w0 &>> UInt64(index &* 19) & 0x7FFFF) }
        set { w0 = w0 & ~(0x7FFFF &<< UInt64(index &* 19)) | newValue.bits &<< UInt64(index &* 19) }
    }

    @inlinable subscript(receiver index: Int) -> ReceiverState {
        get { ReceiverState(bits: index == 0 ? w1 : w2) }
        set { if index == 0 { w1 = newValue.bits } else { w2 = newValue.bits } }
    }

    @inlinable subscript(sender index: Int) -> SenderState {
        get { SenderState(bits: w3 &>> UInt64(index &* 12) & 0xFFF) }
        set { w3 = w3 & ~(0xFFF &<< UInt64(index &* 12)) | newValue.bits &<< UInt64(index &* 12) }
    }

    /// How many IPIs of `vector` are in flight to CPU `cpu`, 0–3.
    @inlinable subscript(inFlight vector: NotificationVector, to cpu: Int) -> UInt64 {
        get { w3 &>> KernelState.flightShift(vector, cpu) & 3 }
        set {
            let shift = KernelState.flightShift(vector, cpu)
            w3 = w3 & ~(3 &<< shift) | newValue &<< shift
        }
    }

    @inlinable static func flightShift(_ vector: NotificationVector, _ cpu: Int) -> UInt64 {
        36 &+ UInt64(cpu &* 2 &+ Int(vector.rawValue)) &* 2
    }

    /// What is left of a bound.
    @inlinable subscript(left budget: Budget) -> UInt64 {
        get { w3 &>> budget.shift & budget.mask }
        set { w3 = w3 & ~(budget.mask &<< budget.shift) | newValue &<< budget.shift }
    }

    @inlinable mutating func spend(_ budget: Budget) { w3 &-= 1 &<< budget.shift }

    /// 0: no CPU is being taken down; 1: `hotplugCPU` is; 2: it is offline.
    @inlinable var hotplugPhase: UInt64 {
        get { w0 &>> 57 & 3 }
        set { w0 = w0 & ~(3 &<< 57) | newValue &<< 57 }
    }

    @inlinable var hotplugCPU: Int {
        get { Int(w0 &>> 59 & 3) }
        set { w0 = w0 & ~(3 &<< 59) | UInt64(newValue) &<< 59 }
    }

    /// Scenario hotplug: a receiver sleeps whose CPU goes offline, and senders may begin.
    @inlinable var mayPost: Bool {
        get { w0 &>> 61 & 1 != 0 }
        set { w0 = w0 & ~(1 &<< 61) | (newValue ? 1 &<< 61 : 0) }
    }
}

/// The ordinary vectors that a UPID's NV can name.
public enum NotificationVector: UInt8, Hashable, Sendable {
    /// The one that UINV holds while a receiver is loaded.
    case uinv
    /// The wait vector ("NV-2"): never in UINV, its handler looks for waiters.
    case wait
}

@usableFromInline enum Budget {
    case preemptions, offline, signals, timeouts, kthreads, unregisters, exits, forks

    @inlinable var shift: UInt64 {
        switch self {
        case .preemptions: 48
        case .offline: 50
        case .signals: 52
        case .timeouts: 54
        case .kthreads: 56
        case .unregisters: 58
        case .exits: 59
        case .forks: 60
        }
    }

    @inlinable var mask: UInt64 { shift < 58 ? 3 : 1 }
}

extension UInt64 {
    @inlinable func bit(_ index: UInt64) -> Bool { self &>> index & 1 != 0 }
    @inlinable mutating func setBit(_ index: UInt64, _ value: Bool) {
        self = self & ~(1 &<< index) | (value ? 1 &<< index : 0)
    }
    @inlinable func field(_ shift: UInt64, _ mask: UInt64) -> UInt64 { self &>> shift & mask }
    @inlinable mutating func setField(_ shift: UInt64, _ mask: UInt64, _ value: UInt64) {
        self = self & ~(mask &<< shift) | (value & mask) &<< shift
    }
}

/// A CPU with its local APIC, 19 bits.
@usableFromInline struct CPUState {
    @usableFromInline var bits: UInt64
    @inlinable init(bits: UInt64) { self.bits = bits }

    @inlinable var online: Bool { get { bits.bit(0) } set { bits.setBit(0, newValue) } }
    /// Tasks may be scheduled on it.
    @inlinable var active: Bool { get { bits.bit(1) } set { bits.setBit(1, newValue) } }
    /// 0 idle; 1, 2 receivers; 3, 4, 5 senders.
    @inlinable var current: Int { get { Int(bits.field(2, 7)) } set { bits.setField(2, 7, UInt64(newValue)) } }
    /// UINV holds the notification vector.
    @inlinable var uinv: Bool { get { bits.bit(5) } set { bits.setBit(5, newValue) } }
    /// Whose component 14 is in the registers: 0 nobody's, 1 and 2 a receiver's.
    @inlinable var owner: Int { get { Int(bits.field(6, 3)) } set { bits.setField(6, 3, UInt64(newValue)) } }
    /// UIRR, one bit for each modelled user vector.
    @inlinable var uirr: UInt64 { get { bits.field(8, 3) } set { bits.setField(8, 3, newValue) } }
    /// IRR has the vector that UINV can hold.
    @inlinable var irrUINV: Bool { get { bits.bit(10) } set { bits.setBit(10, newValue) } }
    /// IRR has the wait vector.
    @inlinable var irrWait: Bool { get { bits.bit(11) } set { bits.setBit(11, newValue) } }
    /// A reschedule IPI is pending: it only sends a task in user mode through the kernel.
    @inlinable var irrKick: Bool { get { bits.bit(12) } set { bits.setBit(12, newValue) } }
    /// 0, or the next instruction of the interrupt handler that runs.
    @inlinable var irqpc: Int { get { Int(bits.field(13, 63)) } set { bits.setField(13, 63, UInt64(newValue)) } }

    /// IRR is not empty.
    @inlinable var hasInterrupt: Bool { irrUINV || irrWait || irrKick }

    @inlinable func irr(_ vector: NotificationVector) -> Bool { vector == .uinv ? irrUINV : irrWait }
    @inlinable mutating func setIRR(_ vector: NotificationVector, _ value: Bool) {
        if vector == .uinv { irrUINV = value } else { irrWait = value }
    }
}

/// A task that receives, its UPID, and the ledger of what was sent to it; 64 bits.
@usableFromInline struct ReceiverState {
    @usableFromInline var bits: UInt64
    @inlinable init(bits: UInt64) { self.bits = bits }

    /// The next instruction of the task's program, user and kernel.
    @inlinable var pc: Int { get { Int(bits.field(0, 127)) } set { bits.setField(0, 127, UInt64(newValue)) } }
    /// Where a task that was switched out goes on.
    @inlinable var resume: Int { get { Int(bits.field(7, 127)) } set { bits.setField(7, 127, UInt64(newValue)) } }
    /// Where the kernel returns to in user mode.
    @inlinable var userPC: Int { get { Int(bits.field(14, 3)) } set { bits.setField(14, 3, UInt64(newValue)) } }
    /// The task state: TASK_INTERRUPTIBLE, else TASK_RUNNING.
    @inlinable var interruptible: Bool { get { bits.bit(16) } set { bits.setBit(16, newValue) } }
    @inlinable var onRQ: Bool { get { bits.bit(17) } set { bits.setBit(17, newValue) } }

    // The UPID.
    @inlinable var on: Bool { get { bits.bit(18) } set { bits.setBit(18, newValue) } }
    @inlinable var sn: Bool { get { bits.bit(19) } set { bits.setBit(19, newValue) } }
    @inlinable var nv: NotificationVector {
        get { bits.bit(20) ? .wait : .uinv }
        set { bits.setBit(20, newValue == .wait) }
    }
    /// A reserved bit that the kernel sets so that SENDUIPI faults.
    @inlinable var armed: Bool { get { bits.bit(21) } set { bits.setBit(21, newValue) } }
    @inlinable var ndst: Int { get { Int(bits.field(22, 3)) } set { bits.setField(22, 3, UInt64(newValue)) } }
    @inlinable var pir: UInt64 { get { bits.field(24, 3) } set { bits.setField(24, 3, newValue) } }
    /// Another reserved bit, which nobody's design knows (`Scenario.badUPID`).
    @inlinable var foreignReserved: Bool { get { bits.bit(48) } set { bits.setBit(48, newValue) } }

    /// The handler has been unregistered, or the task has exited.
    @inlinable var gone: Bool { get { bits.bit(26) } set { bits.setBit(26, newValue) } }
    /// The task has exited.
    @inlinable var exited: Bool { get { bits.bit(27) } set { bits.setBit(27, newValue) } }

    // Component 14 in the task's memory, while it is not in a CPU's registers.
    @inlinable var savedUIRR: UInt64 { get { bits.field(28, 3) } set { bits.setField(28, 3, newValue) } }
    @inlinable var savedUINV: Bool { get { bits.bit(30) } set { bits.setBit(30, newValue) } }
    /// UIF, in the register or in memory: only the task changes it.
    @inlinable var uif: Bool { get { bits.bit(31) } set { bits.setBit(31, newValue) } }
    /// TIF_NEED_FPU_LOAD: the state is in memory.
    @inlinable var needLoad: Bool { get { bits.bit(46) } set { bits.setBit(46, newValue) } }

    /// What the handler sets and the program consumes: one bit for each vector.
    @inlinable var flag: UInt64 { get { bits.field(32, 3) } set { bits.setField(32, 3, newValue) } }

    // The ledger.
    /// With two receivers: a notification was sent for this one, and it has not taken one since.
    @inlinable var notified: Bool { get { bits.bit(52) } set { bits.setBit(52, newValue) } }
    /// Deliveries that posts so far allow, 0–2 (more than two requests of a vector cannot be pending at once).
    @inlinable func credit(_ vector: Int) -> UInt64 { bits.field(34 &+ UInt64(vector) &* 2, 3) }
    @inlinable mutating func setCredit(_ vector: Int, _ value: UInt64) { bits.setField(34 &+ UInt64(vector) &* 2, 3, value) }
    /// Vectors posted and not delivered since.
    @inlinable var owed: UInt64 { get { bits.field(38, 3) } set { bits.setField(38, 3, newValue) } }

    /// The design's own mark of a task that waits.
    @inlinable var waiting: Bool { get { bits.bit(40) } set { bits.setBit(40, newValue) } }
    /// How often the task is on the wait list.
    @inlinable var listed: UInt64 { get { bits.field(41, 3) } set { bits.setField(41, 3, newValue) } }
    @inlinable var signal: Bool { get { bits.bit(43) } set { bits.setBit(43, newValue) } }
    /// TIF_UINTR: the return to user mode has work to do.
    @inlinable var tif: Bool { get { bits.bit(44) } set { bits.setBit(44, newValue) } }
    /// The timer of the wait is armed.
    @inlinable var timer: Bool { get { bits.bit(45) } set { bits.setBit(45, newValue) } }
    /// The kernel's pointer from the UPID to the task is cleared.
    @inlinable var unlinked: Bool { get { bits.bit(47) } set { bits.setBit(47, newValue) } }
    /// A signal ended the system call that is being returned from.
    @inlinable var signalled: Bool { get { bits.bit(49) } set { bits.setBit(49, newValue) } }
    /// A value that the program read in one step and uses in a later one.
    @inlinable var register: UInt64 { get { bits.field(50, 3) } set { bits.setField(50, 3, newValue) } }
}

/// A task that sends, 12 bits.
@usableFromInline struct SenderState {
    @usableFromInline var bits: UInt64
    @inlinable init(bits: UInt64) { self.bits = bits }

    /// 0: in user mode before SENDUIPI; 1: SENDUIPI has posted and its IPI has not left; above: the #GP handler.
    @inlinable var pc: Int { get { Int(bits.field(0, 31)) } set { bits.setField(0, 31, UInt64(newValue)) } }
    /// SENDUIPIs that are still to be executed.
    @inlinable var left: UInt64 { get { bits.field(5, 3) } set { bits.setField(5, 3, newValue) } }
    /// NV and NDST as SENDUIPI read them.
    @inlinable var nv: NotificationVector {
        get { bits.bit(7) ? .wait : .uinv }
        set { bits.setBit(7, newValue == .wait) }
    }
    @inlinable var ndst: Int { get { Int(bits.field(8, 3)) } set { bits.setField(8, 3, UInt64(newValue)) } }
    /// This SENDUIPI has posted.
    @inlinable var posted: Bool { get { bits.bit(10) } set { bits.setBit(10, newValue) } }
    /// What the #GP handler found, for a later step of it.
    @inlinable var register: Bool { get { bits.bit(11) } set { bits.setBit(11, newValue) } }

    @inlinable var isDone: Bool { left == 0 }
}
