internal import Architecture
internal import CEmulation

/// Linear memory as the emulated processor of a thread sees it: the process's own, but for the delivery frame.
///
/// The place below the interrupted RSP where delivery pushes its frame (SDM Vol. 3A 9.4.2) holds the kernel's signal frame
/// here. So user-mode accesses from `window` up reach `frame` instead, byte for byte as they would have lain there.
///
/// Unsafe: supervisor accesses are made at the address given. Only UITTADDR, UPIDADDR and the UPIDADDR of UITT entries are ever
/// passed, all of them written by this module and alive: an entry is made invalid before its UPID is released.
struct ThreadMemory: Memory {
    /// The address of the vector in the frame; the four quadwords of the frame end at `window + 32`.
    var window: UInt64
    /// Four quadwords: vector, RIP, RFLAGS, RSP.
    var frame: UnsafeMutablePointer<UInt64>?

    private func place(_ address: UInt64, _ access: Access) throws(Fault) -> UnsafeMutablePointer<UInt64> {
        let offset = address &- window
        guard let frame, access.user, offset < 32, offset & 7 == 0 else {
            throw .page(address: address, code: access.code(present: false))
        }
        return frame + Int(truncatingIfNeeded: offset &>> 3)
    }

    private func raw(_ address: UInt64) throws(Fault) -> UnsafeMutableRawPointer {
        guard let pointer = UnsafeMutableRawPointer(bitPattern: UInt(address)) else {
            throw .page(address: address, code: Access.supervisorWrite.code(present: false))
        }
        return pointer
    }

    func load(_ address: UInt64, _ access: Access) throws(Fault) -> UInt64 {
        try place(address, access).pointee
    }

    func store(_ address: UInt64, _ value: UInt64, _ access: Access) throws(Fault) {
        try place(address, access).pointee = value
    }

    /// A UITT entry: written by this thread only, outside of its instructions.
    func loadOctaword(_ address: UInt64, _ access: Access) throws(Fault) -> Octaword {
        let entry = try raw(address).assumingMemoryBound(to: UInt64.self)
        return Octaword(low: entry[0], high: entry[1])
    }

    /// Two reads of 8 bytes: a torn pair makes the compare-and-exchange that follows fail, which then returns a whole one.
    func loadForUpdate(_ address: UInt64) throws(Fault) -> Octaword {
        let upid = try raw(address)
        return Octaword(low: emulation_load(upid), high: emulation_load(upid + 8))
    }

    func compareExchange(_ address: UInt64, expected: Octaword, desired: Octaword) throws(Fault) -> Octaword {
        var seen = expected
        emulation_compare_exchange16(try raw(address), &seen.low, &seen.high, desired.low, desired.high)
        return seen
    }

    func fetchAnd(_ address: UInt64, _ mask: UInt64) throws(Fault) -> UInt64 {
        emulation_fetch_and(try raw(address), mask)
    }

    func exchange(_ address: UInt64, _ value: UInt64) throws(Fault) -> UInt64 {
        emulation_exchange(try raw(address), value)
    }
}
