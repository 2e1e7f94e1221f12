// swift-tools-version: 6.1
import PackageDescription

// The libraries are those of the project, through links, because they must be built with the fuzzer's instrumentation.
let instrumentation: [SwiftSetting] = [
    .unsafeFlags(["-sanitize=fuzzer,address", "-parse-as-library", "-enable-testing"])
]
let runtime: [LinkerSetting] = [.unsafeFlags(["-sanitize=fuzzer,address", "-use-ld=lld"])]
let logging = Target.Dependency.product(name: "Logging", package: "swift-log")
let system = Target.Dependency.product(name: "SystemPackage", package: "swift-system")

func library(_ name: String, _ dependencies: [Target.Dependency]) -> Target {
    .target(name: name, dependencies: dependencies, path: "Libraries/\(name)", swiftSettings: instrumentation)
}

let package = Package(
    name: "Fuzz",
    dependencies: [
        .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
        .package(url: "https://github.com/apple/swift-system", from: "1.8.1"),
    ],
    targets: [
        .systemLibrary(name: "CXen", path: "Libraries/CXen"),
        .systemLibrary(name: "CYajl", path: "Libraries/CYajl"),
        .target(name: "CXenShim", path: "Libraries/CXenShim"),
        library("XenTypes", []),
        library("XenControl", ["CXen", "CXenShim", "XenTypes", logging]),
        library("Events", ["CXenShim", system]),
        library("XenStore", ["CXen", "Events", "XenTypes"]),
        library("YajlJSON", ["CYajl", "XenTypes"]),
        library("DomainModel", ["XenTypes"]),
        library("DomainConfig", ["DomainModel", "XenTypes"]),
        library(
            "XenToolstack",
            [
                "CXenShim", "Events", "XenControl", "XenStore", "YajlJSON", "DomainModel", "DomainConfig", "XenTypes",
                logging, system,
            ]),
        .executableTarget(
            name: "Fuzzer",
            dependencies: [
                "XenToolstack", "XenControl", "XenStore", "YajlJSON", "DomainModel", "DomainConfig", "XenTypes", system,
            ],
            path: ".", exclude: ["Corpus", "Libraries", "fuzz"], sources: ["Checks", "Fuzzer.swift"],
            swiftSettings: instrumentation, linkerSettings: runtime),
    ],
    swiftLanguageModes: [.v6]
)
