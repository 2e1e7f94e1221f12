import DomainModel
import SystemPackage
import XenStore
import XenTypes

/// Which console of which domain a user gets to see, and the program that shows it.
package struct ConsolePlan: Sendable, Hashable {
    /// The domain that has the console: the guest itself, or its device model's domain.
    package var domain: DomainID
    package var number: UInt32
    package var type: ConsoleType
    /// The key that leaves the console: a character, or ^ and a letter; nil for the client's own.
    package var escape: String?

    package init(domain: DomainID, number: UInt32 = 0, type: ConsoleType = .pv) {
        self.domain = domain
        self.number = number
        self.type = type
    }

    /// xenconsole with its arguments.
    ///
    /// - Throws: `notSupported` for another key that leaves it, where the release's cannot be told of one.
    package func process(_ paths: HostPaths) throws(ToolstackError) -> ChildProcess.Plan {
        guard escape == nil || paths.release.choosesConsoleEscape else {
            throw ToolstackError(
                .notSupported, "cannot choose the key that leaves the console",
                cause: "the xenconsole of Xen \(paths.release) has its own, ^]", remedy: "leave -e out")
        }
        var plan = ChildProcess.Plan(
            paths.libexec.appending("xenconsole"),
            ["\(domain)", "--num", "\(number)", "--type", type.name])
        if let escape { plan.arguments += ["--escape", escape] }
        plan.input = .inherited
        return plan
    }
}

extension Toolstack {
    /// The number of the console of a device model's domain that carries the guest's serial line
    /// (`STUBDOM_CONSOLE_SERIAL`).
    private static let serialLineNumber: UInt32 = 3

    /// The console that a user means who names none.
    package func primaryConsole(of domain: DomainID) throws(ToolstackError) -> ConsolePlan {
        if let stubdomain = deviceModelDomain(of: domain) {
            return ConsolePlan(domain: stubdomain, number: Self.serialLineNumber)
        }
        return ConsolePlan(domain: domain, type: try type(of: domain) == .hvm ? .serial : .pv)
    }
}
