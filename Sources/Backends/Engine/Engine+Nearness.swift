import Synchronization
import UpgradeCore

extension Engine {
    /// Whether this machine's own addresses are those of the engine's machine: what is asked at its bridges, or at
    /// 127.0.0.1, is then what belongs to this engine.
    ///
    /// A socket alone does not say so: it may be the end of a tunnel, or lead into a virtual machine, and every engine gives
    /// its bridges the same addresses. So the engine's machine has to call itself as this one does, to have its Linux and
    /// its memory to the byte, and a bridge of the engine has to be one of this process's own network. Where that cannot be
    /// seen, all is asked through the engine. Asked once.
    func isNear() async throws(Fault) -> Bool {
        if let known = nearness.withLock({ $0 }) { return known }
        let found = try await looksNear()
        nearness.withLock { $0 = found }
        return found
    }

    private func looksNear() async throws(Fault) -> Bool {
        guard address.isOnThisMachine else { return false }
        let summary = try await info()
        guard summary.isThisMachine else { return false }
        let interfaces = Interfaces.present()
        return try await networks().contains { network in
            network.driver == "bridge" && network.gateway.map(interfaces.have) ?? false
        }
    }

    /// Whether the engine's machine is certainly another, although the engine is asked at a socket of this one: its Linux or
    /// its memory is another, or it calls itself otherwise and has no container that calls itself as this process's machine.
    func isElsewhere() async throws(Fault) -> Bool {
        guard address.isOnThisMachine else { return true }
        let summary = try await info()
        if summary.isDesktop { return false }
        guard summary.isOfThisLinux else { return true }
        let name = Machine.name
        if summary.name == name { return false }
        return try await containers(labels: [], all: false).allSatisfy { $0.hostname != name }
    }
}

extension EngineSummary {
    /// Whether an engine that says this of itself runs here, in the network of the machine itself.
    var isThisMachine: Bool {
        !isRootless && name == Machine.name && isOfThisLinux
    }

    /// Whether its machine has the Linux and the memory of this one, as containers of one machine have in common.
    fileprivate var isOfThisLinux: Bool { kernel == Machine.kernel && memory == Machine.memory }
}
