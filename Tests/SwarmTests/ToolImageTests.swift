import Testing

/// A swarm is reached by the socket of a manager alone.
@Suite(.tags(.postgres, .engine))
struct `The container image of the program in a swarm` {
    @Test
    func `plans the upgrade of a service and then makes it, and leaves its backup in the folder that it was given`()
        async throws
    {
        try await SwarmSite.play(SwarmSite.Shape(replicas: 1)) { site in
            try await site.up()
            let before = try await site.spec()
            let plan = try await ToolImage.run(["plan", "--to", "v0.12.4", "--swarm", site.service])
            #expect(plan.exit == 0, "\(plan.story)")
            #expect(plan.out.contains("0.12.4"), "\(plan.story)")
            #expect(try await site.spec() == before)
            let kept = ["\(site.folder)/kept:/root/.local/state/owui-upgrade"]
            let run = try await ToolImage.run(["--to", "v0.12.4", "--yes", "--swarm", site.service], volumes: kept)
            #expect(run.exit == 0, "\(run.story)")
            #expect(try await site.serving() == ["0.12.4"])
            #expect(try await site.complaint() == nil)
            let found = try await ChildProcess.run("/usr/bin/find", ["\(site.folder)/kept", "-name", "*.dump"], [:])
            #expect(found.out.split(separator: "\n").count == 1, "\(found.story)\n\(run.story)")
        }
    }
}
