import Glibc
import Testing
import UpgradeCore
import Wire

@testable import Backends

/// A relay into a network of which this machine is no part.
@Suite struct `A relay into the application's networks` {
    /// A server in a network without an address of this machine, and a relay to it by its name.
    private func play(
        to host: String = "db", port: Int = 5432, _ game: (Relay, PostgresTarget, EngineSite) async throws -> Void
    ) async throws {
        try await EngineSite.with { site in
            let label = "owui.test=\(site.name)"
            try await site.docker(
                "network", "create", "--opt", "com.docker.network.bridge.inhibit_ipv4=true", "--label", label, site.name
            )
            let result: Result<Void, any Error>
            do {
                try await site.docker(
                    "run", "--detach", "--label", label, "--network", site.name, "--network-alias", "db", "--env",
                    "POSTGRES_PASSWORD=word", "owui-stand-in-postgres:15")
                let id = try await site.docker(
                    "run", "--detach", "--rm", "--label", label, "--network", site.name, "--entrypoint", "bash",
                    "ghcr.io/open-webui/open-webui:v0.6.43", "-c", RelayScript.wait)
                let (name, address) = (id.filter { !$0.isNewline }, site.engine.address.text)
                let docker = "\(site.folder)/docker"
                try site.write(docker, "#!/bin/sh\nDOCKER_HOST=\(address) exec /usr/bin/docker \"$@\"\n")
                chmod(docker, 0o700)
                let relay = try Relay(name: name, container: name, docker: docker, to: host, port: port) {}
                let target = try Self.target("postgresql://postgres:word@\(host):\(port)/postgres")
                    .at(relay.listener.address, port: relay.listener.port)
                result = .success(try await game(relay, target, site))
                await relay.close()
            } catch { result = .failure(error) }
            // A relay that ends by itself may be on its way out meanwhile.
            try await site.shell(
                """
                docker ps -aqf label=\(label) | xargs -r docker rm -fv >/dev/null 2>&1
                for _ in $(seq 100); do docker network rm \(site.name) >/dev/null 2>&1 && exit; done
                docker network rm \(site.name)
                """)
            try result.get()
        }
    }

    private static func target(_ url: String) throws -> PostgresTarget {
        guard case .postgres(let target) = try DatabaseSettings(environment: ["DATABASE_URL": url]).engine else {
            throw EngineSite.Missing()
        }
        return target
    }

    /// A session with a server that may only be starting.
    private func session(_ target: PostgresTarget) async throws -> PostgresSession {
        while true {
            do throws(PostgresFault) { return try await PostgresSession.connect(to: target, as: "test") } catch {
                // Where nobody listens yet, a connection through the relay ends at once.
                guard error.kind == .unavailable || error.sqlstate == nil else { throw error }
            }
        }
    }

    @Test func `passes a dump and its restore on, whole, and leaves nothing`() async throws {
        try await play { relay, target, site in
            let session = try await session(target)
            #expect(relay.listener.port == 5432)
            _ = try await session.script(
                """
                CREATE TABLE big AS SELECT n, md5(n::text) || md5((n + 1)::text) AS text FROM generate_series(1, 200000) n
                """, timeout: .seconds(60))
            _ = try await session.query("CREATE DATABASE other")
            let environment = try target.clientEnvironment()
            let dump = "\(site.folder)/all.dump"
            let (pgDump, psql) = (try PostgresTools.path(of: "pg_dump"), try PostgresTools.path(of: "psql"))
            _ = try await Tool.run(pgDump, ["--file", dump], environment: environment, permit: .always)
            #expect(try site.text(dump).utf8.count > 12_000_000)
            _ = try await Tool.run(
                psql, ["--quiet", "--file", dump], environment: environment.merging(["PGDATABASE": "other"]) { $1 },
                permit: .always)
            var other = target
            other.keywords.set("dbname", "other")
            let sum = "SELECT count(*) || md5(string_agg(text, '' ORDER BY n)) AS sum FROM big"
            let (there, restored) = (try await session.query(sum), try await self.session(other).query(sum))
            #expect(try there.first?.string("sum") == restored.first?.string("sum"))
            await relay.close()
            let left = { try await site.docker("ps", "--quiet", "--filter", "id=\(relay.name)") }
            while try await !left().isEmpty {}
        }
    }

    @Test func `ends with whoever holds it, and its sessions with it`() async throws {
        try await play { relay, target, site in
            _ = try await session(target)
            #expect(!relay.hasEnded)
            try await site.docker("kill", relay.name)
            while !relay.hasEnded { await Task.yield() }
            _ = await #expect(throws: PostgresFault.self) {
                _ = try await PostgresSession.connect(to: target, as: "test")
            }
        }
    }

    @Test func `says why nothing comes about`() async throws {
        try await play(port: 1) { relay, target, _ in
            while true {
                _ = await #expect(throws: PostgresFault.self) {
                    _ = try await PostgresSession.connect(to: target, as: "test")
                }
                if await relay.complaint()?.contains("Connection refused") == true { break }
            }
        }
    }

    @Test(.enabled(if: getuid() == 0)) func `lets in nobody but its own user`() async throws {
        try await play { relay, target, site in
            _ = try await session(target)
            let place = "/dev/tcp/\(relay.listener.address)/\(relay.listener.port)"
            let said = try await site.shell(
                """
                setpriv --reuid=65534 --regid=65534 --clear-groups bash -c \
                'exec 3<>\(place); printf "\\0\\0\\0\\10\\4\\322\\26\\57" >&3; head -c 1 <&3 | wc -c'
                """)
            #expect(said.filter(\.isNumber) == "0")
        }
    }
}
