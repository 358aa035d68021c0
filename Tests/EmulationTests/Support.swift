import Glibc
import Synchronization
import Testing

/// A thread of a test.
final class TestThread: @unchecked Sendable {
    private var thread = pthread_t()
    private let body: @Sendable () -> Void

    init(_ body: @escaping @Sendable () -> Void) {
        self.body = body
        precondition(pthread_create(&thread, nil, { argument in
            let thread = Unmanaged<TestThread>.fromOpaque(argument!).takeRetainedValue()
            thread.body()
            return nil
        }, Unmanaged.passRetained(self).toOpaque()) == 0)
    }

    func join() { pthread_join(thread, nil) }
}

/// Threads run `body(0)`, `body(1)`, … at the same time.
func together(_ count: Int = 2, _ body: @escaping @Sendable (Int) -> Void) {
    let threads = (0..<count).map { index in TestThread { body(index) } }
    for thread in threads { thread.join() }
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
