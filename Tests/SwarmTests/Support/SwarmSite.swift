import Backends
import FoundationEssentials
import Testing

/// A deployment to be played with: a service of the stand-in in a swarm of one node, the database behind it and the
/// witness's, all of it gone at the end. The swarm itself goes with the tests' engine.
final class SwarmSite: Witnessed, Sendable {
    /// What a deployment is to look like.
    struct Shape: Sendable {
        var prepared: String? = "0.6.43"
        var version = "0.6.43"
        var repository = SwarmSite.repository
        var replicas = 3
        /// `UVICORN_WORKERS`; nil where it is not set.
        var workers: String?
        /// Replicas of a second service on the same database; nil where there is none.
        var companion: Int?
        /// Added to the environment of every instance, such as orders for trouble.
        var environment: [String: String] = [:]
        var stopGrace = 10
        /// For how long a task may be unwell that has never been well, as `docker service create` takes it.
        var startPeriod = "1h"
        /// Whether its tasks are in the network of their node itself.
        var isOnHost = false
        /// When the swarm starts by itself another task in the place of one that has ended.
        var restart = "any"
        /// Options of `docker service create` beside those that every site has.
        var options: [String] = []
    }

    static let repository = "ghcr.io/open-webui/open-webui"

    let shape: Shape
    /// That of the network, and of both databases.
    let name: String
    /// Where journal and lock come to be, and backups.
    let folder: String

    var service: String { "\(name)_web" }
    var companion: String { "\(name)_pool" }
    var database: String { name }
    var witness: String { "\(name)_witness" }

    /// Makes one, plays with it, and clears it away whatever comes of it.
    static func play<Value>(
        _ shape: Shape = Shape(), _ game: (SwarmSite) async throws -> Value
    ) async throws -> Value {
        try await Workshop.inTurn { try await played(shape, game) }
    }

    private static func played<Value>(
        _ shape: Shape, _ game: (SwarmSite) async throws -> Value
    ) async throws -> Value {
        let site = try SwarmSite(shape)
        let result: Result<Value, any Error>
        do {
            try await site.make()
            for server in ["postgres", "swarm"] {
                Tally.count(asked: server)
            }
            result = .success(try await game(site))
        } catch { result = .failure(error) }
        do { try await site.clear() } catch {
            // What went wrong first is what counts.
            if case .success = result { throw error }
        }
        return try result.get()
    }

    private init(_ shape: Shape) throws {
        self.shape = shape
        name = "play_\(String(UInt64.random(in: 0...UInt64.max), radix: 36))"
        folder = "\(try Workshop.root())/\(name)"
    }

    /// Suites run side by side, and an engine joins a swarm once.
    static let swarm = Task {
        let state = try await TestEngine.docker(["info", "--format", "{{.Swarm.LocalNodeState}}"])
        if state.hasPrefix("active") { return }
        try await TestEngine.docker(["swarm", "init", "--advertise-addr", "127.0.0.1"])
    }

    /// Returns when the tests' engine is in its swarm.
    static func join() async throws { try await swarm.value }

    private func make() async throws {
        try await Self.join()
        try await makeDatabases(after: shape.prepared)
        try Files.makeFolder(folder)
        try await TestEngine.docker(["network", "create", "--driver", "overlay", name])
        try Files.write("nobody may see this either", to: "\(folder)/secret")
        try await TestEngine.docker(["secret", "create", name, "\(folder)/secret"])
    }

    /// Makes the service, and returns when all of it is healthy.
    func up() async throws {
        try await create(service, replicas: shape.replicas)
        if let replicas = shape.companion { try await create(companion, replicas: replicas) }
    }

    private func create(_ service: String, replicas: Int) async throws {
        var variables = shape.environment
        if variables["DATABASE_URL"] == nil { variables["DATABASE_URL"] = try await addressInside(of: database) }
        variables["STAND_IN_WITNESS"] = try await addressInside(of: witness)
        variables["WEBUI_SECRET_KEY"] = "a key that nobody may see"
        if let workers = shape.workers { variables["UVICORN_WORKERS"] = workers }
        if service == companion { variables["ENABLE_DB_MIGRATIONS"] = "False" }
        let settings = variables.sorted { $0.key < $1.key }.flatMap { ["--env", "\($0.key)=\($0.value)"] }
        try await TestEngine.docker(
            [
                "service", "create", "--quiet", "--name", service, "--replicas", "\(replicas)",
                "--network", shape.isOnHost ? "host" : name,
                // The kernel may lack what the mesh wants, and no registry can be asked.
                "--endpoint-mode", "dnsrr", "--no-resolve-image",
                "--health-interval", "1s", "--health-start-period", shape.startPeriod, "--restart-delay", "1s",
                "--restart-condition", shape.restart,
                "--stop-grace-period", "\(shape.stopGrace)s",
                "--update-delay", "3s", "--update-monitor", "1s", "--update-order", "stop-first",
                "--update-max-failure-ratio", "0.1", "--rollback-monitor", "7s", "--label", "keep=me",
                "--container-label", "and=me", "--secret", name, "--constraint", "node.role==manager",
            ] + settings + shape.options + ["\(shape.repository):v\(shape.version)"])
    }

    private func addressInside(of database: String) async throws -> String {
        let address = try TestServer.address(of: database)
        if shape.isOnHost { return address }
        guard let end = address.firstIndex(of: "@"), let colon = address[end...].firstIndex(of: ":") else {
            throw Trouble("no user is in OWUI_TEST_POSTGRES")
        }
        return address[...end] + (try await TestEngine.gateway()) + address[colon...]
    }

    // The program

    /// Runs the tool on this deployment.
    func run(_ words: String..., environment: [String: String] = [:]) async throws -> Finished {
        try await run(words, environment: environment)
    }

    func run(
        _ words: [String], environment: [String: String] = [:], signal: ChildProcess.Signal? = nil
    ) async throws -> Finished {
        try await start(words, environment: environment).end(signal)
    }

    /// Starts the tool on this deployment and does not wait for it.
    func start(_ words: [String], environment: [String: String] = [:]) throws -> ChildProcess {
        let own = ["DOCKER_HOST": try TestEngine.address(), "XDG_STATE_HOME": folder]
        return try ChildProcess(Workshop.tool, words + ["--swarm", service], own.merging(environment) { $1 })
    }

    // What is to be seen

    /// The versions that answer, one for each running task that does.
    func serving() async throws -> [String] { try await serving(service) }

    func serving(_ service: String) async throws -> [String] {
        let ids = try await TestEngine.list(
            ["ps", "--quiet", "--filter", "label=com.docker.swarm.service.name=\(service)"])
        var versions: [String] = []
        for id in ids {
            let asked = try await TestEngine.ask(["exec", id, "curl", "--silent", "http://127.0.0.1:8080/api/version"])
            let version = asked.out.split(separator: "\"version\":\"").dropFirst().first?.prefix { $0 != "\"" }
            versions.append(version.map(String.init) ?? asked.story)
        }
        return versions
    }

    /// The service's spec, as the engine writes it.
    func spec() async throws -> EngineValue {
        // `docker service inspect` shows defaults as if they were written.
        try await Engine(try EngineAddress(host: try TestEngine.address())).service(service).spec
    }

    /// Removes what the tool keeps in the swarm for a service.
    private func clear(configsOf service: String) async throws {
        let label = "owui-upgrade.deployment=\(service)"
        let found = try await TestEngine.list(["config", "ls", "--quiet", "--filter", "label=\(label)"])
        if !found.isEmpty { _ = try await TestEngine.ask(["config", "rm"] + found) }
    }

    /// Removes everything that bears the site's name, whoever made it.
    private func clear() async throws {
        for service in try await TestEngine.list(["service", "ls", "--quiet", "--filter", "name=\(name)"]) {
            let id = try await TestEngine.list(["service", "inspect", "--format", "{{.ID}}", service])
            for id in id { try await clear(configsOf: id) }
        }
        for kind in ["service", "secret"] {
            let found = try await TestEngine.list([kind, "ls", "--quiet", "--filter", "name=\(name)"])
            if !found.isEmpty { try await TestEngine.docker([kind, "rm"] + found) }
        }
        let containers = try await TestEngine.list(["ps", "--all", "--quiet", "--filter", "name=\(name)"])
        // What the swarm removes meanwhile is gone as well.
        if !containers.isEmpty { _ = try await TestEngine.ask(["rm", "--force", "--volumes"] + containers) }
        for _ in 0..<1000 where try await TestEngine.ask(["network", "rm", name]).exit != 0 {
            if try await TestEngine.list(["network", "ls", "--quiet", "--filter", "name=\(name)"]).isEmpty { break }
        }
        try await dropDatabases()
        Files.erase(folder)
    }
}
