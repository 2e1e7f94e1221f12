import Testing

extension HostTests {
    /// Xen 4.20 on Debian 13, with its kernel, hotplug scripts and QEMU 10: each operation as the other suites try it,
    /// beside 4.20's own `xl`, whose answers have records of their own. Where the two upstreams differ, `XenRelease` knows
    /// it: nothing is compared less strictly here.
    @Suite(.release(.debian13)) struct NewerRelease {
        @Test func answersAreUpstreams() async throws { try await Commands().answersAreUpstreams() }

        @Test func infoHasUpstreamsLines() async throws { try await Commands().infoHasUpstreamsLines() }

        @Test func jsonIsOneDocument() async throws { try await Commands().jsonIsOneDocument() }

        /// Pause, attach, list, detach, rename and destroy.
        @Test func aDomainIsUpstreamsToo() async throws {
            try await MixedUse().oneToolsDomainIsTheOthersToo(TestHost.ours, TestHost.upstream)
        }

        private static let made = ["PVH, disk and NIC", "PV, bootloader on a raw image"]

        @Test(arguments: TestHost.isFull ? Creation.cases.keys.sorted() : made)
        func leavesWhatUpstreamLeaves(_ name: String) async throws {
            try await Creation().leavesWhatUpstreamLeaves(name)
        }

        private static let machines = ["standard VGA, serial line, disk, CD and NIC"]
        /// Upstream's xl tells QEMU -no-acpi, an option that ended with QEMU 9: it cannot make such a machine here.
        private static let oursAlone: Set = ["no ACPI, no HPET, timers"]

        @Test(
            arguments: TestHost.isFull
                ? HVMCreation.cases.keys.filter { !oursAlone.contains($0) }.sorted() : machines)
        func isWhatUpstreamMakes(_ name: String) async throws { try await HVMCreation().isWhatUpstreamMakes(name) }

        @Test(.enabled(if: TestHost.isFull, "QEMU starts slowly in emulation"), arguments: oursAlone.sorted())
        func isMadeWhereUpstreamCannot(_ name: String) async throws {
            let host = try #require(TestHost.current)
            let guest = try #require(HVMCreation.cases[name])
            try await guest.place(on: host)
            try await host.require("\(TestHost.ours) create -q -p \(guest.path)")
            let arguments = try await QEMUState(of: host.domain(guest.name), on: host).arguments
            #expect(arguments.contains { $0.hasSuffix(",acpi=off") } && !arguments.contains("-no-acpi"))
            try await host.require("\(TestHost.ours) destroy \(guest.name)")
        }

        @Test(.enabled(if: TestHost.isFull, "it takes a minute in emulation"))
        func anHVMGuestBootsIsSeenAndPowersOffByItsButton() async throws {
            try await HVMGuests().bootsIsSeenAndPowersOffByItsButton(HVMGuests.disk, drive: "80")
        }

        @Test(.enabled(if: TestHost.isFull, "a host of its own, with two processors"), .processors(2))
        func eachCommandOfHVMGuestsDoesItsJob() async throws { try await HVMEssentials().eachCommandDoesItsJob() }

        @Test(arguments: [SaveRestore.Direction(saver: TestHost.ours, restorer: TestHost.upstream, kind: .pv)])
        func isSavedAndRestored(_ direction: SaveRestore.Direction) async throws {
            try await SaveRestore().memoryDiskAndNetworkGoOn(direction)
        }

        private static let moves = [
            MovingGuest.Direction(kind: .pv, sender: TestHost.ours, receiver: TestHost.upstream),
            MovingGuest.Direction(kind: .pvh, sender: TestHost.ours, receiver: TestHost.upstream),
        ]

        @Test(arguments: TestHost.isFull ? moves : Array(moves.prefix(1)))
        func migrates(_ direction: MovingGuest.Direction) async throws {
            try await Migration().memoryDiskAndNetworkGoOn(direction)
        }

        @Test(.enabled(if: TestHost.isFull, "it takes a minute in emulation"))
        func aLinuxGuestBootsUsesItsDevicesAndShutsDown() async throws {
            try await Guests().bootsUsesItsDevicesAndShutsDown(.pvh)
        }

        static let endings = [Endings.Ending(key: "on_reboot", action: "restart")]

        @Test(arguments: TestHost.isFull ? Endings.endings : endings)
        func isFollowedByWhatUpstreamDoes(_ ending: Endings.Ending) async throws {
            try await Endings().isFollowedByWhatUpstreamDoes(ending)
        }
    }
}
