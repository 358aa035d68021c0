import Cases
internal import CUserInterrupts
internal import Glibc

/// A sentence on why something could not be had.
struct Unavailable: Error, Equatable {
    var sentence: String
}

/// The user pages of `Layout` in this process, at their addresses.
///
/// The whole range is reserved without rights first, so that what a case takes for absent is, and stays, absent: nothing else of
/// the process can be mapped there. One such value can live at a time.
final class UserPages {
    private static let range = Layout.code..<Layout.supervisorShadowStack + pageSize
    private static let pageSize: UInt64 = 4096
    /// Where a case may read and write from outside.
    private static let writable = [
        Layout.stack..<Layout.stack + 4 * pageSize, Layout.altStack..<Layout.altStackTop,
    ]

    private(set) var code: uintr_code

    /// - Throws: `Unavailable` where something else lies at the addresses, or the kernel refuses.
    init() throws(Unavailable) {
        let start = UserPages.range.lowerBound
        let size = Int(UserPages.range.upperBound - start)
        // Linux 4.17 and later fail rather than replace; earlier ones take the address as a hint.
        let noReplace: CInt = 0x10_0000
        let reserved = mmap(
            UserPages.pointer(start), size, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | noReplace, -1, 0)
        guard let reserved, reserved != MAP_FAILED else {
            throw Unavailable(
                sentence: "the addresses \(hex(start)) to \(hex(start + UInt64(size))) of the cases cannot be mapped: "
                    + "\(describe(errno: errno)). Look at /proc/self/maps for what lies there.")
        }
        guard UInt64(UInt(bitPattern: reserved)) == start else {
            munmap(reserved, size)
            throw Unavailable(
                sentence: "something else is mapped between \(hex(start)) and \(hex(start + UInt64(size))), where the cases' memory "
                    + "must lie. Look at /proc/self/maps.")
        }
        code = uintr_code(base: reserved.assumingMemoryBound(to: UInt8.self), size: Int(UserPages.pageSize))

        var failure: CInt = 0
        func allow(_ address: UInt64, _ pages: UInt64, _ rights: CInt) {
            if failure == 0, mprotect(UserPages.pointer(address), Int(pages * UserPages.pageSize), rights) != 0 {
                failure = errno
            }
        }
        allow(Layout.stack, 4, PROT_READ | PROT_WRITE)
        allow(Layout.altStack, 1, PROT_READ | PROT_WRITE)
        allow(Layout.readOnlyUser, 1, PROT_READ)
        if failure == 0, place([0xCC], at: Layout.code) == nil { failure = EACCES }
        guard failure == 0 else {
            munmap(reserved, size)
            throw Unavailable(sentence: "the rights of the cases' pages cannot be set: \(describe(errno: failure)).")
        }
        // A page that was never read is not present, and a write to it would be reported so.
        if let page = UserPages.pointer(Layout.readOnlyUser) { _ = uintr_atomic_load64(page) }
    }

    deinit {
        munmap(UserPages.pointer(UserPages.range.lowerBound), Int(UserPages.range.upperBound - UserPages.range.lowerBound))
    }

    /// Puts `bytes` at `address`, and INT3 everywhere else on the page.
    /// - Returns: the address behind them, or nil if they do not fit on the code page.
    func place(_ bytes: [UInt8], at address: UInt64) -> UInt64? {
        guard address >= Layout.code, address < Layout.code + UserPages.pageSize else { return nil }
        var start: UInt64 = 0
        var end: UInt64 = 0
        let result = uintr_code_place(&code, Int(address - Layout.code), bytes, bytes.count, &start, &end)
        return result == 0 ? end : nil
    }

    func isCode(_ address: UInt64) -> Bool { address >= Layout.code && address < Layout.code + UserPages.pageSize }

    /// 8 bytes of a stack; nil outside of them.
    func load(_ address: UInt64) -> UInt64? {
        // Every byte lies in a range that init mapped for reading and deinit has not unmapped.
        UserPages.stackPointer(address)?.loadUnaligned(as: UInt64.self)
    }

    /// - Returns: false outside of the stacks.
    func store(_ address: UInt64, _ value: UInt64) -> Bool {
        // Every byte lies in a range that init mapped for writing and deinit has not unmapped.
        guard let pointer = UserPages.stackPointer(address) else { return false }
        pointer.storeBytes(of: value, as: UInt64.self)
        return true
    }

    private static func stackPointer(_ address: UInt64) -> UnsafeMutableRawPointer? {
        guard address <= .max - 8, writable.contains(where: { $0.contains(address) && $0.contains(address + 7) }) else { return nil }
        return pointer(address)
    }

    private static func pointer(_ address: UInt64) -> UnsafeMutableRawPointer? {
        UnsafeMutableRawPointer(bitPattern: UInt(address))
    }
}

/// The kernel's answer in words: `EINVAL` as "Invalid argument (22)".
func describe(errno number: CInt) -> String {
    guard let text = strerror(number) else { return "error \(number)" }
    return "\(String(cString: text)) (\(number))"
}
