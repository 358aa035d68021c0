import ArgumentParser
import Report
import UserInterrupts

extension BackendChoice: ExpressibleByArgument {}

/// The options by which a user names the ABI, and what detection makes of them.
struct ABIOption: ParsableArguments {
    @Option(
        name: .customLong("abi"),
        help: ArgumentHelp(
            "The kernel's system calls: \(ABI.names.joined(separator: ", ")). Detected if not given; goes before UINTR_ABI.",
            valueName: "name"))
    var name: String?

    /// What the user asked for, by the option or by UINTR_ABI.
    var requested: String? {
        name ?? Terminal.environment("UINTR_ABI").flatMap { $0.isEmpty ? nil : $0 }
    }

    /// - Throws: a usage error that lists the names, for an ABI that there is not.
    func detect() throws -> Detection {
        do throws(UserInterruptError) {
            var environment: [String: String] = [:]
            for variable in ["UINTR_ABI", "UINTR_CALLS"] { environment[variable] = Terminal.environment(variable) }
            return try Detection.detect(abi: name, environment: environment)
        } catch {
            // An unknown name is all that detection can refuse.
            let source = name == nil ? "UINTR_ABI" : "--abi"
            throw Output.usage("\(source): \(error)")
        }
    }
}

extension Detection {
    /// The header of a run on `backend`, which `choice` led to.
    func header(_ backend: UserInterrupts.Backend.Kind, choice: BackendChoice, requestedABI: String?) -> RunHeader {
        var reasons = reasons
        switch (choice, abi) {
        case (.emulation, _):
            reasons = ["The emulation was asked for by --backend emulation; the hardware was left alone."]
        case (.hardware, nil):
            // The last reason is what detection concludes for --backend auto.
            reasons = reasons.dropLast() + ["So there is no hardware backend here, and --backend hardware never falls back."]
        default: break
        }
        if backend == .emulation, let requestedABI {
            reasons.append("The ABI \(requestedABI) was named and is not used: the emulation makes no system calls.")
        }
        return RunHeader(
            backend: backend.rawValue, abi: backend == .hardware ? abi?.rawValue ?? "none" : "none", kernel: kernel, cpu: cpu,
            reasons: reasons)
    }
}
