import SystemPackage

/// Reads a growing file line by line: the console that a machine writes.
struct ConsoleFile: ~Copyable {
    let path: FilePath
    private(set) var size = 0
    private var rest: [UInt8] = []
    private var descriptor: FileDescriptor?
    private var chunk = [UInt8](repeating: 0, count: 1 << 16)

    init(_ path: FilePath) { self.path = path }

    deinit { try? descriptor?.close() }

    /// The lines that came since the last call. A file that is not there yet has none.
    mutating func newLines() throws(LabError) -> [String] {
        var lines: [String] = []
        do {
            if descriptor == nil {
                descriptor = try? FileDescriptor.open(path, .readOnly)
            }
            guard let descriptor else { return [] }
            while true {
                let count = try chunk.withUnsafeMutableBytes { try descriptor.read(into: $0) }
                guard count > 0 else { return lines }
                size += count
                for byte in chunk[..<count] {
                    guard byte == UInt8(ascii: "\n") else {
                        rest.append(byte)
                        continue
                    }
                    lines.append(takeLine())
                }
            }
        } catch {
            throw LabError("\(path) cannot be read: \(error)", next: "look at the file: ls -l \(path)")
        }
    }

    /// What came after the last line end, if anything.
    mutating func lastLine() -> String? { rest.isEmpty ? nil : takeLine() }

    private mutating func takeLine() -> String {
        if rest.last == UInt8(ascii: "\r") { rest.removeLast() }
        defer { rest.removeAll(keepingCapacity: true) }
        return String(decoding: rest, as: UTF8.self)
    }
}
