import Testing

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
                    try await TestEngine.docker(["node", "update", "--availability", "pause", "self"])
                    let plan = try await site.run("plan", "--to", "0.6.43", environment: elsewhere)
                    #expect(plan.exit == 2, "\(plan.story)")
                    #expect(plan.story.contains("takes no tasks: its availability is pause"), "\(plan.story)")
                    #expect(plan.story.contains("docker node update --availability active"), "\(plan.story)")
                }
            }
        }
    }
}
