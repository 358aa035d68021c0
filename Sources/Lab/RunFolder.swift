import SystemPackage

/// The files of one run. Each run has its own: Bochs locks a disk image by a file beside it, which a SIGKILL leaves behind.
struct RunFolder {
    let folder: FilePath
    private let configuration: MachineConfiguration

    init(_ configuration: MachineConfiguration) throws(LabError) {
        self.configuration = configuration
        if let kept = configuration.folder {
            folder = Files.currentFolder.pushing(kept)
        } else {
            let base = FilePath(Files.environment("TMPDIR") ?? "/tmp")
            let number = UInt64.random(in: .min ... .max)
            folder = base.appending("uintr-lab-\(Files.processIdentifier)-\(String(number, radix: 36))")
        }
        try Files.makeFolder(folder)
        for name in ["serial", "debug-port", "log", "words"] { Files.remove(folder.appending(name)) }
    }

    /// The file to boot from: a copy of a disk, which the guest may write to, or the ISO itself.
    func medium() throws(LabError) -> FilePath {
        switch configuration.medium {
        case .cdrom(let path):
            let file = Files.currentFolder.pushing(path)
            _ = try checkedSize(file)
            return file
        case .disk(let path):
            let source = Files.currentFolder.pushing(path)
            let size = try checkedSize(source)
            guard size % 512 == 0, size > 0 else {
                throw LabError(
                    "\(source) is \(size) bytes long: a disk image is a multiple of 512 bytes, and not empty",
                    next: "fill it up: truncate --size=%512 \(source)")
            }
            let copy = folder.appending("disk")
            Files.remove(copy)
            Files.remove(FilePath(copy.string + ".lock"))
            try Files.copy(source, to: copy)
            try Files.resize(copy, to: (size + RunFolder.cylinder - 1) / RunFolder.cylinder * RunFolder.cylinder)
            return copy
        }
    }

    /// 16 heads × 63 sectors × 512 bytes. Bochs counts a disk in whole cylinders, and does not see what is over.
    private static let cylinder = 16 * 63 * 512

    private func checkedSize(_ file: FilePath) throws(LabError) -> Int {
        guard let size = Files.size(file) else {
            throw LabError("there is no image \(file)", cause: "it was not built yet", next: "build it, or name another one")
        }
        return size
    }

    func removeUnlessKept() {
        if configuration.folder == nil { Files.remove(folder) }
    }
}
