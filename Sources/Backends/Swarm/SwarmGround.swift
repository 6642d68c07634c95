import FoundationEssentials
import Glibc
package import JournalFile
package import UpgradeCore
package import Wire

/// A service of a swarm and the manager that is asked about it, found and not yet touched.
package struct SwarmGround: Sendable {
    let choice: SwarmChoice
    let main: EngineService
    let engine: Engine
    let folder: SwarmFolder
    let isInterrupted: @Sendable () -> Bool

    /// Finds the service that is wished for. `isInterrupted` ends long work early.
    package static func find(
        _ wishes: SwarmWishes, isInterrupted: @escaping @Sendable () -> Bool
    ) async throws(Fault) -> SwarmGround {
        let environment = ProcessInfo.processInfo.environment
        let engine = Engine(try EngineAddress(environment: environment, home: environment["HOME"] ?? "/"))
        let swarm = try await engine.info().swarm
        guard swarm.state == "active" else { throw .noSwarm(engine.address.text, state: swarm.state) }
        guard swarm.isManager else { throw .noSwarmManager(engine.address.text) }
        let services = try await engine.services()
        let choice = try SwarmChoice(services, wish: wishes.service)
        guard let main = services.first(where: { $0.name == choice.main }) else {
            throw .noSwarmService(choice.main, services: services.map(\.name))
        }
        let folder = SwarmFolder(swarm: try await engine.swarmID(), service: choice.main, environment: environment)
        return SwarmGround(choice: choice, main: main, engine: engine, folder: folder, isInterrupted: isInterrupted)
    }

    package var name: String { choice.main }
    /// Where journal and lock are: in the swarm, for whoever reaches a manager.
    package var store: PlatformStore {
        PlatformStore(SwarmObjects(engine), deployment: main.id, isInterrupted: isInterrupted)
    }
    /// Where backups go that the plan does not send elsewhere, as every machine knows it.
    package var backups: String { "\(folder.common)/backups" }
    /// What a folder of the plan is on this machine.
    package func here(_ folder: String) -> String { self.folder.here(folder) }

    /// The service behind a fence. `bell` is rung at each event of its tasks; `passing` is called between effects.
    package func backend(
        fence: any Fence, bell: Bell, passing: @escaping @Sendable (SwarmBackend.Point) throws(Fault) -> Void
    ) throws(Fault) -> SwarmBackend {
        if fence.holder != nil { try folder.make() }
        let label = "com.docker.swarm.service.name=\(choice.main)"
        return SwarmBackend(
            choice: choice, engine: engine, permit: Permit(fence: fence, isInterrupted: isInterrupted), folder: folder,
            listener: EngineListener(engine: engine, label: label, bell: bell), passing: passing)
    }
}

extension SwarmGround {
    /// How the service's database is reached from here, by the settings of its application.
    ///
    /// A name that only the swarm's networks know leads to a service: its container is asked through its bridge to this
    /// machine, which has no way into the networks themselves.
    package func database() async throws(Fault) -> (target: PostgresTarget, form: DatabaseForm) {
        let settings = try DatabaseSettings(environment: main.environment)
        var target = try settings.postgres()
        guard target.keywords["hostaddr"] == nil, let host = target.keywords["host"], !host.contains("/") else {
            return (target, settings.form)
        }
        let networks = main.networks
        if host == "localhost" || host.hasPrefix("127.") || host == "::1", !networks.contains("host") {
            throw .databaseInTask(host)
        }
        if let address = try await address(of: host) { target.keywords.set("hostaddr", address) }
        return (target, settings.form)
    }

    /// nil for a name that this machine has to know.
    private func address(of host: String) async throws(Fault) -> String? {
        if let address = main.hosts[host] { return address }
        let plain = host.hasPrefix("tasks.") ? String(host.dropFirst("tasks.".count)) : host
        let services = try await engine.services()
        guard let service = services.first(where: { $0.id != main.id && $0.isCalled(plain, in: main.networks) }) else {
            return nil
        }
        let tasks = try await engine.tasks(of: [service.name]).filter { $0.state == "running" }
        let gateways = try await engine.addresses(in: SwarmBackend.gatewayNetwork)
        if let address = tasks.compactMap({ gateways[$0.containerID] }).first { return address }
        let nodes = try await engine.nodes()
        let node = tasks.first.flatMap { task in nodes.first { $0.id == task.nodeID }?.hostname }
        throw .databaseElsewhere(host, service: service.name, node: node.map { "on the node \($0)" } ?? "not running")
    }
}

extension EngineService {
    /// The networks that its tasks are in, by their ids.
    var networks: Set<String> {
        Set((template["Networks"].list + spec["Networks"].list).compactMap { $0["Target"].text })
    }

    /// Whether tasks in one of these networks find it under that name.
    func isCalled(_ name: String, in networks: Set<String>) -> Bool {
        guard !self.networks.isDisjoint(with: networks) else { return false }
        let aliases = (template["Networks"].list + spec["Networks"].list).filter {
            $0["Target"].text.map(networks.contains) ?? false
        }.flatMap { $0["Aliases"].texts }
        return self.name == name || aliases.contains(name)
    }

    /// What is written into its containers' /etc/hosts: the address of each name.
    var hosts: [String: String] {
        var hosts: [String: String] = [:]
        for line in template["ContainerSpec"]["Hosts"].texts {
            let words = line.split(separator: " ").map(String.init)
            for name in words.dropFirst() { hosts[name] = words[0] }
        }
        return hosts
    }
}
