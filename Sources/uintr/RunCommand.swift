import ArgumentParser
import Running
import UserInterrupts

struct RunCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "run", abstract: "Run a program that uses user interrupts, on a machine that has none.",
        usage: "uintr run --abi <name> [--mode <mode>] [--stats] [--trace] [--] <program> [<argument> ...]",
        discussion: """
            The program runs as it is, with the instructions and the system calls emulated in its own process (docs/emulation.md); \
            programs that it executes have them too. Exit status and signals are the program's. Otherwise: 4 if it cannot work, 64 \
            wrong usage, 126 if the program cannot be executed, 127 if there is none, each with a sentence.
            """)

    @Option(
        help: ArgumentHelp(
            "The system calls that the program was built for: \(ABI.names.joined(separator: ", ")). Goes before UINTR_ABI.",
            valueName: "name"))
    var abi: String?

    @Option(
        help: ArgumentHelp(
            "How an instruction is emulated once it has trapped: \(Launch.Mode.allCases.map(\.rawValue).joined(separator: ", ")). trap is for debuggers.",
            valueName: "mode"))
    var mode: Launch.Mode?

    @Flag(help: "At the end, say on standard error what was executed, sent and delivered.")
    var stats = false

    @Flag(help: "Keep the last instructions and notifications, and print them on standard error if a fault ends the program.")
    var trace = false

    @Option(help: .hidden)
    var argumentZero: String?

    @Argument(parsing: .captureForPassthrough, help: "The program, and its arguments.")
    var command: [String] = []

    func run() throws {
        // What follows is the program's, but for this.
        if ["--help", "-h"].contains(command.first) { throw CleanExit.helpRequest(self) }
        do throws(Refusal) {
            let launch = try prepare()
            try launch.become()
        } catch {
            Output.note(error.description)
            throw ExitCode(error.kind.rawValue)
        }
    }

    private func prepare() throws(Refusal) -> Launch {
        let environment = ThisProcess.environment
        var command = command[...]
        if command.first == "--" {
            command.removeFirst()
        } else if let first = command.first, first.hasPrefix("-") {
            throw .usage("there is no option \"\(first)\". \"uintr run --help\" says which there are; a program of that name comes after --.")
        }
        guard !command.isEmpty else { throw .usage("there is no program. Name one: uintr run --abi NAME -- PROGRAM") }
        let named = abi ?? Terminal.environment("UINTR_ABI") ?? ""
        guard !named.isEmpty else {
            throw .usage("which ABI the program was built for cannot be guessed. Say it with --abi: \(ABI.names.joined(separator: ", ")).")
        }
        guard ABI(rawValue: named) != nil else {
            throw .usage("\(abi == nil ? "UINTR_ABI" : "--abi"): there is no ABI \"\(named)\". Use \(ABI.names.joined(separator: ", ")).")
        }
        if !ThisProcess.isEmulated(environment), case .executed = Platform.live.testui() {
            throw .cannot(
                "this processor and kernel have user interrupts, so nothing traps that could be emulated. Run the program by itself; \"uintr probe\" says which ABI the kernel has.")
        }
        try ThisProcess.checkSeccomp()
        let executable = try ThisProcess.executable()
        var launch = try Launch(
            Array(command), Launch.Options(abi: named, mode: mode, stats: stats, trace: trace),
            library: try ThisProcess.library(beside: executable), runner: executable, environment: environment)
        if let argumentZero { launch.arguments[0] = argumentZero }
        return launch
    }
}

extension Launch.Mode: ExpressibleByArgument {}
