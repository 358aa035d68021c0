/// A property that is found broken, by where it happened.
@usableFromInline
struct Finding: Sendable {
    @usableFromInline var properties: PropertySet
    /// The stored state.
    @usableFromInline var number: UInt32
    /// True if a step from that state breaks them, false if the state itself does.
    @usableFromInline var byStep: Bool

    @usableFromInline init(properties: PropertySet, number: UInt32, byStep: Bool) {
        self.properties = properties
        self.number = number
        self.byStep = byStep
    }
}

/// What has been found so far, and what is still looked for.
@usableFromInline
struct Findings: Sendable {
    /// Properties of interest that no path breaks yet.
    @usableFromInline var open: PropertySet
    @usableFromInline var list: [Finding] = []

    @usableFromInline init(open: PropertySet) { self.open = open }

    /// Keeps only what is broken for the first time.
    @inlinable @inline(never)
    mutating func note(_ broken: PropertySet, number: UInt32, byStep: Bool) {
        let fresh = broken & open
        guard fresh != 0 else { return }
        open &= ~fresh
        list.append(Finding(properties: fresh, number: number, byStep: byStep))
    }
}

/// Takes the successors of the state that is being expanded into a batch, and what their steps break into findings.
@usableFromInline
struct SuccessorSink<State: PackedState>: StepSink {
    @usableFromInline var batch: Batch<State>
    @usableFromInline var lines: UnsafeMutableRawPointer
    @usableFromInline var lineCount: UInt64
    /// The state that is being expanded.
    @usableFromInline var parent: UInt32 = 0
    @usableFromInline var transitions = 0
    @usableFromInline let endingExecution: PropertySet
    @usableFromInline var findings: Findings

    @usableFromInline
    init(batch: Batch<State>, lines: UnsafeMutableRawPointer, lineCount: Int, endingExecution: PropertySet, goal: PropertySet) {
        self.batch = batch
        self.lines = lines
        self.lineCount = UInt64(lineCount)
        self.endingExecution = endingExecution
        findings = Findings(open: goal)
    }

    @inlinable @inline(__always)
    mutating func add(_ next: State, step: StepID, breaks: PropertySet) {
        transitions &+= 1
        if breaks != 0 {
            findings.note(breaks, number: parent, byStep: true)
            if breaks & endingExecution != 0 { return }
        }
        batch.add(next, parent: parent, prefetchingIn: lines, lineCount: lineCount)
    }
}
