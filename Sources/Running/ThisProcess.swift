internal import CRunning
internal import Glibc

/// What `uintr run` asks of its own process and machine.
public enum ThisProcess {
    /// The environment as it is, `NAME=value`, in its order.
    public static var environment: [String] {
        var entries: [String] = []
        var next = environ
        while let entry = next.pointee {
            entries.append(String(cString: entry))
            next += 1
        }
        return entries
    }

    /// The path of this executable.
    public static func executable() throws(Refusal) -> String {
        var buffer = [CChar](repeating: 0, count: Int(PATH_MAX) + 1)
        let count = readlink("/proc/self/exe", &buffer, buffer.count - 1)
        guard count > 0 else { throw Refusal(.cannot, "/proc/self/exe cannot be read: \(errnoText). Mount /proc.") }
        return String(decoding: buffer.prefix(count).map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    /// The library that is preloaded: beside this executable, where every product is built.
    ///
    /// - Throws: ``Refusal`` with the command that builds it.
    public static func library(beside executable: String) throws(Refusal) -> String {
        let folder = String(executable[..<(executable.lastIndex(of: "/") ?? executable.startIndex)])
        let library = "\(folder)/libuintr-emulation.so"
        guard access(library, R_OK) == 0 else {
            let release = folder.hasSuffix("/release")
            throw Refusal(
                .cannot,
                "\(library): \(errnoText). Build it: swift build \(release ? "-c release " : "")--product uintr-emulation")
        }
        return library
    }

    /// True within a program that runs under the emulation: there, the instructions are executed, and nothing is left to be found out.
    public static func isEmulated(_ environment: [String]) -> Bool {
        let preloaded = Launch.value(of: "LD_PRELOAD", in: environment) ?? ""
        return preloaded.split { $0 == ":" || $0 == " " }.contains { $0.hasSuffix("/libuintr-emulation.so") }
    }

    /// Refuses a kernel without the filters that the emulation needs for system calls made without libc.
    public static func checkSeccomp() throws(Refusal) {
        guard Launch.value(of: "UINTR_EMULATION_SECCOMP", in: environment) != "0", !running_seccomp_traps() else { return }
        throw Refusal(
            .cannot,
            "this kernel takes no seccomp filters, which system calls made without libc need. Use a kernel with CONFIG_SECCOMP_FILTER, or set UINTR_EMULATION_SECCOMP=0 for a program that makes all of them by libc's syscall().")
    }
}
