import XenToolstack
import XenTypes

/// Upstream's tables of devices, byte for byte.
enum DeviceTable {
    static func disks(_ disks: [DeviceStatus]) -> String {
        let head = "Vdev  BE  handle state evt-ch ring-ref BE-path                       "
        let rows = disks.map { disk in
            [
                "\(disk.address.id)".padded(to: 5), "\(disk.address.backendDomain)".padded(to: 3),
                "\(disk.address.domain)".padded(to: 6), number(disk, "state").padded(to: 5),
                number(disk, "event-channel").padded(to: 6), number(disk, "ring-ref").padded(to: 8),
                disk.address.backend.description.padded(to: 30),
            ].joined(separator: " ")
        }
        return ([head] + rows).joined(separator: "\n")
    }

    static func nics(_ nics: [DeviceStatus]) -> String {
        let head = "Idx BE Mac Addr.         handle state evt-ch   tx-/rx-ring-ref BE-path                       "
        let rows = nics.map { nic in
            let places = "\(nic.address.id)".padded(to: 3) + " \(nic.address.backendDomain)".padded(to: 3) + " "
            let mac = (nic.record["mac"] ?? "00:00:00:00:00:00").escapingControls
            let numbers =
                "\(nic.address.id)".rightAligned(to: 6) + " " + number(nic, "state").rightAligned(to: 5) + " "
                + number(nic, "event-channel").rightAligned(to: 6) + " "
                + number(nic, "tx-ring-ref").rightAligned(to: 5) + "/" + number(nic, "rx-ring-ref").padded(to: 11)
            return places + mac + numbers + " " + nic.address.backend.description.padded(to: 30)
        }
        return ([head] + rows).joined(separator: "\n")
    }

    /// A node of the frontend; -1 stands for one that is not there.
    static func number(_ status: DeviceStatus, _ key: String) -> String { "\(status.number(key) ?? -1)" }
}

extension DeviceEngine {
    /// The disks of a domain with what the lists show.
    func disks(of domain: DomainID) throws(ToolstackError) -> [DeviceStatus] {
        try statuses(
            of: domain, kinds: [.vbd, .virtioDisk],
            recordKeys: ["params", "script", "dev", "type", "mode", "device-type", "removable"],
            frontendKeys: ["event-channel", "ring-ref"])
    }

    func nics(of domain: DomainID) throws(ToolstackError) -> [DeviceStatus] {
        try statuses(
            of: domain, kinds: [.vif],
            recordKeys: ["mac", "bridge", "script", "vifname", "ip", "gatewaydev", "rate", "mtu", "type"],
            frontendKeys: ["event-channel", "tx-ring-ref", "rx-ring-ref"])
    }
}
