import Glibc
import Synchronization
import Testing

/// Threads run `body(0)`, `body(1)`, … at the same time.
func together(_ count: Int = 2, _ body: @escaping @Sendable (Int) -> Void) {
    final class Start: Sendable {
        let index: Int
        let body: @Sendable (Int) -> Void
        init(_ index: Int, _ body: @escaping @Sendable (Int) -> Void) { (self.index, self.body) = (index, body) }
    }
    let threads = (0..<count).map { index in
        var thread = pthread_t()
        let start = Unmanaged.passRetained(Start(index, body)).toOpaque()
        precondition(pthread_create(&thread, nil, { argument in
            let start = Unmanaged<Start>.fromOpaque(argument!).takeRetainedValue()
            start.body(start.index)
            return nil
        }, start) == 0)
        return thread
    }
    for thread in threads { pthread_join(thread, nil) }
}

/// Memory that several threads use, zeroed, 64-byte aligned.
final class SharedMemory: @unchecked Sendable {
    let base: UnsafeMutableRawPointer
    init(_ bytes: Int) {
        base = .allocate(byteCount: bytes, alignment: 64)
        base.initializeMemory(as: UInt8.self, repeating: 0, count: bytes)
    }
    deinit { base.deallocate() }
    var address: UInt64 { UInt64(UInt(bitPattern: base)) }
}

/// Cells that handlers count in: 0–63 handler runs by vector, 64 nested depth, 65 greatest depth, 66… as a test says.
final class Counters: @unchecked Sendable {
    let cells: UnsafeMutablePointer<Atomic<UInt64>>
    init() {
        cells = .allocate(capacity: 256)
        for index in 0..<256 { (cells + index).initialize(to: Atomic(0)) }
    }
    deinit { cells.deallocate() }
    subscript(index: Int) -> UInt64 {
        get { cells[index].load(ordering: .sequentiallyConsistent) }
        set { cells[index].store(newValue, ordering: .sequentiallyConsistent) }
    }
    var runs: UInt64 { (0..<64).reduce(0) { $0 + self[$1] } }
}

/// One test at a time: each keeps both CPUs of a small machine busy by itself, and some count the process's descriptors.
@Suite("The emulation in a process that calls it", .serialized)
struct EmulationTests {}
