import XenToolstack

/// One disk of `block-list --json` (`schemas/block-list.schema.json`).
struct DiskJSON: FieldDocument {
    let domid: UInt32
    let deviceNumber: UInt32
    let vdev: String?
    let backendDomid: UInt32
    let backendType: String?
    let format: String?
    let target: String?
    let script: String?
    let isReadOnly: Bool
    let isCDROM: Bool
    let isRemovable: Bool
    let state: String?
    let eventChannel: Int32?
    let ringReference: Int32?
    let backendPath: String

    init(_ disk: DeviceStatus) {
        domid = disk.address.domain.rawValue
        deviceNumber = disk.address.id
        vdev = disk.record["dev"]
        backendDomid = disk.address.backendDomain.rawValue
        backendType = disk.record["type"]
        (format, target) = Self.source(disk.record["params"], type: disk.record["type"])
        script = disk.record["script"]
        isReadOnly = disk.record["mode"] == "r"
        isCDROM = disk.record["device-type"] == "cdrom"
        isRemovable = disk.record["removable"] == "1"
        state = disk.state?.name
        eventChannel = disk.number("event-channel")
        ringReference = disk.number("ring-ref")
        backendPath = disk.address.backend.description
    }

    /// QEMU's disks have their format before a colon; the others are raw.
    private static func source(_ parameters: String?, type: String?) -> (format: String?, target: String?) {
        guard let parameters else { return (nil, nil) }
        guard type == "qdisk", let colon = parameters.firstIndex(of: ":") else { return ("raw", parameters) }
        let format = String(parameters[..<colon])
        return (format == "aio" ? "raw" : format, String(parameters[parameters.index(after: colon)...]))
    }

    enum CodingKeys: String, CodingKey, CaseIterable {
        case domid
        case deviceNumber = "device_number"
        case vdev
        case backendDomid = "backend_domid"
        case backendType = "backend_type"
        case format
        case target
        case script
        case isReadOnly = "read_only"
        case isCDROM = "cdrom"
        case isRemovable = "removable"
        case state
        case eventChannel = "event_channel"
        case ringReference = "ring_ref"
        case backendPath = "backend_path"
    }
}

/// One interface of `network-list --json` (`schemas/network-list.schema.json`).
struct NICJSON: FieldDocument {
    let domid: UInt32
    let deviceNumber: UInt32
    let mac: String?
    let type: String?
    let bridge: String?
    let script: String?
    let interface: String
    let ip: String?
    let gatewayDevice: String?
    let mtu: UInt32?
    let rateBytesPerInterval: UInt64?
    let rateIntervalMicroseconds: UInt64?
    let backendDomid: UInt32
    let state: String?
    let eventChannel: Int32?
    let transmitRing: Int32?
    let receiveRing: Int32?
    let backendPath: String

    init(_ nic: DeviceStatus) {
        domid = nic.address.domain.rawValue
        deviceNumber = nic.address.id
        mac = nic.record["mac"]
        type = nic.record["type"]
        bridge = nic.record["bridge"]
        script = nic.record["script"]
        interface = nic.record["vifname"] ?? "vif\(nic.address.domain).\(nic.address.id)"
        ip = nic.record["ip"]
        gatewayDevice = nic.record["gatewaydev"]
        mtu = nic.record["mtu"].flatMap { UInt32($0) }
        let rate = nic.record["rate"]?.split(separator: ",").map { UInt64($0) } ?? []
        rateBytesPerInterval = rate.count == 2 ? rate[0] : nil
        rateIntervalMicroseconds = rate.count == 2 ? rate[1] : nil
        backendDomid = nic.address.backendDomain.rawValue
        state = nic.state?.name
        eventChannel = nic.number("event-channel")
        transmitRing = nic.number("tx-ring-ref")
        receiveRing = nic.number("rx-ring-ref")
        backendPath = nic.address.backend.description
    }

    enum CodingKeys: String, CodingKey, CaseIterable {
        case domid
        case deviceNumber = "device_number"
        case mac
        case type
        case bridge
        case script
        case interface
        case ip
        case gatewayDevice = "gateway_device"
        case mtu
        case rateBytesPerInterval = "rate_bytes_per_interval"
        case rateIntervalMicroseconds = "rate_interval_us"
        case backendDomid = "backend_domid"
        case state
        case eventChannel = "event_channel"
        case transmitRing = "tx_ring_ref"
        case receiveRing = "rx_ring_ref"
        case backendPath = "backend_path"
    }
}
