import UpgradeCore
import Wire

/// The ways to the database of a Compose project.
///
/// A name that a container bears in the application's networks means that container, whatever it means to this machine.
/// Where that is not the engine's own, no address of the engine's is taken for one of this machine.
struct ComposeDatabaseWays: DatabaseWays {
    let target: PostgresTarget
    let project: ComposeProject
    /// The one that is upgraded.
    let service: String
    let engine: Engine
    let isInterrupted: @Sendable () -> Bool

    private var settings: ComposeService? { project.config.services[service] }

    func near() async throws(Fault) -> [DatabaseWay] {
        let direct = DatabaseWay(kind: .direct, target: target)
        let isNear = try await engine.isNear()
        guard let host = target.host, target.keywords["hostaddr"] == nil else {
            return isNear ? [direct] : [direct].awayFromHere
        }
        if let address = try await written(host) {
            let way = DatabaseWay(kind: .direct, target: target.at(address))
            return isNear ? [way] : [way].awayFromHere
        }
        let all = try await engine.containers(all: false)
        let own = try await networks(of: all)
        let ways = all.flatMap { container in
            container.ways(to: target, host: host, in: own)
        }
        guard isNear else { return ways.isEmpty ? [direct].awayFromHere : [] }
        return ways.isEmpty ? [direct] : ways
    }

    /// What the service's own file of hosts says of a name.
    private func written(_ host: String) async throws(Fault) -> String? {
        let address = settings?.hosts[host] ?? (host == "host.docker.internal" ? Self.gateway : nil)
        return address == Self.gateway ? try await engine.gateway(of: "bridge") : address
    }

    private static let gateway = "host-gateway"

    /// The names of the networks that the application is in, by what runs, or by what its files say where nothing does.
    private func networks(of all: [EngineContainer]) async throws(Fault) -> [String] {
        let running = all.filter { $0.labels["com.docker.compose.project"] == project.name && $0.service == service }
        if !running.isEmpty { return Set(running.flatMap { $0.networks.map(\.name) }).sorted() }
        let there = Set(try await engine.networks().map(\.name))
        let names = (settings?.networks ?? []).map { name in
            project.config.tree["networks"]?[name]?["name"]?.text ?? "\(project.name)_\(name)"
        }
        return names.filter(there.contains)
    }

    // The relay

    func relay() async throws(Fault) -> Relay? {
        guard let host = target.host, settings?.networkMode != "host" else {
            guard try await engine.isNear() else { throw .databaseElsewhere(engine.address.text) }
            return nil
        }
        let order = try await order(host)
        let (project, engine) = (project.name, engine)
        let docker = self.project.tool.docker
        let removal = { @Sendable () async in
            // One that does not go now ends by itself, and is cleared away later.
            do throws(Fault) {
                try await engine.remove(container: order.name, force: true, withAnonymousVolumes: true)
                try await Self.clear(project, engine)
            } catch { return }
        }
        do throws(Fault) {
            try await start(order)
            return try Relay(
                name: "the container \(order.name)", container: order.name, docker: docker, to: host, port: target.port,
                removal: removal)
        } catch {
            await removal()
            throw error.kind == .interrupted ? error : .relayNotStarted(order.name, why: error.cause)
        }
    }

    private func order(_ host: String) async throws(Fault) -> RelayOrder {
        let all = try await engine.containers(labels: ["com.docker.compose.project=\(project.name)"])
        var networks = try await networks(of: all.filter { $0.state.status == .running })
        if let mode = settings?.networkMode, mode.hasPrefix("service:") {
            let other = all.first { $0.service == mode.dropFirst("service:".count) && $0.state.status == .running }
            networks = other.map { ["container:\($0.id)"] } ?? []
        }
        guard !networks.isEmpty else { throw .noRelayNetwork(host) }
        let own = all.first { $0.service == service }?.imageID
        guard let image = own ?? settings?.image else { throw .noRelayNetwork(host) }
        return RelayOrder(
            deployment: project.name, image: image, networks: networks,
            hosts: (settings?.hosts ?? [:]).map { "\($0.key):\($0.value)" }.sorted())
    }

    private func start(_ order: RelayOrder) async throws(Fault) {
        try Permit(readingUntil: isInterrupted).check("reaching the database")
        let purpose = "make the container \(order.name)"
        _ = try await engine.send(
            EngineCall("POST", "/containers/create", ["name": order.name], body: order.json(), to: purpose))
        for network in order.networks.dropFirst() {
            let body = EngineValue.object(["Container": .text(order.name)])
            _ = try await engine.send(
                EngineCall(
                    "POST", "/networks/\(EngineCall.escaped(network))/connect", body: try EngineJSON.write(body),
                    to: "join \(order.name) to the network \(network)"))
        }
        try await engine.start(container: order.name)
    }

    /// Removes what a process that was killed before it could start one has left behind. One that is about to be started
    /// is younger; all others go by themselves.
    static func clear(_ project: String, _ engine: Engine) async throws(Fault) {
        let left = try await engine.containers(labels: ["\(RelayOrder.label)=\(project)"])
        guard !left.isEmpty else { return }
        let now = try await engine.info().time
        for container in left where container.state.status != .running {
            let age = EngineTime.nanoseconds(container.created).map { now - $0 } ?? 0
            guard age > RelayOrder.seconds * 1_000_000_000 else { continue }
            try await engine.remove(container: container.id, force: true, withAnonymousVolumes: true)
        }
    }
}

/// A relay's container as an engine is asked for it.
struct RelayOrder: Sendable {
    static let label = "owui-upgrade.relay"
    /// How long one may take to start.
    static let seconds: Int64 = 20

    let name = "owui-upgrade-relay-\(String(UInt64.random(in: 0...UInt64.max), radix: 36))"
    /// Whose database is asked through it.
    let deployment: String
    let image: String
    /// By their names; the first may be that of another container whose network it shares.
    let networks: [String]
    /// Lines for its file of hosts: `name:address`.
    let hosts: [String]

    func json() throws(Fault) -> [UInt8] {
        try EngineJSON.write(
            EngineValue.object([
                "Image": .text(image), "Entrypoint": .list([.text("bash"), .text("-c"), .text(RelayScript.wait)]),
                "Cmd": .list([]), "Labels": .object([Self.label: .text(deployment)]),
                "Healthcheck": .object(["Test": .list([.text("NONE")])]),
                "HostConfig": .object([
                    "NetworkMode": .text(networks.first ?? ""), "AutoRemove": .flag(true),
                    "ExtraHosts": .list(hosts.map { .text($0) }),
                ]),
            ]))
    }
}

extension EngineContainer {
    /// The ways to it for who knows it by this name in one of these networks.
    fileprivate func ways(to target: PostgresTarget, host: String, in own: [String]) -> [DatabaseWay] {
        let known = networks.filter { own.contains($0.name) && ($0.aliases.contains(host) || name == host) }
        guard !known.isEmpty else { return [] }
        let addresses = known.map(\.address).filter { !$0.isEmpty }
        let published = ports.first { $0.port == target.port && $0.transport == "tcp" }
        return addresses.map { DatabaseWay(kind: .container(name), target: target.at($0)) }
            + (published.map { port in
                let address = ["", "0.0.0.0"].contains(port.hostAddress) ? "127.0.0.1" : port.hostAddress
                return [
                    DatabaseWay(
                        kind: .published(port.hostPort, name),
                        target: target.at(address == "::" ? "::1" : address, port: port.hostPort))
                ]
            } ?? [])
    }
}
