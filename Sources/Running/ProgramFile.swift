internal import Glibc

/// What a file is that is to be executed, as execve(2) would see it.
struct ProgramFile: Equatable {
    /// How an ELF file for this processor gets its libc.
    enum Linkage: Equatable {
        /// By this dynamic loader (PT_INTERP).
        case dynamic(loader: String)
        /// It has no PT_INTERP: all that it needs is inside.
        case alone
    }

    /// The file that the kernel loads in the end: behind a script, its interpreter.
    var path: String
    var linkage: Linkage

    /// A script's interpreter may be a script itself, up to this depth (execve(2)).
    private static let deepest = 5

    /// Reads a file's first page, and follows a script to its interpreter.
    ///
    /// - Parameter path: of a file that exists and may be executed.
    /// - Throws: ``Refusal`` for anything but an ELF file for x86-64, with its kind in plain words.
    init(at path: String) throws(Refusal) {
        var path = path
        for _ in 0..<Self.deepest {
            let start = try FileStart(path)
            guard let interpreter = start.interpreter else {
                self.path = path
                linkage = try start.linkage()
                return
            }
            guard access(interpreter, X_OK) == 0 else {
                throw Refusal(
                    .notFound,
                    "\(path): its first line asks for \(interpreter), which cannot be executed: \(errnoText). Install that, or name the interpreter of the script yourself.")
            }
            path = interpreter
        }
        throw Refusal(.notExecutable, "\(path): the interpreters of the script follow each other more than \(Self.deepest) deep.")
    }
}

/// The errno of the call just made, in words.
var errnoText: String { String(cString: strerror(errno)) }

/// The start of a file, which holds a script's first line, or an ELF header and the program headers where linkers put them.
private struct FileStart {
    let path: String
    private let bytes: [UInt8]

    init(_ path: String) throws(Refusal) {
        self.path = path
        let file = open(path, O_RDONLY | O_CLOEXEC)
        guard file >= 0 else {
            throw Refusal(
                .cannot,
                "\(path) cannot be read (\(errnoText)), and so not be looked at. Give yourself the right to read it: chmod u+r \(path)")
        }
        defer { close(file) }
        var buffer = [UInt8](repeating: 0, count: 65536)
        let count = pread(file, &buffer, buffer.count, 0)
        bytes = Array(buffer.prefix(max(0, count)))
    }

    /// What the line after `#!` names, without its argument.
    var interpreter: String? {
        guard bytes.starts(with: "#!".utf8) else { return nil }
        let line = bytes.dropFirst(2).prefix { $0 != UInt8(ascii: "\n") }
        let words = line.split { $0 == UInt8(ascii: " ") || $0 == UInt8(ascii: "\t") || $0 == UInt8(ascii: "\r") }
        return words.first.map { String(decoding: $0, as: UTF8.self) }
    }

    private func number(_ offset: Int, _ size: Int) -> UInt64? {
        guard offset >= 0, offset <= bytes.count - size else { return nil }
        return bytes[offset..<offset + size].reversed().reduce(0) { $0 << 8 | UInt64($1) }
    }

    /// ELF-64 Object File Format, "ELF Header" and "Program Header".
    func linkage() throws(Refusal) -> ProgramFile.Linkage {
        guard bytes.starts(with: [0x7F, UInt8(ascii: "E"), UInt8(ascii: "L"), UInt8(ascii: "F")]), bytes.count >= 64 else {
            throw Refusal(
                .notExecutable,
                "\(path) is neither an ELF file nor a script with a #! line. If it is a shell script, run it as: uintr run -- sh \(path)")
        }
        let (is64, machine, type) = (bytes[4] == 2, number(18, 2) ?? 0, number(16, 2) ?? 0)
        switch (is64, machine) {
        case (true, 62): break
        case (false, 62):
            throw Refusal(
                .cannot,
                "\(path) is an x32 program (x86-64 with 32-bit addresses): user interrupts exist for 64-bit programs only. Build it with -m64.")
        case (false, 3):
            throw Refusal(
                .cannot,
                "\(path) is a 32-bit program: the instructions exist in 64-bit mode only (SDM Vol. 2, SENDUIPI). Build it with -m64.")
        default:
            throw Refusal(
                .cannot,
                "\(path) is not for x86-64 but for ELF machine \(machine), \(is64 ? 64 : 32)-bit. Build it for x86-64, or run it on a machine of its own kind.")
        }
        guard type == 2 || type == 3 else {
            throw Refusal(.notExecutable, "\(path) is an ELF file that cannot be executed (type \(type)): link it to a program.")
        }
        guard let table = number(32, 8), let size = number(54, 2), let count = number(56, 2), size >= 56 else {
            throw Refusal(.notExecutable, "\(path) is an ELF file without program headers: link it again.")
        }
        for index in 0..<count {
            let header = Int(clamping: table) + Int(index * size)
            guard let kind = number(header, 4), let offset = number(header + 8, 8), let length = number(header + 32, 8) else {
                throw Refusal(.cannot, "\(path): its program headers lie too far back to be looked at. Link it with another linker.")
            }
            guard kind == 3 else { continue }
            let (start, end) = (Int(clamping: offset), Int(clamping: offset) + Int(clamping: min(length, 4096)))
            guard end <= bytes.count else {
                throw Refusal(.cannot, "\(path): the name of its loader lies too far back to be looked at. Link it with another linker.")
            }
            return .dynamic(loader: String(decoding: bytes[start..<end].prefix { $0 != 0 }, as: UTF8.self))
        }
        return .alone
    }
}
