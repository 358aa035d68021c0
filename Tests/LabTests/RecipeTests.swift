import SystemPackage
import Testing

@testable import Lab

/// The project's own folder lab, found from where this file lies.
let projectLab = FilePath(#filePath).removingLastComponent().removingLastComponent().removingLastComponent().appending("lab")

@Suite("What the lab is made of")
struct RecipeTests {
    @Test("SHA-256 is FIPS 180-4's", arguments: [
        ("", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
        ("abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
        (
            "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
            "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"
        ),
        (
            "abcdefghbcdefghicdefghijdefghijkefghijklfghijklmghijklmnhijklmnoijklmnopjklmnopqklmnopqrlmnopqrsmnopqrstnopqrstu",
            "cf5b16a778af8380036ce59e7b0492370b249b11e8f07a51afac45037afee9d1"
        ),
    ])
    func digest(text: String, expected: String) {
        #expect(SHA256.hexadecimal(text.utf8) == expected)
    }

    static let sum = String(repeating: "a", count: 64)
    static let good = """
        # a comment
        bochs-source a.tar.xz pool/a.tar.xz \(sum)

        bochs-bios  b.deb  pool/b.deb  \(sum)
        vga-bios c.deb pool/c.deb \(sum)
        """

    @Test("pins are read by role")
    func pins() throws {
        let pins = try Pins(text: Self.good, file: "pins")
        #expect(pins[.bochsBIOS] == PinnedArchive(role: .bochsBIOS, name: "b.deb", path: "pool/b.deb", sha256: Self.sum))
    }

    @Test("a pin that is wrong is an error that names the line and the next step", arguments: [
        (good.replacing("vga-bios c.deb", with: "vga-bios"), "pins:5: 3 words"),
        (good.replacing("vga-bios", with: "vga"), "pins:5: no role is called vga"),
        (good.replacing("vga-bios", with: "bochs-bios"), "pins:5: bochs-bios is there twice"),
        (good.replacing("c.deb \(sum)", with: "c.deb \(sum.dropLast())"), "pins:5:"),
        (good.replacing("c.deb \(sum)", with: "c.deb \(sum.uppercased())"), "is no SHA-256"),
        (good.replacing("vga-bios", with: "# vga-bios"), "pins names no vga-bios"),
    ])
    func badPins(text: String, complaint: String) {
        #expect {
            try Pins(text: text, file: "pins")
        } throws: {
            "\($0)".contains(complaint) && "\($0)".contains("Next: ")
        }
    }

    @Test("an archive that is not what is pinned is an error with both sums, the cause and the next step")
    func mismatch() throws {
        let pins = try Pins(text: Self.good, file: "pins")
        let file = FilePath("/proc/self/comm")
        #expect {
            try Archives.check(file, against: pins[.bochsSource], next: "scripts/lab-pins")
        } throws: {
            let text = "\($0)"
            return text.contains("pinned \(Self.sum)") && text.contains("found ") && text.contains("Next: scripts/lab-pins")
        }
    }

    @Test("the build's name changes with a patch and with a pin, not with a patch's words")
    func identity() throws {
        var recipe = try Recipe(folder: projectLab)
        let identity = recipe.identity
        #expect(identity.count == 16)
        let bytes = recipe.patches[0].bytes
        recipe.patches[0].bytes = Array("Another word. ".utf8) + bytes
        #expect(recipe.identity == identity)
        recipe.patches[0].bytes = bytes + Array("+\n".utf8)
        #expect(recipe.identity != identity)
        recipe.patches[0].bytes = bytes
        recipe.pins = try Pins(text: Self.good, file: "pins")
        #expect(recipe.identity != identity)
    }

    @Test("every patch says what it restores and how to see it broken, and has a case of its number")
    func patches() throws {
        let recipe = try Recipe(folder: projectLab)
        #expect(recipe.patches.count >= 4)
        let cases = String(decoding: try Files.read(projectLab.appending("reproduce").appending("errata.c"), next: ""), as: UTF8.self)
        for patch in recipe.patches {
            let text = String(decoding: patch.bytes, as: UTF8.self)
            #expect(text.hasPrefix("Subject: "), "\(patch.name)")
            #expect(text.contains("\nRestores: SDM "), "\(patch.name)")
            #expect(text.contains("\nReproduce: "), "\(patch.name)")
            #expect(cases.contains("\"\(patch.name.prefix(4)) "), "lab/reproduce/errata.c has no case \(patch.name.prefix(4))")
        }
    }

    @Test("the doctor names a command for whatever is missing, and is content once Bochs is built")
    func doctor() throws {
        let recipe = try Recipe(folder: projectLab)
        let empty = Diagnosis(recipe: recipe, cache: LabCache(root: "/nonexistent/lab"))
        #expect(!empty.isReady)
        #expect(empty.text.contains("MISSING   Bochs 3.0 with \(recipe.patches.count) patches"))
        #expect(empty.items.allSatisfy { $0.found != nil || !$0.remedy.isEmpty })
        let built = Diagnosis(items: [
            .init(name: "Bochs", found: "/there", remedy: "uintr lab setup"),
            .init(name: "QEMU", found: nil, remedy: "apt-get install", isOptional: true),
        ])
        #expect(built.isReady)
        #expect(built.text.contains("optional  QEMU   apt-get install"))
    }
}
