/// A kind of console (`libxl_console_type`).
public enum ConsoleType: Int32, DefaultedEnumeration {
    case unknown = 0
    case serial = 1
    case pv = 2
    case vuart = 3

    public static let names: KeyValuePairs<ConsoleType, String> = [
        .unknown: "unknown", .serial: "serial", .pv: "pv", .vuart: "vuart",
    ]
    public static let defaultValue = ConsoleType.unknown
}

/// An event that can be sent to a domain (`libxl_trigger`, `XEN_DOMCTL_SENDTRIGGER_*`).
public enum Trigger: Int32, DefaultedEnumeration {
    case unknown = 0
    case power = 1
    case sleep = 2
    case nmi = 3
    case `init` = 4
    case reset = 5
    case s3resume = 6

    public static let names: KeyValuePairs<Trigger, String> = [
        .unknown: "unknown", .power: "power", .sleep: "sleep", .nmi: "nmi", .`init`: "init",
        .reset: "reset", .s3resume: "s3resume",
    ]
    public static let defaultValue = Trigger.unknown
}

/// Whether and by what a migration stream is checkpointed (`libxl_checkpointed_stream`).
public enum CheckpointedStream: Int32, DefaultedEnumeration {
    case none = 0
    case remus = 1
    case colo = 2

    public static let names: KeyValuePairs<CheckpointedStream, String> = [
        .none: "none", .remus: "remus", .colo: "colo",
    ]
    public static let defaultValue = CheckpointedStream.none
}
