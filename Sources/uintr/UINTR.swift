import ArgumentParser

@main
struct UINTR: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "uintr",
        abstract: "Linux user interrupts (SENDUIPI and its kin): what this machine has, and whether it works.",
        discussion: """
            Exit status: 0 passed, 1 failed, 4 skipped, 64 wrong usage. \
            On a machine without user interrupts the bundled emulator core takes the processor's place, and every report says so.
            """,
        subcommands: [ProbeCommand.self, CheckCommand.self, WalkCommand.self, ClaimsCommand.self])
}
