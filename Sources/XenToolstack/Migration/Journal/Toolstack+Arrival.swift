import XenControl
import XenStore
import XenTypes

extension Toolstack {
    /// The notes on domains that arrived here.
    func arrivals() throws(ToolstackError) -> ArrivalJournal { try ArrivalJournal(in: paths.lib) }

    /// What this host knows of the domains with a UUID.
    private func facts(of uuid: XenUUID, _ note: Arrival?) throws(ToolstackError) -> ArrivalFacts {
        do {
            let domains = try hypervisor.domains().filter { $0.uuid == uuid }
            // A store that fails must not make a domain one without a name.
            let values = try store.read(
                domains.flatMap { [DomainPaths($0.domain).guest / "name", DomainPaths($0.domain).guest / "vm"] })
            let vm = DomainPaths.vm(uuid).description
            let copies = try domains.enumerated().map { index, info in
                let data = UserData(of: info.domain, uuid: uuid, paths: paths)
                return ArrivalFacts.Copy(
                    domain: info.domain, isDying: info.flags.contains(.dying), isPaused: info.flags.contains(.paused),
                    hasShutDown: info.flags.contains(.shutdown), name: values[2 * index],
                    isPreserved: values[2 * index + 1].map { $0 != vm } ?? false,
                    isHandedOver: try data.has(.handover))
            }
            return ArrivalFacts(note: note, copies: copies)
        } catch let error as ToolstackError {
            throw error
        } catch {
            throw ToolstackError(.fail, "cannot look for domains with the UUID \(uuid)", underlying: error)
        }
    }

    /// Notes that a domain will never run here, so that its sender has it back, and destroys it: in this order, so that
    /// whoever asks meanwhile is not told that it runs. Problems with the note are logged: the sender is told, too.
    ///
    /// - Throws: when the domain is still there; its sender must not let it go on.
    func returnArrival(_ domain: DomainID, _ uuid: XenUUID) async throws(ToolstackError) {
        logFailure("note that domain \(domain) will not run") {
            _ = try arrivals().advance(domain, uuid, from: [.waiting, .starting], to: .returned)
        }
        try await destroyArrival(domain)
    }

    /// Destroys a copy that has not run, unless it is gone by now.
    private func destroyArrival(_ domain: DomainID) async throws(ToolstackError) {
        do throws(ToolstackError) { try await destroy(domain) } catch {
            guard error.code == .domainNotFound || (try? info(of: domain)) == nil else { throw error }
        }
    }

    /// Destroys a copy that was on its way, whose receiver is no more. One that was allowed to run stays.
    ///
    /// - Parameter name: what it is called until it may run.
    package func abandonArrival(of uuid: XenUUID, name: String) async {
        do throws(ToolstackError) {
            let victims = try arrivals().withNote(of: uuid) { note throws(ToolstackError) in
                let outcome = try facts(of: uuid, note).abandoned(name: name)
                note = outcome.note
                return outcome.victims
            }
            for domain in victims {
                do throws(ToolstackError) { try await destroyArrival(domain) } catch {
                    logger.error("domain \(domain) is still there: \(error)")
                }
            }
        } catch {
            logger.error("cannot find out what became of the domain \(uuid): \(error)")
        }
    }

    /// What has become of a domain that arrived here. One that waits is taken from its receiver, and destroyed.
    ///
    /// Asked again, it answers the same, for a month.
    ///
    /// - Throws: when that cannot be found out now.
    package func settleArrival(of uuid: XenUUID) async throws(ToolstackError) -> ArrivalState {
        let journal = try arrivals()
        let verdict = try journal.withNote(of: uuid) { note throws(ToolstackError) in
            let verdict = try facts(of: uuid, note).verdict
            if case .takeBack = verdict { note?.stage = .returned }
            return verdict
        }
        switch verdict {
        case .answer(let state): return state
        case .takeBack(let copy):
            if let copy {
                do throws(ToolstackError) { try await destroyArrival(copy) } catch {
                    logger.error("domain \(copy) is still there: \(error)")
                }
            }
            return try facts(of: uuid, nil).stateAfterTakingBack
        }
    }
}
