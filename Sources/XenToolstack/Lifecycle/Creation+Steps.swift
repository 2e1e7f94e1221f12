import DomainModel
import Glibc
import SystemPackage
import XenControl
import XenStore
import XenTypes

extension Creation {
    /// Makes the guest's memory and tells xenstored about the domain.
    mutating func fillMemory(_ build: inout DomainBuild) async throws {
        let builder = GuestBuilder(toolstack)
        if let image = options.image {
            let state = toolstack.deviceModelRestoreFile(of: build.domain)
            undo.push("\(state)") { try Files.remove(state) }
            try await builder.preBuild(&build)
            try await restore(&build, image)
            build.startTime = Self.now()
        } else {
            try await boot(&build, builder)
        }
        try Task.checkCancellation()
        try await builder.postBuild(build)
        try introduce(build)
    }

    /// Takes the memory from a saved image. What can be attached meanwhile need not be when the guest stands still.
    private mutating func restore(_ build: inout DomainBuild, _ image: SavedImage) async throws {
        let restore = DomainRestore(toolstack: toolstack, image: image)
        guard !image.isCheckpointed else { return try await restore.run(&build) }
        let engine = DeviceEngine(toolstack)
        let plans = try engine.plansAheadOfMemory(of: build)
        attached = Set(plans.map(\.address))
        let start = build
        undo.push("devices of domain \(build.domain)") { await engine.destroyAll(of: start.domain) }
        let restored = try await withThrowingTaskGroup(of: DomainBuild?.self) { group in
            group.addTask {
                var build = start
                try await restore.run(&build)
                return build
            }
            group.addTask {
                try await engine.attach(plans, of: start.domain)
                return nil
            }
            return try await group.reduce(nil) { $1 ?? $0 }
        }
        build = restored ?? start
    }

    /// Runs the bootloader and loads what it found.
    private mutating func boot(_ build: inout DomainBuild, _ builder: GuestBuilder) async throws {
        try await toolstack.chooseKernel(&build) { [options, domain = build.domain] in
            options.consoleAvailable?(domain)
        }
        defer { build.closeFiles() }
        try Task.checkCancellation()
        try await builder.preBuild(&build)
        build.startTime = Self.now()
        if EarlyDeviceModel.isPossible(for: build) {
            let model = try EarlyDeviceModel(build, toolstack)
            undo.push("device model of domain \(build.domain)") { await model.stop() }
            deviceModel = model
        }
        try await builder.buildImage(&build)
    }

    static func now() -> (seconds: Int, microseconds: Int) {
        var time = timeval()
        gettimeofday(&time, nil)
        return (time.tv_sec, Int(time.tv_usec))
    }

    /// Writes the nodes that follow from the memory image, and introduces the domain.
    func introduce(_ build: DomainBuild) throws {
        let nodes = PostBuildNodes.nodes(build)
        do {
            try toolstack.store.transaction { transaction throws(StoreError) in try transaction.apply(nodes) }
            try limitFeatures(of: build)
            try toolstack.store.introduce(build.domain, frame: UInt(build.store.frame), port: build.store.port)
        } catch {
            throw Self.storeFailure(build, error)
        }
        try setQuotas(of: build)
    }

    /// Before the domain is introduced, after which its features stay.
    private func limitFeatures(of build: DomainBuild) throws(StoreError) {
        guard let mask = build.info.xenstoreFeatureMask, mask != .max else { return }
        guard let supported = try toolstack.supportedStoreFeatures() else {
            toolstack.logger.warning(
                "xenstore_feature_mask has no effect: this xenstored cannot limit features, as that of Xen 4.21 can")
            return
        }
        try toolstack.store.setFeatures(supported & mask, of: build.domain)
    }

    private func setQuotas(of build: DomainBuild) throws(ToolstackError) {
        guard let quotas = build.info.xenstoreQuota?.items, !quotas.isEmpty else { return }
        try toolstack.setStoreQuotas(quotas.map { ($0.name ?? "", $0.value) }, of: build.domain)
    }

    mutating func attachDevices(_ build: inout DomainBuild) async throws {
        try await DeviceEngine(toolstack).attachAll(
            build, deviceModel: deviceModel, except: attached, undo: &undo)
        try await USBPassthrough(toolstack).attachAll(build, undo: &undo)
        try await PCIPassthrough(toolstack).attachAll(build, undo: &undo)
        try GuestBuilder(toolstack).grantIOAccess(build)
    }
}
