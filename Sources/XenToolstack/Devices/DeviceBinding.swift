import SystemPackage
import XenTypes

/// A step by which a device of the host changes hands between its driver and what holds devices for guests.
struct BindingEntry<Step: Sendable & Hashable>: Sendable, Hashable {
    var step: Step
    var wayBack: Step?
}

extension Toolstack {
    /// Carries steps out to their end; when one fails, takes back those before it.
    ///
    /// - Parameter what: in words that follow "cannot".
    func carryOut<Step>(
        _ entries: [BindingEntry<Step>], _ what: String,
        _ perform: @escaping @Sendable (Step) async throws(ToolstackError) -> Void
    ) async throws(ToolstackError) {
        try await toTheEnd { [self] () async throws(ToolstackError) in
            var undo = UndoStack()
            for entry in entries {
                do throws(ToolstackError) {
                    try await perform(entry.step)
                } catch {
                    // A driver that the kernel does not come back from would hold up what takes the steps back.
                    if error.code != .timedOut { await undo.unwind(self) }
                    throw ToolstackError(error.code, "cannot \(what)", underlying: error)
                }
                if let wayBack = entry.wayBack {
                    undo.push("a step of: \(what)") { try await perform(wayBack) }
                }
            }
        }
    }

    /// Writes the name of a device to one of the files by which drivers take devices and let go of them.
    func bind(_ name: String, by file: FilePath) async throws(ToolstackError) {
        do throws(SysfsError) {
            try await sysfs.write(name, to: file, within: timeouts.deviceBinding)
        } catch {
            var failure = ToolstackError(.fail, "cannot write \(name) to \(file)", cause: "\(error)")
            switch error {
            case .silent: failure.code = .timedOut
            case .refused(.permissionDenied), .refused(.notPermitted): failure.remedy = "run the command as root"
            case .refused(.resourceBusy): failure.remedy = "something still uses it, or another driver has it"
            case .refused(.noSuchFileOrDirectory): failure.remedy = "the driver is not loaded"
            case .refused: failure.remedy = "dmesg may say why"
            }
            throw failure
        }
    }
}
