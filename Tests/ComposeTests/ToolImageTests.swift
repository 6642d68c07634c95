import Testing

/// What holds for the program holds for the image of it.
@Suite(.tags(.postgres, .engine))
struct `The container image of the program` {
    @Test func `upgrades the Compose project of the folder that it stands in`() async throws {
        try await Workshop.inTurn {
            try await ComposeSite.play(ComposeSite.Shape(replicas: 2, workers: "2")) { site in
                try await site.up()
                let plan = try await ToolImage.run(["plan", "--to", "v0.12.4"], in: site.folder)
                #expect(plan.exit == 0, "\(plan.story)")
                let run = try await ToolImage.run(["--to", "v0.12.4", "--yes"], in: site.folder)
                #expect(run.exit == 0, "\(run.story)")
                try await site.expectEnd("0.12.4")
                #expect(try await site.revision() == "0bd252b206fb")
                // Its journal and its backup are where those of the program itself are.
                let status = try await site.run("status")
                #expect(status.exit == 0 && status.out.contains("0.12.4"), "\(status.story)")
                #expect(Files.names(in: "\(site.folder)/.owui-upgrade/backups").count == 1)
            }
        }
    }

    /// No instance's address is reached from there: each is asked from inside.
    @Test func `does the same from a network of its own`() async throws {
        try await Workshop.inTurn {
            try await ComposeSite.play(ComposeSite.Shape(replicas: 1)) { site in
                try await site.up()
                let run = try await ToolImage.run(["--to", "v0.12.4", "--yes"], in: site.folder, network: "bridge")
                #expect(run.exit == 0, "\(run.story)")
                try await site.expectEnd("0.12.4")
                #expect(try await site.revision() == "0bd252b206fb")
            }
        }
    }
}
