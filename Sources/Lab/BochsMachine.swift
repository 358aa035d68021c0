import SystemPackage

/// A Sapphire Rapids in Bochs.
///
/// With one processor the run is a function of the image and the configuration: time is counted in instructions, the clock
/// starts at a fixed date, and there is no RDRAND. With more, Bochs gives the processors turns in an order of its own, which is
/// also repeatable, but says nothing of real interleavings: an IPI arrives at once, and SENDUIPI's read-modify-write is never
/// split.
public struct BochsMachine: Machine {
    public var configuration: MachineConfiguration
    public var installation: Installation
    public var variant: BochsVariant
    /// Instructions that a processor executes in its turn; only `BochsVariant.debugger` obeys it.
    public var quantum: Int
    /// Emulated instructions a second. It also sets how long a byte takes on the serial port.
    public var instructionsPerSecond: Int
    /// CPUID features taken from or added to Bochs' Sapphire Rapids, in Bochs' names.
    public var excludedFeatures: [String]
    public var addedFeatures: [String]

    /// - rdrand, rdseed: not repeatable.
    /// - la57: Bochs panics on RSM once ACPI is enabled; and canonicality has one width only without it.
    /// - amx: Bochs refuses the XSETBV that enables it.
    public static let standardExclusions = ["amx", "amx_int8", "amx_bf16", "la57", "rdrand", "rdseed"]

    public init(
        _ configuration: MachineConfiguration, installation: Installation, variant: BochsVariant = .optimised,
        quantum: Int = 16, instructionsPerSecond: Int = 50_000_000,
        excludedFeatures: [String] = BochsMachine.standardExclusions, addedFeatures: [String] = []
    ) {
        self.configuration = configuration
        self.installation = installation
        self.variant = variant
        self.quantum = quantum
        self.instructionsPerSecond = instructionsPerSecond
        self.excludedFeatures = excludedFeatures
        self.addedFeatures = addedFeatures
    }

    /// The bochsrc for a run whose files are in `folder`.
    func bochsrc(medium: FilePath) -> String {
        var features: [String] = []
        if !excludedFeatures.isEmpty { features = ["exclude_features=\"\(excludedFeatures.joined(separator: ","))\""] }
        if !addedFeatures.isEmpty { features.append("add_features=\"\(addedFeatures.joined(separator: ","))\"") }
        let drive: String
        let boot: String
        switch configuration.medium {
        case .disk:
            drive = "ata0-master: type=disk, path=\"\(medium)\", mode=flat"
            boot = "disk"
        case .cdrom:
            drive = "ata0-master: type=cdrom, path=\"\(medium)\", status=inserted"
            boot = "cdrom"
        }
        // One option a line; a value that a run does not depend on is not set. ignore_bad_msrs: a kernel reads MSRs that
        // Bochs has not. time0: a fixed date. The errors of a guest in a loop would fill the disk, so they are not logged.
        return """
            display_library: nogui
            romimage: file="\(installation.bios)"
            vgaromimage: file="\(installation.vgaBIOS)"
            cpu: model=sapphire_rapids, count=\(configuration.processors), quantum=\(quantum), \
            ips=\(instructionsPerSecond), reset_on_triple_fault=0, ignore_bad_msrs=1\
            \(features.map { ", " + $0 }.joined())
            memory: guest=\(configuration.memory), host=\(configuration.memory)
            clock: sync=none, time0=946684800
            \(drive)
            boot: \(boot)
            com1: enabled=1, mode=file, dev="serial"
            port_e9_hack: enabled=1
            log: log
            logprefix: %t%e%d
            panic: action=fatal
            error: action=ignore
            info: action=ignore
            debug: action=ignore

            """
    }

    public func run(_ reader: (ConsoleLine) -> ConsoleAnswer) async throws(LabError) -> MachineRun {
        let run = try RunFolder(configuration)
        defer { run.removeUnlessKept() }
        let medium = try run.medium()
        try Files.write(bochsrc(medium: medium), to: run.folder.appending("bochsrc"))
        var arguments = ["-q", "-f", "bochsrc"]
        if variant == .debugger {
            try Files.write("c\n", to: run.folder.appending("debugger-commands"))
            arguments += ["-rc", "debugger-commands"]
        }
        let process = MachineProcess(
            executable: installation.executable(variant), arguments: arguments, folder: run.folder,
            configuration: configuration, greetingRules: 2, ending: BochsMachine.ending)
        return try await process.run(reader)
    }

    static func ending(status: Int?, words: String) -> MachineEnding {
        if words.contains("Shutdown port: shutdown requested") { return .guest(status: status ?? 1) }
        // Its last words stand between two rules, below a sentence that says so.
        let lines = words.split(separator: "\n")
        guard let start = lines.firstIndex(where: { $0.hasPrefix("Bochs is exiting with the following message") }) else {
            return .failure(words)
        }
        return .failure(lines[(start + 1)...].prefix { !$0.hasPrefix("====") }.joined(separator: "\n"))
    }
}
