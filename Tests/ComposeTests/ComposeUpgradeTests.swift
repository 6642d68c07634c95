import Glibc
import Testing

/// What only a Compose project can show.
@Suite(.tags(.postgres, .engine))
struct `An upgrade of a Compose project` {
    @Test(
        arguments: [
            ComposeSite.Shape(), ComposeSite.Shape(hasVariable: false, reach: .nameInside),
            ComposeSite.Shape(replicas: 2, workers: "2", migrations: "True"), ComposeSite.Shape(replicas: 1),
            ComposeSite.Shape(replicas: 1, lines: ["container_name: owui-fixed-name"]),
        ])
    func `leaves a project that a plain up leaves alone`(_ shape: ComposeSite.Shape) async throws {
        try await Workshop.inTurn {
            try await ComposeSite.play(shape, "\(shape)") { site in
                try await site.up()
                let run = try await site.run("--to", "v0.12.4", "--yes")
                #expect(run.exit == 0, "\(run.story)")
                #expect(try await site.objection(to: "0.12.4") == nil)
                #expect(try await site.revision() == "0bd252b206fb")
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
                #expect(try await site.objection(to: "0.6.43") == nil)
                #expect(try await site.revision() == "c440947495f3")
            }
        }
    }

    /// Places in the middle of a run, from its first change to its last.
    static let moments = [
        "after setAutomation #1", "before began apply #2", "told #3", "after judged noneLeft #1", "version written #1",
        "settled #1", "after apply #3", "after judged migrated #1", "after judged healthy #1", "after apply #4",
    ]

    @Test(arguments: moments)
    func `is not disturbed by somebody's docker compose up`(at moment: String) async throws {
        let shape = ComposeSite.Shape(workers: "2", environment: ["STAND_IN_SLOW_MIGRATION": "0.12.4:1"])
        try await Workshop.inTurn {
            try await ComposeSite.play(shape, moment) { site in
                try await site.up()
                let run = try site.start(
                    ["--to", "v0.12.4", "--yes"], environment: ["OWUI_UPGRADE_STOP_AT": moment])
                #expect(try await run.standsStill(), "\(moment)")
                let before = try await site.instances().map(\.id)
                let stray = try await site.compose("up", "--detach")
                let after = try await site.instances().map(\.id)
                #expect(Set(after).subtracting(before).isEmpty, "\(moment): \(stray.story)")
                run.signal(SIGCONT)
                let end = try await run.end()
                #expect(end.exit == 0, "\(moment): \(end.story)")
                #expect(try await site.objection(to: "0.12.4") == nil)
            }
        }
    }
}
