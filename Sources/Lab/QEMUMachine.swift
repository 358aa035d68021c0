import SystemPackage

/// qemu-system-x86_64 without UINTR: the path of refusal, boots, and all that needs no user interrupts.
///
/// TCG, `-cpu max`: KVM is not to be counted on inside virtual machines, and may have UINTR or not.
public struct QEMUMachine: Machine {
    public var configuration: MachineConfiguration
    /// Further arguments, after those of the configuration.
    public var arguments: [String]

    public init(_ configuration: MachineConfiguration, arguments: [String] = []) {
        self.configuration = configuration
        self.arguments = arguments
    }

    /// Where qemu-system-x86_64 is.
    public static var executable: FilePath? { Files.tool("qemu-system-x86_64") }

    public func run(_ reader: (ConsoleLine) -> ConsoleAnswer) async throws(LabError) -> MachineRun {
        guard let executable = QEMUMachine.executable else {
            throw LabError(
                "qemu-system-x86_64 is not on PATH", cause: "the package is not installed",
                next: "as root: apt-get install --no-install-recommends qemu-system-x86 seabios")
        }
        let run = try RunFolder(configuration)
        defer { run.removeUnlessKept() }
        let medium = try run.medium()
        var all = [
            "-nodefaults", "-no-user-config", "-no-reboot", "-display", "none", "-accel", "tcg,thread=multi", "-cpu", "max",
            "-smp", "\(configuration.processors)", "-m", "\(configuration.memory)M", "-rtc", "base=2000-01-01,clock=vm",
            "-serial", "file:serial", "-debugcon", "file:debug-port", "-device", "isa-debug-exit,iobase=0x501,iosize=4",
        ]
        switch configuration.medium {
        case .disk: all += ["-drive", "file=\(medium),format=raw,if=ide", "-boot", "c"]
        case .cdrom: all += ["-cdrom", medium.string, "-boot", "d"]
        }
        let process = MachineProcess(
            executable: executable, arguments: all + arguments, folder: run.folder, configuration: configuration,
            standardOutput: "log", ending: QEMUMachine.ending)
        return try await process.run(reader)
    }

    static func ending(status: Int?, words: String) -> MachineEnding {
        guard let status else { return .failure(words) }
        // isa-debug-exit ends with an odd status (2 × value + 1); 0 is a power-off; 1 may also be QEMU's own refusal.
        if status == 1, !words.isEmpty { return .failure(words) }
        return .guest(status: status)
    }
}
