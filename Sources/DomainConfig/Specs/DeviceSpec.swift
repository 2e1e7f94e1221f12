import DomainModel
import XenTypes

/// A grammar in which `xl.cfg` describes a device of one kind.
public protocol DeviceSpec {
    /// What a specification describes.
    associatedtype Device: LibxlStructure

    /// The grammar's key and parameters, for manuals and completion.
    static var grammar: SpecGrammar { get }

    /// Reads a specification.
    ///
    /// - Parameters:
    ///   - bytes: the specification as it stands in the configuration, quotes and escapes removed.
    ///   - device: what holds where the specification says nothing.
    static func parse(bytes: [UInt8], into device: Device) throws(SpecError) -> ParsedSpec<Device>

    /// Writes the specification that gives this device.
    ///
    /// What the toolstack fills in by itself is left out.
    /// - Throws: ``SpecError/Kind/inexpressible`` when a value holds what the grammar uses as a separator.
    static func text(for device: Device) throws(SpecError) -> String
}

extension DeviceSpec {
    /// Reads a specification given as a string, into an unset device where none is given.
    public static func parse(_ text: String, into device: Device = Device()) throws(SpecError) -> ParsedSpec<Device> {
        try parse(bytes: text.unescapedBytes, into: device)
    }
}
