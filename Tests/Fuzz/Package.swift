// swift-tools-version: 6.1
import PackageDescription

// The libraries are those of the project, through links, because they must be built with the fuzzer's instrumentation.
let instrumentation: [SwiftSetting] = [.unsafeFlags(["-sanitize=fuzzer,address", "-parse-as-library"])]
let runtime: [LinkerSetting] = [.unsafeFlags(["-sanitize=fuzzer,address", "-use-ld=lld"])]

func library(_ name: String, _ dependencies: [Target.Dependency]) -> Target {
    .target(name: name, dependencies: dependencies, path: "Libraries/\(name)", swiftSettings: instrumentation)
}

func harness(_ name: String) -> Target {
    .executableTarget(
        name: "Fuzz\(name)", dependencies: ["FuzzSupport"], path: "Harness/\(name)", swiftSettings: instrumentation,
        linkerSettings: runtime)
}

let package = Package(
    name: "Fuzz",
    targets: [
        .systemLibrary(name: "CYajl", path: "Libraries/CYajl"),
        library("XenTypes", []),
        library("DomainModel", ["XenTypes"]),
        library("DomainConfig", ["DomainModel", "XenTypes"]),
        library("YajlJSON", ["CYajl", "XenTypes"]),
        library("StreamFormats", ["XenTypes"]),
        .target(
            name: "FuzzSupport",
            dependencies: ["DomainConfig", "DomainModel", "StreamFormats", "XenTypes", "YajlJSON"],
            path: "Harness/Support", swiftSettings: instrumentation),
        harness("Config"), harness("CPUID"), harness("CPUList"), harness("Devices"), harness("Disk"), harness("JSON"),
        harness("Journal"), harness("PCI"), harness("SaveHeader"), harness("Stream"), harness("VIF"),
    ],
    swiftLanguageModes: [.v6]
)
