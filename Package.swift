// swift-tools-version: 6.1
import PackageDescription

let package = Package(
    name: "swift-xl",
    products: [
        .executable(name: "xl", targets: ["xl"]),
        .library(name: "XenToolstack", targets: ["XenToolstack"]),
        // For tests of programs that use the library.
        .library(name: "HostSimulator", targets: ["HostSimulator"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
        .package(url: "https://github.com/apple/swift-system", from: "1.8.1"),
    ],
    targets: [
        .systemLibrary(name: "CXen", providers: [.apt(["libxen-dev"])]),
        .systemLibrary(name: "CYajl", providers: [.apt(["libyajl-dev"])]),
        .target(name: "CXenShim"),
        .target(name: "XenTypes"),
        .target(
            name: "XenControl",
            dependencies: ["CXen", "CXenShim", "XenTypes", .product(name: "Logging", package: "swift-log")]),
        .target(name: "Events", dependencies: ["CXenShim", .product(name: "SystemPackage", package: "swift-system")]),
        .target(name: "XenStore", dependencies: ["CXen", "Events", "XenTypes"]),
        .target(name: "YajlJSON", dependencies: ["CYajl", "XenTypes"]),
        .target(name: "DomainModel", dependencies: ["XenTypes"]),
        .target(name: "DomainConfig", dependencies: ["DomainModel", "XenTypes"]),
        .target(
            name: "XenToolstack",
            dependencies: [
                "CXenShim", "Events", "XenControl", "XenStore", "YajlJSON", "DomainModel", "DomainConfig", "XenTypes",
                .product(name: "Logging", package: "swift-log"),
                .product(name: "SystemPackage", package: "swift-system"),
            ]),
        .executableTarget(
            name: "xl",
            dependencies: [
                "Events", "XenToolstack", "XenControl", "XenStore", "DomainConfig", "DomainModel", "YajlJSON",
                "XenTypes",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "SystemPackage", package: "swift-system"),
            ]),
        .target(name: "ConfigCorpus", dependencies: ["DomainConfig"], path: "Tests/ConfigCorpus"),
        .target(name: "ProcessorTime", path: "Tests/ProcessorTime"),
        .testTarget(name: "ArchitectureTests"),
        .target(name: "CHostSimulator", path: "Tests/CHostSimulator"),
        .target(
            name: "HostSimulator",
            dependencies: [
                "CHostSimulator", "CXen", "CXenShim", "DomainConfig", "DomainModel", "Events", "XenControl", "XenStore",
                "XenToolstack", "XenTypes",
                .product(name: "Logging", package: "swift-log"),
                .product(name: "SystemPackage", package: "swift-system"),
            ],
            path: "Tests/HostSimulator", exclude: ["README.md"]),
        .testTarget(name: "XenTypesTests", dependencies: ["XenTypes"]),
        .testTarget(name: "EventsTests", dependencies: ["Events"]),
        .testTarget(name: "XenControlTests", dependencies: ["XenControl", "CXen"]),
        .testTarget(name: "XenStoreTests", dependencies: ["XenStore", "CXen", "Events"]),
        .testTarget(name: "YajlJSONTests", dependencies: ["YajlJSON", "ProcessorTime"]),
        .testTarget(
            name: "DomainModelTests", dependencies: ["DomainModel", "XenTypes", "YajlJSON"], exclude: ["Fixtures"]),
        .testTarget(
            name: "DomainConfigTests", dependencies: ["DomainConfig", "ConfigCorpus", "YajlJSON", "ProcessorTime"]),
        .testTarget(
            name: "XenToolstackTests", dependencies: ["XenToolstack", "DomainConfig", "YajlJSON", "HostSimulator"]),
        .testTarget(
            name: "xlTests",
            dependencies: [
                "xl", "XenToolstack", "DomainConfig", "XenControl", "XenTypes", "YajlJSON", "CXen", "HostSimulator",
            ],
            exclude: ["Fixtures"]),
        .testTarget(
            name: "FuzzTests",
            dependencies: [
                "xl", "XenToolstack", "XenControl", "XenStore", "DomainConfig", "DomainModel", "YajlJSON", "XenTypes",
                "ProcessorTime", .product(name: "SystemPackage", package: "swift-system"),
            ]),
        .testTarget(
            name: "HostTests", dependencies: ["ConfigCorpus", "DomainConfig"],
            exclude: ["Records", "Support/merge-durations"]),
    ],
    swiftLanguageModes: [.v6]
)
