import Backends
import Testing

@testable import owui_upgrade

/// What a reader of Examples/swarm and Plans/swarm.yaml copies.
@Suite(.tags(.engine), .serialized)
struct `The example of a stack` {
    @Test func `names three replicas and what they share`() async throws {
        let words = ["compose", "--file", "\(SwarmExample.original)/stack.yaml", "config"]
        let shown = try await TestEngine.ask(words, try SwarmExample.variables(node: "any", port: 3000))
        #expect(shown.exit == 0, "\(shown.story)")
        for piece in [
            "ghcr.io/open-webui/open-webui:v0.6.43", "replicas: 3", "pgvector/pgvector:", "nginx:", "redis:",
            "WEBSOCKET_MANAGER: redis", "VECTOR_DB: pgvector", "WEBUI_SECRET_KEY_FILE: /run/secrets/webui_secret_key",
            "target: /app/backend/data", "type: nfs", "endpoint_mode: dnsrr", "failure_action: pause",
        ] { #expect(shown.out.contains(piece), "\(piece) is not in:\n\(shown.out)") }
    }

    @Test func `has a plan that names its service, as that for any service does in a comment`() throws {
        #expect(try Wishes(planFile: "\(SwarmExample.original)/plan.yaml").swarm?.service == "chat_open-webui")
        let lines = try Files.read("\(SwarmExample.root)/Plans/swarm.yaml").split(separator: "\n")
        let place = try #require(lines.firstIndex(of: "# swarm:"))
        let path = "\(try Workshop.root())/swarm.yaml"
        try Files.write(lines[place...].map { $0.dropFirst(2) }.joined(separator: "\n"), to: path)
        #expect(try Wishes(planFile: path).swarm?.service == "chat_open-webui")
    }

    @Test func `is upgraded as its README says, and its edited file restarts nothing`() async throws {
        try await SwarmExample.play { example in
            try await example.start()
            #expect(try await example.versionBehindProxy() == "0.6.43")
            let run = try await example.upgrade()
            #expect(run.exit == 0, "\(run.story)")
            #expect(run.story.contains("is asked at the address of a task of "), "\(run.story)")
            #expect(try await example.versionBehindProxy() == "0.12.4")
            let check = try await example.witness("check")
            #expect(check.exit == 0, "\(check.story)")

            let line = "image: ghcr.io/open-webui/open-webui:v0.12.4"
            #expect(run.out.contains("`\(line)`"), "\(run.out)")
            let before = (try await example.containers(), try await example.template())
            let stack = "\(example.folder)/stack.yaml"
            let text = try Files.read(stack)
            try Files.write(text.replacing("image: ghcr.io/open-webui/open-webui:v0.6.43", with: line), to: stack)
            try await example.deploy()
            #expect(try await example.template() == before.1)
            try await example.scale("open-webui", to: 3)
            #expect(try await example.containers() == before.0)
            #expect(before.0.count == 3)
        }
    }
}
