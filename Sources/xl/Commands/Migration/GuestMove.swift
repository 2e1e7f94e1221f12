import DomainModel
import XenToolstack
import XenTypes

/// One guest's way to another host, with what may have to be taken back.
struct GuestMove: Sendable {
    let domain: DomainID
    /// As it is sent.
    let configuration: DomainConfiguration
    /// As the user calls it.
    let host: String
    let commands: MigrationWay.Commands
    var options: MigrationOptions

    /// - Parameter ended: hears how the command that led to the other side ended, when the migration failed.
    func run(
        in toolstack: Toolstack, ended: (MigrationTransport, ChildProcess.ExitStatus?) -> Void = { _, _ in }
    ) async throws -> MigrationSummary {
        var options = options
        let throttle = options.limits.busy == .throttle ? try Throttling(domain, toolstack) : nil
        defer { throttle?.end() }
        options.throttle = { tenths in throttle?.slow(by: tenths) }
        if let inquiry = commands.inquiry {
            options.inquire = MigrationInquiry.asker(inquiry, within: toolstack.timeouts.migrationAnswer)
        }
        let transport = try MigrationTransport(commands.receiver)
        do {
            let summary = try await toolstack.migrate(
                domain, through: transport.connection, configuration: configuration, options: options, to: host,
                inquiry: commands.inquiry)
            await transport.close()
            return summary
        } catch {
            ended(transport, await transport.close())
            throw error
        }
    }
}

/// A guest's throttle, and who gives the guest its time back should this process be killed.
private struct Throttling: Sendable {
    private let throttle: GuestThrottle
    private let keeper: Keeper

    init(_ domain: DomainID, _ toolstack: Toolstack) throws {
        throttle = try GuestThrottle(toolstack, domain)
        keeper = try Keeper(.throttle(toolstack.info(of: domain).uuid, cap: throttle.originalCap))
    }

    func slow(by tenths: Int) { throttle.slow(by: tenths) }

    func end() {
        throttle.restore()
        keeper.release()
    }
}
