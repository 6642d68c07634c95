/// The files of the project, as a person would have written them.
extension ComposeSite {
    /// Writes the environment of instances that are made from now on: the shape's and these variables.
    func order(_ variables: [String: String]) async throws {
        var all = shape.environment.merging(variables) { $1 }
        if all["DATABASE_URL"] == nil { all["DATABASE_URL"] = try await addressInside(of: database) }
        all["STAND_IN_WITNESS"] = try await addressInside(of: witness)
        all["WEBUI_SECRET_KEY"] = "a key that nobody may see"
        let lines = all.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)\n" }
        try Files.write(lines.joined(), to: "\(folder)/instance.env")
    }

    /// The address of a database of the tests' server, as instances know it.
    func addressInside(of database: String) async throws -> String {
        let address = try TestServer.address(of: database)
        guard let end = address.firstIndex(of: "@"),
            let colon = address[end...].firstIndex(of: ":")
        else { throw Trouble("no user is in OWUI_TEST_POSTGRES") }
        let host =
            switch shape.reach {
            case .address: try await TestEngine.gateway()
            case .nameInside: "host.docker.internal"
            case .host: "127.0.0.1"
            }
        return address[...end] + host + address[colon...]
    }

    /// The text of compose.yaml.
    func text(of shape: Shape) -> String {
        var lines = ["name: \(name)", "services:"]
        lines += service(Self.service, of: shape, replicas: shape.replicas)
        if let companion = shape.companion { lines += service(Self.companion, of: shape, replicas: companion) }
        lines += ["volumes:", "  data:"]
        return lines.joined(separator: "\n") + "\n"
    }

    private func service(_ service: String, of shape: Shape, replicas: Int) -> [String] {
        var lines = [
            "image: \(shape.repository):\(shape.hasVariable ? "${OWUI_TAG}" : "v\(shape.version)")",
            "env_file: [\(shape.readsVariables ? ".env, " : "")instance.env]",
            "deploy: {replicas: \(replicas)}",
            "restart: \"\(shape.restart)\"",
            "stop_grace_period: \(shape.stopGrace)s",
            "healthcheck: \(shape.health)", "volumes: [\"data:/app/backend/data\"]",
        ]
        // Of two services on one database the one that migrates is the main one.
        let migrations = service == Self.companion ? "False" : shape.migrations
        let settings = [("UVICORN_WORKERS", shape.workers), ("ENABLE_DB_MIGRATIONS", migrations)]
            .compactMap { setting in setting.1.map { "\(setting.0): \"\($0)\"" } }
        if !settings.isEmpty { lines.append("environment: {\(settings.joined(separator: ", "))}") }
        if shape.reach == .nameInside { lines.append("extra_hosts: [\"host.docker.internal:host-gateway\"]") }
        if shape.reach == .host { lines.append("network_mode: host") }
        return ["  \(service):"] + (lines + shape.lines).map { "    \($0)" }
    }
}
