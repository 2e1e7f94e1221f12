import XenTypes

/// What can be wrong with devices and with what they are made of.
enum DeviceFindings {
    static let table = [
        Ailment(
            "device-backend-left", "a backend whose device is on no record, or whose guest is no more", backendsLeft),
        Ailment("device-backend-gone", "a device whose backend's nodes or domain are gone", backendsGone),
        Ailment("device-unserved", "a backend that nobody answers for", unserved),
        Ailment("device-script-failed", "a backend whose hotplug script failed", failedScripts),
        Ailment("device-closing", "a device that is being detached, and that its guest has not let go of", closing),
        Ailment("control-disk", "a disk that dom0 still holds, as for a bootloader", controlDisks),
        Ailment("loop-device-left", "a loop device that nothing uses", loopsLeft),
        Ailment("interface-left", "a network interface of a guest that is no more", interfacesLeft),
        Ailment("usb-device-left", "a USB device that was a guest's, and that dom0 has not got back", usbDevicesLeft),
    ]

    private static let changing = [
        "create", "restore", "migrate-receive", "destroy", "block-attach", "block-detach", "network-attach",
        "network-detach", "save", "migrate", "reboot", "shutdown", "cd-insert", "cd-eject",
        "usbctrl-attach", "usbctrl-detach", "usbdev-attach", "usbdev-detach",
    ]

    private static func title(_ backend: StoreSight.Backend, _ host: HostSnapshot) -> String {
        "\(backend.kind.rawValue) \(backend.id) of \(host.title(backend.domain))"
    }

    private static func isRecorded(_ backend: StoreSight.Backend, _ store: StoreSight) -> Bool {
        store.records[backend.domain]?.contains { $0.backend == backend.path } == true
    }

    /// The backends that are residue: their guest is gone and its records with it, or has no record of them.
    static func isLeft(_ backend: StoreSight.Backend, _ host: HostSnapshot) -> Bool {
        guard let store = host.store, !isRecorded(backend, store) else { return false }
        // Without its tree, another toolstack made the domain, which keeps no such records.
        return !host.exists(backend.domain) || store.records[backend.domain] != nil
    }

    static func backendsLeft(_ host: HostSnapshot) -> [Finding] {
        (host.store?.backends ?? []).filter { isLeft($0, host) && host.exists($0.owner) }.map { backend in
            let isHere = backend.owner == .control
            let address = DeviceAddress(
                domain: backend.domain, kind: backend.kind.frontend, id: backend.id, backendPath: backend.path)
            let lives = host.exists(backend.domain)
            return Finding(
                title(backend, host), domain: backend.domain,
                lives
                    ? "\(host.title(backend.owner)) has a backend for it, but the guest has no such device."
                    : "\(host.title(backend.owner)) has a backend for a guest that is no more.",
                who: backend.parameters.flatMap { $0.isEmpty ? nil : "it uses \($0)" },
                remedy: isHere
                    ? "xl doctor --fix"
                    : "remove \(backend.path) in domain \(backend.owner), or restart that domain",
                repair: isHere ? address.map { .removeBackend($0) } : nil,
                hindrance: isHere ? (lives ? host.workHindrance : host.foreignHindrance) : nil)
        }
    }

    static func backendsGone(_ host: HostSnapshot) -> [Finding] {
        guard let store = host.store, !host.isDoing(changing) else { return [] }
        let paths = Set(store.backends.map(\.path))
        return host.guests.flatMap { domain in
            (store.records[domain.domain] ?? []).filter { record in
                // A USB controller that QEMU emulates has none.
                let hasNone = record.kind == .vusb && record.backend.isEmpty
                return !record.kind.isConsole && !hasNone && !paths.contains(record.backend)
            }.map { record in
                let device = DeviceAddress(
                    domain: domain.domain, kind: record.kind, id: record.id, backendPath: record.backend)
                let owner = device.flatMap { host.exists($0.backendDomain) ? nil : $0.backendDomain }
                return Finding(
                    "\(record.kind.rawValue) \(record.id) of \(host.title(domain.domain))", domain: domain.domain,
                    owner.map { "Domain \($0), which had its backend, is no more." }
                        ?? "It is on record, but its backend has no nodes any more.",
                    remedy: detaching(record.kind, record.id, of: domain.domain, isForced: true))
            }
        }
    }

    /// The command that takes a device off its guest.
    private static func detaching(
        _ kind: DeviceKind, _ id: UInt32, of domain: DomainID, isForced: Bool = false
    ) -> String {
        let commands: [DeviceKind: String] = [
            .vbd: "block-detach", .qdisk: "block-detach", .vif: "network-detach", .vtpm: "vtpm-detach",
            .vkbd: "vkb-detach", .vdispl: "vdispl-detach", .vsnd: "vsnd-detach", .vusb: "usbctrl-detach",
            .qusb: "usbctrl-detach",
        ]
        guard let command = commands[kind] else { return "xl destroy \(domain), and create it anew" }
        return "xl \(command)\(isForced && command == "block-detach" ? " --force" : "") \(domain) \(id)"
    }

    /// The backends of guests that live, while nobody changes devices.
    private static func settled(_ host: HostSnapshot) -> [StoreSight.Backend] {
        guard let store = host.store, !host.isDoing(changing) else { return [] }
        let guests = Set(host.guests.filter { !host.isHalfMade($0) && $0.shutdownReason == nil }.map(\.domain))
        return store.backends.filter { guests.contains($0.domain) && isRecorded($0, store) }
    }

    static func unserved(_ host: HostSnapshot) -> [Finding] {
        settled(host).filter { !$0.kind.isConsole && state($0) == .initialising }.map { backend in
            let module = backend.kind.backendModule
            let missing = backend.owner == .control ? host.resources.missingModules.first { $0.name == module } : nil
            let cause = missing.map { " The kernel's driver for it, \($0.name), is not there." } ?? ""
            return Finding(
                title(backend, host), domain: backend.domain,
                """
                Its backend in \(host.title(backend.owner)) has never been taken up: the guest cannot use the \
                device.\(cause)
                """,
                remedy: (module.map { "modprobe \($0) in domain \(backend.owner)" }
                    ?? "look whether the program that serves it runs in domain \(backend.owner)")
                    + ", then detach and attach the device")
        }
    }

    private static func state(_ backend: StoreSight.Backend) -> XenbusState? {
        backend.state.flatMap { XenbusState(text: $0) }
    }

    static func failedScripts(_ host: HostSnapshot) -> [Finding] {
        settled(host).filter { $0.hotplugStatus == "error" }.map { backend in
            Finding(
                title(backend, host), domain: backend.domain,
                "Its hotplug script failed\(backend.hotplugError.map { ": \($0)" } ?? ".")",
                remedy: detaching(backend.kind, backend.id, of: backend.domain) + ", and attach it anew")
        }
    }

    static func closing(_ host: HostSnapshot) -> [Finding] {
        settled(host).filter { $0.online == "0" }.map { backend in
            let isClosed = state(backend) == .closed
            return Finding(
                title(backend, host), domain: backend.domain,
                isClosed
                    ? "It is closed, but whoever detached it did not come to the end."
                    : "It is to be detached, and the guest has not let go of it.",
                remedy: detaching(backend.kind, backend.id, of: backend.domain, isForced: !isClosed))
        }
    }

    static func controlDisks(_ host: HostSnapshot) -> [Finding] {
        guard let store = host.store,
            !host.isDoing(["create", "restore", "block-attach", "block-detach"]),
            !host.processes.contains(where: { if case .bootloader = host.role($0) { true } else { false } })
        else { return [] }
        return (store.records[.control] ?? []).filter { $0.kind == .vbd }.map { record in
            let backend = store.backends.first { $0.path == record.backend }
            // A bootloader's is in no configuration of upstream's xl, one that was attached by hand is.
            let isWanted = host.controlDisks?.contains(record.id) != false
            return Finding(
                "vbd \(record.id) of dom0", domain: .control,
                """
                dom0 has a disk of its own attached, as it does for a bootloader, and no bootloader runs: the image \
                cannot be used elsewhere.
                """,
                who: backend?.parameters.map { "it is \($0)" }, remedy: "xl block-detach 0 \(record.id)",
                repair: DeviceAddress(
                    domain: .control, kind: record.kind, id: record.id, backendPath: record.backend
                ).map { .detachFromControl($0) },
                consent: isWanted ? .named : .general, hindrance: host.workHindrance)
        }
    }

    static func loopsLeft(_ host: HostSnapshot) -> [Finding] {
        guard let store = host.store, !host.isDoing(changing) else { return [] }
        let used = Set(store.backends.compactMap(\.loop))
        let isScripting = host.processes.contains { $0.script != nil }
        return host.loops.filter { loop in
            let device = "/dev/loop\(loop.identity.number)"
            return !loop.clearsItself && !loop.isSpecial && !loop.isHeld && !used.contains(loop.identity.number)
                && !isScripting && !host.processes.contains { $0.opened.contains(device) }
        }.map { loop in
            let device = "/dev/loop\(loop.identity.number)"
            let isOurs = host.abandonedLoops.contains(loop.identity)
            return Finding(
                device,
                "It shows \(loop.identity.file), and neither a guest nor anything in dom0 uses it.",
                who: isOurs ? "a device that was left over used it" : nil,
                remedy: "losetup -d \(device), unless you made it for later",
                repair: isOurs ? .freeLoop(loop.identity) : nil, hindrance: isOurs ? host.workHindrance : nil,
                severity: isOurs ? .problem : .note)
        }
    }

    static func interfacesLeft(_ host: HostSnapshot) -> [Finding] {
        host.interfaces.compactMap { interface in
            guard let domain = guest(ofInterface: interface.name), !host.exists(domain) else { return nil }
            // Its QEMU, or its backend, is what is left, and takes it along.
            let hasQEMU = host.processes.contains { host.role($0) == .deviceModel(domain) }
            let hasBackend =
                host.store?.backends.contains { $0.kind == .vif && $0.domain == domain } != false
                || host.store?.records[domain] != nil
            guard !hasQEMU, !hasBackend else { return nil }
            return Finding(
                interface.name, domain: domain,
                "It is named as an interface of domain \(domain), which is no more.",
                remedy: interface.kind == .device
                    ? "dom0's kernel still has the backend: see what holds the domain's pages"
                    : "ip link delete \(interface.name.quotedForShell)",
                repair: interface.kind == .tap ? .removeInterface(interface) : nil, hindrance: host.foreignHindrance)
        }
    }

    /// The domain that an interface is named after: `vifDOMID.CARD`, or the same with `-emu`.
    static func guest(ofInterface name: String) -> DomainID? {
        guard name.hasPrefix("vif") else { return nil }
        let rest = name.hasSuffix("-emu") ? name.dropLast(4) : name[...]
        let parts = rest.dropFirst(3).split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count == 2, UInt32(parts[1]) != nil, let number = UInt32(parts[0]) else { return nil }
        return DomainID(number)
    }

    static func usbDevicesLeft(_ host: HostSnapshot) -> [Finding] {
        guard !host.isDoing(changing) else { return [] }
        return host.usbDevicesLeft.map { name in
            Finding(
                "USB device \(name)",
                "It was taken from its drivers in dom0 for a guest, no guest has it, and they have not got it back.",
                remedy: "unplug it and plug it in again", repair: .returnUSBDevice(name), hindrance: host.workHindrance)
        }
    }
}
