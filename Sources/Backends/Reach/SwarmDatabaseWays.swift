import FoundationEssentials
import UpgradeCore
import Wire

/// The ways to the database of a service of a swarm.
///
/// A name that a service bears in the application's networks means that service, whatever it means to this machine: its
/// container is asked through its bridge to this machine, which has no way into the networks themselves. The addresses of a
/// manager elsewhere mean nothing here but those of its nodes: whatever may be this machine's own is left to the relay.
struct SwarmDatabaseWays: DatabaseWays {
    let target: PostgresTarget
    /// The service that is upgraded, as it was when it was found.
    let main: EngineService
    /// Whether its tasks are in the network of their node itself.
    let isOnHost: Bool
    let engine: Engine
    let isInterrupted: @Sendable () -> Bool
    /// Told of the application's image where that has to be fetched for a relay.
    let hear: @Sendable (PullProgress) -> Void

    func near() async throws(Fault) -> [DatabaseWay] {
        let direct = DatabaseWay(kind: .direct, target: target)
        let isNear = try await engine.isNear()
        guard let host = target.host, target.keywords["hostaddr"] == nil else {
            return isNear ? [direct] : [direct].awayFromHere
        }
        let written = main.hosts[host].map { DatabaseWay(kind: .direct, target: target.at($0)) }
        let service = written == nil ? try await service(called: host) : nil
        guard let service else { return isNear ? [written ?? direct] : [written ?? direct].awayFromHere }
        let nodes = try await engine.nodes()
        guard isNear else { return published(service, try await running(service), nodes, isNear: false).awayFromHere }
        let gateways = try await engine.addresses(in: SwarmBackend.gatewayNetwork)
        let tasks = try await running(service)
        let containers = tasks.compactMap { gateways[$0.containerID] }.map {
            DatabaseWay(kind: .container("a task of \(service.name)"), target: target.at($0))
        }
        return containers + published(service, tasks, nodes, isNear: true)
    }

    private func running(_ service: EngineService) async throws(Fault) -> [EngineTask] {
        try await engine.tasks(of: [service.name]).filter { $0.state == "running" }
    }

    /// Ports that lead to it, of the node of a task or of all nodes, and so of this one where that is one of them.
    private func published(
        _ service: EngineService, _ tasks: [EngineTask], _ nodes: [EngineNode], isNear: Bool
    ) -> [DatabaseWay] {
        let every = isNear ? ["127.0.0.1"] : nodes.filter(\.isReady).map(\.address).filter { !$0.isEmpty }.sorted()
        let ofNodes = tasks.compactMap { task -> DatabaseWay? in
            guard let port = task.ports.first(where: { $0.port == target.port && $0.transport == "tcp" }),
                let address = nodes.first(where: { $0.id == task.nodeID })?.address, !address.isEmpty
            else { return nil }
            return DatabaseWay(
                kind: .published(port.hostPort, service.name), target: target.at(address, port: port.hostPort))
        }
        let ofAll = service.spec["EndpointSpec"]["Ports"].list.flatMap { port -> [DatabaseWay] in
            guard port["TargetPort"].integer == target.port, port["PublishMode"].text != "host",
                let outside = port["PublishedPort"].integer
            else { return [] }
            return every.map {
                DatabaseWay(kind: .published(outside, service.name), target: target.at($0, port: outside))
            }
        }
        return tasks.isEmpty ? [] : ofNodes + ofAll
    }

    /// The service that tasks of the application find under a name.
    private func service(called host: String) async throws(Fault) -> EngineService? {
        let plain = host.hasPrefix("tasks.") ? String(host.dropFirst("tasks.".count)) : host
        return try await engine.services().first { $0.id != main.id && $0.isCalled(plain, in: main.networks) }
    }

    // The relay

    func relay() async throws(Fault) -> Relay? {
        guard let host = target.host, !main.networks.isEmpty, !isOnHost else {
            guard try await engine.isNear() else { throw .databaseElsewhere(engine.address.text) }
            return nil
        }
        if let service = try await service(called: host),
            try await !engine.tasks(of: [service.name]).contains(where: { $0.state == "running" })
        {
            throw .databaseStopped(host, service: service.name)
        }
        let docker = try ComposeTool().docker
        let node = try await node()
        try await haveImage()
        let name = "owui-upgrade-relay-\(String(UInt64.random(in: 0...UInt64.max), radix: 36))"
        let (main, engine) = (main, engine)
        let removal = { @Sendable () async in
            // One that does not go now ends by itself, and is cleared away later.
            do throws(Fault) {
                try await engine.removeService(name)
                try await Self.clear(main.name, engine)
            } catch { return }
        }
        do throws(Fault) {
            let container = try await start(named: name, on: node)
            return try Relay(
                name: "the service \(name)", container: container, docker: docker, to: host, port: target.port,
                removal: removal)
        } catch {
            await removal()
            throw error.kind == .interrupted ? error : .relayNotStarted(name, why: error.cause)
        }
    }

    /// How long its one task may take to run, in seconds.
    private static let patience = 60

    /// The node that is asked, on which alone a command can be given in a relay.
    private func node() async throws(Fault) -> String {
        let id = try await engine.info().swarm.nodeID
        let node = try await engine.nodes().first { $0.id == id }
        if let node, node.availability != "active" { throw .noRelayOnManager(node) }
        return id
    }

    private var probe: ImageProbe {
        let environment = ProcessInfo.processInfo.environment
        return ImageProbe(engine, environment: environment, home: environment["HOME"] ?? "/")
    }

    /// Has this node fetch the image, however long that takes: a task that waits for it could not be told from one that
    /// never comes.
    private func haveImage() async throws(Fault) {
        let (image, hear, probe) = (main.image, hear, probe)
        _ = try await Heed(isInterrupted).reading("Fetching an image") { () async throws(Fault) in
            try await probe.held(image, hear)
        }
    }

    /// The container of its one task, on this node.
    private func start(named name: String, on node: String) async throws(Fault) -> String {
        let registry = ImageReference(main.image)?.registry
        let login = if let registry { try await probe.login(for: registry).header } else { Secret?.none }
        let service = try await engine.makeService(main.relay(named: name, on: node), as: login)
        let permit = Permit(readingUntil: isInterrupted)
        let end = ContinuousClock.now + .seconds(Self.patience)
        while true {
            let tasks = try await engine.tasks(of: [service])
            if let task = tasks.first(where: { $0.state == "running" }), !task.containerID.isEmpty {
                return task.containerID
            }
            let said = tasks.map { $0.error.isEmpty ? $0.message : $0.error }.last { !$0.isEmpty } ?? ""
            guard ContinuousClock.now < end, !tasks.contains(where: \.endedByItself) else {
                throw .relayNotStarted(name, why: said)
            }
            try permit.check("reaching the database")
            do { try await Task.sleep(for: .milliseconds(100)) } catch {
                throw .toolInterrupted("reaching the database")
            }
        }
    }

    /// Removes what a process that was killed has left behind: it has ended by itself, or never came to run.
    static func clear(_ service: String, _ engine: Engine) async throws(Fault) {
        let left = try await engine.services().filter { $0.labels[RelayOrder.label] == service }
        guard !left.isEmpty else { return }
        let now = try await engine.info().time
        for relay in left {
            let tasks = try await engine.tasks(of: [relay.id])
            let age = EngineTime.nanoseconds(relay.created).map { now - $0 } ?? 0
            let isStarting = age < Int64(patience + 30) * 1_000_000_000
            let isOver = tasks.isEmpty ? !isStarting : tasks.allSatisfy(\.endedByItself)
            if isOver || (!isStarting && !tasks.contains { $0.state == "running" }) {
                try await engine.removeService(relay.id)
            }
        }
    }
}

extension EngineService {
    /// Whether it is there only for this tool, and nothing of the application runs in it.
    var isOfThisTool: Bool { isFetch || labels[RelayOrder.label] != nil }

    /// A service of one task on this node, in the networks of this one, in which a shell waits.
    func relay(named name: String, on node: String) -> EngineValue {
        let shell = EngineValue.object([
            "Image": .text(image), "Command": .list([.text("bash"), .text("-c"), .text(RelayScript.wait)]),
            "Healthcheck": .object(["Test": .list([.text("NONE")])]), "Hosts": template["ContainerSpec"]["Hosts"],
            "StopSignal": .text("SIGKILL"),
        ])
        let own = networks.sorted().map { EngineValue.object(["Target": .text($0)]) }
        return .object([
            "Name": .text(name), "Labels": .object([RelayOrder.label: .text(self.name)]),
            "Mode": .object(["Replicated": .object(["Replicas": .integer(1)])]),
            // Nobody looks for it by its name, and an address of its own wants more of the kernel.
            "EndpointSpec": .object(["Mode": .text("dnsrr")]),
            "TaskTemplate": .object([
                "ContainerSpec": shell, "RestartPolicy": .object(["Condition": .text("none")]),
                "Placement": .object(["Constraints": .list([.text("node.id==\(node)")])]),
                "Networks": .list(own),
            ]),
        ])
    }
}
