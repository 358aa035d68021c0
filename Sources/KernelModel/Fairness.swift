import ModelChecker

// Who must move if it always can: CPUs that have something to run, and IPIs in flight. Signals, timers, preemptions and CPU hotplug
// may happen and need not.

extension KernelModel: FairModel {
    public var processCount: Int { 10 }
    public var obliged: UInt64 { 0x1FF }

    public func process(of step: StepID) -> Int {
        guard let (kind, a, b) = StepKind.parse(step) else { return 9 }
        switch kind {
        case .run, .deliver, .take, .handler, .pick: return a
        case .arrive: return 3 + a * 2 + b
        default: return 9
        }
    }
}
