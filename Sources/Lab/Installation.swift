import SystemPackage

/// Where the lab lives: below `${XDG_CACHE_HOME:-~/.cache}/uintr/lab`.
public struct LabCache: Sendable {
    public var root: FilePath

    public init() throws(LabError) {
        if let cache = Files.environment("XDG_CACHE_HOME") {
            root = FilePath(cache).appending("uintr").appending("lab")
        } else if let home = Files.environment("HOME") {
            root = FilePath(home).appending(".cache").appending("uintr").appending("lab")
        } else {
            throw LabError(
                "neither XDG_CACHE_HOME nor HOME is set, so there is no place for the lab",
                next: "set XDG_CACHE_HOME to a folder that you can write to, with 100 MB free")
        }
    }

    public init(root: FilePath) { self.root = root }

    /// The archives, each by its pinned name.
    public var downloads: FilePath { root.appending("downloads") }

    /// Removes the trees of builds whose process is gone. They are called `identity.variant.pid.building`.
    func removeAbandonedBuilds() {
        for name in (try? Files.list(root, next: "")) ?? [] where name.hasSuffix(".building") {
            guard let pid = name.split(separator: ".").dropLast().last.flatMap({ Int($0) }) else { continue }
            if !Files.exists(FilePath("/proc/\(pid)")) { Files.remove(root.appending(name)) }
        }
    }

    /// What a recipe's build leaves.
    public func installation(of recipe: Recipe) -> Installation {
        Installation(prefix: root.appending(recipe.identity))
    }
}

/// A private prefix with a built Bochs and its BIOS images.
public struct Installation: Sendable, Equatable {
    public var prefix: FilePath

    public init(prefix: FilePath) { self.prefix = prefix }

    public func executable(_ variant: BochsVariant) -> FilePath { prefix.appending(variant.executable) }
    public var bios: FilePath { prefix.appending("BIOS-bochs-latest") }
    public var vgaBIOS: FilePath { prefix.appending("vgabios.bin") }
    /// The log of the build, kept when it succeeded too.
    public func log(_ variant: BochsVariant) -> FilePath { prefix.appending("build-\(variant.rawValue).log") }

    /// A build is renamed into its place when it is whole, so that its presence is enough.
    public func has(_ variant: BochsVariant) -> Bool {
        Files.isExecutable(executable(variant)) && Files.exists(bios) && Files.exists(vgaBIOS)
    }

    /// The installation of `recipe`, or an error that says how to make it.
    public static func require(
        _ variant: BochsVariant = .optimised, recipe: Recipe, cache: LabCache
    ) throws(LabError) -> Installation {
        let installation = cache.installation(of: recipe)
        guard installation.has(variant) else {
            throw LabError(
                "Bochs (\(variant.rawValue)) is not built: \(installation.executable(variant)) is not there",
                cause: "it was never built here, or lab/pins or a patch below lab/bochs has changed since",
                next: variant == .debugger ? "uintr lab setup --debugger" : "uintr lab setup")
        }
        return installation
    }
}
