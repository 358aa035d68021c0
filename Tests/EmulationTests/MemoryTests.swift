import Architecture
import CEmulation
import Glibc
import Testing
@testable import Emulation

/// Two threads run `body(0)` and `body(1)` at the same time.
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

extension EmulationTests {
@Suite("reaches memory by true atomics")
struct MemoryTests {
    @Test("the 16-byte compare-and-exchange is one step: two counters in one octaword never part under contention")
    func compareExchange() throws {
        let memory = SharedMemory(64), rounds = 200_000
        together(3) { _ in
            let thread = ThreadMemory()
            for _ in 0..<rounds {
                guard var old = try? thread.loadForUpdate(memory.address) else { return }
                while true {
                    let new = Octaword(low: old.low &+ 1, high: old.high &+ 3)
                    guard let seen = try? thread.compareExchange(memory.address, expected: old, desired: new) else { return }
                    if seen == old { break }
                    // What a failed exchange returns is whole, even if the first read was torn.
                    if seen.high != seen.low &* 3 { abort() }
                    old = seen
                }
            }
        }
        let end = try ThreadMemory().loadForUpdate(memory.address)
        #expect(end == Octaword(low: UInt64(3 * rounds), high: UInt64(9 * rounds)))
    }

    @Test("posting, clearing ON and taking PIR at the same time lose no request")
    func postAndTake() throws {
        let memory = SharedMemory(64), rounds = 20_000
        // Each poster posts its own vectors in turn, the next only after the last was taken.
        let taken = SharedMemory(64 * 8)
        together(3) { index in
            var thread = ThreadMemory()
            if index < 2 {
                for round in 0..<rounds {
                    let vector = UInt8(index * 32 + round % 32)
                    _ = try? UITTEntry(uv: vector, upidaddr: memory.address).post(paging: .bits48, memory: &thread)
                    while emulation_load(taken.base + 8 * index) <= UInt64(round) { sched_yield() }
                }
            } else {
                var state = UserInterruptState(upidaddr: memory.address)
                var counts: [UInt64] = [0, 0]
                while counts != [UInt64(rounds), UInt64(rounds)] {
                    state.uirr = 0
                    try? state.processNotification(paging: .bits48, memory: &thread)
                    for poster in 0..<2 {
                        let bits = state.uirr >> UInt64(32 * poster) & 0xFFFF_FFFF
                        if bits == 0 { continue }
                        // Exactly the vector whose turn it is.
                        if bits != 1 << (counts[poster] % 32) { abort() }
                        counts[poster] += 1
                        _ = emulation_exchange(taken.base + 8 * poster, counts[poster])
                    }
                    sched_yield()
                }
            }
        }
        let end = UPID(try ThreadMemory().loadForUpdate(memory.address))
        #expect(end.pir == 0)
    }

    @Test("user-mode accesses reach the frame's four quadwords and nothing else")
    func window() throws {
        var frame: [UInt64] = [1, 2, 3, 4]
        try frame.withUnsafeMutableBufferPointer { frame throws in
            let memory = ThreadMemory(window: 0x7000, frame: frame.baseAddress)
            let read = Access(write: false, user: true), write = Access(write: true, user: true)
            for place in 0..<4 {
                #expect(try memory.load(0x7000 + 8 * UInt64(place), read) == UInt64(place + 1))
            }
            try memory.store(0x7018, 9, write)
            #expect(frame[3] == 9)
            for outside in [0x6FF8, 0x7020, 0x7004, 0, UInt64.max &- 7] as [UInt64] {
                #expect(throws: Fault.self) { try memory.load(outside, read) }
            }
            #expect(throws: Fault.self) { try memory.load(0x7000, .supervisorRead) }
        }
        #expect(throws: Fault.self) { try ThreadMemory().exchange(0, 0) }
    }

    @Test("a UPID with a reserved bit set makes SENDUIPI fault and stays as it is")
    func reserved() throws {
        let memory = SharedMemory(64)
        memory.base.storeBytes(of: 1 << 7, as: UInt64.self)
        var thread = ThreadMemory()
        #expect(throws: Fault.generalProtection) {
            try UITTEntry(uv: 1, upidaddr: memory.address).post(paging: .bits48, memory: &thread)
        }
        #expect(try thread.loadForUpdate(memory.address) == Octaword(low: 1 << 7, high: 0))
    }
}
}
