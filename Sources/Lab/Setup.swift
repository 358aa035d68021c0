import SystemPackage

/// What `Setup` is doing, for whoever shows it.
public enum SetupProgress: Sendable, Equatable {
    case stage(String)
    /// So many of so many files are compiled.
    case compiled(Int, of: Int)
}

/// Builds a recipe's Bochs into the cache.
public struct Setup: Sendable {
    public var recipe: Recipe
    public var cache: LabCache
    public var archives: Archives

    public init(recipe: Recipe, cache: LabCache, archives: Archives) {
        self.recipe = recipe
        self.cache = cache
        self.archives = archives
    }

    /// What the build calls, each with Debian's package that has it.
    public static let buildTools: [(tool: String, package: String)] = [
        ("g++", "g++"), ("make", "make"), ("patch", "patch"), ("tar", "tar"), ("xz", "xz-utils"), ("dpkg-deb", "dpkg"),
    ]

    /// Debian's packages for the build tools that are not on PATH.
    public static var missingPackages: [String] {
        buildTools.filter { Files.tool($0.tool) == nil }.map(\.package)
    }

    /// Installs packages with apt-get. Only for whoever was asked to: it changes the system.
    /// - Throws: `LabError` if this is not root, or apt-get fails.
    public static func install(packages: [String], asRoot: Bool, cache: LabCache) async throws(LabError) {
        let command = "apt-get install --no-install-recommends \(packages.joined(separator: " "))"
        guard asRoot else {
            throw LabError("these packages are missing: \(packages.joined(separator: " ")), and only root can install them", next: "as root: \(command)")
        }
        try Files.makeFolder(cache.root)
        let log = cache.root.appending("install-packages.log")
        let quiet = ["DEBIAN_FRONTEND": "noninteractive"]
        try await Tools.run("apt-get", ["update"], environment: quiet, log: log, purpose: "apt-get update", next: "as root: apt-get update")
        try await Tools.run(
            "apt-get", ["install", "--yes", "--no-install-recommends"] + packages, environment: quiet, log: log,
            purpose: "installing \(packages.joined(separator: " "))", next: "as root: \(command)")
    }

    /// Builds `variant` unless it is there.
    /// - Returns: the installation, and whether anything had to be done.
    public func run(
        _ variant: BochsVariant, progress: (SetupProgress) -> Void
    ) async throws(LabError) -> (installation: Installation, built: Bool) {
        let installation = cache.installation(of: recipe)
        if installation.has(variant) { return (installation, false) }

        let missing = Setup.missingPackages
        guard missing.isEmpty else {
            throw LabError(
                "the build needs what is not here: \(missing.joined(separator: ", "))",
                next: "uintr lab setup --install-packages (as root), or: apt-get install --no-install-recommends \(missing.joined(separator: " "))")
        }

        // Renamed into its place when whole: a build that was interrupted, or another one at the same time, is never seen.
        let work = cache.root.appending("\(recipe.identity).\(variant.rawValue).\(Files.processIdentifier).building")
        cache.removeAbandonedBuilds()
        try Files.makeFolder(work)
        defer { Files.remove(work) }
        try Files.makeFolder(installation.prefix)
        let log = installation.log(variant)
        Files.remove(log)

        progress(.stage("fetching the pinned archives"))
        let source = try await archives.file(recipe.pins[.bochsSource], log: log)
        let bios = try await archives.file(recipe.pins[.bochsBIOS], log: log)
        let vga = try await archives.file(recipe.pins[.vgaBIOS], log: log)
        try await unpackBIOS(bios, vga, in: work, to: installation, log: log)

        progress(.stage("unpacking and patching \(recipe.pins[.bochsSource].name)"))
        let tree = work.appending("source")
        try Files.makeFolder(tree)
        try await Tools.run(
            "tar", ["--extract", "--xz", "--no-same-owner", "--strip-components=1", "--file", source.string], in: tree, log: log,
            purpose: "unpacking \(source)", next: "remove it, and fetch it again: rm \(source); uintr lab setup")
        try await applyPatches(in: tree, log: log)

        progress(.stage("configuring Bochs (\(variant.rawValue))"))
        let retry = "read the log: \(log); then again: uintr lab setup"
        let flags = ["CFLAGS": Recipe.compilerFlags, "CXXFLAGS": Recipe.compilerFlags]
        try await Tools.run(
            "sh", ["./configure"] + Recipe.configureArguments + variant.configureArguments, in: tree, environment: flags, log: log,
            purpose: "configuring Bochs", next: retry)
        try await compile(in: tree, log: log, retry: retry, progress: progress)

        try put(tree.appending("bochs"), at: installation.executable(variant))
        return (installation, true)
    }

    private func applyPatches(in tree: FilePath, log: FilePath) async throws(LabError) {
        for patch in recipe.patches {
            let file = recipe.folder.appending("bochs").appending(patch.name)
            try await Tools.run(
                "patch", ["--strip=1", "--fuzz=0", "--batch", "--forward", "--input", absolute(file).string], in: tree, log: log,
                purpose: "applying lab/bochs/\(patch.name)",
                next: "see whether it was made for the pinned source: git log lab/pins lab/bochs/\(patch.name)")
        }
    }

    private func absolute(_ path: FilePath) -> FilePath { Files.currentFolder.pushing(path) }

    private func compile(
        in tree: FilePath, log: FilePath, retry: String, progress: (SetupProgress) -> Void
    ) async throws(LabError) {
        // What make would do, asked beforehand, gives the progress its end.
        var total = 0
        try await Tools.run(
            "make", ["--dry-run"], in: tree, log: log.removingLastComponent().appending("make-dry-run.log"),
            purpose: "asking make for its plan", next: retry
        ) { if Setup.compiles($0) { total += 1 } }
        Files.remove(log.removingLastComponent().appending("make-dry-run.log"))
        var done = 0
        progress(.stage("compiling"))
        try await Tools.run(
            "make", ["--jobs=\(Files.processorCount)"], in: tree, log: log, purpose: "compiling Bochs", next: retry
        ) {
            guard Setup.compiles($0) else { return }
            done += 1
            progress(.compiled(done, of: max(total, done)))
        }
    }

    static func compiles(_ line: String) -> Bool {
        (line.hasPrefix("g++ ") || line.hasPrefix("gcc ")) && (line.hasPrefix("g++ -c") || line.contains(" -c "))
    }

    private func unpackBIOS(
        _ bios: FilePath, _ vga: FilePath, in work: FilePath, to installation: Installation, log: FilePath
    ) async throws(LabError) {
        for (archive, path, target) in [
            (bios, "usr/share/bochs/BIOS-bochs-latest", installation.bios),
            (vga, "usr/share/vgabios/vgabios.bin", installation.vgaBIOS),
        ] where !Files.exists(target) {
            let folder = work.appending("bios")
            try await Tools.run(
                "dpkg-deb", ["--extract", archive.string, folder.string], log: log, purpose: "unpacking \(archive)",
                next: "remove it, and fetch it again: rm \(archive); uintr lab setup")
            try put(folder.pushing(FilePath(path)), at: target)
        }
    }

    /// Copies beside the target and renames, so that no reader sees half a file.
    private func put(_ source: FilePath, at target: FilePath) throws(LabError) {
        let partial = FilePath(target.string + ".\(Files.processIdentifier).partial")
        Files.remove(partial)
        try Files.copy(source, to: partial)
        Files.remove(target)
        try Files.rename(partial, to: target)
    }
}
