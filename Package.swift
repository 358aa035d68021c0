// swift-tools-version: 6.2
import PackageDescription

// Arrows point down (docs/architecture.md): Architecture imports nothing, nothing imports uintr.
// A search in a debug build would take a hundred times as long, and the tests search. Only the product ModelChecker, for packages
// beside this one, has such a target: a package that depends on the others by version does not meet the flag.
let searched: [SwiftSetting] = [.unsafeFlags(["-O"], .when(configuration: .debug))]

let package = Package(
    name: "uintr",
    products: [
        .library(name: "UserInterrupts", targets: ["UserInterrupts"]),
        .library(name: "Architecture", targets: ["Architecture"]),
        .library(name: "ModelChecker", targets: ["ModelChecker"]),
        .library(name: "uintr-emulation", type: .dynamic, targets: ["EmulationLibrary"]),
        .executable(name: "uintr", targets: ["uintr"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.5.0"),
        .package(url: "https://github.com/apple/swift-system", from: "1.4.0"),
        .package(url: "https://github.com/swiftlang/swift-subprocess", from: "1.0.0"),
    ],
    targets: [
        .target(name: "Architecture"),
        .target(name: "CUserInterrupts"),
        // The runtime of the emulation, for a process that calls it.
        .target(name: "CEmulationRuntime"),
        .target(name: "CEmulationBackend", dependencies: ["CEmulationRuntime"]),
        .target(name: "Emulation", dependencies: ["Architecture", "CEmulationBackend", "CEmulationRuntime"]),
        // The library that `uintr run` preloads: the core and the same runtime as one Embedded module, by symbolic links, since two
        // targets may not share a path. Nothing that a package depends on by version has it.
        .target(name: "CEmulationLibrary", dependencies: ["CEmulationRuntime"]),
        .target(
            name: "EmulationLibrary",
            dependencies: ["CEmulationLibrary", "CEmulationRuntime"],
            exclude: ["exports.map"],
            swiftSettings: [.enableExperimentalFeature("Embedded"), .unsafeFlags(["-wmo", "-O", "-no-allocations", "-Xfrontend", "-disable-stack-protector"])],
            linkerSettings: [
                .unsafeFlags([
                    "-Xlinker", "--version-script=\(Context.packageDirectory)/Sources/EmulationLibrary/exports.map",
                    "-Xlinker", "-z", "-Xlinker", "defs", "-Xlinker", "--gc-sections",
                ])
            ]),
        .target(
            name: "UserInterrupts",
            dependencies: [
                "CUserInterrupts", "Emulation", "Architecture",
                .product(name: "SystemPackage", package: "swift-system"),
            ]),
        // `uintr run`: looks at a program, and becomes it with the library in it.
        .target(name: "CRunning"),
        .target(name: "Running", dependencies: ["CRunning"]),
        .target(name: "Cases", dependencies: ["Architecture"]),
        .target(name: "Conformance", dependencies: ["Cases", "UserInterrupts", "CUserInterrupts", "Architecture"]),
        .target(
            name: "Fidelity",
            dependencies: [
                "Cases", "Conformance", "Architecture", "Lab", .product(name: "SystemPackage", package: "swift-system"),
            ]),
        .target(name: "Report", dependencies: ["Cases", "Conformance", "Fidelity", "KernelModel", "Verdicts"]),
        .target(
            name: "Lab",
            dependencies: [
                .product(name: "Subprocess", package: "swift-subprocess"),
                .product(name: "SystemPackage", package: "swift-system"),
            ]),
        // The explorer. The model checker knows nothing of interrupts; the kernel's model knows no search strategy.
        .target(name: "CModelChecker"),
        .target(name: "ModelChecker", dependencies: ["CModelChecker"], swiftSettings: searched),
        .target(name: "KernelModel", dependencies: ["Architecture", "ModelChecker"], swiftSettings: searched),
        .target(name: "Verdicts", dependencies: ["KernelModel", "ModelChecker"], swiftSettings: searched),
        .executableTarget(
            name: "uintr",
            dependencies: [
                "Cases", "Conformance", "Fidelity", "KernelModel", "Lab", "Report", "Running", "UserInterrupts", "Verdicts",
                .product(name: "SystemPackage", package: "swift-system"),
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ]),
        .executableTarget(
            name: "mutate",
            dependencies: [
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
                .product(name: "Subprocess", package: "swift-subprocess"),
                .product(name: "SystemPackage", package: "swift-system"),
            ],
            path: "Sources/Mutation"),

        .testTarget(name: "ArchitectureTests", dependencies: ["Architecture"]),
        // A machine without user interrupts can still interrupt code at a chosen instruction; C and assembly do it.
        .target(name: "CShimTestSupport", dependencies: ["CUserInterrupts"], path: "Tests/CShimTestSupport"),
        .testTarget(name: "CUserInterruptsTests", dependencies: ["CUserInterrupts", "CShimTestSupport"]),
        .testTarget(
            name: "EmulationTests", dependencies: ["Architecture", "CEmulationBackend", "CEmulationRuntime", "Emulation"]),
        // Runs C programs under the library; it links nothing of it, and needs the product uintr-emulation beside it.
        .testTarget(
            name: "EmulationLibraryTests",
            dependencies: [
                .product(name: "Subprocess", package: "swift-subprocess"),
                .product(name: "SystemPackage", package: "swift-system"),
            ],
            exclude: ["Programs"]),
        .testTarget(
            name: "UserInterruptsTests",
            dependencies: [
                "CUserInterrupts", "UserInterrupts",
                .product(name: "SystemPackage", package: "swift-system"),
            ]),
        .testTarget(name: "CasesTests", dependencies: ["Cases"]),
        .testTarget(
            name: "ConformanceTests",
            dependencies: ["Conformance", "Cases", "Architecture", "UserInterrupts", "CUserInterrupts"]),
        .testTarget(
            name: "ReportTests",
            dependencies: [
                "Cases", "Conformance", "Report", "KernelModel", "Verdicts",
                .product(name: "Subprocess", package: "swift-subprocess"),
                .product(name: "SystemPackage", package: "swift-system"),
            ]),
        .testTarget(
            name: "CommandTests",
            dependencies: [
                "Cases", "KernelModel", "Report", "Verdicts", "uintr",
                .product(name: "Subprocess", package: "swift-subprocess"),
                .product(name: "SystemPackage", package: "swift-system"),
            ],
            exclude: ["Programs"]),
        .testTarget(
            name: "FidelityTests",
            dependencies: [
                "Fidelity", "Cases", "Conformance", "Lab", .product(name: "SystemPackage", package: "swift-system"),
            ]),
        .testTarget(name: "ModelCheckerTests", dependencies: ["ModelChecker"]),
        .testTarget(name: "KernelModelTests", dependencies: ["Architecture", "KernelModel", "ModelChecker", "Verdicts"]),
        .testTarget(name: "VerdictsTests", dependencies: ["Verdicts", "KernelModel", "ModelChecker", "Cases"]),
        .testTarget(
            name: "LabTests", dependencies: ["Lab", .product(name: "SystemPackage", package: "swift-system")]),
    ],
    swiftLanguageModes: [.v6]
)
