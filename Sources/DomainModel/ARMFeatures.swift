/// The interrupt controller of a guest on ARM (`libxl_gic_version`).
public enum GICVersion: Int32, DefaultedEnumeration {
    case `default` = 0
    case v2 = 32
    case v3 = 48

    public static let names: KeyValuePairs<GICVersion, String> = [
        .default: "default", .v2: "v2", .v3: "v3",
    ]
    public static let defaultValue = GICVersion.default
}

/// The serial port that the hypervisor emulates on ARM (`libxl_vuart_type`).
public enum VUARTType: Int32, DefaultedEnumeration {
    case unknown = 0
    case sbsaUart = 1

    public static let names: KeyValuePairs<VUARTType, String> = [
        .unknown: "unknown", .sbsaUart: "sbsa_uart",
    ]
    public static let defaultValue = VUARTType.unknown
}

/// The trusted execution environment that a guest on ARM may use (`libxl_tee_type`).
public enum TEEType: Int32, DefaultedEnumeration {
    case none = 0
    case optee = 1
    case ffa = 2

    public static let names: KeyValuePairs<TEEType, String> = [
        .none: "none", .optee: "optee", .ffa: "ffa",
    ]
    public static let defaultValue = TEEType.none
}

/// Length of SVE vectors in bits (`libxl_sve_type`, Xen 4.18).
public enum SVEType: Int32, DefaultedEnumeration {
    case hw = -1
    case disabled = 0
    case bits128 = 128
    case bits256 = 256
    case bits384 = 384
    case bits512 = 512
    case bits640 = 640
    case bits768 = 768
    case bits896 = 896
    case bits1024 = 1024
    case bits1152 = 1152
    case bits1280 = 1280
    case bits1408 = 1408
    case bits1536 = 1536
    case bits1664 = 1664
    case bits1792 = 1792
    case bits1920 = 1920
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
    case none = 0
    case scmiSmc = 1

    public static let names: KeyValuePairs<ARMSCIType, String> = [
        .none: "none", .scmiSmc: "scmi_smc",
    ]
    public static let defaultValue = ARMSCIType.none
}

/// The system control interface of a guest on ARM (`libxl_arm_sci`, Xen 4.21).
public struct ARMSCI: LibxlStructure {
    public var type: ARMSCIType = .none

    public init() {}

    enum CodingKeys: String, LibxlKey {
        case type
    }
}
