internal import CRunning
internal import Glibc

/// A program that is ready to be executed under the emulation.
public struct Launch {
    public enum Mode: String, CaseIterable, Sendable {
        /// Every instruction traps: for debuggers.
        case trap
        /// Patched to INT3 on its first trap.
        case int3
        /// Patched to a jump on its first trap, where there is room for one.
        case stub
    }

    /// What a user asks for.
    public struct Options: Equatable, Sendable {
        /// The ABI that the program was written for, by its name.
        public var abi: String
        /// `nil`: what the environment says, or the runtime's own choice.
        public var mode: Mode?
        public var stats: Bool
        public var trace: Bool

        public init(abi: String, mode: Mode? = nil, stats: Bool = false, trace: Bool = false) {
            (self.abi, self.mode, self.stats, self.trace) = (abi, mode, stats, trace)
        }
    }

    /// The file to execute.
    public var path: String
    /// Its arguments, the name that the user typed first.
    public var arguments: [String]
    /// `NAME=value`.
    public var environment: [String]
    /// For a program that no library can be preloaded into.
    private let injection: Injection?

    /// Looks at everything that could keep the program from running under the emulation.
    ///
    /// - Parameters:
    ///   - command: the program and its arguments.
    ///   - library: `libuintr-emulation.so`.
    ///   - runner: `uintr` itself.
    ///   - environment: `NAME=value`, as the program is to have it but for what the emulation adds.
    public init(_ command: [String], _ options: Options, library: String, runner: String, environment: [String]) throws(Refusal) {
        guard let name = command.first else { throw Refusal(.usage, "there is no program. Name one: uintr run --abi NAME -- PROGRAM") }
        path = try ProgramSearch.find(name, path: Self.value(of: "PATH", in: environment))
        arguments = command
        let file = try ProgramFile(at: path)
        try ProgramSearch.checkPrivileges(file.path)
        switch file.linkage {
        case .dynamic(let loader):
            guard loader.split(separator: "/").last?.hasPrefix("ld-linux-x86-64.so") == true else {
                throw Refusal(
                    .cannot,
                    "\(file.path) is loaded by \(loader), which is not glibc's loader: the library cannot be preloaded there. Build it against glibc.")
            }
            guard access(loader, X_OK) == 0 else {
                throw Refusal(.notFound, "\(file.path): its loader \(loader) cannot be executed: \(errnoText). Install libc6.")
            }
            injection = nil
        case .alone(let code):
            injection = Injection(image: try LibraryImage(at: library), code: code, runner: runner)
        }
        guard !library.contains(where: { $0 == ":" || $0 == " " }) else {
            throw Refusal(
                .cannot,
                "\(library): LD_PRELOAD cannot name a path with a space or a colon in it. Move the folder, or set a link to it.")
        }
        var variables = ["UINTR_ABI": options.abi]
        if let mode = options.mode { variables["UINTR_EMULATION_MODE"] = mode.rawValue }
        if options.stats { variables["UINTR_EMULATION_STATS"] = "1" }
        if options.trace { variables["UINTR_EMULATION_TRACE"] = "1" }
        // The runtime has the file; in a program without libc it writes its number over this one, the longest.
        if options.abi == "project", Self.value(of: "UINTR_CALLS", in: environment)?.hasPrefix("/proc/self/fd/") ?? true {
            variables["UINTR_CALLS"] = "/proc/self/fd/\(UInt32.max)"
        }
        let preloaded = Self.value(of: "LD_PRELOAD", in: environment) ?? ""
        let others = preloaded.split { $0 == ":" || $0 == " " }.filter { $0 != library }
        variables["LD_PRELOAD"] = ([library] + others.map(String.init)).joined(separator: ":")
        self.environment =
            environment.filter { entry in variables[String(entry.prefix { $0 != "=" })] == nil }
            + variables.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }
    }

    static func value(of name: String, in environment: [String]) -> String? {
        environment.first { $0.hasPrefix("\(name)=") }.map { String($0.dropFirst(name.utf8.count + 1)) }
    }

    /// Becomes the program. This process's id, terminal, group, descriptors and limits are the program's, and its exit status
    /// or signal is what the caller of this process sees.
    ///
    /// - Throws: ``Refusal`` if the kernel does not execute it; otherwise this does not return.
    public func become() throws(Refusal) -> Never {
        try injection?.begin()
        let arguments = CStrings(arguments)
        let environment = CStrings(environment)
        let failure = running_execute(path, arguments.pointers, environment.pointers)
        throw Refusal(
            failure == ENOENT ? .notFound : .notExecutable, "\(path) cannot be executed: \(String(cString: strerror(failure))).")
    }
}

/// Strings for execve, with the null pointer that ends them.
private struct CStrings: ~Copyable {
    let pointers: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>
    private let count: Int

    init(_ strings: [String]) {
        count = strings.count
        pointers = .allocate(capacity: count + 1)
        for (index, string) in strings.enumerated() { pointers[index] = strdup(string) }
        pointers[count] = nil
    }

    deinit {
        for index in 0..<count { free(pointers[index]) }
        pointers.deallocate()
    }
}
