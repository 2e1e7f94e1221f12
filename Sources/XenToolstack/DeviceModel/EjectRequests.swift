import DomainModel
import XenStore
import XenTypes

extension Toolstack {
    /// Empties CD drives of an HVM guest when its paravirtual driver asks for it, until the task is cancelled.
    ///
    /// - Parameter report: hears of every drive that was emptied or could not be.
    package func serveEjectRequests(
        of domain: DomainID, report: @escaping @Sendable (String) -> Void
    ) async throws(ToolstackError) {
        guard try type(of: domain) == .hvm, deviceModelDomain(of: domain) == nil else { return }
        let drives = try DeviceEngine(self).statuses(
            of: domain, kinds: [.vbd], recordKeys: ["dev", "device-type", "removable"], frontendKeys: []
        ).filter { $0.record["device-type"] == "cdrom" && $0.record["removable"] == "1" }
        await withTaskGroup(of: Void.self) { group in
            for drive in drives { group.addTask { await self.serve(drive, report) } }
        }
    }

    /// Most reports of one drive: a guest can press its button all day, and the log is on dom0's disk.
    private static let reportLimit = 100
    /// How long a drive's next request waits: each costs dom0 QEMU's time, locks and writes.
    private static let requestPause = Duration.seconds(1)

    private func serve(_ drive: DeviceStatus, _ report: @Sendable (String) -> Void) async {
        let request = drive.address.frontend / "eject"
        var reports = 0
        do {
            for try await _ in try store.watch(request) {
                guard try store.read(request) == "eject" else { continue }
                // The node says that the request was taken, not that it could be granted.
                try store.write(request, "")
                if Self.holdsMedium(try store.read(drive.address.record / "params")) {
                    let outcome = await empty(drive)
                    reports += 1
                    if reports <= Self.reportLimit { report(outcome) }
                }
                guard (try? await idle(for: Self.requestPause)) != nil else { return }
            }
        } catch {
            report("cannot follow the CD drive \(drive.record["dev"] ?? "") any longer: \(error)")
        }
    }

    /// Whether a drive holds anything, from what QEMU was told to put into it: a format and a path, either of which may
    /// be missing.
    static func holdsMedium(_ parameters: String?) -> Bool {
        guard let parameters else { return true }
        return !(parameters.firstIndex(of: ":").map { parameters[$0...].dropFirst() } ?? parameters[...]).isEmpty
    }

    /// - Returns: what came of it.
    private func empty(_ drive: DeviceStatus) async -> String {
        var medium = DiskDevice()
        medium.virtualDevice = drive.record["dev"]
        medium.physicalPath = ""
        medium.format = .empty
        medium.isRemovable = true
        medium.isCDROM = true
        do throws(ToolstackError) {
            // A guest that has locked its own drive need not be waited for.
            try await changeMedium(medium, of: drive.address.domain, waitsForTray: false)
            return "The guest has ejected the CD in \(drive.record["dev"] ?? "")"
        } catch {
            return "\(error)"
        }
    }
}
