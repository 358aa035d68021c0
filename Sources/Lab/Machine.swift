import SystemPackage

/// What an emulated machine is made of, the same for Bochs and QEMU.
public struct MachineConfiguration: Sendable {
    /// What it boots from.
    public enum Medium: Sendable, Equatable {
        /// A raw disk image, a multiple of 512 bytes long. The machine writes to a copy.
        case disk(FilePath)
        /// An ISO 9660 image.
        case cdrom(FilePath)
    }

    public var medium: Medium
    public var processors: Int
    /// MiB.
    public var memory: Int
    /// Wall-clock time, after which the machine is ended with SIGKILL.
    public var timeLimit: Duration
    /// Bytes, for each of the console and the log, after which the machine is ended with SIGKILL.
    public var outputLimit: Int
    /// Where the run's files are made: configuration, copy of the medium, console, log. Kept if it is given.
    public var folder: FilePath?

    public init(
        medium: Medium, processors: Int = 1, memory: Int = 128, timeLimit: Duration = .seconds(60),
        outputLimit: Int = 64 << 20, folder: FilePath? = nil
    ) {
        self.medium = medium
        self.processors = processors
        self.memory = memory
        self.timeLimit = timeLimit
        self.outputLimit = outputLimit
        self.folder = folder
    }
}

/// Where a guest's words come out.
public enum ConsoleSource: Sendable, Equatable, CaseIterable {
    /// COM1. Real hardware has it too. Its emulated UART takes its time: some 4000 instructions a byte.
    case serial
    /// Port E9H, which emulators have (reading it gives E9H): no waiting, for results in bulk.
    case debugPort
}

/// One line that the guest wrote, without its line end.
public struct ConsoleLine: Sendable, Equatable {
    public var source: ConsoleSource
    public var text: String

    public init(_ source: ConsoleSource, _ text: String) {
        self.source = source
        self.text = text
    }
}

/// How a run came to its end.
public enum MachineEnding: Sendable, Equatable {
    /// Whoever reads the lines had seen enough.
    case reader
    /// The guest ended the machine: "Shutdown" to port 8900H in Bochs, a write to port 501H in QEMU (`status` is then
    /// `2 × value + 1`), or the power switch. Bochs' status says nothing: it is 1 whatever happened.
    case guest(status: Int)
    case timeLimit
    /// The source or the log that grew over `outputLimit`.
    case outputLimit(String)
    /// The machine itself gave up (Bochs: a panic, QEMU: a signal); the text is its own.
    case failure(String)
}

/// What a run leaves, the lines apart.
public struct MachineRun: Sendable {
    public var ending: MachineEnding
    public var duration: Duration
    /// The last lines of the machine's own log, for messages.
    public var logTail: String
}

/// What a reader of lines answers.
public enum ConsoleAnswer: Sendable {
    case goOn
    case end
}

/// A machine that boots an image and says what comes out of it.
public protocol Machine: Sendable {
    var configuration: MachineConfiguration { get }
    /// Boots, and hands every line to `reader` as it comes, until an ending.
    ///
    /// What the guest wrote before an ending is handed over before this returns, a last line without a line end included.
    /// - Throws: `LabError` if the machine could not be started. How the guest fares is no error: see `MachineEnding`.
    func run(_ reader: (ConsoleLine) -> ConsoleAnswer) async throws(LabError) -> MachineRun
}

extension Machine {
    /// Runs to the end and collects the lines of one source.
    public func lines(of source: ConsoleSource = .serial) async throws(LabError) -> (lines: [String], run: MachineRun) {
        var lines: [String] = []
        let run = try await self.run {
            if $0.source == source { lines.append($0.text) }
            return .goOn
        }
        return (lines, run)
    }
}
