import ArgumentParser
import DomainConfig
import DomainModel
import XenToolstack

struct NetworkAttachCommand: DomainActingCommand {
    static let configuration = named(
        "network-attach", "Create a new virtual network device",
        discussion: "The words are those of vif= in a configuration: mac=, bridge=, script=, ip=, rate=, vifname=, ….")
    static let supportsDryRun = true

    @OptionGroup var outcome: OutcomeFlag
    @Argument(help: "Name, number or UUID of the domain.", completion: .domains) var domain: String
    @Argument(help: "Settings of the interface: key=value.") var specification: [String] = []

    func run(in context: CommandContext) async throws -> ExitStatus {
        try await context.attach(NICClass.self, as: "vif", to: domain) {
            try VIFSpec.parse(words: specification, into: Self.initial(try context.globalConfig()))
        }
    }

    /// An interface with the defaults of `xl.conf`.
    static func initial(_ global: GlobalConfig) -> NICDevice {
        var nic = NICDevice()
        nic.script = global.vifScript
        nic.bridge = global.vifBridge
        nic.gatewayDevice = global.vifGatewayDevice
        nic.backendDomainName = global.vifBackend
        return nic
    }
}
