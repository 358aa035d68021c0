import SystemPackage

/// The built loader and kernel of the bare-metal image, into which cases are put.
public struct BareMetalBuild: Sendable {
    private var loader: [UInt8]
    private var kernel: [UInt8]

    public init(loader: [UInt8], kernel: [UInt8]) {
        self.loader = loader
        self.kernel = kernel
    }

    /// Builds what is not up to date, and reads it.
    /// - Parameter project: The project's source tree, the folder above `lab`.
    public static func make(project: FilePath) async throws(LabError) -> BareMetalBuild {
        let out = project.appending(".build").appending("bare-metal")
        let script = project.appending("scripts").appending("bare-metal-build")
        guard Files.isExecutable(script) else {
            throw LabError(
                "\(script) is not there", cause: "the folder lab is not the one of a whole source tree",
                next: "run this from a clone of the project, or set UINTR_LAB to its folder lab")
        }
        try Files.makeFolder(out)
        let log = out.appending("build.log")
        Files.remove(log)
        try await Tools.run(
            script.string, [out.string], in: project, log: log, purpose: "building the bare-metal image",
            next: "read \(log); the build needs the whole Swift toolchain: scripts/bare-metal-build")
        let again = "scripts/bare-metal-build"
        return try BareMetalBuild(
            loader: Files.read(out.appending("boot.bin"), next: again), kernel: Files.read(out.appending("kernel.bin"), next: again))
    }

    /// Writes the disk with `cases` (`BinaryCases.encode`'s) to a file of its own, and gives its path to `body`; it is removed
    /// afterwards.
    public func withDisk<Value: Sendable>(
        cases: [UInt8], _ body: (FilePath) async throws(LabError) -> Value
    ) async throws(LabError) -> Value {
        let disk: [UInt8]
        do throws(BareMetalImage.Failure) {
            disk = try BareMetalImage.assemble(loader: loader, kernel: kernel, cases: cases)
        } catch {
            throw LabError("the bare-metal image cannot be made: \(error)", next: "scripts/bare-metal-build")
        }
        let folder = FilePath(Files.environment("TMPDIR") ?? "/tmp")
        let number = UInt64.random(in: .min ... .max)
        let path = folder.appending("uintr-lab-\(Files.processIdentifier)-\(String(number, radix: 36)).image")
        defer { Files.remove(path) }
        try Files.write(disk, to: path)
        return try await body(path)
    }
}
