import UpgradeCore
import Wire

extension EngineCall {
    /// Whether it is the swarm that answers, and not the engine alone.
    var isOfSwarm: Bool {
        ["/services", "/tasks", "/nodes", "/configs", "/swarm"].contains { path == $0 || path.hasPrefix($0 + "/") }
    }
}

extension HTTPLimits {
    /// For what a signal may have to wait for: a swarm that looks for a new leader answers late or not at all.
    static let short = HTTPLimits(connect: .seconds(4), total: .seconds(4))
}

extension Engine {
    /// The same fault, or why the swarm could not be asked at all: its managers answer 500 to everything while they have
    /// no leader, and then it is only the engine that says so.
    func explained(_ fault: Fault, of call: EngineCall) async -> Fault {
        guard fault.kind == .failed, call.isOfSwarm else { return fault }
        do throws(Fault) {
            let swarm = try await info().swarm
            if swarm.state == "active", swarm.isManager, swarm.error.isEmpty { return fault }
            return .swarmAway(address.text, why: swarm.error.isEmpty ? fault.why : swarm.error)
        } catch { return error.kind == .unavailable ? error : fault }
    }
}

extension Fault {
    static func swarmAway(_ engine: String, why: String) -> Fault {
        Fault(
            .unavailable, "The swarm of the Docker engine at \(engine) cannot be asked, and changes nothing.", why: why,
            remedy: "look with `docker node ls` on each manager; more than half of them must run")
    }
}
