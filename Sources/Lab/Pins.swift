/// One archive that the lab is made of, a line of `lab/pins`.
public struct PinnedArchive: Sendable, Equatable {
    public enum Role: String, Sendable, CaseIterable {
        case bochsSource = "bochs-source"
        case bochsBIOS = "bochs-bios"
        case vgaBIOS = "vga-bios"
    }

    public var role: Role
    /// The name that the file keeps in the cache.
    public var name: String
    /// Below a mirror of Debian's archive, without a leading slash.
    public var path: String
    /// 64 hexadecimal digits, lower case.
    public var sha256: String
}

/// `lab/pins`: every archive by name and SHA-256, each role once.
public struct Pins: Sendable, Equatable {
    public private(set) var archives: [PinnedArchive]

    public init(text: String, file: String) throws(LabError) {
        archives = []
        for (index, line) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated() {
            guard !line.hasPrefix("#"), line.contains(where: { !$0.isWhitespace }) else { continue }
            let words = line.split(whereSeparator: \.isWhitespace).map(String.init)
            let next = "mend that line, or restore the file: git checkout -- \(file)"
            guard words.count == 4 else {
                throw LabError("\(file):\(index + 1): \(words.count) words; role, name, path and SHA-256 are needed", next: next)
            }
            guard let role = PinnedArchive.Role(rawValue: words[0]) else {
                let roles = PinnedArchive.Role.allCases.map(\.rawValue).joined(separator: ", ")
                throw LabError("\(file):\(index + 1): no role is called \(words[0]); there are \(roles)", next: next)
            }
            guard !archives.contains(where: { $0.role == role }) else {
                throw LabError("\(file):\(index + 1): \(words[0]) is there twice", next: next)
            }
            guard words[3].utf8.count == 64, words[3].allSatisfy({ $0.isHexDigit && !$0.isUppercase }) else {
                throw LabError("\(file):\(index + 1): \(words[3]) is no SHA-256 (64 lower-case hexadecimal digits)", next: next)
            }
            archives.append(PinnedArchive(role: role, name: words[1], path: words[2], sha256: words[3]))
        }
        for role in PinnedArchive.Role.allCases where !archives.contains(where: { $0.role == role }) {
            throw LabError("\(file) names no \(role.rawValue)", next: "restore the file: git checkout -- \(file)")
        }
    }

    /// Every role is there: `init` saw to it.
    public subscript(role: PinnedArchive.Role) -> PinnedArchive {
        for archive in archives where archive.role == role { return archive }
        preconditionFailure("Pins.init admits no list without \(role.rawValue)")
    }
}
