import Testing

/// A finished run that is taken back when nothing of the project runs any more.
@Suite(.tags(.postgres, .engine))
struct `A project that was stopped after its upgrade` {
    @Test(arguments: ["stop", "down"]) func `is rolled back with its backup`(ending: String) async throws {
        try await Workshop.inTurn {
            try await ComposeSite.play(ComposeSite.Shape(replicas: 2, workers: "2")) { site in
                try await site.up()
                let run = try await site.run("--to", "v0.12.4", "--yes")
                #expect(run.exit == 0, "\(run.story)")
                let ended = try await site.compose(ending)
                #expect(ended.exit == 0, "\(ended.story)")
                let back = try await site.run("rollback", "--restore", "--yes")
                #expect(back.exit == 0, "\(back.story)")
                try await site.expectEnd("0.6.43")
                #expect(try await site.revision() == "c440947495f3")
            }
        }
    }
}
