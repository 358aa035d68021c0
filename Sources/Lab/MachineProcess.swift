import Subprocess
import SystemPackage

/// One run of an emulator: a process whose consoles are files, watched until an ending.
///
/// Files, not pipes: Bochs blocks on a pipe that nobody reads, and what was written stays for whoever looks afterwards.
struct MachineProcess {
    var executable: FilePath
    var arguments: [String]
    var folder: FilePath
    var configuration: MachineConfiguration
    /// The file below `folder` that standard output goes to. Bochs prints there what the guest writes to port E9H.
    var standardOutput = "debug-port"
    /// How many lines that begin with ==== the emulator prints itself: up to the last of them the debug port is its greeting.
    var greetingRules = 0
    /// Maps an exit status (`nil` for a signal) and what the emulator wrote on standard error to an ending.
    var ending: (_ status: Int?, _ words: String) -> MachineEnding

    /// How often the consoles are looked at. Bochs executes some 2 million instructions meanwhile.
    private static let pause = Duration.milliseconds(10)

    func run(
        _ reader: (ConsoleLine) -> ConsoleAnswer
    ) async throws(LabError) -> MachineRun {
        guard Files.isExecutable(executable) else {
            throw LabError("\(executable) is not there, or not executable", next: "uintr lab doctor")
        }
        let clock = ContinuousClock()
        let start = clock.now
        var watch = Watch(process: self)
        let command = limited
        do {
            let output = try Self.create(folder.appending(standardOutput))
            defer { try? output.close() }
            let words = try Self.create(folder.appending("words"))
            defer { try? words.close() }
            let outcome = try await Subprocess.run(
                .path(command.executable), arguments: Arguments(command.arguments), workingDirectory: folder, input: .none,
                output: .fileDescriptor(output, closeAfterSpawningProcess: false),
                error: .fileDescriptor(words, closeAfterSpawningProcess: false)
            ) { execution -> MachineEnding? in
                let pid = execution.processIdentifier
                defer {
                    // Bochs ignores SIGTERM. Where it has ended by itself there is nothing to kill, and that is no error.
                    try? execution.send(signal: .kill)
                }
                while Self.isRunning(pid) {
                    if let ending = try watch.look(reader) { return ending }
                    if clock.now - start > configuration.timeLimit { return .timeLimit }
                    try await Task.sleep(for: Self.pause)
                }
                return nil
            }
            var end = outcome.closureResult
            // What was written before the end is still handed over, unless the reader has had enough.
            if end != .reader, let late = try watch.look(reader) ?? watch.lookAtRest(reader), end == nil { end = late }
            let text = String(decoding: try Files.read(folder.appending("words"), next: ""), as: UTF8.self)
            return MachineRun(
                ending: end ?? ending(Self.status(outcome.terminationStatus), text), duration: clock.now - start,
                logTail: Files.tail(folder.appending("log"), lines: 12))
        } catch let error as LabError {
            throw error
        } catch {
            throw LabError(
                "\(executable) could not be run: \(error)", cause: "the emulator is missing, or not for this system",
                next: "uintr lab doctor")
        }
    }

    /// The command under limits that the kernel enforces too, should this process die before the machine does.
    private var limited: (executable: FilePath, arguments: [String]) {
        guard let prlimit = Files.tool("prlimit") else { return (executable, arguments) }
        let seconds = (Int(configuration.timeLimit.components.seconds) + 60) * max(configuration.processors, 1)
        let bytes = 2 * max(configuration.outputLimit, 1 << 30)
        return (prlimit, ["--cpu=\(seconds)", "--fsize=\(bytes)", "--", executable.string] + arguments)
    }

    private static func create(_ path: FilePath) throws -> FileDescriptor {
        try FileDescriptor.open(path, .writeOnly, options: [.create, .truncate, .append], permissions: [.ownerReadWrite])
    }

    private static func status(_ status: TerminationStatus) -> Int? {
        if case .exited(let code) = status { return Int(code) }
        return nil
    }

    /// A process that has ended but is not yet waited for is a zombie: state Z in its stat file, after the name in brackets.
    private static func isRunning(_ pid: ProcessIdentifier) -> Bool {
        guard let bytes = try? Files.read(FilePath("/proc/\(pid.value)/stat"), next: "") else { return false }
        let text = String(decoding: bytes, as: UTF8.self)
        guard let bracket = text.lastIndex(of: ")") else { return false }
        let state = text[bracket...].dropFirst(2).first
        return state != "Z" && state != "X"
    }

    /// The consoles and the log, and how far they were read.
    private struct Watch: ~Copyable {
        var serial: ConsoleFile
        var debugPort: ConsoleFile
        let log: FilePath
        let limit: Int
        var greetingRules: Int

        init(process: MachineProcess) {
            serial = ConsoleFile(process.folder.appending("serial"))
            debugPort = ConsoleFile(process.folder.appending("debug-port"))
            log = process.folder.appending("log")
            limit = process.configuration.outputLimit
            greetingRules = process.greetingRules
        }

        mutating func look(_ reader: (ConsoleLine) -> ConsoleAnswer) throws(LabError) -> MachineEnding? {
            for line in try debugPort.newLines() {
                if greetingRules > 0 {
                    if line.hasPrefix("====") { greetingRules -= 1 }
                    continue
                }
                if case .end = reader(ConsoleLine(.debugPort, line)) { return .reader }
            }
            for line in try serial.newLines() {
                if case .end = reader(ConsoleLine(.serial, line)) { return .reader }
            }
            if serial.size > limit { return .outputLimit("the serial port") }
            if debugPort.size > limit { return .outputLimit("the debug port") }
            if let size = Files.size(log), size > limit { return .outputLimit("the log") }
            return nil
        }

        mutating func lookAtRest(_ reader: (ConsoleLine) -> ConsoleAnswer) -> MachineEnding? {
            if let line = debugPort.lastLine(), case .end = reader(ConsoleLine(.debugPort, line)) { return .reader }
            if let line = serial.lastLine(), case .end = reader(ConsoleLine(.serial, line)) { return .reader }
            return nil
        }
    }
}
