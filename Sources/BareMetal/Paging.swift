import CBareMetal
import Cases

/// Linear memory: at 10000000H the pages of `Layout` with their rights, and nothing else, so that a stray address faults as it does
/// on the core; but from 7F0000000000H on, for the supervisor, physical memory: the first GiB, and the GiB with the local APIC,
/// uncached.
///
/// The runner reaches the pages of `Layout` up there, whatever their rights.
enum CaseMemory {
    private struct Rights: OptionSet {
        var rawValue: UInt64
        static let writable = Rights(rawValue: 1 << 1)
        static let user = Rights(rawValue: 1 << 2)
        static let executable = Rights(rawValue: 1 << 3)
        /// Read-only and dirty: a shadow-stack page (SDM Vol. 3A, 4.6).
        static let shadowStack = Rights(rawValue: 1 << 6)
    }

    private static let region: UInt64 = 0x1000_0000
    /// The page's number in `bm_layout` plus 1, by its place in the region; 0 where nothing is mapped.
    nonisolated(unsafe) private static var places = [UInt8](repeating: 0, count: 256)
    nonisolated(unsafe) private static var used = 0

    static func prepare() {
        let pml4 = table(0), lowPointers = table(1), low = table(2), highPointers = table(4), high = table(5), apic = table(6)
        for index in 0..<512 {
            high[index] = UInt64(index) << 21 | 0x83
            apic[index] = 0xC000_0000 | UInt64(index) << 21 | 0x9B
        }
        pml4[0] = bm_physical(lowPointers) | 7
        lowPointers[0] = bm_physical(low) | 7
        low[0] = 0x83
        low[Int(region >> 21)] = bm_physical(table(3)) | 7
        pml4[Int(bm_linear(0) >> 39)] = bm_physical(highPointers) | 3
        highPointers[0] = bm_physical(high) | 3
        highPointers[3] = bm_physical(apic) | 3

        map(Layout.code, 1, [.user, .executable])
        map(Layout.stack, 4, [.user, .writable])
        map(Layout.altStack, 1, [.user, .writable])
        map(Layout.upids, 1, .writable)
        map(Layout.uitt, 1, .writable)
        map(Layout.xsave, 2, .writable)
        map(Layout.readOnlyUser, 1, .user)
        map(Layout.readOnlySupervisor, 1, [])
        map(Layout.shadowStack, 1, [.user, .shadowStack])
        map(Layout.supervisorShadowStack, 1, .shadowStack)
    }

    private static func table(_ index: UInt32) -> UnsafeMutablePointer<UInt64> {
        guard let table = bm_table(index) else {
            fatal("a page table is not there")
        }
        return table
    }

    private static func map(_ base: UInt64, _ count: UInt64, _ rights: Rights) {
        let pages = table(3)
        for index in 0..<count {
            let place = Int((base - region) >> 12 + index)
            // Present and accessed; writable pages are dirty from the start, as no write of the processor's is of interest.
            var entry = bm_physical(bm_layout_page(UInt32(used))) | 1 | 1 << 5
            if rights.contains(.writable) { entry |= 1 << 1 | 1 << 6 }
            if rights.contains(.user) { entry |= 1 << 2 }
            if rights.contains(.shadowStack) { entry |= 1 << 6 }
            if !rights.contains(.executable) { entry |= 1 << 63 }
            pages[place] = entry
            used += 1
            places[place] = UInt8(used)
        }
    }

    /// Turns paging over to these tables. IA32_EFER.NXE = 1 makes page faults tell an instruction fetch (bit 4 of the code).
    static func load() {
        bm_wrmsr(0xC000_0080, bm_rdmsr(0xC000_0080) | 1 << 11)
        bm_write_cr3(tables)
    }

    /// The other processors have started below 2 MiB; now nothing is there.
    static func unmapLowMemory() {
        table(2)[0] = 0
        bm_write_cr3(tables)
    }

    /// For CR3.
    static var tables: UInt64 { bm_physical(table(0)) }

    /// Where the byte at a linear address of `Layout` lies; nil where nothing is mapped.
    static func physical(_ address: UInt64) -> UInt64? {
        guard address >= region, address < region + 256 << 12 else { return nil }
        let place = places[Int((address - region) >> 12)]
        guard place > 0 else { return nil }
        return bm_address(bm_layout_page(UInt32(place) - 1)) + address & 0xFFF
    }

    static func peek(_ address: UInt64) -> UInt64? {
        var value: UInt64 = 0
        for offset: UInt64 in 0..<8 {
            guard let byte = physical(address &+ offset) else { return nil }
            value |= UInt64(bm_bytes(byte)[0]) << (offset * 8)
        }
        return value
    }

    static func poke(_ address: UInt64, _ value: UInt64) -> Bool {
        for offset: UInt64 in 0..<8 {
            guard pokeByte(address &+ offset, UInt8(truncatingIfNeeded: value >> (offset * 8))) else { return false }
        }
        return true
    }

    static func pokeByte(_ address: UInt64, _ value: UInt8) -> Bool {
        guard let byte = physical(address) else { return false }
        bm_mutable_bytes(byte)[0] = value
        return true
    }

    /// All zero, and the code page full of INT3: wherever an instruction leads in it, control comes back.
    static func clear() {
        for page in 0..<used {
            memset(bm_layout_page(UInt32(page)), page == 0 ? 0xCC : 0, 4096)
        }
    }

    /// Calls `body` with every quadword of `Layout` but the code page's: its linear address and where it lies.
    static func forEachPage(_ body: (_ linear: UInt64, _ page: UnsafeMutablePointer<UInt8>, _ index: Int) -> Void) {
        for place in 0..<256 where places[place] > 1 {
            let index = Int(places[place]) - 1
            if let page = bm_layout_page(UInt32(index)) { body(region + UInt64(place) << 12, page, index) }
        }
    }
}
