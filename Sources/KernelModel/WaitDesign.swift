/// One way to let a task wait for user interrupts.
public struct WaitDesign: Sendable {
    /// `rfc-v1`, `vector`, …
    public var name: String
    /// One sentence.
    public var summary: String
    /// Where it comes from.
    public var source: String
    /// What can be switched on.
    public var repairs: [Repair]
    /// Names of what is switched on without being asked for.
    public var always: [String] = []
    /// Writes the design's code; the set holds the names of the repairs that are on.
    var write: @Sendable (inout Sources, Set<String>) -> Void
    /// What the code alone does not say.
    var finish: @Sendable (inout Program, Set<String>) -> Void = { _, _ in }

    public static let all: [WaitDesign] = [.rfcV1, .vector, .intelReceiver, .intelSender, .mail, .fault]

    public static func named(_ name: String) -> WaitDesign? { all.first { $0.name == name } }

    /// The code with `switches` on, before it is put together.
    func sources(_ user: UserSide, _ switches: Set<String>) -> Sources {
        var sources = Sources()
        writeUser(&sources.task, user)
        write(&sources, switches)
        writeIdeas(&sources, switches)
        return sources
    }

    func program(_ sources: Sources, _ switches: Set<String>) -> Program {
        var program = sources.program()
        program.flushesSenders = switches.contains("flush-senders")
        program.drainsIPIs = switches.contains("ipi-barrier")
        program.masksOnLeaving = switches.contains("mask-vector")
        finish(&program, switches)
        return program
    }

    /// What the receiver's program does in user mode, at places 0 to 2.
    private func writeUser(_ code: inout Assembler, _ user: UserSide) {
        code.function("user")
        switch user {
        case .clui:
            code.emit(.clui)
            code.emit(.testFlag, to: "wait")
            code.emit(.stui)
        case .naive:
            code.label("top")
            code.emit(.testFlag, to: "call")
            code.label("call")
            code.emit(.jump, to: "wait", name: "user.syscall")
            code.emit(.jump, to: "top", local: true)
        case .once:
            code.emit(.cluiAndTest, to: "wait")
            code.label("spin")
            code.emit(.spin)
            code.emit(.stui, to: "spin")
        case .spin:
            code.emit(.spin)
            code.emit(.spin, name: "user.spin1")
            code.emit(.spin, name: "user.spin2")
        }
    }

    /// The mail's other ideas, which any design can be given.
    public static let ideas: [Repair] = [
        Repair(
            name: "await-on", summary: "At schedule-out with ON = 1, wait for the IPI that is in flight to this CPU.",
            source: "25ba1e1f"),
        Repair(
            name: "flush-senders", summary: "The offline path interrupts every CPU, which ends the SENDUIPIs in progress.",
            source: "25ba1e1f"),
        Repair(
            name: "mask-vector", summary: "A CPU that goes offline takes no notification vectors any more.", source: "b537a890"),
        Repair(
            name: "ipi-barrier",
            summary: "An APIC operation that waits until the IPIs already sent to this CPU have arrived, at schedule-out and offline.",
            source: "25ba1e1f"),
    ]

    private func writeIdeas(_ sources: inout Sources, _ switches: Set<String>) {
        var operations: [(operation: Operation, target: String)] = []
        if switches.contains("await-on") { operations.append((.awaitON, "")) }
        if switches.contains("ipi-barrier") { operations.append((.awaitIPIs, "")) }
        guard !operations.isEmpty else { return }
        operations.append((.schedule, ""))
        _ = sources.replace("schedule", with: operations)
    }
}

extension Assembler {
    /// What every design has after its own part of the return to user mode.
    mutating func writeCommon(leave: (inout Assembler) -> Void) {
        function("arch_do_signal_or_restart")
        label("signal")
        emit(.handleSignal)
        emit(.jump, to: "exit", local: true, name: "signal.again")
        function("fpu_clone")
        label("clone")
        emit(.clone)
        emit(.jump, to: "exit", local: true, name: "clone.return")
        leave(&self)
    }
}

extension KernelModel {
    public enum ConfigurationError: Error, Equatable, Sendable {
        /// There is no design of this name.
        case unknownDesign(String)
        /// The design has no repair of this name.
        case unknownRepair(String, design: String)
    }

    /// - Parameter repairs: names of repairs of the design, and of `WaitDesign.ideas`.
    public init(
        design name: String, repairs: [String] = [], scenario: Scenario = .any, user: UserSide = .clui, bounds: Bounds,
        isFused: Bool = true
    ) throws(ConfigurationError) {
        guard let design = WaitDesign.named(name) else { throw .unknownDesign(name) }
        let known = (design.repairs + WaitDesign.ideas).map(\.name)
        for repair in repairs where !known.contains(repair) { throw .unknownRepair(repair, design: name) }
        let switches = Set(repairs + design.always)
        self.init(
            Configuration(design: name, switches: repairs, scenario: scenario, user: user, bounds: bounds, isFused: isFused),
            program: design.program(design.sources(user, switches), switches))
    }
}
