import XenTypes

/// A format of sound samples (`libxl_vsnd_pcm_format`).
public enum VSndPCMFormat: Int32, LibxlEnumeration {
    /// Signed numbers of 8 bits.
    case s8 = 1
    /// Unsigned numbers of 8 bits.
    case u8 = 2
    /// Signed numbers of 16 bits, little-endian.
    case s16Le = 3
    /// Signed numbers of 16 bits, big-endian.
    case s16Be = 4
    /// Unsigned numbers of 16 bits, little-endian.
    case u16Le = 5
    /// Unsigned numbers of 16 bits, big-endian.
    case u16Be = 6
    /// Signed numbers of 24 bits, little-endian.
    case s24Le = 7
    /// Signed numbers of 24 bits, big-endian.
    case s24Be = 8
    /// Unsigned numbers of 24 bits, little-endian.
    case u24Le = 9
    /// Unsigned numbers of 24 bits, big-endian.
    case u24Be = 10
    /// Signed numbers of 32 bits, little-endian.
    case s32Le = 11
    /// Signed numbers of 32 bits, big-endian.
    case s32Be = 12
    /// Unsigned numbers of 32 bits, little-endian.
    case u32Le = 13
    /// Unsigned numbers of 32 bits, big-endian.
    case u32Be = 14
    /// Floating-point numbers of 32 bits, little-endian.
    case f32Le = 15
    /// Floating-point numbers of 32 bits, big-endian.
    case f32Be = 16
    /// Floating-point numbers of 64 bits, little-endian.
    case f64Le = 17
    /// Floating-point numbers of 64 bits, big-endian.
    case f64Be = 18
    /// Frames of S/PDIF, little-endian.
    case iec958SubframeLe = 19
    /// Frames of S/PDIF, big-endian.
    case iec958SubframeBe = 20
    /// Logarithmic bytes, as in North America (G.711).
    case muLaw = 21
    /// Logarithmic bytes, as in Europe (G.711).
    case aLaw = 22
    /// Differences, as the IMA has it.
    case imaAdpcm = 23
    /// MPEG.
    case mpeg = 24
    /// GSM.
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
    /// Playback.
    case p = 1
    /// Capture.
    case c = 2

    public static let names: KeyValuePairs<VSndStreamType, String> = [
        .p: "p", .c: "c",
    ]
}

/// What a sound device can do (`libxl_vsnd_params`): rates in hertz, buffer size in bytes.
public struct VSndParameters: LibxlStructure {
    /// Rates, in hertz.
    public var sampleRates: [UInt32] = []
    /// Formats of samples.
    public var sampleFormats: [VSndPCMFormat] = []
    /// Fewest channels; 0 for not said.
    public var channelsMin: UInt32 = 0
    /// Most channels; 0 for not said.
    public var channelsMax: UInt32 = 0
    /// Largest buffer, in bytes; 0 for not said.
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
    /// Name by which the backend knows the stream.
    public var uniqueID: String?
    /// Playback or capture; required.
    public var type: VSndStreamType?
    /// What the stream can do.
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
    /// The PCM device's name.
    public var name: String?
    /// What its streams can do.
    public var params: VSndParameters = VSndParameters()
    /// Its streams.
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
    /// The domain that serves it; the control domain unless one is named.
    public var backendDomainID: DomainID = .control
    /// The domain that serves it, by name, number or UUID; nil for ``backendDomainID``.
    public var backendDomainName: String?
    /// The device's number; nil for the next free one.
    public var deviceID: Int32?
    /// The card's short name.
    public var shortName: String?
    /// The card's long name.
    public var longName: String?
    /// What all its streams can do.
    public var params: VSndParameters = VSndParameters()
    /// Its PCM devices.
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
