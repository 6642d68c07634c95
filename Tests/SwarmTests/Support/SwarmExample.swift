import Backends
import Testing

/// A copy of Examples/swarm in a folder of its own, as a stack with a name of its own, all of it gone at the end.
struct SwarmExample {
    static let root = #filePath.split(separator: "/").dropLast(4).map { "/\($0)" }.joined()
    static let original = "\(root)/Examples/swarm"
    private static let secret = "webui_secret_key"

    let name = "example_\(String(UInt64.random(in: 0...UInt64.max), radix: 36))"
    let folder: String
    private let ports: Ports
    private let node: String

    private var port: Int { ports.numbers[0] }

    static func play(_ game: (SwarmExample) async throws -> Void) async throws {
        try await SwarmSite.swarm.value
        let node = try await TestEngine.list(["node", "ls", "--format", "{{.Hostname}}"])[0]
        let example = try SwarmExample(node: node)
        Tally.count(asked: "swarm")
        let result: Result<Void, any Error>
        do {
            try await example.make()
            result = .success(try await game(example))
        } catch { result = .failure(error) }
        try await example.clear()
        try result.get()
    }

    private init(node: String) throws {
        self.node = node
        folder = "\(try Workshop.root())/\(name)"
        ports = try Ports(1)
    }

    /// The example's own `.env`, filled in.
    static func variables(node: String, port: Int) throws -> [String: String] {
        var variables: [String: String] = [:]
        for line in try Files.read("\(original)/.env.example").split(separator: "\n") where !line.hasPrefix("#") {
            let parts = line.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            variables[String(parts[0])] = String(parts[1])
        }
        let filled = [
            "POSTGRES_PASSWORD": "word", "NFS_SERVER": "none", "DATABASE_NODE": node, "PROXY_NODE": node,
            "OPEN_WEBUI_PORT": "\(port)",
        ]
        return variables.merging(filled) { $1 }
    }

    private func make() async throws {
        let copied = try await ChildProcess.run("/usr/bin/env", ["cp", "-r", Self.original, folder])
        guard copied.exit == 0 else { throw Trouble(copied.story) }
        let plan = try Files.read("\(folder)/plan.yaml")
        try Files.write(plan.replacing("chat_open-webui", with: service("open-webui")), to: "\(folder)/plan.yaml")
        try Files.write("key", to: "\(folder)/key")
        try await TestEngine.docker(["secret", "create", Self.secret, "\(folder)/key"])
    }

    // The commands of its README

    func start() async throws {
        try await deploy(replicas: 0)
        try await scale("db", to: 1)
        let database = try await TestEngine.list(["ps", "--quiet", "--filter", "name=\(service("db"))"])[0]
        try await TestEngine.docker(["exec", database, "createdb", "--username", "openwebui", "witness"])
        let witness = try await witness("init")
        guard witness.exit == 0 else { throw Trouble(witness.story) }
        try await scale("open-webui", to: 1)
        try await scale("open-webui", to: 3)
    }

    func deploy(replicas: Int = 3) async throws {
        let files = ["stack.yaml", "stack.stand-in.yaml"].flatMap { ["--compose-file", "\(folder)/\($0)"] }
        var variables = try Self.variables(node: node, port: port)
        variables["REPLICAS"] = "\(replicas)"
        let said = try await TestEngine.ask(["stack", "deploy"] + files + [name], variables)
        guard said.exit == 0 else { throw Trouble(said.story) }
    }

    /// Returns when the swarm has nothing left to do for the service.
    func scale(_ name: String, to replicas: Int) async throws {
        try await TestEngine.docker(["service", "scale", "\(service(name))=\(replicas)"])
    }

    func upgrade() async throws -> Finished {
        try await ChildProcess.run(
            Workshop.tool, ["--to", "v0.12.4", "--yes", "--plan", "\(folder)/plan.yaml"],
            ["DOCKER_HOST": try TestEngine.address(), "XDG_STATE_HOME": folder])
    }

    func witness(_ question: String) async throws -> Finished {
        try await TestEngine.ask([
            "run", "--rm", "--network", "\(name)_default",
            "--env", "STAND_IN_WITNESS=postgresql://openwebui:word@db:5432/witness",
            "\(SwarmSite.repository):v0.6.43", "/opt/stand-in/bin/open-webui-stand-in", "witness", "-", question,
        ])
    }

    // What is to be seen

    /// Nil where the proxy has no answer.
    func versionBehindProxy() async throws -> String? {
        let answer = try await Web.get("/api/version", port: port)
        return answer?.split(separator: "\"version\":\"").dropFirst().first.map { String($0.prefix { $0 != "\"" }) }
    }

    /// The containers of Open WebUI that run.
    func containers() async throws -> [String] {
        let label = "label=com.docker.swarm.service.name=\(service("open-webui"))"
        return try await TestEngine.list(["ps", "--quiet", "--filter", label]).sorted()
    }

    /// What tasks are made from: where it is the same, the swarm replaces none.
    func template() async throws -> EngineValue {
        let engine = Engine(try EngineAddress(host: try TestEngine.address()))
        return try await engine.service(service("open-webui")).spec["TaskTemplate"]
    }

    private func service(_ name: String) -> String { "\(self.name)_\(name)" }

    private func clear() async throws {
        _ = try await TestEngine.ask(["stack", "rm", name])
        // What the swarm removes meanwhile is gone as well.
        let containers = try await TestEngine.list(["ps", "--all", "--quiet", "--filter", "name=\(name)"])
        if !containers.isEmpty { _ = try await TestEngine.ask(["rm", "--force", "--volumes"] + containers) }
        for _ in 0..<1000 {
            if try await TestEngine.list(["network", "ls", "--quiet", "--filter", "name=\(name)"]).isEmpty { break }
        }
        _ = try await TestEngine.ask(["secret", "rm", Self.secret])
        let volumes = try await TestEngine.list(["volume", "ls", "--quiet", "--filter", "name=\(name)"])
        if !volumes.isEmpty { _ = try await TestEngine.ask(["volume", "rm", "--force"] + volumes) }
        Files.erase(folder)
    }
}
