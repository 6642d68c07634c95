import Testing

/// Services whose database is reached through the swarm alone. One after another: by the same settings they would be taken
/// for companions on one database.
@Suite(.tags(.postgres, .engine), .serialized)
struct `A service whose database is in a network of the swarm that leads nowhere else` {
    /// A database under the name `db` in an internal network: its task has no address at which its node reaches it, and
    /// no container of this tool's own could join it there.
    private func withDatabase(
        internal isInternal: Bool = true, _ game: (_ network: String, _ service: String) async throws -> Void
    ) async throws {
        let network = "inner_\(String(UInt64.random(in: 0...UInt64.max), radix: 36))"
        let service = "\(network)_db"
        let result: Result<Void, any Error>
        do {
            try await SwarmSite.join()
            try await TestEngine.docker(
                ["network", "create", "--driver", "overlay"] + (isInternal ? ["--internal"] : []) + [network])
            try await TestEngine.docker(
                [
                    "service", "create", "--quiet", "--name", service, "--network", "name=\(network),alias=db",
                    "--endpoint-mode", "dnsrr", "--no-resolve-image", "--env", "POSTGRES_USER=openwebui", "--env",
                    "POSTGRES_DB=openwebui", "--env", "POSTGRES_PASSWORD=a-word-that-nobody-may-see",
                    "--health-cmd", "pg_isready --quiet --host 127.0.0.1 --username openwebui", "--health-interval",
                    "1s", "--health-retries", "60", "owui-stand-in-postgres:15",
                ])
            result = .success(try await game(network, service))
        } catch { result = .failure(error) }
        _ = try await TestEngine.ask(["service", "rm", service])
        // A run that failed may have left in the network what stood there for it.
        for _ in 0..<1000 where try await TestEngine.ask(["network", "rm", network]).exit != 0 {
            if try await TestEngine.list(["network", "ls", "--quiet", "--filter", "name=\(network)"]).isEmpty { break }
        }
        try result.get()
    }

    @Test func `is asked at no address of this machine where its manager is another`() async throws {
        try await withDatabase(internal: false) { network, database in
            let url = "postgresql://openwebui:a-word-that-nobody-may-see@db:5432/openwebui"
            let shape = SwarmSite.Shape(
                prepared: nil, replicas: 1, environment: ["DATABASE_URL": url], options: ["--network", network])
            try await SwarmSite.play(shape) { site in
                try await site.up()
                let here = try await site.run("plan", "--to", "0.12.4")
                #expect(here.out.contains("is asked at the address of a task of \(database)"), "\(here.story)")
                let elsewhere = try site.elsewhere()
                let plan = try await site.run("plan", "--to", "0.12.4", environment: elsewhere)
                #expect(plan.exit == 0, "\(plan.story)")
                #expect(plan.out.contains("is asked from inside, through the service"), "\(plan.story)")
                let run = try await site.run("--to", "0.12.4", "--yes", environment: elsewhere)
                #expect(run.exit == 0, "\(run.story)")
                #expect(try await site.complaint() == nil, "\(run.story)")
                #expect(try await site.serving() == ["0.12.4"])
                #expect(try await revision(database) == "0bd252b206fb")
                #expect(try await relays(of: site).isEmpty)
            }
        }
    }

    private func revision(_ service: String) async throws -> String {
        let label = "label=com.docker.swarm.service.name=\(service)"
        let id = try await TestEngine.list(["ps", "--quiet", "--filter", label]).first ?? ""
        let sql = "SELECT string_agg(version_num, ' ') FROM alembic_version"
        return try await TestEngine.docker(
            ["exec", id, "psql", "--username", "openwebui", "--tuples-only", "--no-align", "--command", sql]
        ).filter { !$0.isWhitespace }
    }

    private func relays(of site: SwarmSite) async throws -> [String] {
        try await TestEngine.list(
            ["service", "ls", "--quiet", "--filter", "label=owui-upgrade.relay=\(site.service)"])
    }

    @Test func `is upgraded and goes back from inside, also after a kill, and nothing is left of that`() async throws {
        try await withDatabase { network, database in
            let url = "postgresql://openwebui:a-word-that-nobody-may-see@db:5432/openwebui"
            let shape = SwarmSite.Shape(
                prepared: nil, replicas: 1, environment: ["DATABASE_URL": url], options: ["--network", network])
            try await SwarmSite.play(shape) { site in
                try await site.up()
                try await TestEngine.docker(["service", "scale", "\(site.service)=2"])
                let before = try await site.spec()
                let plan = try await site.run("plan", "--to", "0.12.4")
                #expect(plan.exit == 0, "\(plan.story)")
                #expect(plan.out.contains("The database at db:5432 is asked from inside, through the service"))
                #expect(try await relays(of: site).isEmpty)
                let killed = try await site.run(
                    "--to", "0.12.4", "--yes", environment: ["OWUI_UPGRADE_KILL_AT": "before backUp #1"])
                #expect(killed.exit == Finished.killed, "\(killed.story)")
                let run = try await site.run("--to", "0.12.4", "--yes")
                #expect(run.exit == 0, "\(run.story)")
                #expect(try await site.complaint() == nil, "\(run.story)")
                #expect(try await site.serving() == ["0.12.4", "0.12.4"])
                #expect(try await revision(database) == "0bd252b206fb")
                #expect(try await relays(of: site).isEmpty)
                let back = try await site.run("rollback", "--restore", "--yes")
                #expect(back.exit == 0, "\(back.story)")
                #expect(try await site.complaint() == nil, "\(back.story)")
                #expect(try await site.serving() == ["0.6.43", "0.6.43"])
                #expect(try await revision(database) == "c440947495f3")
                #expect(try await relays(of: site).isEmpty)
                #expect(try await site.spec().asBefore(before) == before)
            }
        }
    }
}
