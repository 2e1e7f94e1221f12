import ArgumentParser
import XenToolstack
import YajlJSON

struct NetworkListCommand: XLCommand {
    static let configuration = named("network-list", "List virtual network interfaces for a domain")

    @Flag(help: "Print them as a JSON document.") var json = false
    @Argument(help: "Names, numbers or UUIDs of domains.") var domains: [String]

    func run(in context: CommandContext) async throws -> ExitStatus {
        let engine = DeviceEngine(context.toolstack)
        var nics: [DeviceStatus] = []
        var failure: (any Error)?
        for domain in domains where failure == nil {
            do { nics += try engine.nics(of: context.toolstack.findDomain(domain)) } catch { failure = error }
        }
        if json {
            if let failure { throw failure }
            Output.print(bytes: try YajlEncoder().encode(nics.map(NICJSON.init)))
        } else {
            Output.print(DeviceTable.nics(nics))
            if let failure { throw failure }
        }
        return .success
    }
}
