import SystemPackage

/// Fetches the pinned archives from Debian's archive, and believes nothing but their SHA-256.
public struct Archives: Sendable {
    var cache: LabCache
    /// Tried in this order; each ends without a slash.
    public var mirrors: [String]

    /// The archive's public name, for a system whose apt names no mirror of Debian.
    public static let publicMirror = "http://deb.debian.org/debian"

    /// - Parameter mirror: used alone, if it is given. Otherwise the mirrors that apt is configured with are asked first.
    public init(cache: LabCache, mirror: String?) async {
        self.cache = cache
        if let mirror {
            mirrors = [Archives.withoutSlash(mirror)]
            return
        }
        let targets = await Tools.output(
            of: "apt-get", ["indextargets", "--format", "$(REPO_URI)", "Origin: Debian", "Label: Debian"])
        mirrors = []
        for line in (targets ?? "").split(separator: "\n").map(String.init) + [Archives.publicMirror] {
            let name = Archives.withoutSlash(line)
            if !mirrors.contains(name) { mirrors.append(name) }
        }
    }

    private static func withoutSlash(_ name: String) -> String {
        var name = name
        while name.hasSuffix("/") { name.removeLast() }
        return name
    }

    /// The archive's place in the cache; fetched if it is not there, checked in any case.
    /// - Throws: `LabError` if no mirror has it, or if what came is not what is pinned.
    public func file(_ archive: PinnedArchive, log: FilePath) async throws(LabError) -> FilePath {
        try Files.makeFolder(cache.downloads)
        let file = cache.downloads.appending(archive.name)
        if Files.exists(file) {
            try Archives.check(file, against: archive, next: "remove it, and fetch it again: rm \(file); uintr lab setup")
            return file
        }
        let partial = cache.downloads.appending("\(archive.name).\(Files.processIdentifier).partial")
        defer { Files.remove(partial) }
        var refusals: [String] = []
        for mirror in mirrors {
            Files.remove(partial)
            do throws(LabError) {
                try await Archives.download("\(mirror)/\(archive.path)", to: partial, log: log)
            } catch {
                refusals.append("\(mirror)/\(archive.path): \(error.problem)")
                continue
            }
            try Archives.check(
                partial, against: archive,
                next: "see what trixie's signed index says today: scripts/lab-pins; or name another mirror: uintr lab setup --mirror URL")
            try Files.rename(partial, to: file)
            return file
        }
        throw LabError(
            "\(archive.name) could not be fetched:\n\(refusals.joined(separator: "\n"))",
            cause: "no network, or trixie has replaced the package by a newer one since it was pinned",
            next: "see what trixie has today: scripts/lab-pins; or put the file with SHA-256 \(archive.sha256) at \(file)")
    }

    /// apt's own downloader, since apt knows the way out of this system (proxies, transports); curl where there is no apt.
    private static func download(_ address: String, to file: FilePath, log: FilePath) async throws(LabError) {
        let helper = "/usr/lib/apt/apt-helper"
        let next = "open \(address) by other means"
        if Files.isExecutable(FilePath(helper)) {
            try await Tools.run(
                helper, ["download-file", address, file.string], log: log, purpose: "fetching \(address)", next: next)
        } else {
            try await Tools.run(
                "curl", ["--fail", "--location", "--silent", "--show-error", "--output", file.string, address], log: log,
                purpose: "fetching \(address)", next: next)
        }
    }

    static func check(_ file: FilePath, against archive: PinnedArchive, next: String) throws(LabError) {
        let found = SHA256.hexadecimal(try Files.read(file, next: next))
        guard found == archive.sha256 else {
            throw LabError(
                "\(file) is not what lab/pins says:\n  SHA-256 pinned \(archive.sha256)\n  SHA-256 found  \(found)",
                cause: "a broken download, a proxy that answers with a page of its own, or a package that was replaced",
                next: next)
        }
    }
}
