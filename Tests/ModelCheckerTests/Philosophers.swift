import ModelChecker

/// A one-word state for models of the tests.
struct Word: PackedState {
    var bits: UInt64 = 0
    static var wordCount: Int { 1 }
    init() {}
    init(_ bits: UInt64) { self.bits = bits }
    subscript(word index: Int) -> UInt64 {
        get { bits }
        set { bits = newValue }
    }
    func field(_ place: Int, _ width: Int) -> Int { Int(bits >> UInt64(place) & (1 << UInt64(width) - 1)) }
    func setting(_ place: Int, _ width: Int, _ value: Int) -> Word {
        Word(bits & ~((1 << UInt64(width) - 1) << UInt64(place)) | UInt64(value) << UInt64(place))
    }
}

/// Dijkstra's philosophers (1971), each of whom takes the left fork, then the right one, eats, and puts both down.
struct Philosophers: Model {
    var count: Int
    /// The last one takes the right fork first: then they cannot all wait.
    var lastIsLeftHanded = false
    /// Each eats once and leaves; otherwise they go on for ever.
    var eatOnce = false

    /// Philosopher i: 2 bits (0 thinks, 1 has one fork, 2 eats, 3 has left) at 3 i; fork i: 1 bit at 3 i + 2.
    var initialStates: [Word] { [Word(1 << 63)] }
    var properties: [Property] { [Property("deadlock", .ending), Property("finish", .canFinish)] }

    func forks(of i: Int) -> (first: Int, second: Int) {
        let pair = (i, (i + 1) % count)
        return lastIsLeftHanded && i == count - 1 ? (pair.1, pair.0) : pair
    }

    func steps<Sink: StepSink<Word>>(from state: Word, into sink: inout Sink) {
        for i in 0..<count {
            let (first, second) = forks(of: i)
            switch state.field(3 * i, 2) {
            case 0 where state.field(3 * first + 2, 1) == 0:
                sink.add(state.setting(3 * i, 2, 1).setting(3 * first + 2, 1, 1), step: StepID(3 * i), breaks: 0)
            case 1 where state.field(3 * second + 2, 1) == 0:
                sink.add(state.setting(3 * i, 2, 2).setting(3 * second + 2, 1, 1), step: StepID(3 * i + 1), breaks: 0)
            case 2:
                let free = state.setting(3 * first + 2, 1, 0).setting(3 * second + 2, 1, 0)
                sink.add(free.setting(3 * i, 2, eatOnce ? 3 : 0), step: StepID(3 * i + 2), breaks: 0)
            default: break
            }
        }
    }

    func brokenByEnding(in state: Word) -> PropertySet {
        (0..<count).allSatisfy { state.field(3 * $0, 2) == 3 } ? 0 : 1
    }

    func name(of step: StepID, in state: Word) -> String {
        "philosopher \(step / 3): \(["takes a fork", "takes the other", "puts both down"][Int(step % 3)])"
    }
}
