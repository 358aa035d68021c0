import Foundation

/// A copy of the core, the cases and what runs them, in which every mutant is there at once and a number selects one.
struct MutatedPackage {
    var root: URL
    var copy: URL

    struct Failure: Error, CustomStringConvertible {
        var description: String
    }

    private static let copied = ["Architecture", "Cases", "Conformance"]

    /// Writes the package anew, without Conformance's Hardware folder: the cases run on the core.
    func write() throws {
        let files = FileManager.default
        let sources = copy.appending(path: "Sources")
        if files.fileExists(atPath: sources.path) { try files.removeItem(at: sources) }
        for target in MutatedPackage.copied {
            try copyTarget(target, to: sources.appending(path: target))
        }
        let random = sources.appending(path: "Random")
        try files.createDirectory(at: random, withIntermediateDirectories: true)
        try String(contentsOf: root.appending(path: "Sources/Fidelity/RandomCase.swift"), encoding: .utf8)
            .write(to: random.appending(path: "RandomCase.swift"), atomically: true, encoding: .utf8)
        let runner = sources.appending(path: "runner")
        try files.createDirectory(at: runner, withIntermediateDirectories: true)
        try MutatedPackage.runner.write(to: runner.appending(path: "main.swift"), atomically: true, encoding: .utf8)
        try MutatedPackage.manifest.write(to: copy.appending(path: "Package.swift"), atomically: true, encoding: .utf8)
        try MutatedPackage.selector.write(
            to: sources.appending(path: "Architecture/Selector.swift"), atomically: true, encoding: .utf8)
    }

    private func copyTarget(_ target: String, to folder: URL) throws {
        let source = root.appending(path: "Sources/\(target)")
        guard let names = FileManager.default.enumerator(atPath: source.path) else {
            throw Failure(description: "\(source.path) cannot be read: run this from the package's folder")
        }
        for case let name as String in names where name.hasSuffix(".swift") {
            var text = try String(contentsOf: source.appending(path: name), encoding: .utf8)
            if name.hasPrefix("Hardware/") { continue }
            if target == "Architecture" { text = try mutate(text, file: String(name.dropLast(6))) }
            let file = folder.appending(path: name)
            try FileManager.default.createDirectory(
                at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
            try text.write(to: file, atomically: true, encoding: .utf8)
        }
    }

    /// Puts every alternative of every site of `file` into its text.
    private func mutate(_ text: String, file: String) throws -> String {
        var result = text
        var misplaced: [String] = []
        for site in Site.all where site.file == file {
            let parts = result.components(separatedBy: site.after + site.original)
            guard parts.count == 2 else {
                misplaced.append(
                    "the place «\(site.after)\(site.original)» occurs \(parts.count - 1) times in \(file).swift, not once: "
                        + "adapt Sources/Mutation")
                continue
            }
            let chosen = Mutant.all.filter { $0.site.file == file && $0.site.after == site.after && $0.site.original == site.original }
            let replacement =
                switch site.form {
                case .expression:
                    "(" + chosen.map { "isMutant(\($0.number)) ? (\($0.alternative.text)) : " }.joined() + "(\(site.original)))"
                case .statements:
                    chosen.map { "if isMutant(\($0.number)) { \($0.alternative.text) } else " }.joined()
                        + "{ \(site.original) }"
                }
            result = parts[0] + site.after + replacement + parts[1]
        }
        guard misplaced.isEmpty else { throw Failure(description: misplaced.joined(separator: "\n")) }
        return result
    }

    /// A mutant acts from its `firstUse`-th use on since it was selected: 1 is always.
    private static let selector = """
        @usableFromInline nonisolated(unsafe) var selectedMutant: Int32 = 0
        @usableFromInline nonisolated(unsafe) var usesLeft: Int32 = 0
        @inlinable func isMutant(_ number: Int32) -> Bool {
            guard selectedMutant == number else { return false }
            if usesLeft > 0 { usesLeft -= 1 }
            return usesLeft == 0
        }
        public func selectMutant(_ number: Int32, firstUse: Int32 = 1) { selectedMutant = number; usesLeft = firstUse }

        """

    private static let manifest = """
        // swift-tools-version: 6.2
        import PackageDescription
        let package = Package(
            name: "mutants",
            targets: [
                .target(name: "Architecture"),
                .target(name: "Cases", dependencies: ["Architecture"]),
                .target(name: "Conformance", dependencies: ["Architecture", "Cases"]),
                .target(name: "Random", dependencies: ["Architecture", "Cases", "Conformance"]),
                .executableTarget(name: "runner", dependencies: ["Architecture", "Cases", "Conformance", "Random"]),
            ],
            swiftLanguageModes: [.v6]
        )

        """

    /// Prints what failed, a line each. A mutant that never ends is ended by the alarm.
    ///
    /// Arguments: the mutant, its first use, and the file of `uintr lab fuzz --record`: how random cases ended on Bochs.
    private static let runner = """
        import Architecture
        import Cases
        import Conformance
        import Glibc
        import Random

        alarm(60)
        let arguments = CommandLine.arguments
        let mutant = arguments.count > 1 ? Int32(arguments[1]) ?? 0 : 0
        let firstUse = arguments.count > 2 ? Int32(arguments[2]) ?? 1 : 1
        for testCase in Case.all {
            for features in testCase.features.processors {
                var one = testCase
                one.features.flexibleUIRET = features.flexibleUIRET
                one.features.linearAddressWidth = Int(features.linearAddressWidth.rawValue)
                one.features.tracksInitialConfiguration = features.tracksInitialConfiguration
                selectMutant(mutant, firstUse: firstUse)
                guard CoreSuite.run(one).verdict != .passed else { continue }
                print("case \\(testCase.id)")
                break
            }
        }
        if firstUse == 1 {
            for seed: UInt64 in 1...4 {
                if RandomWalk.run(instructions: 20_000, seed: seed).violation != nil { print("walk \\(seed)") }
            }
            if DecoderWalk.run(strings: 50_000, seed: 1).violation != nil { print("decoder 1") }
        }
        if arguments.count > 3, let file = fopen(arguments[3], "r") {
            var seed: UInt64 = 0
            let processor = Features(flexibleUIRET: false, linearAddressWidth: .bits48, tracksInitialConfiguration: true)
            var line: UnsafeMutablePointer<CChar>?
            var room = 0
            while getline(&line, &room, file) > 0, let text = line {
                let words = String(cString: text).split(whereSeparator: { $0 == " " || $0 == "\\n" })
                guard words.count == 2 else { continue }
                if words[0] == "seed" {
                    seed = UInt64(words[1]) ?? 0
                    continue
                }
                guard let number = Int(words[0]) else { continue }
                selectMutant(mutant, firstUse: firstUse)
                let end = CoreObservation.lines(
                    of: RandomCase.make(number, seed: seed), number: 1, features: processor,
                    options: [.free, .observeEnd, .hashEnd]).last
                if end != "= 1 #\\(words[1])" {
                    print("random \\(seed).\\(number)")
                    break
                }
            }
        }

        """
}
