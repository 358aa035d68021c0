import Glibc

/// A range of addresses whose pages come, zeroed, as they are first touched. It never moves, so a table in it grows without a
/// copy of itself.
///
/// Invariant: `base` is the start of a mapping of `byteCount` bytes that only this object unmaps.
@usableFromInline
final class Reservation: @unchecked Sendable {
    @usableFromInline let base: UnsafeMutableRawPointer
    @usableFromInline let byteCount: Int
    private static let smallPages = 1 << 21

    /// Addresses cost nothing; MAP_NORESERVE keeps them from being counted as memory that is in use.
    /// - Parameter hugePages: for what is read at random; what is written once, in order, is cleared faster in small ones.
    @usableFromInline
    init(byteCount: Int, hugePages: Bool) throws(SearchError) {
        let page = 1 << 21
        let rounded = max((byteCount + page - 1) / page, 1) * page
        guard
            let address = mmap(
                nil, rounded, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0),
            address != MAP_FAILED
        else { throw .cannotReserve(bytes: rounded, errno: errno) }
        self.base = address
        self.byteCount = rounded
        // Small pages first: many searches end within them, and a huge one is cleared as a whole.
        if hugePages, rounded > Self.smallPages {
            _ = madvise(address + Self.smallPages, rounded - Self.smallPages, MADV_HUGEPAGE)
        }
    }

    /// Gives the pages from byte `first` on back, as far as they end before byte `end`; they read as 0 afterwards.
    /// - Returns: the byte up to which pages are given back now.
    @usableFromInline
    func discard(from first: Int, before end: Int) -> Int {
        let page = 1 << 21
        let upper = end / page * page
        guard first < upper else { return first }
        _ = madvise(base + first, upper - first, MADV_DONTNEED)
        return upper
    }

    deinit { _ = munmap(base, byteCount) }
}

/// Bytes of memory that the machine has.
@usableFromInline
func physicalMemory() -> Int {
    let pages = sysconf(Int32(_SC_PHYS_PAGES))
    let size = sysconf(Int32(_SC_PAGESIZE))
    return pages > 0 && size > 0 ? pages * size : 1 << 32
}
