import Architecture
import CEmulationRuntime
import Glibc
import Testing
@testable import Emulation

extension EmulationTests {
@Suite("reaches memory by true atomics")
struct MemoryTests {
    @Test("the 16-byte compare-and-exchange is one step: two counters in one octaword never part under contention")
    func compareExchange() throws {
        let memory = SharedMemory(64), rounds = 200_000
        together(3) { _ in
            let thread = ProcessMemory()
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
        let end = try ProcessMemory().loadForUpdate(memory.address)
        #expect(end == Octaword(low: UInt64(3 * rounds), high: UInt64(9 * rounds)))
    }

    @Test("posting, clearing ON and taking PIR at the same time lose no request")
    func postAndTake() throws {
        let memory = SharedMemory(64), rounds = 20_000
        // Each poster posts its own vectors in turn, the next only after the last was taken.
        let taken = SharedMemory(64 * 8)
        together(3) { index in
            var thread = ProcessMemory()
            if index < 2 {
                for round in 0..<rounds {
                    let vector = UInt8(index * 32 + round % 32)
                    _ = try? UITTEntry(uv: vector, upidaddr: memory.address).post(paging: .bits48, memory: &thread)
                    while runtime_load(taken.base + 8 * index) <= UInt64(round) { sched_yield() }
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
                        _ = runtime_exchange(taken.base + 8 * poster, counts[poster])
                    }
                    sched_yield()
                }
            }
        }
        let end = UPID(try ProcessMemory().loadForUpdate(memory.address))
        #expect(end.pir == 0)
    }

    @Test("a UPID with a reserved bit set makes SENDUIPI fault and stays as it is")
    func reserved() throws {
        let memory = SharedMemory(64)
        memory.base.storeBytes(of: 1 << 7, as: UInt64.self)
        var thread = ProcessMemory()
        #expect(throws: Fault.generalProtection) {
            try UITTEntry(uv: 1, upidaddr: memory.address).post(paging: .bits48, memory: &thread)
        }
        #expect(try thread.loadForUpdate(memory.address) == Octaword(low: 1 << 7, high: 0))
    }
}
}
