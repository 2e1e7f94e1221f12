import ArgumentParser
import DomainConfig
import DomainModel
import XenToolstack
import YajlJSON

struct CDInsertCommand: DomainActingCommand {
    static let configuration = named(
        "cd-insert", "Insert a cdrom into a guest's cd drive", usage: "[options] <Domain> <VirtualDevice> <path>",
        discussion: "What is in the drive comes out. Drives, empty ones too, are those of the guest's configuration.")
    static let supportsDryRun = true

    @OptionGroup var outcome: OutcomeFlag
    @Option(
        help: "The image's format: raw, qcow2, qcow, vhd or qed.", completion: .list(["raw", "qcow2", "vhd", "qed"]))
    var format = "raw"
    @Argument(help: "Name, number or UUID of the domain.", completion: .domains) var domain: String
    @Argument(help: "The drive: hdc.") var drive: String
    @Argument(help: "The image: a file or a block device.", completion: .file()) var path: String

    func run(in context: CommandContext) async throws -> ExitStatus {
        try await context.changeMedium(of: domain, drive, ["format=\(format)", "target=\(path)"])
    }
}

struct CDEjectCommand: DomainActingCommand {
    static let configuration = named("cd-eject", "Eject a cdrom from a guest's cd drive")
    static let supportsDryRun = true

    @OptionGroup var outcome: OutcomeFlag
    @Argument(help: "Name, number or UUID of the domain.", completion: .domains) var domain: String
    @Argument(help: "The drive: hdc.") var drive: String

    func run(in context: CommandContext) async throws -> ExitStatus {
        try await context.changeMedium(of: domain, drive, ["target="])
    }
}

extension CommandContext {
    /// - Parameter image: words of a disk specification.
    fileprivate func changeMedium(of domain: String, _ drive: String, _ image: [String]) async throws -> ExitStatus {
        let target = try toolstack.findDomain(domain)
        guard VirtualDevice(drive) != nil else {
            throw ToolstackError(
                .invalid, "\(drive) is no virtual device", domain: target,
                remedy: "CD drives are hda to hdd")
        }
        let words = ["vdev=\(drive)", "access=r", "devtype=cdrom"] + image
        let medium = try DiskSpec.parse(words: words).printingWarnings()
        if options.isDryRun {
            Output.print(bytes: try Array("disk: ".utf8) + YajlEncoder().encode(medium) + [UInt8(ascii: "\n")])
        } else {
            try await TerminationSignals.cancelling { [toolstack] in
                try await toolstack.changeMedium(medium, of: target)
            }
        }
        return .success
    }
}
