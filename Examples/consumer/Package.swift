// swift-tools-version: 6.2
import PackageDescription

let package = Package(
    name: "consumer",
    dependencies: [.package(url: "https://example.org/uintr", from: "0.1.0")],
    targets: [
        .executableTarget(name: "consumer", dependencies: [.product(name: "UserInterrupts", package: "uintr")])
    ],
    swiftLanguageModes: [.v6]
)
