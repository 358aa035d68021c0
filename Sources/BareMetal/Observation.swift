import CBareMetal
import Cases

/// The lines of `Observed`, from this machine.
struct Observation {
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
            for (place, field) in Observed.fields.enumerated() where now[place] != last[number][place] {
                line += Observed.field(field, now[place], processor: number)
            }
            last[number] = now
        }
        CaseMemory.forEachPage { linear, page, index in
            for word in 0..<512 {
                let value = bm_load(bm_address(page) + UInt64(word) * 8)
                if value != memory[index * 512 + word] {
                    memory[index * 512 + word] = value
                    line += Observed.memory(linear + UInt64(word) * 8, value)
                }
            }
        }
        if Runner.delivered.count < deliveredCount { deliveredCount = 0 }
        for vector in Runner.delivered[deliveredCount...] { line += Observed.delivered(vector) }
        deliveredCount = Runner.delivered.count
        Console.bulk(line)
    }
}
