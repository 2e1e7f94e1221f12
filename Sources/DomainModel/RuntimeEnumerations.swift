/// A kind of console (`libxl_console_type`).
public enum ConsoleType: Int32, DefaultedEnumeration {
    /// Not said.
    case unknown = 0
    /// An emulated serial port.
    case serial = 1
    /// A paravirtual console.
    case pv = 2
    /// The serial port that the hypervisor emulates on ARM.
    case vuart = 3

    public static let names: KeyValuePairs<ConsoleType, String> = [
        .unknown: "unknown", .serial: "serial", .pv: "pv", .vuart: "vuart",
    ]
    public static let defaultValue = ConsoleType.unknown
}

/// An event that can be sent to a domain (`libxl_trigger`, `XEN_DOMCTL_SENDTRIGGER_*`).
public enum Trigger: Int32, DefaultedEnumeration {
    /// None.
    case unknown = 0
    /// The power button.
    case power = 1
    /// The sleep button.
    case sleep = 2
    /// A non-maskable interrupt.
    case nmi = 3
    /// The processor's INIT signal.
    case `init` = 4
    /// The reset button.
    case reset = 5
    /// Wakes a guest that sleeps (ACPI S3).
    case s3resume = 6

    public static let names: KeyValuePairs<Trigger, String> = [
        .unknown: "unknown", .power: "power", .sleep: "sleep", .nmi: "nmi", .`init`: "init",
        .reset: "reset", .s3resume: "s3resume",
    ]
    public static let defaultValue = Trigger.unknown
}

/// Whether and by what a migration stream is checkpointed (`libxl_checkpointed_stream`).
public enum CheckpointedStream: Int32, DefaultedEnumeration {
    /// It is not.
    case none = 0
    /// By Remus: the copy takes over when this one is lost.
    case remus = 1
    /// By COLO: both copies run, and what they send is compared.
    case colo = 2

    public static let names: KeyValuePairs<CheckpointedStream, String> = [
        .none: "none", .remus: "remus", .colo: "colo",
    ]
    public static let defaultValue = CheckpointedStream.none
}
