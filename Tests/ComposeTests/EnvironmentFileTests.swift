import Testing

/// The version is in `.env`, which is the service's own `env_file` as well: very many projects are so.
@Suite(.tags(.postgres, .engine))
struct `A service that reads the file its version is in` {
    @Test(arguments: [false, true]) func `is upgraded, and goes back`(goesBack: Bool) async throws {
        let trouble = goesBack ? ["STAND_IN_FAIL_MIGRATION": "0.12.4:1"] : [:]
        let shape = ComposeSite.Shape(replicas: 2, workers: "2", environment: trouble, readsVariables: true)
        try await Workshop.inTurn {
            try await ComposeSite.play(shape) { site in
                try await site.up()
                let run = try await site.run("--to", "v0.12.4", "--yes")
                #expect(run.exit == (goesBack ? 3 : 0), "\(run.story)")
                try await site.expectEnd(goesBack ? "0.6.43" : "0.12.4")
            }
        }
    }
}
