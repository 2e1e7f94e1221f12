import XenTypes

/// A format of sound samples (`libxl_vsnd_pcm_format`).
public enum VSndPCMFormat: Int32, LibxlEnumeration {
    case s8 = 1
    case u8 = 2
    case s16Le = 3
    case s16Be = 4
    case u16Le = 5
    case u16Be = 6
    case s24Le = 7
    case s24Be = 8
    case u24Le = 9
    case u24Be = 10
    case s32Le = 11
    case s32Be = 12
    case u32Le = 13
    case u32Be = 14
    case f32Le = 15
    case f32Be = 16
    case f64Le = 17
    case f64Be = 18
    case iec958SubframeLe = 19
    case iec958SubframeBe = 20
    case muLaw = 21
    case aLaw = 22
    case imaAdpcm = 23
    case mpeg = 24
    case gsm = 25

    public static let names: KeyValuePairs<VSndPCMFormat, String> = [
        .s8: "s8", .u8: "u8", .s16Le: "s16_le", .s16Be: "s16_be", .u16Le: "u16_le", .u16Be: "u16_be",
        .s24Le: "s24_le", .s24Be: "s24_be", .u24Le: "u24_le", .u24Be: "u24_be", .s32Le: "s32_le",
        .s32Be: "s32_be", .u32Le: "u32_le", .u32Be: "u32_be", .f32Le: "f32_le", .f32Be: "f32_be",
        .f64Le: "f64_le", .f64Be: "f64_be", .iec958SubframeLe: "iec958_subframe_le",
        .iec958SubframeBe: "iec958_subframe_be", .muLaw: "mu_law", .aLaw: "a_law", .imaAdpcm: "ima_adpcm",
        .mpeg: "mpeg", .gsm: "gsm",
    ]
}

/// Direction of a sound stream (`libxl_vsnd_stream_type`): playback or capture.
public enum VSndStreamType: Int32, LibxlEnumeration {
    case p = 1
    case c = 2

    public static let names: KeyValuePairs<VSndStreamType, String> = [
        .p: "p", .c: "c",
    ]
}

/// What a sound device can do (`libxl_vsnd_params`): rates in hertz, buffer size in bytes.
public struct VSndParameters: LibxlStructure {
    public var sampleRates: [UInt32] = []
    public var sampleFormats: [VSndPCMFormat] = []
    public var channelsMin: UInt32 = 0
    public var channelsMax: UInt32 = 0
    public var bufferSize: UInt32 = 0

    public init() {}

    enum CodingKeys: String, LibxlKey {
        case sampleRates = "sample_rates"
        case sampleFormats = "sample_formats"
        case channelsMin = "channels_min"
        case channelsMax = "channels_max"
        case bufferSize = "buffer_size"
    }
}

/// A stream of a sound device (`libxl_vsnd_stream`).
public struct VSndStream: LibxlStructure {
    public var uniqueID: String?
    public var type: VSndStreamType?
    public var params: VSndParameters = VSndParameters()

    public init() {}

    enum CodingKeys: String, LibxlKey {
        case uniqueID = "unique_id"
        case type
        case params
    }
}

/// A PCM device of a sound card (`libxl_vsnd_pcm`).
public struct VSndPCM: LibxlStructure {
    public var name: String?
    public var params: VSndParameters = VSndParameters()
    public var streams: [VSndStream] = []

    public init() {}

    enum CodingKeys: String, LibxlKey {
        case name
        case params
        case streams
    }
}

/// A paravirtual sound card (`libxl_device_vsnd`).
public struct VSndDevice: LibxlStructure {
    public var backendDomainID: DomainID = .control
    public var backendDomainName: String?
    public var deviceID: Int32?
    public var shortName: String?
    public var longName: String?
    public var params: VSndParameters = VSndParameters()
    public var pcms: [VSndPCM] = []

    public init() {}

    enum CodingKeys: String, LibxlKey {
        case backendDomainID = "backend_domid"
        case backendDomainName = "backend_domname"
        case deviceID = "devid"
        case shortName = "short_name"
        case longName = "long_name"
        case params
        case pcms
    }
}
