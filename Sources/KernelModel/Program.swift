/// A design as code for an abstract machine: what the receiver's task executes in user mode and in the kernel, what interrupt
/// handlers execute, what the #GP handler of a sender executes. A mutant of a design is such a program with one place changed.
public struct Program: Sendable {
    /// The receiver's task. Places 0–2 are its program in user mode.
    public var task: [Instruction]
    /// Interrupt handlers and the CPU that leaves; place 0 means that none runs, 1 the second half of notification processing.
    public var interrupt: [Instruction]
    /// The #GP handler on a sender's CPU; places 0 and 1 are the two halves of SENDUIPI.
    public var fault: [Instruction]
    /// The kernel functions that the places of `task`, `interrupt` and `fault` stand for.
    public var functions: (task: [String], interrupt: [String], fault: [String]) = ([], [], [])

    /// uintr_wait().
    @usableFromInline var wait = 0
    /// __switch_to(), before the switch, interrupts off.
    @usableFromInline var switchOut = 0
    /// After it, interrupts off.
    @usableFromInline var switchIn = 0
    /// exit_to_user_mode(), interrupts off.
    @usableFromInline var exit = 0
    @usableFromInline var clone = 0
    /// get_signal(), interrupts on.
    @usableFromInline var signal = 0
    /// Unregistration and exit.
    @usableFromInline var leave = 0
    /// 0 where the handler only acknowledges.
    @usableFromInline var spurious = 0
    @usableFromInline var waitVector = 0
    @usableFromInline var leaving = 0
    /// 0 where every #GP is a SIGSEGV.
    @usableFromInline var generalProtection = 0
    /// Component 14 is kept by the FPU code (lazily restored, saved by kernel_fpu_begin() and fork), not apart from it.
    @usableFromInline var inTaskFPUState = false
    /// TIF_UINTR ends a sleep as a signal does.
    @usableFromInline var tifEndsSleep = false
    /// While SN is 1 nothing reads ON or NDST before `publish` writes them.
    @usableFromInline var suppressedNDSTIsDead = false
    /// A CPU on its way offline takes no notification vectors.
    @usableFromInline var masksOnLeaving = false
    /// The offline path first waits for every SENDUIPI in progress.
    @usableFromInline var flushesSenders = false
    /// The offline path first waits for every IPI in flight to the CPU, and takes it.
    @usableFromInline var drainsIPIs = false

    /// Every #GP of SENDUIPI ends: the handler only goes forward, and none of its operations returns to the same SENDUIPI. Each fault
    /// then uses up one of the sender's SENDUIPIs or ends the sender, so that no execution, within whatever bounds, faults for ever.
    var endsEveryFault: Bool {
        for (place, instruction) in fault.enumerated().dropFirst(2) {
            if instruction.operation == .gpRerun { return false }
            // Place 0 stands for no target.
            if instruction.target != 0, Int(instruction.target) <= place { return false }
        }
        return true
    }
}

/// Code with names, so that a design reads from top to bottom and a mutant can say which place it changes.
struct Assembler {
    struct Item {
        var name: String
        var operation: Operation
        var target: String
        var receiver: Int
        var irqsOff: Bool
        var isLocal: Bool
        var function: String
    }

    /// Labels and items, in order.
    private(set) var items: [(labels: [String], item: Item)] = []
    private var pending: [String] = []
    private var function = ""

    /// The next item can be branched to by this name.
    mutating func label(_ name: String) { pending.append(name) }

    /// The kernel function that what follows stands for.
    mutating func function(_ name: String) { function = name }

    /// - Parameters:
    ///   - name: what a mutant calls it; the operation's own name if empty.
    ///   - irqs: whether interrupts are on at the boundary before it. An operation that begins a section with interrupts off
    ///     stands for CLI and itself: CLI is local.
    mutating func emit(
        _ operation: Operation, to target: String = "", receiver: Int = 0, irqs: Bool = true, local: Bool = false, name: String = ""
    ) {
        let name = name.isEmpty ? "\(function).\(operation)" : name
        let item = Item(
            name: name, operation: operation, target: target, receiver: receiver, irqsOff: !irqs, isLocal: local,
            function: function)
        items.append((pending, item))
        pending = []
    }

    /// Takes one operation out. What branched to it goes to what follows it.
    mutating func remove(_ name: String) -> Bool {
        guard let index = items.firstIndex(where: { $0.item.name == name }), index + 1 < items.count else { return false }
        items[index + 1].labels += items[index].labels
        items.remove(at: index)
        return true
    }

    /// Exchanges two operations; labels, and whether interrupts are on, stay with the places.
    mutating func swap(_ first: String, _ second: String) -> Bool {
        guard let a = items.firstIndex(where: { $0.item.name == first }),
            let b = items.firstIndex(where: { $0.item.name == second })
        else { return false }
        let item = items[a].item
        items[a].item = items[b].item
        items[b].item = item
        let (offA, offB) = (items[a].item.irqsOff, items[b].item.irqsOff)
        items[a].item.irqsOff = offB
        items[b].item.irqsOff = offA
        return true
    }

    /// Puts others in the place of one operation.
    mutating func replace(_ name: String, with operations: [(operation: Operation, target: String)]) -> Bool {
        guard let index = items.firstIndex(where: { $0.item.name == name }), !operations.isEmpty else { return false }
        let old = items[index]
        let new = operations.enumerated().map { offset, new in
            var item = old.item
            item.operation = new.operation
            item.target = new.target.isEmpty ? old.item.target : new.target
            item.name = "\(name).\(offset)"
            item.isLocal = false
            // Interrupts stay off between the parts only where they were off before and after.
            item.irqsOff = offset == 0 ? old.item.irqsOff : old.item.irqsOff || items[index + 1].item.irqsOff
            return (labels: offset == 0 ? old.labels : [], item: item)
        }
        items.replaceSubrange(index...index, with: new)
        return true
    }

    /// Code and where its labels are.
    func assemble(from base: Int) -> (code: [Instruction], labels: [String: Int]) {
        precondition(pending.isEmpty, "a label at the end of the code names nothing")
        var places: [String: Int] = [:]
        for (index, entry) in items.enumerated() {
            for label in entry.labels { places[label] = base + index }
        }
        var holdsLock = false
        let code = items.map { entry in
            if entry.item.operation == .unlockList { holdsLock = false }
            defer { if entry.item.operation == .lockList { holdsLock = true } }
            if !entry.item.target.isEmpty, places[entry.item.target] == nil {
                preconditionFailure("no label \(entry.item.target) for \(entry.item.name)")
            }
            return Instruction(
                operation: entry.item.operation, target: UInt8(places[entry.item.target] ?? 0),
                receiver: UInt8(entry.item.receiver), irqsOff: entry.item.irqsOff, isLocal: entry.item.isLocal,
                holdsLock: holdsLock)
        }
        return (code, places)
    }
}

/// The three pieces of a design's code before they are put together.
struct Sources {
    var task = Assembler()
    var interrupt = Assembler()
    var fault = Assembler()

    mutating func remove(_ name: String) -> Bool {
        task.remove(name) || interrupt.remove(name) || fault.remove(name)
    }
    mutating func swap(_ first: String, _ second: String) -> Bool {
        task.swap(first, second) || interrupt.swap(first, second) || fault.swap(first, second)
    }
    mutating func replace(_ name: String, with operations: [(operation: Operation, target: String)]) -> Bool {
        task.replace(name, with: operations) || interrupt.replace(name, with: operations)
            || fault.replace(name, with: operations)
    }

    func program() -> Program {
        let task = task.assemble(from: 0)
        let interrupt = interrupt.assemble(from: 2)
        let fault = fault.assemble(from: 2)
        let nothing = Instruction(
            operation: .iret, target: 0, receiver: 0, irqsOff: true, isLocal: false, holdsLock: false)
        var program = Program(
            task: task.code, interrupt: [nothing, nothing] + interrupt.code, fault: [nothing, nothing] + fault.code)
        let none = ["", ""]
        program.functions = (
            self.task.items.map(\.item.function), none + self.interrupt.items.map(\.item.function),
            none + self.fault.items.map(\.item.function)
        )
        precondition(program.task.count <= 128 && program.interrupt.count <= 64 && program.fault.count <= 32)
        program.wait = task.labels["wait"] ?? 0
        program.switchOut = task.labels["switchOut"] ?? 0
        program.switchIn = task.labels["switchIn"] ?? 0
        program.exit = task.labels["exit"] ?? 0
        program.clone = task.labels["clone"] ?? 0
        program.signal = task.labels["signal"] ?? 0
        program.leave = task.labels["leave"] ?? 0
        program.spurious = interrupt.labels["spurious"] ?? 0
        program.waitVector = interrupt.labels["waitVector"] ?? 0
        program.leaving = interrupt.labels["leaving"] ?? 0
        program.generalProtection = fault.labels["generalProtection"] ?? 0
        return program
    }
}
