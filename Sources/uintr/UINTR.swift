import ArgumentParser
import Glibc

@main
struct UINTR: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "uintr",
        abstract: "Linux user interrupts (SENDUIPI and its kin): what this machine has, and whether it works.",
        discussion: """
            Exit status: 0 passed, 1 failed, 4 skipped, 64 wrong usage. \
            On a machine without user interrupts the bundled emulator core takes the processor's place, and every report says so.
            """,
        subcommands: [
            ProbeCommand.self, CheckCommand.self, ExploreCommand.self, ReplayCommand.self, MergeCommand.self, WalkCommand.self,
            ClaimsCommand.self, LabCommand.self, RunCommand.self,
        ])

    /// ArgumentParser takes a misspelt command for an unexpected argument; this names the commands.
    static func main() {
        // Swift takes the arguments from there: without them, help and status 0 would look like a pass.
        guard access("/proc/self/cmdline", R_OK) == 0 else {
            Output.note("/proc/self/cmdline cannot be read, and the arguments cannot be seen without it. Mount /proc.")
            exit(withError: ExitCode(4))
        }
        let arguments = Array(CommandLine.arguments.dropFirst())
        let commands = configuration.subcommands.map { $0._commandName }
        if let first = arguments.first, !first.hasPrefix("-"), first != "help", !commands.contains(first) {
            Output.note("there is no command \"\(first)\". The commands are \(commands.joined(separator: ", ")); \"uintr --help\" says what each does.")
            exit(withError: ExitCode(EX_USAGE))
        }
        Self.main(arguments)
    }
}
