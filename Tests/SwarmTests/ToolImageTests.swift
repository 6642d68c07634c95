import Testing

/// A swarm is reached by the socket of a manager alone.
@Suite(.tags(.postgres, .engine))
struct `The container image of the program in a swarm` {
    @Test func `plans the upgrade of a service, and changes nothing of it`() async throws {
        try await SwarmSite.play(SwarmSite.Shape(replicas: 1)) { site in
            try await site.up()
            let before = try await site.spec()
            let plan = try await ToolImage.run(["plan", "--to", "v0.12.4", "--swarm", site.service])
            #expect(plan.exit == 0, "\(plan.story)")
            #expect(plan.out.contains("0.12.4"), "\(plan.story)")
            #expect(try await site.spec() == before)
            #expect(try await site.complaint() == nil)
        }
    }
}
