// swift-tools-version: 6.2
import PackageDescription

// A package beside this one would name it by url and version, as Examples/consumer does.
let userInterrupts: Target.Dependency = .product(name: "UserInterrupts", package: "uintr")

let package = Package(
    name: "examples",
    dependencies: [.package(name: "uintr", path: "../..")],
    targets: [
        .target(name: "Support", dependencies: [userInterrupts]),
        .executableTarget(name: "quanta", dependencies: ["Support", userInterrupts]),
        .executableTarget(name: "pingpong", dependencies: ["Support", userInterrupts]),
    ],
    swiftLanguageModes: [.v6]
)
