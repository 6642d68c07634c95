import UpgradeCore

/// One look at a project: its containers, and what is remembered of them.
struct ComposeLook: Sendable {
    let state: ComposeState
    /// Those of the services that run Open WebUI, in the order of their names.
    let containers: [EngineContainer]

    func containers(of service: String) -> [EngineContainer] { containers.filter { $0.service == service } }

    /// Those of which something runs, or is about to be started again by the engine.
    func living(of service: String) -> [EngineContainer] { containers(of: service).filter { !$0.state.hasEnded } }

    /// A container as an instance; nil for one that was made and never started, of which nothing ever ran.
    func instance(
        _ container: EngineContainer, answer: Instance.Answer = .none, migrationLog: String? = nil,
        lastEnd: String? = nil
    ) -> Instance? {
        if container.state.status == .created, container.state.error.isEmpty { return nil }
        return Instance(
            id: container.instanceID, image: container.exactImage,
            generation: state.generation(of: container.id, in: container.service), state: condition(container),
            answer: answer, restarts: container.restarts, migrationLog: migrationLog,
            lastEnd: container.state.status == .restarting ? container.state.told : lastEnd)
    }

    /// What the run under way made of a service and somebody else has removed: nothing of it runs any more.
    func removed(of service: String) -> [Instance] {
        guard state.isGuarded else { return [] }
        let there = Set(containers.map(\.id)).union(state.stopping)
        return (state.made ?? [:]).filter { $0.value.service == service && !there.contains($0.key) }
            .map { id, made in
                Instance(
                    id: made.instance, image: made.image, generation: state.generations[id],
                    state: .ended(exit: "somebody has removed its container"))
            }.sorted { $0.id < $1.id }
    }

    private func condition(_ container: EngineContainer) -> Instance.State {
        if container.state.hasEnded { return .ended(exit: container.state.told) }
        return state.stopping.contains(container.id) || container.state.status == .removing ? .stopping : .running
    }

    /// The containers that stay for a change: oldest write first, then lowest number.
    func kept(_ desired: Change.Desired) -> [EngineContainer] {
        let right = living(of: desired.workload).filter { container in
            guard !state.stopping.contains(container.id), let instance = instance(container) else { return false }
            return desired.accepts(instance)
        }
        let age = { (container: EngineContainer) in
            state.generation(of: container.id, in: container.service)?.number ?? 0
        }
        return Array(
            right.sorted { (age($0), $0.number) < (age($1), $1.number) }.prefix(desired.settings.replicas))
    }
}

extension EngineContainer {
    /// The service that Compose made it for.
    var service: String { labels["com.docker.compose.service"] ?? "" }
    /// What Compose made of all that its files said of the service.
    var configHash: String? { labels["com.docker.compose.config-hash"] }
    /// What `docker compose run` has made is no replica.
    var isOneOff: Bool { labels["com.docker.compose.oneoff"] == "True" }
    /// Its number among the replicas of its service.
    var number: Int { labels["com.docker.compose.container-number"].flatMap { Int($0) } ?? 0 }
    /// Its name, and the part of its id that tells it from the next one of that name; `docker` takes either half.
    var instanceID: String { "\(name)/\(id.prefix(12))" }

    var asMade: ComposeState.Made { ComposeState.Made(service: service, instance: instanceID, image: exactImage) }

    /// The image's name as it was asked for, with the id of the image that it led to.
    var exactImage: String {
        var name = ImageName(image)
        name.digest = imageID
        return name.description
    }

    /// Where its processes are reached; nil while it has no address.
    var address: String? {
        if networks.contains(where: { $0.name == "host" }) { return "127.0.0.1" }
        return networks.map(\.address).first { !$0.isEmpty }
    }

    /// The port on which Open WebUI listens in it; its image's own default is 8080.
    var webPort: Int { environment["PORT"].flatMap { Int($0) } ?? 8080 }
}

extension EngineContainer.State {
    /// How it ended.
    var told: String {
        error.isEmpty ? Self.told(exit: exitCode, isForMemory: wasKilledForMemory) : error
    }

    static func told(exit code: Int, isForMemory: Bool) -> String {
        if isForMemory { return "killed by the kernel because memory ran out (exit code \(code))" }
        return code > 128 && code < 160 ? "exit code \(code), signal \(code - 128)" : "exit code \(code)"
    }
}
