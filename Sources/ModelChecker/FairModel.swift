/// A model that says whose each step is: fairness ("who can always move, moves") needs it, and so do the priorities of PCT.
public protocol FairModel: Model {
    /// At most 64. What moves by itself (a timer, a message that arrives) is a process too.
    var processCount: Int { get }
    /// 0 ..< `processCount`.
    func process(of step: StepID) -> Int
    /// The processes that must move if they always can, one bit for each. What may happen and need not (a signal, a preemption)
    /// belongs to a process that is not among them.
    var obliged: UInt64 { get }
}

extension FairModel {
    @inlinable public var obliged: UInt64 { .max }
}
