import SystemPackage
import XenStore
import XenTypes

extension NativeHotplug {
    /// The address of every interface on this host's side: the highest that is no group's, so that a bridge never takes it
    /// for its own.
    private static let hostAddress: [UInt8] = [0xfe, 0xff, 0xff, 0xff, 0xff, 0xff]

    /// - Returns: false when the script is to do it.
    func runBridge(_ script: HotplugScript) throws(ToolstackError) -> Bool {
        let device = script.device
        let values = try read(device, ["bridge", "vifname", "mtu"].map { device.backend / $0 })
        guard let bridge = values[0], !bridge.isEmpty else { return false }
        let isTap = script.part == .emulation
        let made = isTap ? script.environment["INTERFACE"] : script.environment["vif"]
        guard let made else { return false }
        let chosen = values[1].flatMap { $0.isEmpty ? nil : isTap ? $0 + "-emu" : $0 }
        let mtu: UInt32
        do throws(Errno) {
            let network = try network()
            guard script.action == .connect else {
                try removePort(chosen ?? made, from: bridge, network)
                return true
            }
            guard let bridge = try network.link(named: bridge), bridge.isBridge,
                let link = try network.link(named: made)
            else { return false }
            if let chosen {
                guard try network.link(named: chosen) == nil else { return false }
                try network.change(link.index, .name(chosen))
            }
            mtu = values[2].flatMap { UInt32($0) } ?? bridge.mtu
            try addPort(link, to: bridge, mtu: mtu, network)
        } catch {
            let what = script.action == .connect ? "put \(chosen ?? made) on" : "take \(chosen ?? made) from"
            throw refusal(device, "cannot \(what) bridge \(bridge)", "\(error)")
        }
        guard !isTap else { return true }
        // The guest reads its card's MTU beside its other values.
        try change(device, mtu > 0 ? [(device.frontend / "mtu", "\(mtu)")] : [], .connected)
        return true
    }

    private func addPort(
        _ link: NetworkLink, to bridge: NetworkLink, mtu: UInt32, _ network: any NetworkKernel
    ) throws(Errno) {
        try network.change(link.index, .isUp(false))
        // Some drivers keep their address; the script goes on, too.
        try? network.change(link.index, .address(Self.hostAddress))
        try network.removeAddresses(of: link.index)
        if mtu > 0 { try? network.change(link.index, .mtu(mtu)) }
        if link.master != bridge.index { try network.change(link.index, .master(bridge.index)) }
        try network.change(link.index, .isUp(true))
    }

    /// An interface that is gone, as one whose backend has closed, is on no bridge.
    private func removePort(_ name: String, from bridge: String, _ network: any NetworkKernel) throws(Errno) {
        guard let link = try network.link(named: name) else { return }
        try network.change(link.index, .isUp(false))
        guard let bridge = try network.link(named: bridge), link.master == bridge.index else { return }
        try network.change(link.index, .master(0))
    }
}
