import CXen
import DomainModel
import Testing
import XenStore
import XenTypes
import YajlJSON

@testable import XenControl
@testable import XenToolstack
@testable import xl

/// Every value that a table shows is in the JSON: each row's words are made here from the document alone, so that a column
/// whose value the document lacks cannot be met.
@Suite struct TableTests {
    private func value(_ document: some Encodable) throws -> JSONValue {
        try YajlDecoder().decode(JSONValue.self, from: YajlEncoder().encode(document))
    }

    private func words(_ line: some StringProtocol) -> [String] {
        String(line).split(whereSeparator: { $0 == " " || $0 == "\t" }).map(String.init)
    }

    /// - Parameter row: what stands in a row, from an entry of the document.
    private func expect(
        _ table: String, heading: Int = 1, is document: some Encodable,
        sourceLocation: SourceLocation = #_sourceLocation, _ row: (JSONValue) -> [String]
    ) throws {
        let lines = table.split(separator: "\n").dropFirst(heading)
        let entries = try #require(try value(document).array)
        #expect(lines.count == entries.count && !entries.isEmpty, sourceLocation: sourceLocation)
        for (line, entry) in zip(lines, entries) {
            #expect(words(line) == row(entry).flatMap(words), sourceLocation: sourceLocation)
        }
    }

    // MARK: How a table shows what the document has

    private func name(_ entry: JSONValue) -> String { entry["name"]?.string?.escapingControls ?? "(null)" }
    private func number(_ entry: JSONValue, _ key: String, else missing: String = "-1") -> String {
        entry[key]?.integer.map { "\($0)" } ?? missing
    }
    private func sum(_ entry: JSONValue, _ keys: String...) -> Int64 {
        keys.reduce(0) { $0 + (entry[$1]?.integer ?? 0) }
    }
    private func flag(_ entry: JSONValue, _ key: String) -> Bool { entry[key]?.bool == true }
    private func seconds(_ entry: JSONValue) -> String {
        secondsText(nanoseconds: UInt64(entry["cpu_time_ns"]?.integer ?? 0))
    }
    private func ranges(_ entry: JSONValue, _ key: String, _ count: Int) -> String {
        Bitmap((entry[key]?.array ?? []).compactMap { $0.integer.map { Int($0) } }).rangeText(count: count)
    }
    private func letters(_ entry: JSONValue) -> String {
        let reason = ["-", "r", "s", "c", "w", "S"]
        let code = Int(entry["shutdown_code"]?.integer ?? 0)
        return [("running", "r"), ("blocked", "b"), ("paused", "p"), ("shutdown", "s")]
            .map { flag(entry, $0) ? $1 : "-" }.joined() + (code < reason.count ? reason[code] : "?")
            + (flag(entry, "dying") ? "d" : "-")
    }

    private func domain(_ id: UInt16, _ name: String?, flags: UInt32) -> ListedDomain {
        var raw = xc_domaininfo_t()
        (raw.domain, raw.flags, raw.cpupool, raw.ssidref) = (id, flags, 3, 7)
        (raw.tot_pages, raw.outstanding_pages, raw.shr_pages, raw.max_pages) = (5120, 2560, 768, 9999)
        (raw.cpu_time, raw.nr_online_vcpus, raw.max_vcpu_id) = (1_234_500_000_000, 3, 4)
        withUnsafeMutableBytes(of: &raw.handle) { bytes in for index in bytes.indices { bytes[index] = UInt8(index) } }
        var domain = ListedDomain(info: DomainInfo(raw), name: name)
        (domain.poolName, domain.nodeAffinity, domain.securityLabel) = ("fast pool", [1], "system_u:domU")
        (domain.type, domain.startTime) = (.pvh, 1_700_000_000)
        domain.addresses = ["192.0.2.9", "2001:db8::1"].compactMap { GuestAddress(card: 0, $0) }
        return domain
    }

    private var domains: [ListedDomain] {
        [
            domain(0, "Domain-0", flags: 1 << 5 | 0xFFFF_0000), domain(9, "a\u{1B}b c", flags: 1 << 2 | 3 << 16),
            domain(10, nil, flags: 1 << 3 | 1), domain(11, "w", flags: 1 << 4 | 1 << 3 | 0xFFFF_0000),
        ]
    }

    @Test func lists() throws {
        let columns: DomainListText.Columns = [.verbose, .pool, .nodeAffinity, .addresses]
        func usual(_ entry: JSONValue) -> [String] {
            [
                name(entry), number(entry, "domid"),
                "\(sum(entry, "memory_kib", "outstanding_memory_kib") / 1024)", number(entry, "vcpus_online"),
                letters(entry), seconds(entry),
            ]
        }
        try expect(
            DomainListText.table(domains, columns, nodeCount: 4), is: DomainListJSON.document(domains)
        ) { entry in
            usual(entry) + [
                entry["uuid"]?.string ?? "", entry["shutdown_code"]?.integer.map { String($0, radix: 16) } ?? "-",
                entry["security_label"]?.string ?? "-", entry["cpupool"]?.string ?? "(null)",
                ranges(entry, "node_affinity", 4),
                (entry["addresses"]?.array ?? []).compactMap { $0["address"]?.string }.joined(separator: ","),
            ]
        }
        try expect(DomainListText.table(domains, .claims), is: DomainListJSON.claims(domains)) { entry in
            usual(entry) + ["\(sum(entry, "outstanding_memory_kib") / 1024)"]
        }
        try expect(DomainListText.sharing(domains), is: DomainListJSON.sharing(domains)) { entry in
            [
                name(entry), number(entry, "domid"), "\(sum(entry, "memory_kib", "outstanding_memory_kib") / 1024)",
                "\(sum(entry, "shared_memory_kib") / 1024)",
            ]
        }
        try expect(VMListCommand.table(domains), is: DomainListJSON.machines(domains)) { entry in
            [entry["uuid"]?.string ?? "", number(entry, "domid"), name(entry)]
        }
    }

    @Test func vcpusAndUptimes() throws {
        let affinity = VCPUAffinity(hard: [0, 1, 5], soft: [2])
        func vcpu(_ number: UInt32, _ isOnline: Bool, _ isBlocked: Bool) -> ListedVCPUs.Entry {
            .init(
                info: VCPUInfo(
                    vcpu: number, isOnline: isOnline, isBlocked: isBlocked, isRunning: !isBlocked,
                    cpuTime: 708_800_000_000, cpu: 5), affinity: affinity)
        }
        let listed = [
            ListedVCPUs(
                domain: DomainID(4), name: "x",
                vcpus: [vcpu(0, true, true), vcpu(1, true, false), vcpu(2, false, true)])
        ]
        try expect(VCPUList.table(listed, cpuCount: 8), is: VCPUList.document(listed, cpuCount: 8)) { entry in
            let isOnline = flag(entry, "online")
            return [
                name(entry), number(entry, "domid"), number(entry, "vcpu"), isOnline ? number(entry, "cpu") : "-",
                isOnline ? (flag(entry, "running") ? "r" : "-") + (flag(entry, "blocked") ? "b" : "-") + "-" : "--p",
                seconds(entry), ranges(entry, "hard_affinity", 8), "/", ranges(entry, "soft_affinity", 8),
            ]
        }
        let uptimes = [DomainUptime(domain: DomainID(4), name: "y", seconds: 90_061)]
        try expect(UptimeText.table(uptimes), is: UptimeText.document(uptimes)) { entry in
            let time = UptimeText.duration(UInt64(sum(entry, "uptime_s")), isShort: false)
            return [name(entry), number(entry, "domid"), time]
        }
    }

    @Test func pools() throws {
        let pools = [
            CPUPool(id: 2, name: "p", scheduler: .credit2, domains: 4, cpus: [1, 3]),
            CPUPool(id: 3, name: nil, scheduler: nil, domains: 0, cpus: []),
        ]
        try expect(CPUPoolText.table(pools, listsCPUs: false), is: CPUPoolJSON.document(pools)) { entry in
            [
                name(entry), "\(entry["cpus"]?.array?.count ?? -1)", entry["scheduler"]?.string ?? "(null)", "y",
                number(entry, "domains"),
            ]
        }
        try expect(CPUPoolText.table([pools[0]], listsCPUs: true), is: CPUPoolJSON.document([pools[0]])) { entry in
            [name(entry), (entry["cpus"]?.array ?? []).map { "\($0.integer ?? -1)" }.joined(separator: ",")]
        }
        let schedule = SchedulerPool(
            id: 0, name: "Pool-0",
            settings: .credit(
                .init(timesliceMilliseconds: 30, rateLimitMicroseconds: 1000, migrationDelayMicroseconds: 5)),
            domains: [
                .init(domain: DomainID(7), name: "web", share: .credit(CreditParameters(weight: 512, cap: 40)))
            ])
        let credit = try value(SchedulerOutput.document([schedule], .credit)).array?.first ?? .null
        let heads = SchedulerOutput.text([schedule], .credit).split(separator: "\n").map(words)
        #expect(
            heads[0] == [
                "Cpupool", "\(credit["pool"]?.string ?? ""):", "tslice=\(number(credit, "tslice_ms"))ms",
                "ratelimit=\(number(credit, "ratelimit_us"))us",
                "migration-delay=\(number(credit, "migration_delay_us"))us",
            ])
        try expect(
            SchedulerOutput.text([schedule], .credit, isOneDomain: true), is: credit["domains"] ?? .null
        ) { entry in [name(entry), number(entry, "domid"), number(entry, "weight"), number(entry, "cap_percent")] }
    }

    private func device(
        _ kind: DeviceKind, _ record: [String: String] = [:], _ frontend: [String: String] = ["state": "4"],
        backendKind: DeviceKind? = nil
    ) -> DeviceStatus {
        DeviceStatus(
            address: DeviceAddress(
                domain: DomainID(7), kind: kind, id: 3, backendDomain: DomainID(2), backendKind: backendKind ?? kind),
            record: record, frontend: frontend)
    }

    private func state(_ entry: JSONValue) -> String {
        (0...8).compactMap(XenbusState.init(rawValue:)).first { $0.name == entry["state"]?.string }.map {
            "\($0.rawValue)"
        } ?? "-1"
    }

    @Test func devices() throws {
        let ring = ["state": "4", "event-channel": "12", "ring-ref": "8", "tx-ring-ref": "21", "rx-ring-ref": "22"]
        let disks = [device(.vbd, [:], ring), device(.vbd, [:], [:], backendKind: .qdisk)]
        try expect(Disks.text(disks), is: FieldDocument.list(disks, Disks.fields)) { entry in
            [
                number(entry, "device_number"), number(entry, "backend_domid"), number(entry, "domid"), state(entry),
                number(entry, "event_channel"), number(entry, "ring_ref"), entry["backend_path"]?.string ?? "",
            ]
        }
        let nics = [device(.vif, ["mac": "00:16:3e:01:02:03"], ring), device(.vif)]
        try expect(NetworkInterfaces.text(nics), is: FieldDocument.list(nics, NetworkInterfaces.fields)) { entry in
            [
                number(entry, "device_number"), number(entry, "backend_domid"),
                entry["mac"]?.string ?? "00:00:00:00:00:00", number(entry, "device_number"), state(entry),
                number(entry, "event_channel"), "\(number(entry, "tx_ring_ref"))/\(number(entry, "rx_ring_ref"))",
                entry["backend_path"]?.string ?? "",
            ]
        }
        let uuid = "11111111-2222-3333-4444-555555555555"
        let vtpms = [device(.vtpm, ["uuid": uuid], ring), device(.vtpm)]
        try expect(TPMs.text(vtpms), is: FieldDocument.list(vtpms, TPMs.fields)) { entry in
            [
                number(entry, "device_number"), number(entry, "backend_domid"),
                entry["uuid"]?.string ?? XenUUID.zero.description, number(entry, "device_number"), state(entry),
                number(entry, "event_channel"), number(entry, "ring_ref"), entry["backend_path"]?.string ?? "",
            ]
        }
        let keyboards = [device(.vkbd, ["unique-id": "kbd"], ["state": "1", "page-gref": "9"]), device(.vkbd)]
        try expect(Keyboards.text(keyboards), is: FieldDocument.list(keyboards, Keyboards.fields)) { entry in
            [
                number(entry, "device_number"), number(entry, "backend_domid"), number(entry, "device_number"),
                state(entry), number(entry, "event_channel"), number(entry, "page_ref"),
                entry["unique_id"]?.string ?? "(null)", entry["backend_type"]?.string ?? "",
                entry["backend_path"]?.string ?? "",
            ]
        }
        let terminal = ["name": "a", "connection": "pty"]
        let channels = [
            ChannelStatus(number: 0, device: device(.console, terminal, ["state": "1", "tty": "/dev/pts/3"])),
            ChannelStatus(number: 1, device: device(.console, ["name": "b"], ["port": "7", "ring-ref": "6"])),
        ]
        try expect(Channels.text(channels), is: FieldDocument.list(channels, Channels.fields)) { entry in
            let connection = entry["connection"]?.string ?? ""
            return [
                number(entry, "device_number"), number(entry, "backend_domid"), state(entry),
                number(entry, "event_channel"), number(entry, "ring_ref"), connection,
                connection == "pty" ? entry["path"]?.string ?? "" : "",
            ]
        }
    }

    @Test func otherDevices() throws {
        let connector = DevicePart(values: ["unique-id": "hd0", "resolution": "800x600", "req-ring-ref": "5"])
        let display = DisplayStatus(
            device: device(.vdispl, [:], ["state": "1", "be-alloc": "1"]), connectors: [connector])
        let entry = try value(FieldDocument(display, Displays.fields))
        let part = try #require(entry["connectors"]?.array?.first)
        let lines = Displays.text([display]).split(separator: "\n")
        #expect(
            lines[0]
                == "DevId: \(number(entry, "device_number")), BE: \(number(entry, "backend_domid")), handle: \(number(entry, "domid")), state: \(state(entry)), be-alloc: \(flag(entry, "backend_allocates") ? 1 : 0), BE-path: \(entry["backend_path"]?.string ?? ""), FE-path: \(entry["frontend_path"]?.string ?? "")"
        )
        #expect(
            lines[1]
                == "\tConnector: 0, id: \(part["unique_id"]?.string ?? ""), width: \(number(part, "width")), height: \(number(part, "height")), req-rref: \(number(part, "req_ring_ref")), req-evtch: \(number(part, "req_event_channel")), evt-rref: \(number(part, "evt_ring_ref")), evt-evtch: \(number(part, "evt_event_channel"))"
        )
        let address = PCIDeviceAddress(segment: 0, bus: 0x1A, devfn: 0xFA)
        let passed = [PassedPCIDevice(domain: DomainID(3), address: address, virtualDevfn: 0x2A)]
        try expect(
            TableColumn.table(PCIListCommand.columns, of: passed), is: FieldDocument.list(passed, PCIListCommand.fields)
        ) { entry in
            let slot = hexadecimal(entry["virtual_slot"]?.integer ?? -1, width: 2)
            return ["\(slot).\(number(entry, "virtual_function"))", entry["address"]?.string ?? ""]
        }
        let controllers = [
            USBControllerStatus(
                id: 1, type: .qusb, backendDomain: DomainID(2), backend: "/local/domain/2/backend/qusb/7/1", state: 4,
                version: 2, portCount: 2,
                ports: [.init(number: 1), .init(number: 2, device: "3-1", bus: 3, address: 0x1F)])
        ]
        let usb = try #require(try value(FieldDocument.list(controllers, USBListCommand.fields)).array?.first)
        let usbLines = USBListCommand.text(controllers).split(separator: "\n")
        #expect(
            words(usbLines[1]) == [
                number(usb, "device_number"), usb["type"]?.string ?? "", number(usb, "backend_domid"), state(usb),
                number(usb, "usb_version"), number(usb, "port_count"),
            ])
        #expect(
            usbLines.dropFirst(2).map(words)
                == (usb["ports"]?.array ?? []).map { port in
                    let place = ["bus", "address"].compactMap { key in
                        port[key]?.integer.map { hexadecimal($0, width: 3) }
                    }
                    let device = place.count == 2 ? ["Bus", place[0], "Device", place[1]] : []
                    return ["Port", "\(number(port, "port")):"] + device
                })
        let quotas = [(name: "nodes", value: UInt32(1000)), (name: "watches", value: 128)]
        guard case .object(let members)? = try value(StoreQuotaOutput.document(quotas, of: nil))["quotas"] else {
            Issue.record("quotas are missing")
            return
        }
        let rows = StoreQuotaOutput.table(quotas).split(separator: "\n").dropFirst(2)
        #expect(rows.map(words) == members.map { [$0.name, "\($0.value.integer ?? -1)"] })
    }
}
