import Testing

/// What only a Compose project can show.
@Suite(.tags(.postgres, .engine))
struct `An upgrade of a Compose project` {
    @Test(
        arguments: [
            ComposeSite.Shape(), ComposeSite.Shape(hasVariable: false, reach: .nameInside),
            ComposeSite.Shape(replicas: 2, workers: "2", migrations: "True"), ComposeSite.Shape(replicas: 1),
            ComposeSite.Shape(replicas: 1, lines: ["container_name: owui-fixed-name"]),
            ComposeSite.Shape(replicas: 1, reach: .host),
        ])
    func `leaves a project that a plain up leaves alone`(_ shape: ComposeSite.Shape) async throws {
        try await Workshop.inTurn {
            try await ComposeSite.play(shape) { site in
                try await site.up()
                let run = try await site.run("--to", "v0.12.4", "--yes")
                #expect(run.exit == 0, "\(run.story)")
                try await site.expectEnd("0.12.4")
                #expect(try await site.revision() == "0bd252b206fb")
                #expect(try Files.read("\(site.folder)/.owui-upgrade/.gitignore") == "*\n")
            }
        }
    }

    @Test func `puts back what its files said where it goes back`() async throws {
        let shape = ComposeSite.Shape(
            hasVariable: false, replicas: 2, workers: "2", environment: ["STAND_IN_FAIL_MIGRATION": "0.12.4:1"])
        try await Workshop.inTurn {
            try await ComposeSite.play(shape) { site in
                try await site.up()
                let run = try await site.run("--to", "v0.12.4", "--yes")
                #expect(run.exit == 3, "\(run.story)")
                try await site.expectEnd("0.6.43")
                #expect(try await site.revision() == "c440947495f3")
            }
        }
    }

    @Test func `begins anew from what is there after a run that was given up`() async throws {
        try await Workshop.inTurn {
            try await ComposeSite.play(ComposeSite.Shape(replicas: 2)) { site in
                try await site.up()
                let words = ["--to", "v0.12.4", "--yes"]
                let killed = try await site.run(words, environment: ["OWUI_UPGRADE_KILL_AT": "after judged oneLeft #1"])
                #expect(killed.exit == Finished.killed, "\(killed.story)")
                let run = try #require(Files.names(in: "\(site.folder)/.owui-upgrade/runs").first)
                let given = try await site.run("unlock", "--give-up", String(run.dropLast(".journal".count)))
                #expect(given.exit == 0, "\(given.story)")
                // Nothing stands in the way of whoever goes on by hand.
                let up = try await site.compose("up", "--detach")
                #expect(up.exit == 0, "\(up.story)")
                #expect(try await site.instances().count == 2)
                let again = try await site.run(["--replicas", "1"] + words)
                #expect(again.exit == 0, "\(again.story)")
                #expect(try await site.complaint() == nil)
                #expect(try await site.serving() == ["0.12.4"])
            }
        }
    }
}
