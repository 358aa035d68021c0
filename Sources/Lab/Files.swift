#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif
import SystemPackage

/// The few things that the lab does with files. Errors name the file and what the system said.
enum Files {
    static func exists(_ path: FilePath) -> Bool { FileManager.default.fileExists(atPath: path.string) }

    static func isExecutable(_ path: FilePath) -> Bool { FileManager.default.isExecutableFile(atPath: path.string) }

    static func read(_ path: FilePath, next: String) throws(LabError) -> [UInt8] {
        do {
            let file = try FileDescriptor.open(path, .readOnly)
            return try file.closeAfter {
                var bytes: [UInt8] = []
                try appendAll(of: file, to: &bytes)
                return bytes
            }
        } catch {
            throw LabError("\(path) cannot be read: \(error)", next: next)
        }
    }

    private static func appendAll(of file: FileDescriptor, to bytes: inout [UInt8]) throws {
        var chunk = [UInt8](repeating: 0, count: 1 << 16)
        while true {
            let count = try chunk.withUnsafeMutableBytes { try file.read(into: $0) }
            guard count > 0 else { return }
            bytes += chunk[..<count]
        }
    }

    static func write(_ text: String, to path: FilePath) throws(LabError) { try write(Array(text.utf8), to: path) }

    static func write(_ bytes: [UInt8], to path: FilePath) throws(LabError) {
        do {
            let file = try FileDescriptor.open(
                path, .writeOnly, options: [.create, .truncate], permissions: [.ownerReadWrite, .groupRead, .otherRead])
            try file.closeAfter { _ = try file.writeAll(bytes) }
        } catch {
            throw LabError("\(path) cannot be written: \(error)", next: "look at the folder's owner and free space: ls -ld \(path.removingLastComponent()); df -h")
        }
    }

    /// The names in a folder, sorted by bytes: the order must not depend on the file system.
    static func list(_ folder: FilePath, next: String) throws(LabError) -> [String] {
        do {
            return try FileManager.default.contentsOfDirectory(atPath: folder.string).sorted()
        } catch {
            throw LabError("\(folder) cannot be listed: \(error)", next: next)
        }
    }

    static func makeFolder(_ path: FilePath) throws(LabError) {
        do {
            try FileManager.default.createDirectory(atPath: path.string, withIntermediateDirectories: true)
        } catch {
            throw LabError(
                "the folder \(path) cannot be made: \(error)",
                next: "make it yourself, or set XDG_CACHE_HOME to a folder that you can write to")
        }
    }

    static func copy(_ source: FilePath, to target: FilePath) throws(LabError) {
        do {
            try FileManager.default.copyItem(atPath: source.string, toPath: target.string)
        } catch {
            throw LabError("\(source) cannot be copied to \(target): \(error)", next: "look at the free space: df -h")
        }
    }

    static func rename(_ source: FilePath, to target: FilePath) throws(LabError) {
        do {
            try FileManager.default.moveItem(atPath: source.string, toPath: target.string)
        } catch {
            throw LabError("\(source) cannot be renamed to \(target): \(error)", next: "look at what is there: ls -l \(target)")
        }
    }

    /// Removes what may or may not be there; that it cannot is no error of the one who asks.
    static func remove(_ path: FilePath) { try? FileManager.default.removeItem(atPath: path.string) }

    /// The size in bytes, or `nil` where there is no file.
    static func size(_ path: FilePath) -> Int? {
        guard let file = try? FileDescriptor.open(path, .readOnly) else { return nil }
        return try? file.closeAfter { Int(try file.seek(offset: 0, from: .end)) }
    }

    /// The last `count` lines of a text file, for error messages.
    static func tail(_ path: FilePath, lines count: Int) -> String {
        guard let bytes = try? read(path, next: "") else { return "(\(path) cannot be read)" }
        return String(decoding: bytes, as: UTF8.self).split(separator: "\n").suffix(count)
            .map { "  " + $0 }.joined(separator: "\n")
    }

    /// Fills a file up with zeros to `size` bytes.
    static func resize(_ path: FilePath, to size: Int) throws(LabError) {
        do {
            let file = try FileDescriptor.open(path, .readWrite)
            try file.closeAfter { try file.resize(to: Int64(size)) }
        } catch {
            throw LabError("\(path) cannot be made \(size) bytes long: \(error)", next: "look at the free space: df -h")
        }
    }

    /// Where `name` is on PATH.
    static func tool(_ name: String) -> FilePath? {
        let path = ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin:/bin"
        for folder in path.split(separator: ":") {
            let file = FilePath(String(folder)).appending(name)
            if isExecutable(file) { return file }
        }
        return nil
    }

    static func environment(_ name: String) -> String? {
        guard let value = ProcessInfo.processInfo.environment[name], !value.isEmpty else { return nil }
        return value
    }

    static var currentFolder: FilePath { FilePath(FileManager.default.currentDirectoryPath) }

    /// This program's own file, through any symbolic links.
    static var executable: FilePath? {
        (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")).map { FilePath($0) }
    }

    static var processIdentifier: Int { Int(ProcessInfo.processInfo.processIdentifier) }

    static var processorCount: Int { ProcessInfo.processInfo.activeProcessorCount }
}
