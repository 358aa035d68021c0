/// The disk image that runs the cases on a machine without a kernel: loader, kernel and cases, in this order.
///
/// `scripts/bare-metal-build` makes the loader (boot.bin, 4 KiB) and the kernel (kernel.bin) from Sources/BareMetal; the cases are
/// `BinaryCases.encode`'s. The image boots from a disk or a USB stick by a PC's BIOS (INT 13H with extensions).
public enum BareMetalImage {
    public enum Failure: Error, Equatable, Sendable, CustomStringConvertible {
        /// The first part is not the loader.
        case notALoader(bytes: Int)
        /// A part does not fit where the loader puts it.
        case tooLarge(part: String, bytes: Int, limit: Int)

        public var description: String {
            switch self {
            case .notALoader(let bytes):
                "the loader's file has \(bytes) bytes and is not boot.bin of this project; run scripts/bare-metal-build again"
            case .tooLarge(let part, let bytes, let limit):
                "the \(part) have \(bytes) bytes, and the image has room for \(limit); split the cases over several images"
            }
        }
    }

    /// Bytes in a sector.
    static let sector = 512
    /// The loader's place for the kernel is 2 MiB, for the cases 16 MiB; a machine with 128 MiB is enough for both.
    static let kernelLimit = 14 << 20
    static let casesLimit = 96 << 20
    /// A cylinder of 16 heads and 63 sectors: emulators that compute a geometry leave out what does not fill one.
    static let cylinder = 16 * 63 * 512

    /// - Parameters:
    ///   - loader: boot.bin, 4096 bytes.
    ///   - kernel: kernel.bin.
    ///   - cases: a file of cases.
    /// - Returns: a raw disk, a whole number of cylinders.
    public static func assemble(loader: [UInt8], kernel: [UInt8], cases: [UInt8]) throws(Failure) -> [UInt8] {
        let name = Array("UINTRIMG".utf8)
        guard loader.count == 4096, Array(loader[sector..<sector + name.count]) == name else {
            throw .notALoader(bytes: loader.count)
        }
        guard kernel.count <= kernelLimit else { throw .tooLarge(part: "kernel's code and data", bytes: kernel.count, limit: kernelLimit) }
        guard cases.count <= casesLimit else { throw .tooLarge(part: "cases", bytes: cases.count, limit: casesLimit) }

        var image = loader
        var place = sector + name.count
        func put(_ value: Int, bytes: Int) {
            for byte in 0..<bytes { image[place + byte] = UInt8(truncatingIfNeeded: value >> (byte * 8)) }
            place += bytes
        }
        put(sectors(kernel.count), bytes: 4)
        put(sectors(cases.count), bytes: 4)
        put(cases.count, bytes: 8)
        for part in [kernel, cases] {
            image += part
            image += [UInt8](repeating: 0, count: sectors(part.count) * sector - part.count)
        }
        image += [UInt8](repeating: 0, count: (cylinder - image.count % cylinder) % cylinder)
        return image
    }

    private static func sectors(_ bytes: Int) -> Int { (bytes + sector - 1) / sector }
}
