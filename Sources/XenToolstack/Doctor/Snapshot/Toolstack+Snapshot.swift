import DomainModel
import Glibc
import SystemPackage
import XenControl
import XenStore
import XenTypes
import YajlJSON

extension Toolstack {
    /// Looks at the host. What cannot be read is missing in the snapshot; nothing is changed.
    ///
    /// - Parameter saves: directories in which saves may have been left unfinished, besides the toolstack's own.
    /// - Throws: when the hypervisor does not answer.
    func snapshot(saves: [FilePath] = []) throws(ToolstackError) -> HostSnapshot {
        var snapshot = HostSnapshot()
        snapshot.time = time(nil)
        snapshot.lib = paths.lib
        snapshot.earlierDomains = try seenDomains()
        snapshot.processes = Self.others(ProcessReader(logs: paths.log).read())
        let places = [paths.lib, paths.lib.appending("save"), paths.lib.appending("dump")] + saves
        let files = FileReader(paths: paths, saveDirectories: places)
        snapshot.files = files.files()
        snapshot.locks = files.locks(among: snapshot.files)
        snapshot.loops = LoopReader().read()
        snapshot.interfaces = InterfaceReader().read()
        snapshot.resources = ResourceReader().read(loops: snapshot.loops)
        do {
            var reader = StoreReader(store)
            snapshot.store = try reader.read()
        } catch {
            snapshot.storeProblem = "\(error)"
        }
        snapshot.usbDevicesLeft = (try? USBPassthrough(self).leftDevices()) ?? []
        readNotes(&snapshot)
        snapshot.pools = ((try? hypervisor.cpuPools()) ?? []).map {
            SeenPool(id: $0.id, domains: $0.domains, cpus: $0.cpus.count)
        }
        snapshot.domains = try seenDomains()
        return snapshot
    }

    private func seenDomains() throws(ToolstackError) -> [SeenDomain] {
        do { return try hypervisor.domains().map { SeenDomain($0) } } catch {
            throw ToolstackError(.fail, "cannot list the domains", underlying: error)
        }
    }

    /// The processes without this one's children, which work for it, but with the monitors that it has started, and
    /// without those that it works for: who has called the doctor is not at work on what it mends.
    private static func others(_ processes: [SeenProcess]) -> [SeenProcess] {
        let parents = Dictionary(processes.map { ($0.id, $0.parent) }) { first, _ in first }
        var callers: Set<Int32> = []
        var next = getppid()
        while next > 1, callers.insert(next).inserted { next = parents[next] ?? 0 }
        return processes.filter { process in
            (process.parent != getpid() || process.watched != nil) && !callers.contains(process.id)
        }
    }

    private func readNotes(_ snapshot: inout HostSnapshot) {
        let arrivals = try? self.arrivals()
        for domain in snapshot.earlierDomains {
            let data = UserData(of: domain.domain, uuid: domain.uuid, paths: paths)
            if let note = MigrationNote(data, arrivals) { snapshot.notes[domain.domain] = note }
            // Read without its lock: a file is replaced as a whole.
            guard let configuration = (try? data.readConfiguration()) ?? nil else { continue }
            let name = snapshot.home(domain.domain)?.name ?? ""
            if configuration.wantsNothing(of: domain, called: name) { snapshot.needNoMonitor.insert(domain.domain) }
            if domain.domain == .control {
                snapshot.controlDisks = Set(
                    configuration.disks.compactMap { DiskClass.number(of: $0) })
            }
        }
    }
}

extension MigrationNote {
    /// Larger ones are no notes of ours.
    private static let limit = 1 << 16

    /// What is noted of a domain; nil when nothing is. Read without locks: looking must not leave anything.
    fileprivate init?(_ data: UserData, _ arrivals: ArrivalJournal?) {
        let decoder = YajlDecoder()
        if let bytes = (try? data.read(.handover, limit: Self.limit)) ?? nil {
            self = .handedOver(host: (try? decoder.decode(Handover.self, from: bytes))?.host)
            return
        }
        guard let arrivals, let bytes = (try? Files.read(arrivals.path(of: data.uuid), limit: Self.limit)) ?? nil,
            let note = try? decoder.decode(Arrival.self, from: bytes), note.domain == data.domain,
            note.boot == arrivals.boot
        else { return nil }
        self = note.stage == .waiting ? .waiting : .arrived
    }
}

extension DomainConfiguration {
    /// Whether nobody has anything to do about the domain: it is to be left as it is however it ends, or has ended so
    /// that it stays.
    func wantsNothing(of domain: SeenDomain, called name: String) -> Bool {
        if let reason = domain.shutdownReason, let action = ShutdownPolicy.action(for: reason, in: self) {
            return action == .preserve || action == .restartRename && Self.isPreserved(name)
        }
        return [onPoweroff, onReboot, onWatchdog, onCrash].allSatisfy { $0 == .preserve }
    }

    /// Whether a name has the ending that `rename-restart` gives to what it keeps: "-20261130T1301Z".
    private static func isPreserved(_ name: String) -> Bool {
        let pattern = "-00000000T0000Z".utf8
        let ending = name.utf8.suffix(pattern.count)
        return ending.map { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) ? UInt8(ascii: "0") : $0 }
            .elementsEqual(pattern)
    }
}
