import ArgumentParser
import XenToolstack
import XenTypes
import YajlJSON

struct XenstoreQuotaGetCommand: XLCommand {
    static let configuration = named(
        "xenstore-quota-get", "List global or domain specific Xenstore quotas", usage: "[--json] <Domain> | -g",
        discussion: "It needs the xenstored of Xen \(XenRelease.first(with: \.answersForStoreLimits)) or later.")

    /// Upstream has it from Xen 4.22 on.
    static let isUpstream = false

    @Flag(name: .customShort("g"), help: "Those that new domains get.") var isGlobal = false
    @Flag(help: "Print them as a JSON document.") var json = false
    @Argument(help: "Name, number or UUID of the domain.", completion: .domains) var domain: String?

    func validate() throws {
        guard isGlobal == (domain == nil) else { throw ValidationError("Domain or \"-g\" must be specified.") }
    }

    func run(in context: CommandContext) async throws -> ExitStatus {
        let toolstack = context.toolstack
        let domain = try domain.map { name throws(ToolstackError) in try toolstack.findDomain(name) }
        let quotas = try toolstack.storeQuotas(of: domain)
        if json {
            try Output.print(json: StoreQuotaOutput.document(quotas, of: domain))
        } else {
            Output.print(StoreQuotaOutput.table(quotas))
        }
        return .success
    }
}

struct XenstoreQuotaSetCommand: ActingCommand {
    static let configuration = named(
        "xenstore-quota-set", "Set global or domain specific Xenstore quotas",
        usage: "<Domain> <quota>=<val>... | -g <quota>=<val>...",
        discussion: "It needs the xenstored of Xen \(XenRelease.first(with: \.answersForStoreLimits)) or later. "
            + "0 is no limit.")

    /// Upstream has it from Xen 4.22 on.
    static let isUpstream = false

    @OptionGroup var outcome: OutcomeFlag
    @Flag(name: .customShort("g"), help: "Those that new domains get.") var isGlobal = false
    @Argument(help: "The domain unless -g is given, and then quotas with their values.") var operands: [String] = []

    var subject: String? { isGlobal ? nil : operands.first }
    private var settings: ArraySlice<String> { isGlobal ? operands[...] : operands.dropFirst() }

    func validate() throws {
        guard !settings.isEmpty else { throw ValidationError("Not enough parameters.") }
        _ = try settings.map(Self.quota)
    }

    func run(in context: CommandContext) async throws -> ExitStatus {
        let toolstack = context.toolstack
        let quotas = try settings.map(Self.quota)
        let domain = isGlobal ? nil : try toolstack.findDomain(operands[0])
        try toolstack.setStoreQuotas(quotas, of: domain)
        return .success
    }

    /// The number is decimal, hexadecimal after 0x or octal after 0, as strtoul(3) reads it.
    static func quota(_ text: String) throws -> Toolstack.StoreQuota {
        guard let equals = text.firstIndex(of: "=") else {
            throw ValidationError("Quota specification \"\(text.escapingControls)\" lacks \"=\".")
        }
        let digits = text[text.index(after: equals)...]
        guard let value = number(digits, as: UInt32.self) else {
            throw ValidationError(
                "Quota specification \"\(text.escapingControls)\" uses illegal value "
                    + "\"\(String(digits).escapingControls)\".")
        }
        return (String(text[..<equals]), value)
    }
}

/// What `xl xenstore-quota-get` prints.
enum StoreQuotaOutput {
    static func table(_ quotas: [Toolstack.StoreQuota]) -> String {
        let rows = quotas.map { $0.name.escapingControls.padded(to: 20) + " " + $0.value.rightAligned(to: 8) }
        return (["Quota name           Quota value", String(repeating: "-", count: 32)] + rows).joined(separator: "\n")
    }

    /// - Parameter domain: nil for what new domains get.
    static func document(_ quotas: [Toolstack.StoreQuota], of domain: DomainID?) -> JSONValue {
        let values = quotas.map { (name: $0.name, value: JSONValue.count($0.value)) }
        return .object([("domid", .count(domain?.rawValue)), ("quotas", .object(values))])
    }
}
