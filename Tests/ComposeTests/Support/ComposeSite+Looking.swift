/// What is to be seen of a deployment from outside.
extension ComposeSite {
    /// Every container of the project, stopped ones too.
    func containers() async throws -> [Container] { try await Container.all(of: name) }

    /// The containers of one service that run.
    func instances(of service: String = ComposeSite.service) async throws -> [Container] {
        try await containers().filter {
            $0.isRunning && $0.configuration.labels["com.docker.compose.service"] == service
        }
    }

    /// The versions that answer, one for each running instance that does.
    func serving(_ service: String = ComposeSite.service) async throws -> [String] {
        var versions: [String] = []
        for instance in try await instances(of: service) {
            let address = shape.reach == .host ? "127.0.0.1" : instance.address
            guard let address else { continue }
            guard let answer = try await Web.get("/api/version", from: address, port: 8080) else { continue }
            let version = answer.split(separator: "\"version\":\"").dropFirst().first?.prefix { $0 != "\"" }
            versions.append(version.map(String.init) ?? answer)
        }
        return versions
    }

    /// How many processes of the stand-in the witness has seen.
    func livesSeen() async throws -> Int? {
        try await TestServer.value("SELECT count(*) FROM life", in: witness).flatMap { Int($0) }
    }
}
