import CBareMetal
import Cases

/// What steps change, in one line each: `@ CASE STEP OUTCOME name=value … [address]=value …`, only what differs from the line
/// before; the processor's number and a dot before a name, except for processor 0. Delivered vectors follow as `+vector`.
///
/// A host that has run the same steps on the core writes the same line and compares.
struct Observation {
    /// What is compared. Reading ESR has an effect, so its bits are not; PPR, RIP and the like are.
    static let fields: [Field] = [
        .rax, .rcx, .rdx, .rbx, .rsp, .rbp, .rsi, .rdi, .r8, .r9, .r10, .r11, .r12, .r13, .r14, .r15, .rip, .rflags, .uirr,
        .uihandler, .uistackadjust, .uittsz, .uinv, .upidaddr, .uitt, .uif, .userCET, .ssp, .apicTPR, .apicIRR, .apicISR,
    ]

    private var last: [[UInt64?]]
    nonisolated(unsafe) private static var memory: UnsafeMutablePointer<UInt64>?
    private var deliveredCount = 0

    init(processors: Int) {
        last = Array(repeating: [], count: processors)
    }

    private static func look(_ number: Int) -> [UInt64?] {
        Runner.ask(number, .observe)
        return Runner.observed
    }

    /// Takes what is there now as known.
    mutating func begin() {
        let memory = Observation.memory ?? .allocate(capacity: 512 * Int(bm_layout_pages))
        Observation.memory = memory
        for number in last.indices { last[number] = Observation.look(number) }
        CaseMemory.forEachPage { _, page, index in
            for word in 0..<512 { memory[index * 512 + word] = bm_load(bm_address(page) + UInt64(word) * 8) }
        }
        deliveredCount = 0
    }

    /// Prints what has changed since.
    mutating func print(_ head: String) {
        guard let memory = Observation.memory else { return }
        var line = head
        for number in last.indices {
            let now = Observation.look(number)
            for (place, field) in Observation.fields.enumerated() where now[place] != last[number][place] {
                line += " \(number == 0 ? "" : "\(number).")\(field.rawValue)=" + (now[place].map { hex($0) } ?? "?")
            }
            last[number] = now
        }
        CaseMemory.forEachPage { linear, page, index in
            for word in 0..<512 {
                let value = bm_load(bm_address(page) + UInt64(word) * 8)
                if value != memory[index * 512 + word] {
                    memory[index * 512 + word] = value
                    line += " [\(hex(linear + UInt64(word) * 8))]=\(hex(value))"
                }
            }
        }
        if Runner.delivered.count < deliveredCount { deliveredCount = 0 }
        for vector in Runner.delivered[deliveredCount...] { line += " +\(vector)" }
        deliveredCount = Runner.delivered.count
        Console.line(line)
    }
}
