internal import CUserInterrupts
internal import Glibc

extension Platform {
    /// This machine.
    public static let live = Platform(
        cpuHasUserInterrupts: { uintr_cpuid_uintr() },
        cpuModel: { brandString() ?? "unknown x86-64 processor" },
        cpuinfo: { try? read("/proc/cpuinfo").get() },
        kernel: { kernelName() },
        testui: {
            var uif = false
            var fault = uintr_fault()
            let result = uintr_try_testui(&uif, &fault)
            if result == 0 { return .executed(uif: uif) }
            return result > 0 && fault.signal == SIGILL ? .undefinedOpcode : .untried(errno: max(0, -result))
        },
        callsFile: { path in
            // A list takes some hundred bytes; a variable may name any file, even one without an end.
            switch read(path, atMost: 65536) {
            case .success(let text): .text(text)
            case .failure(let error) where error.errno == ENOENT || error.errno == ENOTDIR: .absent
            case .failure(let error): .unreadable(errno: error.errno)
            }
        },
        probe: { probe in
            switch probe {
            case .registerHandler: Int(uintr_probe_471_flags())
            case .vector: Int(uintr_probe_473_vector())
            case .alternateStack: Int(uintr_probe_478_flags())
            }
        },
        numa: {
            var reason: UnsafePointer<CChar>?
            let count = uintr_numa_node_count(&reason)
            guard count < 0 else { return .nodes(Int(count)) }
            return .unknown(reason: reason.map { String(cString: $0) } ?? "libnuma gives no reason")
        },
        hotplug: { hotplugFile() })

    private static func brandString() -> String? {
        var text = [CChar](repeating: 0, count: 49)
        uintr_cpuid_brand(&text)
        let words = String(decoding: text.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
            .split(separator: " ")
        return words.isEmpty ? nil : words.joined(separator: " ")
    }

    private static func kernelName() -> String {
        var name = utsname()
        guard uname(&name) == 0 else { return "unknown kernel" }
        func text<T>(_ field: T) -> String {
            withUnsafeBytes(of: field) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
        }
        return "\(text(name.sysname)) \(text(name.release)) \(text(name.machine))"
    }

    /// Of the CPUs that may go offline, one whose file can be written if there is any. CPU 0 seldom has one.
    private static func hotplugFile() -> Hotplug {
        var refused: Int?
        for cpu in 0..<max(1, sysconf(Int32(_SC_NPROCESSORS_CONF))) {
            let path = "/sys/devices/system/cpu/cpu\(cpu)/online"
            if access(path, W_OK) == 0 { return .writable(cpu: cpu) }
            if access(path, F_OK) == 0, refused == nil { refused = cpu }
        }
        return refused.map(Hotplug.notWritable(cpu:)) ?? .absent
    }

    private struct ReadFailure: Error { let errno: CInt }

    /// A file of /proc, whose size is not known beforehand; of a longer one than `limit` bytes, a little more than those.
    private static func read(_ path: String, atMost limit: Int = .max) -> Result<String, ReadFailure> {
        let file = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard file >= 0 else { return .failure(ReadFailure(errno: errno)) }
        defer { close(file) }
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 65536)
        while bytes.count <= limit {
            let count = Glibc.read(file, &buffer, buffer.count)
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { return .failure(ReadFailure(errno: errno)) }
            if count == 0 { break }
            bytes += buffer[..<count]
        }
        return .success(String(decoding: bytes, as: UTF8.self))
    }
}
