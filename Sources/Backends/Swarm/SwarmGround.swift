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
    /// Told when the run cannot go on for a while because no manager answers.
    let complain: @Sendable (Fault) -> Void

    /// Finds the service that is wished for. `isInterrupted` ends long work early.
    package static func find(
        _ wishes: SwarmWishes, complain: @escaping @Sendable (Fault) -> Void = { _ in },
        isInterrupted: @escaping @Sendable () -> Bool
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
        return SwarmGround(
            choice: choice, main: main, engine: engine, folder: folder, isInterrupted: isInterrupted,
            complain: complain)
    }

    package var name: String { choice.main }
    /// Where journal and lock are: in the swarm, for whoever reaches a manager.
    package var store: PlatformStore {
        var store = PlatformStore(SwarmObjects(engine), deployment: main.id, isInterrupted: isInterrupted)
        store.complain = complain
        return store
    }
    /// Where backups go that the plan does not send elsewhere, as every machine knows it.
    package var backups: String { "\(folder.common)/backups" }
    /// What a folder of the plan is on this machine.
    package func here(_ folder: String) -> String { self.folder.here(folder) }

    /// The service behind a fence. `bell` is rung at each event of its tasks; `hear` is told of images that
    /// are fetched; `passing` is called between effects.
    package func backend(
        fence: any Fence, bell: Bell, hear: @escaping @Sendable (PullProgress) -> Void = { _ in },
        passing: @escaping @Sendable (SwarmBackend.Point) throws(Fault) -> Void
    ) throws(Fault) -> SwarmBackend {
        if fence.holder != nil { try folder.make() }
        let label = "com.docker.swarm.service.name=\(choice.main)"
        return SwarmBackend(
            choice: choice, engine: engine, permit: Permit(fence: fence, isInterrupted: isInterrupted), folder: folder,
            listener: EngineListener(engine: engine, label: label, bell: bell, echoes: 50), hear: hear, passing: passing
        )
    }
}

extension SwarmGround {
    /// How the service's database is reached, by the settings of its application. `hear` is told of an image that is
    /// fetched for that.
    package func database(
        hear: @escaping @Sendable (PullProgress) -> Void = { _ in }
    ) async throws(Fault) -> (road: DatabaseRoad, form: DatabaseForm) {
        let settings = try DatabaseSettings(environment: main.environment)
        let target = try settings.postgres()
        let isOnHost = try await engine.hostNetwork().map(main.networks.contains) ?? false
        if let host = target.host, host.isLoopback, !isOnHost { throw .databaseInTask(host) }
        try await SwarmDatabaseWays.clear(main.name, engine)
        let ways = SwarmDatabaseWays(
            target: target, main: main, isOnHost: isOnHost, engine: engine, isInterrupted: isInterrupted, hear: hear)
        return (DatabaseRoad(target, ways), settings.form)
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
