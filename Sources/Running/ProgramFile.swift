internal import Glibc

/// What a file is that is to be executed, as execve(2) would see it.
struct ProgramFile: Equatable {
    /// How an ELF file for this processor gets its libc.
    enum Linkage: Equatable {
        /// By this dynamic loader (PT_INTERP).
        case dynamic(loader: String)
        /// It has no PT_INTERP: all that it needs is inside.
        case alone(Code)
    }

    /// Addresses in a program without a loader, as its file has them.
    struct Code: Equatable {
        var entry: UInt64
        /// From the first byte of its executable segments to their last.
        var text: ClosedRange<UInt64>
    }

    /// The file that the kernel loads in the end: behind a script, its interpreter.
    var path: String
    var linkage: Linkage

    /// A script's interpreter may be a script itself, up to this depth (execve(2)).
    private static let deepest = 5
    /// The first line of a script, or the headers where linkers put them.
    private static let start = 65536

    /// Reads a file's first page, and follows a script to its interpreter.
    ///
    /// - Parameter path: of a file that exists and may be executed.
    /// - Throws: ``Refusal`` for anything but an ELF file for x86-64, with its kind in plain words.
    init(at path: String) throws(Refusal) {
        var path = path
        for _ in 0..<Self.deepest {
            guard let bytes = ELF.read(path, limit: Self.start) else {
                throw Refusal(
                    .cannot,
                    "\(path) cannot be read (\(errnoText)), and so not be looked at. Give yourself the right to read it: chmod u+r \(path)")
            }
            guard let interpreter = Self.interpreter(bytes) else {
                self.path = path
                linkage = try Self.linkage(ELF(bytes: bytes), path)
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

    /// What a script's first line names after `#!`, without its argument.
    private static func interpreter(_ bytes: [UInt8]) -> String? {
        guard bytes.starts(with: "#!".utf8) else { return nil }
        let line = bytes.dropFirst(2).prefix { $0 != UInt8(ascii: "\n") }
        let words = line.split { $0 == UInt8(ascii: " ") || $0 == UInt8(ascii: "\t") || $0 == UInt8(ascii: "\r") }
        return words.first.map { String(decoding: $0, as: UTF8.self) }
    }

    private static func linkage(_ file: ELF, _ path: String) throws(Refusal) -> Linkage {
        guard file.isELF else {
            throw Refusal(
                .notExecutable,
                "\(path) is neither an ELF file nor a script with a #! line. If it is a shell script, run it as: uintr run -- sh \(path)")
        }
        switch (file.is64, file.machine) {
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
                "\(path) is not for x86-64 but for ELF machine \(file.machine), \(file.is64 ? 64 : 32)-bit. Build it for x86-64, or run it on a machine of its own kind.")
        }
        guard file.type == 2 || file.type == 3 else {
            throw Refusal(.notExecutable, "\(path) is an ELF file that cannot be executed (type \(file.type)): link it to a program.")
        }
        guard let segments = file.segments else {
            throw Refusal(.cannot, "\(path): its program headers lie too far back to be looked at. Link it with another linker.")
        }
        if let loader = segments.first(where: { $0.kind == ELF.Segment.interpreter }) {
            guard loader.offset < UInt64(Self.start - 4096) else {
                throw Refusal(.cannot, "\(path): the name of its loader lies too far back to be looked at. Link it with another linker.")
            }
            return .dynamic(loader: file.text(loader.offset))
        }
        let text = segments.filter {
            $0.kind == ELF.Segment.load && $0.flags & ELF.Segment.executable != 0 && $0.memorySize > 0
        }
        guard let first = text.map(\.address).min(), let last = text.map({ $0.address &+ $0.memorySize &- 1 }).max(), first <= last
        else { throw Refusal(.notExecutable, "\(path) is an ELF file without code: link it again.") }
        return .alone(Code(entry: file.entry, text: first...last))
    }
}

/// The errno of the call just made, in words.
var errnoText: String { String(cString: strerror(errno)) }
