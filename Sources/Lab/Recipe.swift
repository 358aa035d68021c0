import SystemPackage

/// The two ways in which Bochs is built.
public enum BochsVariant: String, Sendable, CaseIterable {
    /// For bulk: every speed-up. A turn of a processor is one trace, whatever `quantum` says.
    case optimised
    /// With Bochs' debugger compiled in: it obeys `quantum`, which varies the interleavings of processors.
    case debugger

    var configureArguments: [String] {
        switch self {
        case .optimised: ["--enable-all-optimizations"]
        case .debugger: ["--enable-repeat-speedups", "--enable-fast-function-calls", "--enable-debugger"]
        }
    }

    /// The executable's name in the lab's prefix.
    public var executable: String {
        switch self {
        case .optimised: "bochs"
        case .debugger: "bochs-debugger"
        }
    }
}

/// Everything that decides what the built Bochs does: the pinned sources, our patches, the configuration.
public struct Recipe: Sendable {
    public struct Patch: Sendable {
        public var name: String
        public var bytes: [UInt8]

        /// What `patch` acts on: from the first line that begins with `--- `. The words above may change without a new build.
        var changes: ArraySlice<UInt8> {
            let mark = Array("\n--- ".utf8)
            return bytes.firstRange(of: mark).map { bytes[$0.lowerBound...] } ?? bytes[...]
        }
    }

    /// The project's folder `lab`.
    public var folder: FilePath
    public var pins: Pins
    /// In the order in which they are applied: by name.
    public var patches: [Patch]

    /// gcc 15 and later, at -O2 and with strict aliasing, drop a store that the 64-bit IDIV of Bochs needs.
    static let compilerFlags = "-O2 -fno-strict-aliasing"

    /// `--disable-show-ips`: its signal handler takes a lock that the interrupted code may hold, and Bochs hangs.
    static let configureArguments = [
        "--with-nogui", "--disable-docbook", "--disable-plugins", "--enable-smp", "--enable-x86-64", "--enable-cpu-level=6",
        "--enable-fpu", "--enable-avx", "--enable-evex", "--enable-amx", "--enable-cet", "--enable-uintr", "--enable-vmx=2",
        "--enable-memtype", "--enable-protection-keys", "--enable-pci", "--enable-a20-pin", "--disable-show-ips",
    ]

    /// Reads the recipe below `folder`.
    public init(folder: FilePath) throws(LabError) {
        self.folder = folder
        let file = folder.appending("pins")
        let restore = "restore the project's folder lab: git checkout -- lab"
        pins = try Pins(text: String(decoding: Files.read(file, next: restore), as: UTF8.self), file: file.string)
        patches = []
        let patchFolder = folder.appending("bochs")
        for name in try Files.list(patchFolder, next: restore) where name.hasSuffix(".patch") {
            patches.append(Patch(name: name, bytes: try Files.read(patchFolder.appending(name), next: restore)))
        }
    }

    /// Finds the project's folder `lab`: `UINTR_LAB` if it is set, else the folder of that name beside or above the current
    /// folder, else beside or above the executable.
    public static func find() throws(LabError) -> Recipe {
        if let named = Files.environment("UINTR_LAB") { return try Recipe(folder: FilePath(named)) }
        let start = Files.currentFolder
        for origin in [start, Files.executable] {
            guard var folder = origin else { continue }
            while true {
                let candidate = folder.appending("lab")
                if Files.exists(candidate.appending("pins")) { return try Recipe(folder: candidate) }
                guard folder.removeLastComponent() else { break }
            }
        }
        throw LabError(
            "no folder lab with a file pins is beside or above \(start)",
            cause: "the lab is built from files of the project's source tree",
            next: "run this from a clone of the project, or set UINTR_LAB to its folder lab")
    }

    /// 16 hexadecimal digits that change with anything that this Bochs is made of.
    public var identity: String {
        var digest = SHA256()
        for archive in pins.archives { digest.update("\(archive.role.rawValue) \(archive.sha256)\n".utf8) }
        for patch in patches {
            digest.update("\(patch.name) \(patch.changes.count)\n".utf8)
            digest.update(patch.changes)
        }
        digest.update((Recipe.configureArguments + [Recipe.compilerFlags]).joined(separator: " ").utf8)
        for variant in BochsVariant.allCases { digest.update(variant.configureArguments.joined(separator: " ").utf8) }
        return String(digest.hexadecimal().prefix(16))
    }
}
