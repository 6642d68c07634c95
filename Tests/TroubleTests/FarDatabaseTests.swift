import Testing

@testable import Backends

/// A database on another machine: that is a container with a network of its own, which one cable joins to the engine's
/// machine. Whatever comes from containers there is masqueraded, as on every way out of an engine.
@Suite(.tags(.postgres, .engine))
struct `A project whose database is on another machine` {
    private static let address = "10.213.77.2"
    private static let url = "postgresql://openwebui:a-word-that-nobody-may-see@\(address):5432/openwebui"

    @Test func `is upgraded though the server knows all its instances by one address`() async throws {
        try await Workshop.inTurn {
            try await EngineSite.with { ground in
                let database = try await ground.makeFarDatabase(at: Self.address)
                let shape = ComposeSite.Shape(prepared: nil, replicas: 2, environment: ["DATABASE_URL": Self.url])
                try await ComposeSite.play(shape) { site in
                    // The first makes the schema alone.
                    let one = try await site.compose("up", "--detach", "--scale", "open-webui=1")
                    #expect(one.exit == 0, "\(one.story)")
                    while try await site.serving().isEmpty {}
                    try await site.up()
                    let seen =
                        "SELECT string_agg(DISTINCT host(client_addr), ' ') FROM pg_stat_activity WHERE client_port > 0"
                    #expect(try await ground.ask(database, seen) == "10.213.77.1")
                    let run = try await site.run("--to", "v0.12.4", "--yes")
                    #expect(run.exit == 0, "\(run.story)")
                    #expect(run.story.contains("is asked directly"), "\(run.story)")
                    #expect(try await site.complaint() == nil, "\(run.story)")
                    #expect(try await site.serving() == ["0.12.4", "0.12.4"])
                    let revision = "SELECT string_agg(version_num, ' ') FROM alembic_version"
                    #expect(try await ground.ask(database, revision) == "0bd252b206fb")
                }
            }
        }
    }
}

extension EngineSite {
    /// The container of a database at this address, and nothing else in its network.
    fileprivate func makeFarDatabase(at address: String) async throws -> String {
        try await shell(
            """
            set -e
            PATH=$PATH:/usr/sbin:/sbin
            id=$(docker run --detach --network none --label owui.test=\(name) --env POSTGRES_USER=openwebui \
            --env POSTGRES_PASSWORD=a-word-that-nobody-may-see owui-stand-in-postgres:15)
            for cgroup in $(grep -l "$id" /proc/[0-9]*/cgroup); do
                if grep -q '^NSpid:.*[^0-9]1$' "${cgroup%cgroup}status"; then pid=${cgroup#/proc/} pid=${pid%/cgroup}; fi
            done
            ip link add far0 type veth peer name far1
            ip link set far1 netns "$pid"
            ip address add 10.213.77.1/24 dev far0
            ip link set far0 up
            nsenter --target "$pid" --net -- ip address add \(address)/24 dev far1
            nsenter --target "$pid" --net -- ip link set far1 up
            nsenter --target "$pid" --net -- ip route add default via 10.213.77.1
            until docker exec "$id" pg_isready --quiet --host 127.0.0.1 --username openwebui; do :; done
            echo "$id" >far
            """)
        return try text("\(folder)/far").trimmed
    }

    fileprivate func ask(_ database: String, _ sql: String) async throws -> String {
        try await docker(
            "exec", database, "psql", "--username", "openwebui", "--tuples-only", "--no-align", "--command", sql
        ).trimmed
    }
}
