import Testing

/// A project of which this machine reaches nothing but the engine: instances, database and witness are in a network in
/// which it has no address.
struct InsideProject: Sendable {
    let name: String
    let folder: String
    /// The one port of this machine that leads to the database; nil where none does.
    let port: Int?

    static func play(port: Int? = nil, _ game: (InsideProject) async throws -> Void) async throws {
        let name = "inside_\(String(UInt64.random(in: 0...UInt64.max), radix: 36))"
        let project = InsideProject(name: name, folder: "\(try Workshop.root())/\(name)", port: port)
        Tally.count(asked: "compose")
        let result: Result<Void, any Error>
        do {
            try Files.makeFolder(project.folder)
            try Files.write(project.text, to: "\(project.folder)/compose.yaml", mode: 0o644)
            try Files.write("OWUI_TAG=v0.6.43\n", to: "\(project.folder)/.env", mode: 0o644)
            try await project.up()
            result = .success(try await game(project))
        } catch { result = .failure(error) }
        try await TestEngine.clear(project: name)
        Files.erase(project.folder)
        try result.get()
    }

    private var text: String {
        """
        name: \(name)
        services:
          open-webui:
            image: \(ComposeSite.repository):${OWUI_TAG}
            environment:
              DATABASE_URL: postgresql://openwebui:a-word-that-nobody-may-see@db:5432/openwebui
              STAND_IN_WITNESS: postgresql://openwebui:a-word-that-nobody-may-see@db:5432/witness
              WEBUI_SECRET_KEY: a key that nobody may see
            deploy: {replicas: 2}
            healthcheck: {interval: 1s, retries: 60}
            volumes: ["data:/app/backend/data"]
            networks: [back]
          db:
            image: owui-stand-in-postgres:15
            environment: {POSTGRES_USER: openwebui, POSTGRES_DB: openwebui, POSTGRES_PASSWORD: a-word-that-nobody-may-see}
            healthcheck:
              test: ["CMD", "pg_isready", "--quiet", "--host", "127.0.0.1", "--username", "openwebui"]
              interval: 1s
              retries: 60
            networks: \(port == nil ? "[back]" : "[access, back]")
            ports: [\(port.map { "\"127.0.0.1:\($0):5432\"" } ?? "")]
        volumes:
          data:
        networks:
          access:
          back:
            driver_opts: {com.docker.network.bridge.inhibit_ipv4: "true"}

        """
    }

    private func up() async throws {
        let witness = ["run", "--rm", "--no-deps", "open-webui", "/opt/stand-in/bin/open-webui-stand-in", "witness"]
        for words in [
            ["up", "--detach", "--wait", "db"],
            ["exec", "--no-TTY", "db", "createdb", "--username", "openwebui", "witness"],
            witness + ["-", "init"], ["up", "--detach", "--wait", "--scale", "open-webui=1"],
            ["up", "--detach", "--wait"],
        ] {
            let said = try await compose(words)
            guard said.exit == 0 else { throw Trouble("docker compose \(words): \(said.story)") }
        }
    }

    func compose(_ words: [String]) async throws -> Finished {
        try await TestEngine.ask(["compose", "--project-directory", folder] + words)
    }

    /// Runs the tool on this project.
    func run(_ words: String..., environment: [String: String] = [:]) async throws -> Finished {
        let own = ["DOCKER_HOST": try TestEngine.address()].merging(environment) { $1 }
        return try await ChildProcess.run(Workshop.tool, words + ["--compose", folder], own)
    }

    /// Runs the tool in another folder.
    func runElsewhere(_ words: String...) async throws -> Finished {
        try await ChildProcess.run(
            "/usr/bin/env", ["-C", "/", Workshop.tool] + words, ["DOCKER_HOST": try TestEngine.address()])
    }

    // What is to be seen

    /// The versions that answer, one for each instance.
    func serving() async throws -> [String] {
        var versions: [String] = []
        for container in try await Container.all(of: name) where container.isRunning {
            guard container.configuration.labels["com.docker.compose.service"] == "open-webui" else { continue }
            let asked = try await TestEngine.ask(
                ["exec", container.id, "curl", "--silent", "http://127.0.0.1:8080/api/version"])
            let version = asked.out.split(separator: "\"version\":\"").dropFirst().first?.prefix { $0 != "\"" }
            versions.append(version.map(String.init) ?? asked.story)
        }
        return versions
    }

    func revision() async throws -> String {
        let sql = "SELECT string_agg(version_num, ' ') FROM alembic_version"
        let words = ["exec", "--no-TTY", "db", "psql", "--username", "openwebui", "--tuples-only", "--no-align"]
        return try await compose(words + ["--command", sql]).out.filter { !$0.isWhitespace }
    }

    /// Nil when no two versions and no two migrators met; otherwise what the witness says.
    func complaint() async throws -> String? {
        let check = try await compose(
            [
                "run", "--rm", "--no-deps", "open-webui", "/opt/stand-in/bin/open-webui-stand-in", "witness", "-",
                "check",
            ])
        return check.exit == 0 ? nil : check.story
    }

    /// What relays are on the engine of this project.
    func relays() async throws -> [String] {
        try await TestEngine.list(["ps", "--all", "--quiet", "--filter", "label=owui-upgrade.relay=\(name)"])
    }
}
