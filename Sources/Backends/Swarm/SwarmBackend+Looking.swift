import UpgradeCore

extension SwarmBackend {
    /// How much of a log is looked at for what it says of migrations, in lines.
    private static let logLines = 100

    /// Asks all that runs at the same time.
    func answers(_ look: SwarmLook) async -> [String: Instance.Answer] {
        // The one that migrates is asked itself, whatever the swarm thinks of it yet; the end of a run is not.
        let isRouted = look.services.map { ($0.id, ($0.replicas ?? 0) > 1 || $0.notes == nil) }
        return await withTaskGroup(of: (String, Instance.Answer).self) { [prober, engine] group in
            for task in look.tasks where ["starting", "running"].contains(task.state) && look.condition(task) != nil {
                let ways = look.ways(to: task)
                if ways.isNone { continue }
                let isInService = isRouted.contains { $0.0 == task.serviceID && $0.1 }
                group.addTask {
                    let answer = await ways.answer(prober, engine)
                    return (task.id, isInService ? answer.inRotation(task) : answer)
                }
            }
            return await group.reduce(into: [:]) { $0[$1.0] = $1.1 }
        }
    }

    /// The newest line about migrations of each task of this node that does not serve, without secrets.
    func migrationLogs(_ look: SwarmLook, _ answers: [String: Instance.Answer]) async -> [String: String] {
        let redaction = redaction(look)
        var lines: [String: String] = [:]
        for task in look.tasks where look.containers[task.containerID]?.state.startedAt != nil {
            if case .serving = answers[task.id] { continue }
            if look.condition(task) == nil { continue }
            // What cannot be read says nothing; whether the engine answers is seen elsewhere.
            do throws(Fault) {
                let log = try await engine.logs(container: task.containerID, last: Self.logLines)
                lines[task.id] = log.last(where: MigrationLog.isAboutMigrations).map {
                    redaction(String($0.prefix(300)))
                }
            } catch { continue }
        }
        return lines
    }

    func redaction(_ look: SwarmLook) -> Redaction { Redaction(look.services.map(\.environment)) }
}

/// The ways to ask a task, the best first.
struct SwarmWays: Sendable {
    let port: Int
    /// Where this machine reaches it.
    let places: [(host: String, port: Int)]
    /// Whether that is on another machine, of which only an answer says that a port is open.
    var isFar = false
    /// A container of this engine in which a command may ask it, and its address there.
    let inside: (container: String, host: String)?

    var isNone: Bool { places.isEmpty && inside == nil }

    func answer(_ prober: any Prober, _ engine: Engine) async -> Instance.Answer {
        // This machine may have no way to its own containers.
        let isBeyond = !isFar && inside != nil && places.first.map(isNowhere) ?? true
        if let place = places.first, !isBeyond {
            let answer = await prober.answer(host: place.host, port: place.port)
            if case .unwell = answer, isFar, await isSilent(prober, place) { return .none }
            return answer
        }
        guard let inside else { return .none }
        return await InsideProber(engine: engine, container: inside.container).answer(host: inside.host, port: port)
    }

    private func isNowhere(_ place: (host: String, port: Int)) -> Bool {
        LocalSocket.reach(host: place.host, port: place.port) == .nowhere
    }

    private func isSilent(_ prober: any Prober, _ place: (host: String, port: Int)) async -> Bool {
        if case .answered = await prober.get("/health", host: place.host, port: place.port) { false } else { true }
    }
}

extension SwarmLook {
    /// A container of an engine of this machine is asked at its address on a bridge, and one of an engine elsewhere from
    /// inside; a task with a port of its node for itself at that; any other from inside a container that is in the same
    /// network.
    func ways(to task: EngineTask) -> SwarmWays {
        let service = service(of: task)
        let port = service?.environment["PORT"].flatMap { Int($0) } ?? 8080
        var places: [(host: String, port: Int)] = []
        var inside: (container: String, host: String)?
        if let container = containers[task.containerID] {
            guard container.state.status == .running else { return SwarmWays(port: port, places: [], inside: nil) }
            let isOnHost = container.networks.contains { $0.name == "host" }
            let bridges = container.networks.filter { task.addresses[$0.id] == nil && !$0.address.isEmpty }
            let hosts =
                isOnHost ? ["127.0.0.1"] : [gateways[task.containerID]].compactMap(\.self) + bridges.map(\.address)
            let ownPort = container.environment["PORT"].flatMap { Int($0) } ?? port
            inside = (task.containerID, "127.0.0.1")
            guard isNear else { return SwarmWays(port: ownPort, places: [], inside: inside) }
            places = hosts.map { ($0, ownPort) }
        }
        if let published = task.ports.first(where: { $0.port == port && $0.transport == "tcp" }),
            let address = nodes[task.nodeID]?.address, !address.isEmpty, isNear || !Interfaces.present().isOwn(address)
        {
            places.append((address, published.hostPort))
        }
        let isFar = containers[task.containerID] == nil
        return SwarmWays(port: port, places: places, isFar: isFar, inside: inside ?? neighbour(of: task))
    }

    /// A container of this engine that shares a network with a task of another node.
    private func neighbour(of task: EngineTask) -> (container: String, host: String)? {
        for (network, address) in task.addresses.sorted(by: { $0.key < $1.key }) {
            let other = tasks.first {
                $0.addresses[network] != nil && containers[$0.containerID]?.state.status == .running
            }
            if let other { return (other.containerID, address) }
        }
        return nil
    }
}

extension Instance.Answer {
    /// What counts of an answer while there are others, and where no run is under way: the swarm sends nobody to a task
    /// before its own health check has said yes, and those that serve must not end before it does.
    func inRotation(_ task: EngineTask) -> Instance.Answer {
        guard case .serving = self, task.state != "running" else { return self }
        return .unwell(reason: "its health check has not said yes yet, and the swarm sends it nobody")
    }
}
