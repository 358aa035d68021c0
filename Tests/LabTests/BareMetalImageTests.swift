import Lab
import Testing

@Suite("The bare-metal image")
struct BareMetalImageTests {
    private var loader: [UInt8] {
        var bytes = [UInt8](repeating: 0xAA, count: 4096)
        bytes.replaceSubrange(512..<520, with: Array("UINTRIMG".utf8))
        return bytes
    }

    @Test("kernel and cases start on sectors of their own, and the loader is told where")
    func partsStartOnSectors() throws {
        let image = try BareMetalImage.assemble(
            loader: loader, kernel: [UInt8](repeating: 1, count: 513), cases: [UInt8](repeating: 2, count: 5))
        #expect(Array(image[520..<536]) == [2, 0, 0, 0, 1, 0, 0, 0, 5, 0, 0, 0, 0, 0, 0, 0])
        #expect(image[4096] == 1 && image[4096 + 512] == 1 && image[4096 + 513] == 0)
        #expect(image[4096 + 1024] == 2 && image[4096 + 1028] == 2 && image[4096 + 1029] == 0)
        #expect(image.count % (16 * 63 * 512) == 0)
    }

    @Test("a file that is not the loader is refused, with the next step")
    func otherLoadersAreRefused() {
        #expect(throws: BareMetalImage.Failure.notALoader(bytes: 4096)) {
            try BareMetalImage.assemble(loader: [UInt8](repeating: 0, count: 4096), kernel: [], cases: [])
        }
        #expect(BareMetalImage.Failure.notALoader(bytes: 1).description.contains("scripts/bare-metal-build"))
    }
}
