/// The interrupt controller of a guest on ARM (`libxl_gic_version`).
public enum GICVersion: Int32, DefaultedEnumeration {
    /// That of the machine.
    case `default` = 0
    /// GICv2.
    case v2 = 32
    /// GICv3.
    case v3 = 48

    public static let names: KeyValuePairs<GICVersion, String> = [
        .default: "default", .v2: "v2", .v3: "v3",
    ]
    public static let defaultValue = GICVersion.default
}

/// The serial port that the hypervisor emulates on ARM (`libxl_vuart_type`).
public enum VUARTType: Int32, DefaultedEnumeration {
    /// None.
    case unknown = 0
    /// That of the server base system architecture.
    case sbsaUart = 1

    public static let names: KeyValuePairs<VUARTType, String> = [
        .unknown: "unknown", .sbsaUart: "sbsa_uart",
    ]
    public static let defaultValue = VUARTType.unknown
}

/// The trusted execution environment that a guest on ARM may use (`libxl_tee_type`).
public enum TEEType: Int32, DefaultedEnumeration {
    /// None.
    case none = 0
    /// OP-TEE.
    case optee = 1
    /// A partition that speaks FF-A.
    case ffa = 2

    public static let names: KeyValuePairs<TEEType, String> = [
        .none: "none", .optee: "optee", .ffa: "ffa",
    ]
    public static let defaultValue = TEEType.none
}

/// Length of SVE vectors in bits (`libxl_sve_type`, Xen 4.18).
public enum SVEType: Int32, DefaultedEnumeration {
    /// As long as the machine has them.
    case hw = -1
    /// No SVE.
    case disabled = 0
    /// Vectors of 128 bits.
    case bits128 = 128
    /// Vectors of 256 bits.
    case bits256 = 256
    /// Vectors of 384 bits.
    case bits384 = 384
    /// Vectors of 512 bits.
    case bits512 = 512
    /// Vectors of 640 bits.
    case bits640 = 640
    /// Vectors of 768 bits.
    case bits768 = 768
    /// Vectors of 896 bits.
    case bits896 = 896
    /// Vectors of 1024 bits.
    case bits1024 = 1024
    /// Vectors of 1152 bits.
    case bits1152 = 1152
    /// Vectors of 1280 bits.
    case bits1280 = 1280
    /// Vectors of 1408 bits.
    case bits1408 = 1408
    /// Vectors of 1536 bits.
    case bits1536 = 1536
    /// Vectors of 1664 bits.
    case bits1664 = 1664
    /// Vectors of 1792 bits.
    case bits1792 = 1792
    /// Vectors of 1920 bits.
    case bits1920 = 1920
    /// Vectors of 2048 bits.
    case bits2048 = 2048

    public static let names: KeyValuePairs<SVEType, String> = [
        .hw: "hw", .disabled: "disabled", .bits128: "128", .bits256: "256", .bits384: "384",
        .bits512: "512", .bits640: "640", .bits768: "768", .bits896: "896", .bits1024: "1024",
        .bits1152: "1152", .bits1280: "1280", .bits1408: "1408", .bits1536: "1536", .bits1664: "1664",
        .bits1792: "1792", .bits1920: "1920", .bits2048: "2048",
    ]
    public static let defaultValue = SVEType.disabled
}

/// The system control interface of a guest on ARM (`libxl_arm_sci_type`, Xen 4.21).
public enum ARMSCIType: Int32, DefaultedEnumeration {
    /// No interface.
    case none = 0
    /// SCMI by calls of the secure monitor.
    case scmiSmc = 1

    public static let names: KeyValuePairs<ARMSCIType, String> = [
        .none: "none", .scmiSmc: "scmi_smc",
    ]
    public static let defaultValue = ARMSCIType.none
}

/// The system control interface of a guest on ARM (`libxl_arm_sci`, Xen 4.21).
public struct ARMSCI: LibxlStructure {
    /// The interface.
    public var type: ARMSCIType = .none

    public init() {}

    enum CodingKeys: String, LibxlKey {
        case type
    }
}
