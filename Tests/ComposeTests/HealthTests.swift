import Testing

/// Proxies that follow a container's own health check send nobody to one that says no.
@Suite(.tags(.postgres, .engine))
struct `A target whose own health check says no` {
    @Test func `has not come up, however well it serves`() async throws {
        let check = #"curl --silent http://localhost:8080/api/version | jq -e '.version == \"0.6.43\"'"#
        let shape = ComposeSite.Shape(
            replicas: 2, workers: "2", health: "{test: \"\(check)\", interval: 1s, retries: 1, start_period: 0s}")
        try await Workshop.inTurn {
            try await ComposeSite.play(shape) { site in
                try await site.up()
                try Files.write("deadlines: {healthy: 3}", to: "\(site.folder)/plan.yaml")
                let run = try await site.run("--to", "v0.12.4", "--yes", "--plan", "\(site.folder)/plan.yaml")
                #expect(run.exit == 4, "\(run.story)")
                #expect(run.story.contains("its own health check says that it is unhealthy"), "\(run.story)")
                #expect(try await site.complaint() == nil)
            }
        }
    }
}
