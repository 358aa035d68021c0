/// A model that says whose each step is: fairness ("who can always move, moves") needs it, and so do the priorities of PCT.
public protocol FairModel: Model {
    /// At most 64. What moves by itself (a timer, a message that arrives) is a process too.
    var processCount: Int { get }
    /// 0 ..< `processCount`.
    func process(of step: StepID) -> Int
}
