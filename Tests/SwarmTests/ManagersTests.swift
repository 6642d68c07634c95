import Glibc
import Testing

/// A service of a swarm with three managers, on a node that is none of those that are lost.
private struct ManagedService: Witnessed {
    let name = "play_\(String(UInt64.random(in: 0...UInt64.max), radix: 36))"
    var database: String { name }
    var witness: String { "\(name)_witness" }

    func create(on managers: Managers) async throws {
        let settings = [
            "DATABASE_URL": try address(of: database), "STAND_IN_WITNESS": try address(of: witness),
            "WEBUI_SECRET_KEY": "a key that nobody may see",
        ].flatMap { ["--env", "\($0.key)=\($0.value)"] }
        try await managers.docker(
            1,
            [
                "service", "create", "--quiet", "--name", name, "--no-resolve-image", "--endpoint-mode", "dnsrr",
                "--constraint", "node.hostname==m2", "--health-interval", "1s", "--restart-delay", "1s",
            ] + settings + ["\(SwarmSite.repository):v0.6.43"])
    }

    private func address(of database: String) throws -> String {
        let address = try TestServer.address(of: database)
        guard let end = address.firstIndex(of: "@"), let colon = address[end...].firstIndex(of: ":") else {
            throw Trouble("no user is in OWUI_TEST_POSTGRES")
        }
        return address[...end] + Managers.gateway + address[colon...]
    }

    /// What answers in the task that runs.
    func version(on managers: Managers) async throws -> String {
        let id = try await managers.docker(2, ["ps", "--quiet", "--filter", "name=\(name)"]).filter { !$0.isNewline }
        return try await managers.docker(2, ["exec", id, "curl", "--silent", "http://127.0.0.1:8080/api/version"])
    }
}

/// Three engines beside all others are too much for a quick run: `make test-all` has them.
@Suite(.tags(.postgres, .engine), .enabled(if: Seeded.wantsAll))
struct `A run on a swarm of three managers` {
    @Test func `is refused where a node that may run the service cannot have the image`() async throws {
        let service = ManagedService()
        try await service.makeDatabases(after: "0.6.43")
        try await Managers.play { managers in
            try await service.create(on: managers)
            try await managers.docker(2, ["image", "rm", "\(SwarmSite.repository):v0.12.4"])
            let run = try await managers.run(["--to", "0.12.4", "--yes", "--swarm", service.name], on: 1)
            #expect(run.exit == 2, "\(run.story)")
            #expect(run.story.contains("m2") && run.story.contains("No such image"), "\(run.story)")
            #expect(try await service.version(on: managers).contains(#""version":"0.6.43""#))
            let services = try await managers.docker(1, ["service", "ls", "--format", "{{.Name}}"])
            #expect(services == "\(service.name)\n")
        }
        try await service.dropDatabases()
    }

    @Test func `outlives the loss of one, and waits without a change while there are too few`() async throws {
        let service = ManagedService()
        try await service.makeDatabases(after: "0.6.43")
        try await Managers.play { managers in
            try await service.create(on: managers)
            let words = ["--to", "0.12.4", "--yes", "--swarm", service.name]
            let stop = ["OWUI_UPGRADE_STOP_AT": "before apply #1"]

            // The leader is lost, with which the run was begun.
            let first = try managers.start(words, on: 1, environment: stop)
            #expect(try await first.standsStill())
            try await managers.kill(1)
            first.signal(SIGCONT)
            first.signal(SIGTERM)
            let begun = try await first.end()
            #expect(begun.exit == 6, "\(begun.story)")

            // Another manager knows the run; then too few are left, and one of them alone decides nothing.
            let second = try managers.start(words, on: 2, environment: stop)
            #expect(try await second.standsStill())
            let before = try await service.version(on: managers)
            try await managers.kill(3)
            second.signal(SIGCONT)
            // One that led before may answer from its memory until it knows that nobody follows it any more, or not at all.
            var status = try await managers.run(["status", "--swarm", service.name], on: 2)
            while status.exit == 0 || status.error.contains("timed out after") {
                status = try await managers.run(["status", "--swarm", service.name], on: 2)
            }
            #expect(status.exit == 2, "\(status.story)")
            #expect(status.error.contains("more than half of them must run"), "\(status.story)")
            second.signal(SIGTERM)
            let waited = try await second.end()
            #expect(waited.exit == 6, "\(waited.story)")
            #expect(try await service.version(on: managers) == before)

            try await managers.start(1)
            while try await managers.ask(2, ["node", "ls"]).exit != 0 {}
            let run = try await managers.run(words, on: 2)
            #expect(run.exit == 0, "\(run.story)")
            #expect(try await service.complaint() == nil, "\(run.story)")
            #expect(try await service.version(on: managers).contains(#""version":"0.12.4""#))
            let kept = try await managers.docker(
                2, ["config", "ls", "--quiet", "--filter", "label=owui-upgrade.deployment"])
            #expect(kept.split(separator: "\n").count == 1, "\(kept)")
        }
        try await service.dropDatabases()
    }
}
