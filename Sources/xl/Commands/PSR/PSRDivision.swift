import ArgumentParser
import XenToolstack
import XenTypes

/// The sockets that a command is about.
struct SocketOptions: ParsableArguments {
    @Option(
        name: [.customShort("s", allowingJoined: true), .customLong("socket")], parsing: .unconditionalSingleValue,
        help: "Only these sockets, such as 0,2-3; without it, all.")
    var sockets: [String] = []

    func validate() throws { _ = try chosen }

    /// nil for all.
    var chosen: Bitmap? {
        get throws {
            var result = Bitmap()
            for range in sockets.flatMap({ $0.split(separator: ",", omittingEmptySubsequences: false) }) {
                let ends = range.split(separator: "-", omittingEmptySubsequences: false).map { UInt16($0) }
                guard let first = ends.first ?? nil, let last = ends.last ?? nil, ends.count <= 2, first <= last else {
                    throw ValidationError("\"\(String(range).escapingControls)\" is no socket and no range of sockets")
                }
                for socket in first...last { result.insert(Int(socket)) }
            }
            return result.isEmpty ? nil : result
        }
    }
}

struct PSRCacheSetCommand: XLCommand {
    static let configuration = named(
        "psr-cat-set", "Set cache capacity bitmasks(CBM) for a domain", usage: "[options] <Domain> <CBM>",
        discussion: "Each bit of the mask is an equal part of the cache; the bits that are set must be neighbours.")

    @OptionGroup var sockets: SocketOptions
    @Option(name: [.customShort("l", allowingJoined: true), .long], help: "The level of the cache, 3 or 2.") var level =
        3
    @Flag(name: [.short, .long], help: "Set the mask of code alone, where CDP is on.") var code = false
    @Flag(name: [.short, .long], help: "Set the mask of data alone, where CDP is on.") var data = false
    @Flag(help: "Print what holds then as a JSON document.") var json = false
    @Argument(help: "Name, number or UUID of the domain.", completion: .domains) var domain: String
    @Argument(help: "The mask: decimal, or hexadecimal after 0x.") var mask: String

    static func exitStatus(for error: any Error) -> ExitStatus { ExitStatus(resourcesCode: error) }

    func validate() throws {
        guard number(mask, as: UInt64.self) != nil else {
            throw ValidationError("\"\(mask.escapingControls)\" is no mask")
        }
    }

    func run(in context: CommandContext) async throws -> ExitStatus {
        try PSRLevel.check(level)
        guard !code || !data else { throw ToolstackError(.invalid, "Cannot handle -c and -d at the same time") }
        guard level == 3 || !code && !data else {
            throw ToolstackError(.invalid, "code and data have masks of their own in the level 3 cache alone")
        }
        let toolstack = context.toolstack
        let target = try toolstack.findDomain(domain)
        guard let value = number(mask, as: UInt64.self) else { return .usage }
        try toolstack.setShare(
            level == 2 ? .level2Mask : code ? .level3CodeMask : data ? .level3DataMask : .level3Mask, to: value,
            of: target, sockets: sockets.chosen)
        if json {
            let resource = SharedResource.cache(level: level)
            try Output.print(json: PSROutput.document(toolstack.divisions(of: resource, only: target), resource))
        }
        return .success
    }
}

struct PSRCacheShowCommand: XLCommand {
    static let configuration = named(
        "psr-cat-show", "Show Cache Allocation Technology information", usage: "[options] [<Domain>]")

    @Option(name: [.customShort("l", allowingJoined: true), .long], help: "The level of the cache, 3 or 2.") var level =
        3
    @Flag(help: "Print it as a JSON document.") var json = false
    @Argument(help: "Only this domain: name, number or UUID.", completion: .domains) var domain: String?

    static func exitStatus(for error: any Error) -> ExitStatus { ExitStatus(resourcesCode: error) }

    func run(in context: CommandContext) async throws -> ExitStatus {
        try PSRLevel.check(level)
        return try PSROutput.show(.cache(level: level), of: domain, asJSON: json, in: context.toolstack)
    }
}

struct PSRBandwidthSetCommand: XLCommand {
    static let configuration = named(
        "psr-mba-set", "Set throttling value (THRTL) for a domain", usage: "[options] <Domain> <THRTL>",
        discussion: "0 is no throttling. xl psr-hwinfo -b shows the largest value, and whether it is a percentage.")

    @OptionGroup var sockets: SocketOptions
    @Flag(help: "Print what holds then as a JSON document.") var json = false
    @Argument(help: "Name, number or UUID of the domain.", completion: .domains) var domain: String
    @Argument(help: "The value: decimal, or hexadecimal after 0x.") var throttle: String

    static func exitStatus(for error: any Error) -> ExitStatus { ExitStatus(resourcesCode: error) }

    func validate() throws {
        guard number(throttle, as: UInt64.self) != nil else {
            throw ValidationError("\"\(throttle.escapingControls)\" is no throttling value")
        }
    }

    func run(in context: CommandContext) async throws -> ExitStatus {
        let toolstack = context.toolstack
        let target = try toolstack.findDomain(domain)
        guard let value = number(throttle, as: UInt64.self) else { return .usage }
        try toolstack.setShare(.memoryThrottle, to: value, of: target, sockets: sockets.chosen)
        if json {
            try Output.print(json: PSROutput.document(toolstack.divisions(of: .bandwidth, only: target), .bandwidth))
        }
        return .success
    }
}

struct PSRBandwidthShowCommand: XLCommand {
    static let configuration = named(
        "psr-mba-show", "Show Memory Bandwidth Allocation information", usage: "[--json] [<Domain>]")

    @Flag(help: "Print it as a JSON document.") var json = false
    @Argument(help: "Only this domain: name, number or UUID.", completion: .domains) var domain: String?

    static func exitStatus(for error: any Error) -> ExitStatus { ExitStatus(resourcesCode: error) }

    func run(in context: CommandContext) async throws -> ExitStatus {
        try PSROutput.show(.bandwidth, of: domain, asJSON: json, in: context.toolstack)
    }
}

private enum PSRLevel {
    static func check(_ level: Int) throws(ToolstackError) {
        guard level == 2 || level == 3 else {
            throw ToolstackError(.invalid, "Input lvl \(level) is wrong", remedy: "it is 2 or 3")
        }
    }
}
