internal import Glibc

/// The bytes of an ELF-64 file, or their start, and numbers in them (ELF-64 Object File Format).
struct ELF {
    struct Segment: Equatable {
        /// PT_*, and PF_* bits.
        var kind: UInt64
        var flags: UInt64
        /// Where it lies in the file and in memory, and how long it is there, in bytes.
        var offset: UInt64
        var address: UInt64
        var fileSize: UInt64
        var memorySize: UInt64

        static let load: UInt64 = 1
        static let interpreter: UInt64 = 3
        static let executable: UInt64 = 1
    }

    let bytes: [UInt8]

    /// The number of `size` bytes at an offset; `nil` past the end.
    func number(_ offset: UInt64, _ size: Int) -> UInt64? {
        guard let offset = Int(exactly: offset), offset <= bytes.count - size else { return nil }
        return bytes[offset..<offset + size].reversed().reduce(0) { $0 << 8 | UInt64($1) }
    }

    /// A string that ends with a zero byte.
    func text(_ offset: UInt64) -> String {
        String(decoding: bytes.dropFirst(Int(clamping: offset)).prefix { $0 != 0 }, as: UTF8.self)
    }

    var isELF: Bool { bytes.starts(with: [0x7F, UInt8(ascii: "E"), UInt8(ascii: "L"), UInt8(ascii: "F")]) && bytes.count >= 64 }
    var is64: Bool { bytes[4] == 2 }
    var machine: UInt64 { number(18, 2) ?? 0 }
    /// 2 for a program at fixed addresses, 3 for one at any.
    var type: UInt64 { number(16, 2) ?? 0 }
    var entry: UInt64 { number(24, 8) ?? 0 }

    /// `nil` if some lie past the end of the bytes.
    var segments: [Segment]? {
        guard let table = number(32, 8), let size = number(54, 2), let count = number(56, 2) else { return nil }
        var segments: [Segment] = []
        for index in 0..<count {
            let (header, overflows) = table.addingReportingOverflow(index * size)
            guard !overflows, let kind = number(header, 4), let flags = number(header &+ 4, 4), let offset = number(header &+ 8, 8),
                let address = number(header &+ 16, 8), let fileSize = number(header &+ 32, 8),
                let memorySize = number(header &+ 40, 8)
            else { return nil }
            segments.append(
                Segment(
                    kind: kind, flags: flags, offset: offset, address: address, fileSize: fileSize, memorySize: memorySize))
        }
        return segments
    }

    /// Reads at most `limit` bytes of a file; `nil` with an errno.
    static func read(_ path: String, limit: Int) -> [UInt8]? {
        let file = open(path, O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { return nil }
        defer { close(file) }
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: min(limit, 1 << 20))
        while bytes.count < limit {
            let count = pread(file, &buffer, min(buffer.count, limit - bytes.count), bytes.count)
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { return nil }
            if count == 0 { break }
            bytes += buffer[..<count]
        }
        return bytes
    }
}
