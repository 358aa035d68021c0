// swift-tools-version: 6.2
import PackageDescription

// A package of its own: the root package's build does not pay for the engine specialised to this model.
let package = Package(
    name: "bench-spin",
    dependencies: [.package(name: "uintr", path: "../../..")],
    targets: [
        .executableTarget(name: "bench-spin", dependencies: [.product(name: "ModelChecker", package: "uintr")],
            path: "Sources")
    ],
    swiftLanguageModes: [.v6]
)
