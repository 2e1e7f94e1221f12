// swift-tools-version: 6.1
import PackageDescription

// A program outside this repository says `.package(url: …)`. libxen-dev and libyajl-dev must be installed.
let package = Package(
    name: "lifecycle",
    dependencies: [.package(name: "swift-xl", path: "../..")],
    targets: [
        .executableTarget(
            name: "lifecycle", dependencies: [.product(name: "XenToolstack", package: "swift-xl")], path: "Sources")
    ],
    swiftLanguageModes: [.v6]
)
