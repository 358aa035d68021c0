#if !hasFeature(Embedded)
internal import Architecture
#endif
internal import CEmulationRuntime

/// The process's own memory, as its emulated processors reach it.
///
/// Unsafe: supervisor accesses are made at the address given. These are UITTADDR, UPIDADDR and the UPIDADDR of UITT entries, which
/// only the runtime writes; they name mappings that are sealed against truncation and outlive the entry. User accesses may fault.
struct ProcessMemory: Memory {
    private func raw(_ address: UInt64) throws(Fault) -> UnsafeMutableRawPointer {
        if let pointer = UnsafeMutableRawPointer(bitPattern: UInt(truncatingIfNeeded: address)) { return pointer }
        throw .page(address: address, code: .write)
    }

    func load(_ address: UInt64, _ access: Access) throws(Fault) -> UInt64 {
        var value: UInt64 = 0
        guard runtime_user_load(address, &value) else { throw .page(address: address, code: access.code(present: false)) }
        return value
    }

    func store(_ address: UInt64, _ value: UInt64, _ access: Access) throws(Fault) {
        guard runtime_user_store(address, value) else { throw .page(address: address, code: access.code(present: false)) }
    }

    /// Two reads of 8 bytes. If they do not belong together, the compare-and-exchange that follows fails, and returns a pair that
    /// does. An entry of the UITT is published by its first quadword.
    func loadForUpdate(_ address: UInt64) throws(Fault) -> Octaword {
        let memory = try raw(address)
        let low = runtime_load(memory)
        return Octaword(low: low, high: runtime_load(memory + 8))
    }

    func loadOctaword(_ address: UInt64, _ access: Access) throws(Fault) -> Octaword { try loadForUpdate(address) }

    func compareExchange(_ address: UInt64, expected: Octaword, desired: Octaword) throws(Fault) -> Octaword {
        var seen = expected
        runtime_compare_exchange16(try raw(address), &seen.low, &seen.high, desired.low, desired.high)
        return seen
    }

    func fetchAnd(_ address: UInt64, _ mask: UInt64) throws(Fault) -> UInt64 { runtime_fetch_and(try raw(address), mask) }
    func exchange(_ address: UInt64, _ value: UInt64) throws(Fault) -> UInt64 { runtime_exchange(try raw(address), value) }
}
