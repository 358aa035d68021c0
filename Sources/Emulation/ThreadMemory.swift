internal import Architecture
internal import CEmulation

/// Linear memory as the emulated processor of a thread sees it: the process's own, but for the delivery frame.
///
/// Where delivery pushes its frame, below the interrupted RSP, lies the kernel's signal frame here. So user-mode accesses reach
/// the four quadwords of `frame` instead, as if they lay at `window`.
///
/// Unsafe: supervisor accesses are made at the address given. These are UITTADDR, UPIDADDR and the UPIDADDR of UITT entries, which
/// `EmulatedThread` writes and keeps alive: an entry is made invalid before its UPID is released.
struct ThreadMemory: Memory {
    var window: UInt64 = 0
    /// Vector, RIP, RFLAGS, RSP.
    var frame: UnsafeMutablePointer<UInt64>?

    private func place(_ address: UInt64, _ access: Access) throws(Fault) -> UnsafeMutablePointer<UInt64> {
        guard let frame, access.user, address &- window < 32, address & 7 == 0 else {
            throw .page(address: address, code: access.code(present: false))
        }
        return frame + Int(truncatingIfNeeded: (address &- window) &>> 3)
    }

    private func raw(_ address: UInt64) throws(Fault) -> UnsafeMutableRawPointer {
        guard let pointer = UnsafeMutableRawPointer(bitPattern: UInt(address)) else {
            throw .page(address: address, code: Access.supervisorWrite.code(present: false))
        }
        return pointer
    }

    func load(_ address: UInt64, _ access: Access) throws(Fault) -> UInt64 { try place(address, access).pointee }
    func store(_ address: UInt64, _ value: UInt64, _ access: Access) throws(Fault) { try place(address, access).pointee = value }

    /// Two reads of 8 bytes: if they do not belong together, the compare-and-exchange that follows fails and returns a pair
    /// that does. A UITT entry is written by this thread only.
    func loadForUpdate(_ address: UInt64) throws(Fault) -> Octaword {
        let memory = try raw(address)
        return Octaword(low: emulation_load(memory), high: emulation_load(memory + 8))
    }

    func loadOctaword(_ address: UInt64, _ access: Access) throws(Fault) -> Octaword { try loadForUpdate(address) }

    func compareExchange(_ address: UInt64, expected: Octaword, desired: Octaword) throws(Fault) -> Octaword {
        var seen = expected
        emulation_compare_exchange16(try raw(address), &seen.low, &seen.high, desired.low, desired.high)
        return seen
    }

    func fetchAnd(_ address: UInt64, _ mask: UInt64) throws(Fault) -> UInt64 { emulation_fetch_and(try raw(address), mask) }
    func exchange(_ address: UInt64, _ value: UInt64) throws(Fault) -> UInt64 { emulation_exchange(try raw(address), value) }
}
