import DomainModel
import Glibc
import SystemPackage
import XenControl
import XenStore
import XenTypes

/// Memory and processors.
extension Creation {
    var runsBootloader: Bool { build.origin == .boot && build.info.bootloader != nil && build.type != .hvm }

    var attachesCardsAhead: Bool { (try? cardsAhead().isEmpty) == false }

    /// What is attached while the memory is on its way, and then need not be when the guest stands still. Nothing of a
    /// guest that goes on elsewhere between checkpoints: its packets would come here.
    private func cardsAhead() throws(ToolstackError) -> [DevicePlan] {
        guard let image = options.image, !image.isCheckpointed else { return [] }
        return try DeviceEngine(toolstack).plansAheadOfMemory(of: build)
    }

    /// Finds out what the guest boots, from its bootloader if it has one.
    mutating func chooseKernel() async throws {
        try await toolstack.chooseKernel(&build) { [options, domain = build.domain] in
            options.consoleAvailable?(domain)
        }
    }

    /// What comes before the memory.
    mutating func prepareGuest() async throws {
        switch build.origin {
        case .boot:
            if !runsBootloader { try await chooseKernel() }
            try Task.checkCancellation()
        case .restore:
            let state = toolstack.deviceModelRestoreFile(of: build.domain)
            undo.push("\(state)") { try Files.remove(state) }
        case .softReset: break
        }
        try await GuestBuilder(toolstack).preBuild(&build)
        build.startTime = Self.now()
    }

    mutating func startDeviceModel() throws {
        let model = try EarlyDeviceModel(build, toolstack)
        undo.push("device model of domain \(build.domain)") { await model.stop() }
        deviceModel = model
    }

    /// Loads what the guest boots.
    mutating func buildGuest() async throws {
        defer { build.closeFiles() }
        try await GuestBuilder(toolstack).buildImage(&build)
        try Task.checkCancellation()
    }

    /// Takes the memory from a saved image.
    mutating func restoreMemory() async throws {
        guard let image = options.image else { return }
        let restore = DomainRestore(toolstack: toolstack, image: image)
        let cards = try cardsAhead()
        if cards.isEmpty {
            try await restore.run(&build)
        } else {
            try await attach(cards, beside: restore)
        }
        build.startTime = Self.now()
        try Task.checkCancellation()
    }

    private mutating func attach(_ cards: [DevicePlan], beside restore: DomainRestore) async throws {
        let engine = DeviceEngine(toolstack)
        attached = Set(cards.map(\.address))
        let start = build
        undo.push("devices of domain \(build.domain)") { await engine.destroyAll(of: start.domain) }
        let restored = try await withThrowingTaskGroup(of: DomainBuild?.self) { group in
            group.addTask {
                var build = start
                try await restore.run(&build)
                return build
            }
            group.addTask {
                try engine.write(cards, of: start.domain)
                try await engine.connect(cards)
                return nil
            }
            return try await group.reduce(nil) { $1 ?? $0 }
        }
        build = restored ?? start
    }

    static func now() -> (seconds: Int, microseconds: Int) {
        var time = timeval()
        gettimeofday(&time, nil)
        return (time.tv_sec, Int(time.tv_usec))
    }

    /// Writes the nodes that follow from the memory image, and introduces the domain.
    func introduce() async throws {
        try await GuestBuilder(toolstack).postBuild(build)
        let nodes = PostBuildNodes.nodes(build)
        do {
            try toolstack.store.transaction { transaction throws(StoreError) in try transaction.apply(nodes) }
            try limitFeatures()
            try toolstack.store.introduce(build.domain, frame: UInt(build.store.frame), port: build.store.port)
        } catch {
            throw storeFailure(error)
        }
        try setQuotas()
    }

    /// Before the domain is introduced, after which its features stay.
    private func limitFeatures() throws(StoreError) {
        guard let mask = build.info.xenstoreFeatureMask, mask != .max else { return }
        guard let supported = try toolstack.supportedStoreFeatures() else {
            let first = XenRelease.first(with: \.answersForStoreLimits)
            toolstack.logger.warning(
                """
                xenstore_feature_mask has no effect: this xenstored cannot limit features, as that of Xen \(first) can
                """)
            return
        }
        try toolstack.store.setFeatures(supported & mask, of: build.domain)
    }

    private func setQuotas() throws(ToolstackError) {
        guard let quotas = build.info.xenstoreQuota?.items, !quotas.isEmpty else { return }
        try toolstack.setStoreQuotas(quotas.map { ($0.name ?? "", $0.value) }, of: build.domain)
    }
}
