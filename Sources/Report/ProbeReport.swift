/// What a machine has of user interrupts, as `uintr probe` prints it.
public struct ProbeReport: Equatable, Sendable {
    public var header: RunHeader
    /// How far detection got: a word for programs.
    public var finding: String
    /// What the user asked for by `--abi` or `UINTR_ABI`; nil for nothing.
    public var requestedABI: String?
    /// A sentence on NUMA.
    public var numa: String
    /// A sentence on CPU hotplug.
    public var hotplug: String
    /// What to type next, and what it does.
    public var next: [Suggestion]

    public struct Suggestion: Equatable, Sendable, Encodable {
        public var command: String
        public var purpose: String

        public init(_ command: String, _ purpose: String) {
            self.command = command
            self.purpose = purpose
        }
    }

    public init(
        header: RunHeader, finding: String, requestedABI: String?, numa: String, hotplug: String, next: [Suggestion]
    ) {
        self.header = header
        self.finding = finding
        self.requestedABI = requestedABI
        self.numa = numa
        self.hotplug = hotplug
        self.next = next
    }

    public func text(_ layout: TextLayout) -> String {
        var lines = [layout.styled("User interrupts on this machine", .bold)]
        lines += layout.entry("backend", header.backend, style: .bold)
        lines += layout.entry("ABI", header.abi)
        lines += layout.entry("kernel", header.kernel)
        lines += layout.entry("CPU", header.cpu)
        lines += layout.entry("NUMA", numa)
        lines += layout.entry("hotplug", String(hotplug.trimmingPrefix("CPU hotplug: ")))
        lines += ["", layout.styled("Why", .bold)]
        for reason in header.reasons { lines += layout.wrapped(reason, lead: "  - ") }
        lines += ["", layout.styled("Next", .bold)]
        for suggestion in next {
            lines.append("  " + layout.styled(suggestion.command, .bold))
            lines += layout.wrapped(suggestion.purpose, lead: "      ")
        }
        return lines.joined(separator: "\n") + "\n"
    }

    /// One JSON object.
    public var json: String {
        render(
            Document(
                backend: header.backend, abi: header.abi, kernel: header.kernel, cpu: header.cpu, reasons: header.reasons,
                finding: finding, requestedABI: requestedABI, numa: numa, hotplug: hotplug, next: next))
    }

    private struct Document: Encodable {
        var backend, abi, kernel, cpu: String
        var reasons: [String]
        var finding: String
        var requestedABI: String?
        var numa, hotplug: String
        var next: [Suggestion]
    }
}
