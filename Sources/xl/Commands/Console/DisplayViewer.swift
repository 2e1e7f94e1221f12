import Glibc
import SystemPackage
import XenToolstack
import XenTypes

/// The program that shows a guest's VNC display: `$VNCVIEWER`, or `vncviewer`.
struct DisplayViewer {
    private let toolstack: Toolstack

    init(_ toolstack: Toolstack) { self.toolstack = toolstack }

    /// Starts the viewer and does not wait for it.
    ///
    /// - Parameter passesPassword: hands the display's password to the viewer, on its standard input.
    func start(for domain: DomainID, passesPassword: Bool) throws {
        var plan = try plan(for: domain, passesPassword: passesPassword)
        plan.group = .own
        _ = try ChildProcess.start(plan)
    }

    /// Becomes the viewer. Returns only on failure.
    func replaceSelf(for domain: DomainID, passesPassword: Bool) throws -> Errno {
        let plan = try plan(for: domain, passesPassword: passesPassword)
        if case .descriptor(let input) = plan.input { _ = try input.duplicate(as: .standardInput) }
        return plan.replaceSelf()
    }

    private func plan(for domain: DomainID, passesPassword: Bool) throws -> ChildProcess.Plan {
        let display = try toolstack.vncDisplay(of: domain)
        let name = getenv("VNCVIEWER").map { String(cString: $0) } ?? "vncviewer"
        var plan = ChildProcess.Plan(try Self.find(name), ["\(display.host):\(display.number)"])
        if passesPassword, let password = display.password {
            plan.arguments.append("-autopass")
            plan.input = .descriptor(try Self.stream(of: password))
        }
        return plan
    }

    private static func find(_ name: String) throws(ToolstackError) -> FilePath {
        if name.contains("/") { return FilePath(name) }
        let path = getenv("PATH").map { String(cString: $0) } ?? "/usr/bin:/bin"
        for directory in path.split(separator: ":") {
            let candidate = FilePath("\(directory)/\(name)")
            if access(candidate.string, X_OK) == 0 { return candidate }
        }
        throw ToolstackError(
            .notFound, "cannot find the VNC viewer \(name)", remedy: "install one, or name it in VNCVIEWER")
    }

    /// A stream that ends after the text.
    private static func stream(of text: String) throws -> FileDescriptor {
        let pipe = try FileDescriptor.pipe()
        defer { try? pipe.writeEnd.close() }
        // A password fits into a pipe's buffer.
        try pipe.writeEnd.writeAll(text.utf8.prefix(4096))
        return pipe.readEnd
    }
}
