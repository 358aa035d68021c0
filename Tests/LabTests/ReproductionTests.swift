import SystemPackage
import Testing

@testable import Lab

/// What the real machines need: the lab built, gcc and make for the image.
enum Prerequisites {
    static let installation: Installation? = {
        guard let recipe = try? Recipe(folder: projectLab), let cache = try? LabCache() else { return nil }
        return try? Installation.require(recipe: recipe, cache: cache)
    }()
    static let compiles = Files.tool("gcc") != nil && Files.tool("make") != nil && Files.tool("objcopy") != nil
    static let bochs = installation != nil && compiles
    static let debugger = bochs && installation?.has(.debugger) == true
    static let qemu = QEMUMachine.executable != nil && compiles
}

/// The image of lab/reproduce, built once for a test.
private func withImage<Result>(_ body: (FilePath) async throws -> Result) async throws -> Result {
    let number = UInt64.random(in: .min ... .max)
    let folder = FilePath("/tmp/uintr-lab-image-\(number)")
    try Files.makeFolder(folder)
    defer { Files.remove(folder) }
    try await Tools.run(
        "make", ["-C", projectLab.appending("reproduce").string, "OUT=\(folder)"], log: folder.appending("log"),
        purpose: "building the reproductions", next: "read the log")
    return try await body(folder.appending("errata.img"))
}

@Suite("The reproductions of our fixes to Bochs")
struct ReproductionTests {
    @Test(
        "every reproduction passes on the mended Bochs, and a second run says the same byte for byte",
        .enabled(if: Prerequisites.bochs, "Bochs is not built here, or gcc, make or objcopy is missing: uintr lab doctor"))
    func mended() async throws {
        let installation = try #require(Prerequisites.installation)
        try await withImage { image in
            let machine = BochsMachine(MachineConfiguration(medium: .disk(image)), installation: installation)
            let (first, run) = try await machine.lines()
            #expect(run.ending == .guest(status: 1), "\(run)")
            #expect(first.last == "end")
            #expect(first.dropLast().allSatisfy { $0.hasPrefix("ok ") }, "\(first.joined(separator: "\n"))")
            let recipe = try Recipe(folder: projectLab)
            for patch in recipe.patches {
                #expect(first.contains { $0.hasPrefix("ok \(patch.name.prefix(4)) ") }, "\(patch.name) was not looked at")
            }
            #expect(try await machine.lines().lines == first)
            #expect(try await machine.lines(of: .debugPort).lines == first)
        }
    }

    @Test(
        "the variant that obeys quantum passes them too, with one processor and with two",
        .enabled(if: Prerequisites.debugger, "the debugger variant is not built here: uintr lab setup --debugger"),
        arguments: [1, 2])
    func debugger(processors: Int) async throws {
        let installation = try #require(Prerequisites.installation)
        try await withImage { image in
            let machine = BochsMachine(
                MachineConfiguration(medium: .disk(image), processors: processors), installation: installation, variant: .debugger,
                quantum: 3)
            let (lines, run) = try await machine.lines(of: .debugPort)
            #expect(run.ending == .guest(status: 1), "\(run)")
            #expect(lines.last == "end")
            #expect(lines.dropLast().allSatisfy { $0.hasPrefix("ok ") }, "\(lines.joined(separator: "\n"))")
        }
    }

    @Test(
        "a machine without UINTR is told so, and ends with the status that the image writes",
        .enabled(if: Prerequisites.qemu, "qemu-system-x86_64, gcc or make is missing: uintr lab doctor"))
    func refusal() async throws {
        try await withImage { image in
            let machine = QEMUMachine(MachineConfiguration(medium: .disk(image)))
            for source in ConsoleSource.allCases {
                let (lines, run) = try await machine.lines(of: source)
                #expect(run.ending == .guest(status: 3), "\(run)")
                #expect(lines.contains("skip: CPUID has no UINTR"))
            }
        }
    }

    @Test(
        "an image that never ends is ended at the time limit, and Bochs with it",
        .enabled(if: Prerequisites.bochs, "Bochs is not built here: uintr lab doctor"))
    func endless() async throws {
        let installation = try #require(Prerequisites.installation)
        let number = UInt64.random(in: .min ... .max)
        let image = FilePath("/tmp/uintr-lab-endless-\(number).img")
        defer { Files.remove(image) }
        // CLI; HLT; JMP to the HLT.
        var sector = [UInt8](repeating: 0, count: 512)
        sector.replaceSubrange(0..<4, with: [0xfa, 0xf4, 0xeb, 0xfd])
        sector.replaceSubrange(510..., with: [0x55, 0xaa])
        let file = try FileDescriptor.open(image, .writeOnly, options: [.create], permissions: .ownerReadWrite)
        try file.closeAfter { _ = try file.writeAll(sector) }
        let machine = BochsMachine(
            MachineConfiguration(medium: .disk(image), timeLimit: .seconds(1)), installation: installation)
        let run = try await machine.lines().run
        #expect(run.ending == .timeLimit, "\(run)")
    }

    @Test("an image that is missing, or no whole number of sectors, is an error that names the next step")
    func badImage() async {
        let machine = BochsMachine(
            MachineConfiguration(medium: .disk("/nonexistent.img")), installation: Installation(prefix: "/nonexistent"))
        await #expect {
            _ = try await machine.lines()
        } throws: {
            "\($0)".contains("there is no image /nonexistent.img") && "\($0)".contains("Next: ")
        }
        let odd = BochsMachine(
            MachineConfiguration(medium: .disk(projectLab.appending("pins"))), installation: Installation(prefix: "/nonexistent"))
        await #expect {
            _ = try await odd.lines()
        } throws: {
            "\($0)".contains("a multiple of 512 bytes")
        }
    }

    @Test("of Bochs' last words the message is kept, and the guest's own end is no failure")
    func endings() {
        let rule = String(repeating: "=", count: 72)
        func words(_ message: String) -> String {
            "00000000000i[      ] using log file log\n\(rule)\nBochs is exiting with the following message:\n\(message)\n\(rule)\n"
        }
        #expect(BochsMachine.ending(status: 1, words: words("[BIOS  ] No bootable device.")) == .failure("[BIOS  ] No bootable device."))
        #expect(BochsMachine.ending(status: 1, words: words("[UNMAP ] Shutdown port: shutdown requested")) == .guest(status: 1))
        #expect(BochsMachine.ending(status: nil, words: "") == .failure(""))
    }

    @Test("the configuration of a one-processor machine has nothing in it that differs from run to run")
    func configuration() {
        let machine = BochsMachine(
            MachineConfiguration(medium: .disk("disk"), processors: 2), installation: Installation(prefix: "/lab"), quantum: 5,
            addedFeatures: ["flexible_uiret"])
        let text = machine.bochsrc(medium: "disk")
        for needed in [
            "exclude_features=\"amx,amx_int8,amx_bf16,la57,rdrand,rdseed\"", "add_features=\"flexible_uiret\"", "count=2", "quantum=5",
            "clock: sync=none, time0=946684800", "error: action=ignore", "ignore_bad_msrs=1", "ips=50000000",
        ] {
            #expect(text.contains(needed), "\(needed)\n\(text)")
        }
    }
}
