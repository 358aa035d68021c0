/// What a run stood on. Every report names it, so that a green run on the emulator cannot be taken for one on hardware.
public struct RunHeader: Equatable, Sendable {
    /// `hardware` or `emulation`.
    public var backend: String
    /// The name of the kernel's system-call interface; `none` where no system call is made.
    public var abi: String
    /// Name, release and machine of the kernel, as `uname -srm` prints them.
    public var kernel: String
    /// The processor's brand string.
    public var cpu: String
    /// Why this backend and this ABI, in sentences.
    public var reasons: [String]

    public init(backend: String, abi: String, kernel: String, cpu: String, reasons: [String]) {
        self.backend = backend
        self.abi = abi
        self.kernel = kernel
        self.cpu = cpu
        self.reasons = reasons
    }

    /// The four fields that name the run, in the order in which every format has them.
    var fields: [(name: String, value: String)] {
        [("backend", backend), ("abi", abi), ("kernel", kernel), ("cpu", cpu)]
    }
}
