import DomainConfig
import DomainModel
import XenControl
import XenTypes
import YajlJSON

@testable import XenToolstack

extension FuzzTarget {
    /// What is made of a configuration that another host has sent or a program has stored.
    static let plans: [FuzzTarget] = [
        FuzzTarget("Plan", checkPlan),
        FuzzTarget("MoveCheck", checkMove),
        FuzzTarget("GlobalConfig", checkGlobalConfiguration),
        FuzzTarget("CPUPool", checkCPUPool),
    ]
}

/// Whatever is planned for a domain can be done: nodes have paths, numbers and sizes are within bounds.
@Sendable private func checkPlan(_ bytes: [UInt8]) throws {
    guard let given = try? DomainConfiguration(json: bytes), var configuration = try complete(given) else { return }
    let paths = HostPaths(release: bytes.count % 2 == 0 ? XenRelease(4, 17) : XenRelease(4, 22))
    let problems = Preflight.problems(
        configuration, limits: Preflight.Limits(freeKB: 1 << 22, cpus: 8), paths: paths, boots: false)
    for problem in problems { try require(!problem.description.isEmpty, "a problem without words") }
    _ = MemorySizing.neededKB(configuration.buildInfo, type: configuration.createInfo.type)
    let build = DomainBuild(configuration: configuration, domain: DomainID(7), uuid: .zero)
    try checkDevices(&configuration, build, paths)
    if DeviceModelPlan.runsInStubDomain(configuration) { _ = StubDomainPlan.configuration(for: build) }
    guard problems.isEmpty else { return }
    let creation = DomainCreation(configuration, uuid: .zero, release: paths.release)
    try require((1...8192).contains(creation.maximumVCPUs), "\(creation.maximumVCPUs) vCPUs")
    try checkNodes(build.initialNodes() + PostBuildNodes.nodes(build))
    _ = try? HVMParameters.parameters(configuration.buildInfo, isNew: true, release: paths.release)
    if !configuration.buildInfo.vnumaNodes.isEmpty {
        _ = try? VirtualNUMA(
            configuration.buildInfo, layout: .hvm(configuration.buildInfo),
            nodeOfCPU: [0, 0, 0, 0, 1, 1, 1, 1], nodeCount: 2)
    }
}

/// With every default; nil where this host cannot have it, which has words.
private func complete(_ given: DomainConfiguration) throws -> DomainConfiguration? {
    var host = HostCapabilities()
    (host.hvmDirectIO, host.iommuSharesPageTables, host.vpmu) = (true, true, true)
    do throws(ToolstackError) {
        return try ConfigurationDefaults.apply(to: given, on: host).configuration
    } catch {
        try require(!error.description.isEmpty, "an error without words")
        return nil
    }
}

private func checkDevices(
    _ configuration: inout DomainConfiguration, _ build: DomainBuild, _ paths: HostPaths
) throws {
    var context = DeviceContext(
        domain: build.domain, type: configuration.createInfo.type, scripts: paths.scripts, release: paths.release,
        nativeProtocol: configuration.createInfo.type == .pv ? "x86_64-abi" : nil,
        inspect: { $0.hasSuffix("/") ? .directory : .regular([.read, .write, .execute]) })
    context.drawAddress = { _ in MACAddress("00:16:3e:00:00:01") }
    for deviceClass in DeviceClasses.all { try checkClass(deviceClass, &configuration, context) }
    let completed = DomainBuild(configuration: configuration, domain: build.domain, uuid: .zero)
    guard DeviceModelPlan.needed(by: completed) else { return }
    let users = UserDirectory(entry: { .init(id: 1000, group: 1000, name: $0) }, name: { _ in nil })
    guard let plan = try? DeviceModelPlan(completed, paths, users: users) else { return }
    try checkNodes(plan.nodes)
    try require(plan.arguments.allSatisfy { !$0.utf8.contains(0) }, "an argument with a NUL")
}

private func checkClass<Class: DeviceClass>(
    _: Class.Type, _ configuration: inout DomainConfiguration, _ context: DeviceContext
) throws {
    var devices = configuration[keyPath: Class.devices]
    Class.assignNumbers(&devices, taken: [])
    for index in devices.indices {
        guard (try? Class.complete(&devices[index], context)) != nil,
            let plan = try? Class.plan(devices[index], index: index, context)
        else { continue }
        try checkNodes(plan.nodes)
        _ = Class.needsDeviceModel(devices[index])
    }
    configuration[keyPath: Class.devices] = devices
}

private func checkNodes(_ nodes: [StoreNode]) throws {
    for node in nodes {
        try require(node.path.problem == nil, "\(node.path): \(node.path.problem ?? "")")
        try require(node.path.description.hasPrefix("/"), "\(node.path) has no beginning")
    }
}

/// What two hosts say to each other before a migration: a request, or the findings that answer it.
@Sendable private func checkMove(_ bytes: [UInt8]) throws {
    if let request = try? YajlDecoder().decode(MigrationRequest.self, from: bytes) {
        let text = Array(request.configuration.utf8)
        guard let given = try? DomainConfiguration(json: text) else { return }
        var facts = TargetFacts()
        (facts.xen, facts.host, facts.cpus, facts.pools) = ([4, 17], "b", 8, ["Pool-0"])
        facts.names = ["guest": DomainID(3)]
        facts.cpu = [CPULeaf(leaf: 1, subleaf: nil, registers: [0, 0, 0, 0])]
        facts.inspect = { $0.count % 2 == 0 ? .missing("it is gone") : .regular([.read]) }
        facts.hasInterface = { $0 == "xenbr0" }
        let check = TargetCheck(request: request, configuration: try complete(given) ?? given, facts: facts)
        try checkFindings(check.findings())
    } else if let findings = try? YajlDecoder().decode(MigrationFindings.self, from: bytes) {
        try checkFindings(findings)
    }
}

/// The same after writing and reading, and never more guests on a host than it has room for.
private func checkFindings(_ findings: MigrationFindings) throws {
    if let text = try? YajlEncoder().encode(findings) {
        let again = try? YajlDecoder().decode(MigrationFindings.self, from: text)
        try require(again == findings, "\(findings) became \(String(describing: again))")
    }
    let guests = [(1, 4096), (2, 65536), (3, 1 << 30)].map { number, need in
        EvacuationPlan.Guest(domain: DomainID(number), name: "guest \(number)", needKB: need)
    }
    let answers = Dictionary(uniqueKeysWithValues: guests.map { ($0.domain, ["a": findings]) })
    let plan = EvacuationPlan(guests, hosts: ["a", "b"], findings: answers)
    try require(plan.placements.count == guests.count, "\(plan.placements.count) of \(guests.count) guests")
    for placement in plan.placements {
        try require((placement.host == nil) != placement.reasons.isEmpty, "\(placement)")
    }
    guard let free = findings.freeKiB else { return }
    let placed = plan.placements.filter { $0.host == "a" }.map(\.guest.needKB)
    try require(placed.reduce(0, +) <= free, "\(placed) KiB where \(free) are free")
}

@Sendable private func checkGlobalConfiguration(_ bytes: [UInt8]) throws {
    let (global, diagnostics) = GlobalConfig.parse(
        ConfigDocument(file: ConfigSource(name: "fuzz", bytes: bytes)))
    try checkWords(diagnostics)
    for type in [DomainType.pv, .hvm] { _ = global.cpuMasks(for: type, host: fuzzHost) }
    _ = global.isAutoballoonOn(hypervisorCommandLine: String(escapingBytes: bytes))
}

@Sendable private func checkCPUPool(_ bytes: [UInt8]) throws {
    let document = ConfigDocument(file: ConfigSource(name: "fuzz", bytes: bytes))
    let (pool, diagnostics) = CPUPoolConfig.parse(document, fileName: "fuzz", host: fuzzHost)
    try checkWords(diagnostics)
    guard let pool else { return try require(!diagnostics.isEmpty, "neither a pool nor a reason") }
    let free: Bitmap = [0, 1, 5, 6]
    let host = CPUPoolPlan.Host(nodes: [[0, 1, 2, 3], [4, 5, 6, 7]], free: free, scheduler: .credit2)
    guard let plan = try? CPUPoolPlan(pool, host: host) else { return }
    try require(plan.cpus.subtracting(free).isEmpty, "\(plan.cpus) are not free")
}
