/// A design with one place of its code changed: what an explorer must find, and what a reader of the kernel's code can learn from.
public struct Mutant: Sendable {
    /// `fault: without wait.uirr`.
    public var name: String
    public var design: WaitDesign
    /// What is changed, and what that stands for in the kernel.
    public var summary: String
    var change: @Sendable (inout Sources) -> Bool

    /// - Returns: the model; nil if the design has no such place (a mistake in the list of mutants).
    public func model(scenario: Scenario = .any, user: UserSide = .clui, bounds: Bounds) -> KernelModel? {
        let switches = Set(design.always)
        var sources = design.sources(user, switches)
        guard change(&sources) else { return nil }
        var program = design.program(sources, switches)
        program.suppressedNDSTIsDead = false
        return KernelModel(
            KernelModel.Configuration(design: name, switches: [], scenario: scenario, user: user, bounds: bounds), program: program)
    }

    private init(_ name: String, _ summary: String, _ change: @escaping @Sendable (inout Sources) -> Bool) {
        self.name = name
        design = .fault
        self.summary = summary
        self.change = change
    }

    private static func without(_ place: String, _ summary: String) -> Mutant {
        Mutant("without \(place)", summary) { $0.remove(place) }
    }

    private static func swapped(_ a: String, _ b: String, _ summary: String) -> Mutant {
        Mutant("\(b) before \(a)", summary) { $0.swap(a, b) }
    }

    private static func other(_ place: String, _ operations: [Operation], _ summary: String) -> Mutant {
        let names = operations.map { "\($0)" }.joined(separator: ", then ")
        return Mutant("\(place) as \(names)", summary) { $0.replace(place, with: operations.map { ($0, "") }) }
    }

    /// One place of `fault` changed in each: a check left out, an order swapped, an atomic step split.
    public static let ofFault: [Mutant] = [
        // uintr_wait()
        without("wait.uirr", "A vector that the processor has taken into UIRR does not keep the task from sleeping."),
        other("wait.arm", [.arm], "The UPID is armed whatever PIR holds."),
        other("wait.arm", [.ifPIR, .arm], "PIR is tested and the UPID armed by two operations."),
        without("wait.arm", "The UPID is never armed."),
        without("wait.tif", "A wait that does not sleep returns with UINV = 0."),
        without("wait.state", "The task state is never set."),
        swapped("wait.state", "wait.arm", "The task state is set after the UPID is armed."),
        without("wait.disarm", "A wait ended by a signal leaves the UPID armed."),
        swapped("schedule", "wait.disarm", "The UPID is disarmed before the task sleeps."),
        without("wait.running", "A wait that does not sleep leaves the task state as it was."),
        without("wait.timer", "A timer that expires before the task state is set does not keep the task from sleeping."),
        without("wait.expired", "The timer does not end the wait."),
        without("wait.signal", "A signal does not end the wait."),
        // The context switch
        without("switch.sn", "SN is not set where the state is saved (C-1)."),
        without("switch.tif", "The return to user mode does not know that the state was saved."),
        other("switch.xsaves", [.saveKeepUINV], "UINV stays armed over the switch (87pmsp5aqx)."),
        // The return to user mode
        other("exit.publish", [.publishKeepON], "ON is not cleared with SN: a stray notification leaves it set for ever."),
        other("exit.publish", [.publishKeepSN], "SN is not cleared."),
        other("exit.publish", [.publishKeepNDST], "NDST is not stored."),
        other("exit.publish", [.clearSN, .clearON, .storeNDST], "SN is cleared before NDST is stored, by operations of their own."),
        without("exit.publish", "The UPID stays as the switch left it."),
        without("exit.take", "PIR is not taken (C-3)."),
        other("exit.take", [.readPIR, .zeroPIR], "PIR is read and cleared by two operations (C-4)."),
        other("exit.take", [.takePIR, .clearTIF], "TIF_UINTR is cleared after PIR was taken."),
        other("exit.take", [.readPIR], "PIR is read and not cleared (C-4)."),
        other("exit.merge", [.storeUIRR], "UIRR is stored and not added to (C-4)."),
        swapped("exit.publish", "exit.take", "SN is cleared after PIR was taken."),
        swapped("exit.publish", "exit.xrstors", "PIR is taken, and then SN is cleared."),
        other("exit.xrstors", [.xrstorsAlways], "XRSTORS also where the registers are loaded (S-7)."),
        without("exit.xrstors", "The state is not restored."),
        without("exit.uinv", "UINV is not restored (S-6)."),
        swapped("exit.xrstors", "exit.uinv", "UINV is loaded before XRSTORS."),
        // #GP
        other("gp.post", [.gpRead, .gpWrite], "The handler reads the UPID and writes it by two operations."),
        without("gp.post", "The handler does not post."),
        without("gp.armed", "The handler wakes whether the UPID was armed or not, and never kicks."),
        without("gp.wake", "The handler does not wake."),
        swapped("gp.post", "gp.wake", "The handler wakes before it posts."),
        other("gp.wake", [.gpFindTask, .gpWakeFound], "The pointer to the task is read without the lock (W-12)."),
        without("gp.tif", "A receiver that runs is kicked, and finds nothing to do."),
        without("gp.kick", "A receiver that runs is not kicked."),
        swapped("gp.tif", "gp.kick", "A receiver that runs is kicked before it has something to do."),
        other("gp.done", [.gpRerun], "SENDUIPI is run again after the handler has posted for it."),
        without("gp.foreign", "Another reserved bit is taken for the kernel's own (S-8)."),
        // Exit
        swapped("leave.sn", "leave.msrs", "UINV and UPIDADDR are cleared before SN is set: a preemption in between switches out without SN."),
        without("leave.msrs", "UINV and UPIDADDR stay in the registers when the receiver exits."),
        without("leave.unlink", "The UPID still points to the task that has exited (W-12)."),
    ]

    /// Changes that break nothing: the design could do without these places, and does not need these orders.
    public static let harmless: [Mutant] = [
        without("wait.uinv", "UINV stays loaded over the test of UIRR: interrupts are off there, and PIR is empty when the UPID is armed."),
        other("wait.arm", [.armIfNoPIRKeepON], "Arming leaves ON alone: the return to user mode clears it."),
        without("exit.tif", "TIF_UINTR stays set: every return to user mode does the work again."),
        other("gp.post", [.gpPostKeepArmed], "The handler leaves the UPID armed: the task that it wakes disarms it."),
    ]
}
