/// The classes of devices that the same commands list, and most of which they attach and detach, in the order of the help.
enum DeviceTable {
    static let classes: [any ListedDevices.Type] = [
        NetworkInterfaces.self, Channels.self, Disks.self, TPMs.self, Keyboards.self, Displays.self, SoundCards.self,
    ]

    static var rows: [CommandRow] { classes.flatMap { $0.rows } }
}
