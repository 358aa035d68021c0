internal import Glibc

/// `libuintr-emulation.so`, ready to be put at any address of a program that has no dynamic loader.
///
/// It needs little of libc, and has substitutes for that under names of its own (`uintr_emulation_strlen` for `strlen`); what has
/// none is not called there, and `uintr_emulation_missing` says so if it is. Thread-local storage is not used there either.
struct LibraryImage {
    /// One protection for a part of it. Addresses count from the base, in bytes.
    struct Part: Equatable {
        var range: Range<UInt64>
        /// PROT_* bits.
        var protection: UInt64
    }

    /// Offsets from the base of what the injection needs.
    let entry: UInt64
    let words: UInt64
    let parts: [Part]
    private let memory: [UInt8]
    /// Where an 8-byte address stands that the base is to be added to.
    private let relative: [UInt64]

    var size: UInt64 { UInt64(memory.count) }

    private static let page: UInt64 = 4096
    private static let prefix = "uintr_emulation_"

    /// - Throws: ``Refusal`` for a library that is not this one.
    init(at path: String) throws(Refusal) {
        func unknown(_ what: String) -> Refusal {
            Refusal(.cannot, "\(path) \(what), so it is not the library of this uintr. Build both again: swift build")
        }
        guard let bytes = ELF.read(path, limit: 64 << 20) else { throw Refusal(.cannot, "\(path): \(errnoText). Build it again: swift build") }
        let file = ELF(bytes: bytes)
        guard file.isELF, file.is64, file.machine == 62, let segments = file.segments else { throw unknown("is no ELF file for x86-64") }

        // Memory as the loader would make it.
        let loads = segments.filter { $0.kind == ELF.Segment.load }
        let end = loads.map { $0.address + $0.memorySize }.max() ?? 0
        guard end > 0, end < 1 << 26 else { throw unknown("has no memory of a sensible size") }
        var memory = [UInt8](repeating: 0, count: Int((end + Self.page - 1) / Self.page * Self.page))
        for segment in loads {
            let from = Int(segment.offset)..<Int(segment.offset + segment.fileSize)
            guard from.upperBound <= bytes.count else { throw unknown("ends too early") }
            memory.replaceSubrange(Int(segment.address)..<Int(segment.address) + from.count, with: bytes[from])
        }
        var parts = loads.map { segment in
            let (read, write, execute) = (segment.flags & 4 != 0, segment.flags & 2 != 0, segment.flags & 1 != 0)
            return Part(
                range: segment.address / Self.page * Self.page..<(segment.address + segment.memorySize + Self.page - 1) / Self.page * Self.page,
                protection: UInt64((read ? PROT_READ : 0) | (write ? PROT_WRITE : 0) | (execute ? PROT_EXEC : 0)))
        }
        // PT_GNU_RELRO: read only once it is relocated.
        for segment in segments where segment.kind == 0x6474_E552 {
            parts.append(
                Part(
                    range: segment.address / Self.page * Self.page..<(segment.address + segment.memorySize) / Self.page * Self.page,
                    protection: UInt64(PROT_READ)))
        }
        self.parts = parts.filter { !$0.range.isEmpty }

        // The table of dynamic symbols, and the relocations.
        guard let table = file.number(40, 8), let each = file.number(58, 2), let count = file.number(60, 2) else { throw unknown("has no sections") }
        struct Section {
            var kind: UInt64, offset: UInt64, size: UInt64, link: UInt64
        }
        let sections = (0..<count).compactMap { index -> Section? in
            let header = table + index * each
            guard let kind = file.number(header + 4, 4), let offset = file.number(header + 24, 8), let size = file.number(header + 32, 8),
                let link = file.number(header + 40, 4)
            else { return nil }
            return Section(kind: kind, offset: offset, size: size, link: link)
        }
        guard let symbols = sections.first(where: { $0.kind == 11 }), symbols.link < UInt64(sections.count) else {
            throw unknown("has no dynamic symbols")
        }
        let names = sections[Int(symbols.link)].offset
        var defined: [String: UInt64] = [:]
        for index in 0..<symbols.size / 24 {
            let symbol = symbols.offset + index * 24
            guard let name = file.number(symbol, 4), let section = file.number(symbol + 6, 2), let value = file.number(symbol + 8, 8) else { continue }
            if section != 0 { defined[file.text(names + name)] = value }
        }
        guard let entry = defined["\(Self.prefix)entry"], let words = defined["\(Self.prefix)alone"],
            let missing = defined["\(Self.prefix)missing"]
        else { throw unknown("lacks \(Self.prefix)entry") }
        (self.entry, self.words) = (entry, words)

        var relative: [UInt64] = []
        func put(_ value: UInt64, at place: UInt64) throws(Refusal) {
            guard place <= UInt64(memory.count - 8) else { throw unknown("has a relocation outside of it") }
            for byte in 0..<8 { memory[Int(place) + byte] = UInt8(truncatingIfNeeded: value >> UInt64(8 * byte)) }
        }
        for section in sections where section.kind == 4 {
            for offset in stride(from: section.offset, to: section.offset + section.size, by: 24) {
                guard let place = file.number(offset, 8), let info = file.number(offset + 8, 8), let addend = file.number(offset + 16, 8) else {
                    throw unknown("ends within its relocations")
                }
                let symbol = symbols.offset + (info >> 32) * 24
                let name = file.text(names + (file.number(symbol, 4) ?? 0))
                let isWeak = (file.number(symbol + 4, 1) ?? 0) >> 4 == 2
                switch info & 0xFFFF_FFFF {
                case 8:  // R_X86_64_RELATIVE
                    try put(addend, at: place)
                    relative.append(place)
                case 18: break  // R_X86_64_TPOFF64
                case 1, 6, 7:  // R_X86_64_64, GLOB_DAT, JUMP_SLOT
                    let own = defined[name] ?? defined[Self.prefix + name]
                    if own == nil, isWeak { continue }
                    let isPlain = info & 0xFFFF_FFFF == 1
                    try put((own ?? missing) &+ (isPlain ? addend : 0), at: place)
                    relative.append(place)
                case let kind: throw unknown("has relocations of kind \(kind)")
                }
            }
        }
        (self.memory, self.relative) = (memory, relative)
    }

    /// Its bytes for this base.
    func bytes(at base: UInt64) -> [UInt8] {
        var bytes = memory
        for place in relative {
            let old = (0..<8).reduce(UInt64(0)) { $0 | UInt64(bytes[Int(place) + $1]) << UInt64(8 * $1) }
            for byte in 0..<8 { bytes[Int(place) + byte] = UInt8(truncatingIfNeeded: (old &+ base) >> UInt64(8 * byte)) }
        }
        return bytes
    }
}
