import Testing

/// What is played with an engine of its own that is in a swarm: a machine has the ports of one such.
@Suite(.serialized) enum `With an engine of its own in a swarm` {}

extension `With an engine of its own in a swarm` {
    @Suite(.tags(.postgres, .engine))
    struct `A manager that takes no tasks` {
        @Test func `is told at once to whoever can ask the database from inside alone`() async throws {
            try await RestartableEngine.with(images: ["v0.6.43"]) { engine in
                try await TestEngine.$other.withValue(engine.address) {
                    try await TestEngine.docker(["swarm", "init", "--advertise-addr", "127.0.0.1"])
                    try await SwarmSite.play(SwarmSite.Shape(replicas: 1)) { site in
                        try await site.up()
                        let elsewhere = try site.elsewhere()
                        let inside = try await site.run("plan", "--to", "0.6.43", environment: elsewhere)
                        #expect(inside.exit == 0, "\(inside.story)")
                        let node = try await TestEngine.list(["info", "--format", "{{.Swarm.NodeID}}"])
                        try await TestEngine.docker(["node", "update", "--availability", "pause"] + node)
                        let plan = try await site.run("plan", "--to", "0.6.43", environment: elsewhere)
                        #expect(plan.exit == 2, "\(plan.story)")
                        #expect(plan.story.contains("takes no tasks: its availability is pause"), "\(plan.story)")
                        #expect(plan.story.contains("docker node update --availability active"), "\(plan.story)")
                    }
                }
            }
        }
    }
}
