import Architecture
import CBareMetal
import Cases

/// The lines of `Observed`, from this machine.
struct Observation {
    private var last: [[UInt64?]]
    nonisolated(unsafe) private static var memory: UnsafeMutablePointer<UInt64>?
    private var deliveredCount = 0
    /// The faults of a free case.
    private var faults = ""

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
            page.withMemoryRebound(to: UInt64.self, capacity: 512) { (memory + index * 512).update(from: $0, count: 512) }
        }
        deliveredCount = 0
    }

    mutating func add(_ fault: Fault) { faults += Observed.fault(fault.words) }

    /// Prints what has changed since.
    mutating func print(_ head: String, hashed: Bool = false) {
        guard let memory = Observation.memory else { return }
        var line = faults
        for number in last.indices {
            let now = Observation.look(number)
            for (place, field) in Observed.fields.enumerated() where now[place] != last[number][place] {
                line += Observed.field(field, now[place], processor: number)
            }
            last[number] = now
        }
        CaseMemory.forEachPage { linear, page, index in
            page.withMemoryRebound(to: UInt64.self, capacity: 512) { words in
                let known = memory + index * 512
                var word = bm_first_difference(words, known, 0, 512)
                while word < 512 {
                    known[Int(word)] = words[Int(word)]
                    line += Observed.memory(linear + UInt64(word) * 8, words[Int(word)])
                    word = bm_first_difference(words, known, word + 1, 512)
                }
            }
        }
        if Runner.delivered.count < deliveredCount { deliveredCount = 0 }
        for vector in Runner.delivered[deliveredCount...] { line += Observed.delivered(vector) }
        deliveredCount = Runner.delivered.count
        Console.bulk(head + (hashed ? " #\(hex(Observed.hash(line)))" : line))
    }
}
