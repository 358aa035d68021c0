import ArgumentParser
import Report
import UserInterrupts

struct ProbeCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "probe", abstract: "Say what this machine has of user interrupts, and why.",
        discussion: "Exit status: 0 whatever it finds; 64 for an unknown ABI.")

    @OptionGroup var abi: ABIOption

    @Flag(help: "One JSON object in place of the text.")
    var json = false

    func run() throws {
        let detection = try abi.detect()
        let report = ProbeReport(
            header: detection.header(detection.backend, choice: .auto, requestedABI: abi.requested),
            finding: detection.finding.rawValue, requestedABI: abi.requested, numa: detection.numa, hotplug: detection.hotplug,
            next: detection.suggestions(requestedABI: abi.requested))
        try Output.write(json ? report.json : report.text(Terminal.layout))
    }
}

extension Detection {
    /// What to type next.
    fileprivate func suggestions(requestedABI: String?) -> [ProbeReport.Suggestion] {
        let emulation = ProbeReport.Suggestion("uintr check", "runs the conformance suite on the emulator core.")
        switch finding {
        case .recognised, .named:
            return [.init("uintr check --backend hardware", "runs the conformance suite on this processor and kernel.")]
        case .unknownABI where requestedABI == ABI.project.rawValue:
            return [
                .init("UINTR_CALLS=FILE uintr probe", "reads another list of calls than \(CallNumbers.path), in the same form."),
                emulation,
            ]
        case .unknownABI:
            return [
                .init("UINTR_ABI=NAME uintr probe", "names the kernel's ABI: one of \(ABI.names.joined(separator: ", "))."),
                emulation,
            ]
        case .notEnabled: return [.init("dmesg | grep -i uintr", "may say why the kernel left them off."), emulation]
        case .noProcessor, .noKernel: return [emulation]
        }
    }
}
