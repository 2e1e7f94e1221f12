import DomainModel

/// What the shutdown of a guest leads to, in the words of a configuration.
let shutdownActions: [(name: String, action: ActionOnShutdown)] = [
    ("destroy", .destroy), ("restart", .restart), ("rename-restart", .restartRename), ("preserve", .preserve),
    ("coredump-destroy", .coredumpDestroy), ("coredump-restart", .coredumpRestart), ("soft-reset", .softReset),
]

private func action(
    _ name: String, _ place: Place<DomainConfiguration, ActionOnShutdown>, _ summary: String,
    default defaultText: String
) -> ConfigKey {
    ConfigKey(
        name, .choice(shutdownActions.map(\.name)), summary, default: defaultText,
        write: { configuration in
            let name = shutdownActions.first { $0.action == configuration[keyPath: place] }?.name
            return name == defaultText ? nil : name.map(WrittenValue.text)
        }
    ) { value, key, draft in
        guard let text = draft.atom(value, key) else { return }
        guard let found = shutdownActions.first(where: { $0.name == text.string }) else {
            return draft.reportChoice(text, key)
        }
        draft.configuration[keyPath: place] = found.action
    }
}

/// Identity, life cycle and the guest's place on the host.
let generalKeys: [ConfigKey] = [
    ConfigKey(
        "name", .text("NAME"), "The domain's name, unique on the host",
        write: { $0.createInfo.name.map(WrittenValue.text) }),
    ConfigKey(
        "uuid", .text("UUID"), "The domain's UUID", default: "a random one",
        write: { $0.createInfo.uuid.map { .text($0.description) } }),
    ConfigKey(
        "type", .choice(["pv", "pvh", "hvm"]), "What kind of guest it is", default: "pv",
        write: { $0.createInfo.type == .pv ? nil : .text($0.createInfo.type.name) }),
    ConfigKey(
        "builder", .choice(["hvm", "generic"]), "The kind of guest, in old words", .deprecated("write type= instead")),
    .text("pool", \.createInfo.poolName, "NAME", "The CPU pool to run in", default: "Pool-0"),
    ConfigKey(
        "init_seclabel", .text("LABEL"), "Flask label while the domain is built", default: "seclabel",
        write: { $0.buildInfo.execSSIDLabel == nil ? nil : $0.createInfo.ssidLabel.map(WrittenValue.text) }),
    ConfigKey(
        "seclabel", .text("LABEL"), "Flask label of the domain",
        write: { ($0.buildInfo.execSSIDLabel ?? $0.createInfo.ssidLabel).map(WrittenValue.text) }),
    action("on_poweroff", \.onPoweroff, "What to do when the guest powers off", default: "destroy"),
    action("on_reboot", \.onReboot, "What to do when the guest reboots", default: "restart"),
    action("on_watchdog", \.onWatchdog, "What to do when the guest's watchdog fires", default: "destroy"),
    action("on_crash", \.onCrash, "What to do when the guest crashes", default: "destroy"),
    action(
        "on_soft_reset", \.onSoftReset,
        "What to do when the guest asks for a soft reset, which only HVM guests can have", default: "soft-reset"),
    .flag("nomigrate", \.buildInfo.disableMigrate, "Forbid saving and migration", default: "0"),
    .flag("driver_domain", \.createInfo.driverDomain, "Let the guest be a backend for others", default: "0"),
    .flag(
        "xend_suspend_evtchn_compat", \.createInfo.xendSuspendEventChannelCompat,
        "Let the guest write the store node of the suspend event channel, as xend did", default: "0"),
    .flag("localtime", \.buildInfo.localtime, "Set the guest's clock to local time instead of UTC", default: "0"),
    .integer(
        "rtc_timeoffset", \.buildInfo.rtcTimeOffset, Int64(Int32.min)...Int64(UInt32.max), unit: "seconds",
        "Offset of the guest's clock from UTC", default: "0"),
    .integer(
        "max_event_channels", \.buildInfo.eventChannels, 0...Int64(UInt32.max), "Most event channels of the guest",
        default: "1023"),
    .integer(
        "max_grant_frames", \.buildInfo.maxGrantFrames, 0...Int64(Int32.max), unit: "frames",
        "Most frames of the guest's grant table", default: "max_grant_frames of xl.conf"),
    .integer(
        "max_maptrack_frames", \.buildInfo.maxMaptrackFrames, 0...Int64(Int32.max), unit: "frames",
        "Most frames for the grants that the guest maps", default: "max_maptrack_frames of xl.conf"),
    .integer(
        "max_grant_version", \.buildInfo.maxGrantVersion, 0...Int64(Int32.max),
        "Highest grant table version of the guest", default: "max_grant_version of xl.conf"),
    .integer(
        "xenstore_feature_mask", \.buildInfo.xenstoreFeatureMask, 0...Int64(UInt32.max),
        "Features of the store that the guest may see", since: "4.21"),
    ConfigKey(
        "xenstore_quota", .list("NAME=NUMBER"),
        "The guest's quota in the store; refused where xenstored has none for single guests, as before 4.21",
        since: "4.22",
        write: { $0.buildInfo.xenstoreQuota.map { .list($0.items.map { "\($0.name ?? "")=\($0.value)" }) } },
        store: storeXenstoreQuota),
]

private let storeXenstoreQuota: ConfigKey.Store = { value, key, draft in
    guard let texts = draft.texts(value, key, needsList: true, needsTexts: true) else { return }
    var items: [XenstoreQuota] = []
    for text in texts {
        guard let equals = text.bytes.firstIndex(of: UInt8(ascii: "=")),
            let number = try? CNumber(text.bytes[(equals + 1)...], base: 0), number.end == text.bytes.count,
            let amount = number.value(as: UInt32.self)
        else {
            draft.sink.error(
                .invalidSpec, "\(key.name): \"\(text.string)\" is no quota", at: text.range,
                expected: "NAME=NUMBER with a number from 0 to \(UInt32.max)", key: key.name)
            continue
        }
        var item = XenstoreQuota()
        item.name = String(escapingBytes: text.bytes[..<equals])
        item.value = amount
        items.append(item)
    }
    draft.configuration.buildInfo.xenstoreQuota = XenstoreQuotaList()
    draft.configuration.buildInfo.xenstoreQuota?.items = items
}
