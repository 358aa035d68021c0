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
        guard runtime_user_load(address, &value) else { throw ProcessMemory.lastFault }
        return value
    }

    func store(_ address: UInt64, _ value: UInt64, _ access: Access) throws(Fault) {
        guard runtime_user_store(address, value) else { throw ProcessMemory.lastFault }
    }

    /// What the processor raised at the access. One that the core lets pass, and the paging mode does not, is #SS: user accesses
    /// are those to stacks.
    private static var lastFault: Fault {
        var fault = runtime_access()
        runtime_access_last(&fault)
        guard fault.vector == Fault.page(address: 0, code: .write).vector else { return .stackSegment }
        return .page(address: fault.address, code: PageFaultCode(rawValue: fault.code))
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

/// The same for a SENDUIPI that shall not have to notify: it refuses to set ON, by a fault that nobody is told of.
struct QuietMemory: Memory {
    private var memory = ProcessMemory()

    func compareExchange(_ address: UInt64, expected: Octaword, desired: Octaword) throws(Fault) -> Octaword {
        guard UPID(expected).on || !UPID(desired).on else { throw .generalProtection }
        return try memory.compareExchange(address, expected: expected, desired: desired)
    }

    func load(_ address: UInt64, _ access: Access) throws(Fault) -> UInt64 { try memory.load(address, access) }
    func store(_ address: UInt64, _ value: UInt64, _ access: Access) throws(Fault) { try memory.store(address, value, access) }
    func loadForUpdate(_ address: UInt64) throws(Fault) -> Octaword { try memory.loadForUpdate(address) }
    func loadOctaword(_ address: UInt64, _ access: Access) throws(Fault) -> Octaword { try memory.loadOctaword(address, access) }
    func fetchAnd(_ address: UInt64, _ mask: UInt64) throws(Fault) -> UInt64 { try memory.fetchAnd(address, mask) }
    func exchange(_ address: UInt64, _ value: UInt64) throws(Fault) -> UInt64 { try memory.exchange(address, value) }
}
