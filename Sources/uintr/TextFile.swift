import ArgumentParser
import Glibc
import SystemPackage
import Verdicts

/// What the commands do with files of text.
enum TextFile {
    /// - Throws: a sentence, to follow the file's name.
    static func read(_ path: String) throws(FileError) -> [UInt8] {
        do {
            let file = try FileDescriptor.open(FilePath(path), .readOnly)
            return try file.closeAfter {
                var bytes: [UInt8] = []
                var chunk = [UInt8](repeating: 0, count: 1 << 16)
                while true {
                    let count = try chunk.withUnsafeMutableBytes { try file.read(into: $0) }
                    if count == 0 { return bytes }
                    bytes += chunk[..<count]
                }
            }
        } catch {
            throw FileError("cannot be read: \(error).")
        }
    }

    /// Writes over what is there.
    ///
    /// - Throws: exit status 1, after a sentence on standard error.
    static func write(_ text: String, to path: String) throws {
        do {
            let file = try FileDescriptor.open(
                FilePath(path), .writeOnly, options: [.create, .truncate],
                permissions: [.ownerReadWrite, .groupReadWrite, .otherReadWrite])
            try file.closeAfter { _ = try file.writeAll(Array(text.utf8)) }
        } catch {
            Output.note("\(path): cannot be written: \(error). Name another file, or make room.")
            throw ExitCode(1)
        }
    }

    /// Puts a file with `text` at `path`, whole or not at all, also where the machine stops half way: it is written beside it, and
    /// takes its name only when it is on the disk.
    ///
    /// - Throws: exit status 1, after a sentence on standard error.
    static func replace(_ path: String, with text: String) throws {
        // Of two that write the same file, on one machine or on two, each has its own.
        let part = path + ".\(getpid())-\(UInt32.random(in: 0...UInt32.max)).part"
        do {
            let file = try FileDescriptor.open(
                FilePath(part), .writeOnly, options: [.create, .exclusiveCreate],
                permissions: [.ownerReadWrite, .groupReadWrite, .otherReadWrite])
            try file.closeAfter {
                _ = try file.writeAll(Array(text.utf8))
                guard fsync(file.rawValue) == 0 else { throw Errno(rawValue: errno) }
            }
            guard rename(part, path) == 0 else { throw Errno(rawValue: errno) }
        } catch {
            remove(part)
            Output.note("\(path): cannot be written: \(error). Name another file, or make room.")
            throw ExitCode(1)
        }
    }

    /// A file that is not there is removed already.
    static func remove(_ path: String) { _ = unlink(path) }

    static func exists(_ path: String) -> Bool { access(path, F_OK) == 0 }

    static func isFolder(_ path: String) -> Bool {
        var status = stat()
        return stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
    }

    /// Makes the folder, unless it is there; the one above it must be.
    ///
    /// - Throws: exit status 1, after a sentence on standard error.
    static func makeFolder(_ path: String) throws {
        guard mkdir(path, 0o777) != 0, errno != EEXIST else { return }
        Output.note("\(path): no such folder could be made: \(Errno(rawValue: errno)). Name one whose parent is there and can be written.")
        throw ExitCode(1)
    }
}
