import Testing

/// What a reader of Examples/compose copies.
@Suite(.tags(.engine), .serialized)
struct `The example of a Compose deployment` {
    private static let tool = ["run", "--rm", "--no-deps", "open-webui", "/opt/stand-in/bin/open-webui-stand-in"]

    @Test func `names three replicas and what they share`() async throws {
        try await play(with: "") { example in
            let shown = try await example.compose("config")
            #expect(shown.exit == 0, "\(shown.story)")
            for piece in [
                "ghcr.io/open-webui/open-webui:v0.6.43", "replicas: 3", "pgvector/pgvector:", "nginx:", "redis:",
                "WEBSOCKET_MANAGER: redis", "VECTOR_DB: pgvector", "WEBUI_SECRET_KEY: key", "target: /app/backend/data",
            ] { #expect(shown.out.contains(piece), "\(piece) is not in:\n\(shown.out)") }
        }
    }

    @Test func `is upgraded as its README says`() async throws {
        try await play(with: "COMPOSE_FILE=compose.yaml:compose.stand-in.yaml\n") { example in
            try await example.start()
            #expect(try await example.versionBehindProxy() == "0.6.43")
            let run = try await example.upgrade()
            #expect(run.exit == 0, "\(run.story)")
            #expect(run.story.contains("is asked at the address of \(example.name)-db-1"), "\(run.story)")
            #expect(try await example.versionBehindProxy() == "0.12.4")
            let check = try await example.compose(Self.tool + ["witness", "-", "check"])
            #expect(check.exit == 0, "\(check.story)")
            let before = try await Container.all(of: example.name)
            #expect(before.filter { $0.image.hasSuffix(":v0.12.4") && $0.isRunning }.count == 3)
            let up = try await example.compose("up", "--detach")
            #expect(up.exit == 0, "\(up.story)")
            #expect(try await Container.all(of: example.name).map(\.id) == before.map(\.id), "\(up.story)")
        }
    }

    /// A copy of the example in a folder of its own, under a project name of its own.
    private struct Example {
        let name: String
        let folder: String
        let port: Int

        func compose(_ words: String...) async throws -> Finished { try await compose(words) }

        func compose(_ words: [String]) async throws -> Finished {
            // In the folder, as its README says: COMPOSE_FILE counts from where one stands.
            try await ChildProcess.run(
                "/usr/bin/env", ["-C", folder, "docker", "compose"] + words, ["DOCKER_HOST": try TestEngine.address()])
        }

        /// The commands of the README.
        func start() async throws {
            for words in [
                ["up", "--detach", "--wait", "db"],
                ["exec", "--no-TTY", "db", "createdb", "--username", "openwebui", "witness"],
                tool + ["witness", "-", "init"],
                ["up", "--detach", "--wait", "--scale", "open-webui=1"],
                ["up", "--detach", "--wait"],
            ] {
                let said = try await compose(words)
                guard said.exit == 0 else { throw Trouble("docker compose \(words): \(said.story)") }
            }
        }

        func upgrade() async throws -> Finished {
            try await ChildProcess.run(
                Workshop.tool, ["--to", "v0.12.4", "--yes", "--plan", "\(folder)/plan.yaml", "--compose", folder],
                ["DOCKER_HOST": try TestEngine.address()])
        }

        /// Nil where the proxy has no answer.
        func versionBehindProxy() async throws -> String? {
            let answer = try await Web.get("/api/version", port: port)
            return answer?.split(separator: "\"version\":\"").dropFirst().first.map { String($0.prefix { $0 != "\"" }) }
        }
    }

    private func play(with lines: String, _ game: (Example) async throws -> Void) async throws {
        let name = "example_\(String(UInt64.random(in: 0...UInt64.max), radix: 36))"
        let ports = try Ports(1)
        let example = Example(name: name, folder: "\(try Workshop.root())/\(name)", port: ports.numbers[0])
        Tally.count(asked: "compose")
        let result: Result<Void, any Error>
        do {
            try await copy(to: example, adding: lines)
            result = .success(try await game(example))
        } catch { result = .failure(error) }
        try await TestEngine.clear(project: name)
        Files.erase(example.folder)
        try withExtendedLifetime(ports) { try result.get() }
    }

    private func copy(to example: Example, adding lines: String) async throws {
        let root = #filePath.split(separator: "/").dropLast(3).joined(separator: "/")
        let original = "/\(root)/Examples/compose"
        let copied = try await ChildProcess.run("/usr/bin/env", ["cp", "-r", original, example.folder])
        guard copied.exit == 0 else { throw Trouble(copied.story) }
        let filled = [
            "WEBUI_SECRET_KEY": "key", "POSTGRES_PASSWORD": "word", "OPEN_WEBUI_PORT": "\(example.port)",
        ]
        let variables = try Files.read("\(example.folder)/.env.example").split(separator: "\n").map { line in
            let key = String(line.prefix { $0 != "=" })
            return filled[key].map { "\(key)=\($0)" } ?? String(line)
        }
        let text = variables.joined(separator: "\n") + "\nCOMPOSE_PROJECT_NAME=\(example.name)\n" + lines
        try Files.write(text, to: "\(example.folder)/.env")
    }
}
