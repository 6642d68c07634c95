import Glibc
import Testing

/// A person writes another version into the files in the middle of a run.
@Suite(.tags(.postgres, .engine))
struct `A line that somebody has changed in the middle of a run` {
    private static let theirs = "OWUI_TAG=v0.9.0\n"

    /// Of a run that does not bear with them for long.
    private static func words(_ site: ComposeSite) throws -> [String] {
        try Files.write("deadlines: {database: 2}", to: "\(site.folder)/plan.yaml")
        return ["--to", "v0.12.4", "--yes", "--plan", "\(site.folder)/plan.yaml"]
    }

    @Test(arguments: [false, true])
    func `is left to them, and the run holds until they have decided`(isKilled: Bool) async throws {
        let shape = ComposeSite.Shape(replicas: 2, environment: ["STAND_IN_FAIL_MIGRATION": "0.12.4:1"])
        try await Workshop.inTurn {
            try await ComposeSite.play(shape) { site in
                try await site.up()
                let words = try Self.words(site)
                let stop = ["OWUI_UPGRADE_STOP_AT": "after apply #3"]
                let run = try site.start(words, environment: stop)
                #expect(try await run.standsStill())
                try Files.write(Self.theirs, to: site.variablesFile)
                run.signal(isKilled ? SIGKILL : SIGCONT)
                var end = try await run.end()
                if isKilled { end = try await site.run(words) }
                #expect(end.exit == 4, "\(end.story)")
                #expect(end.story.contains("Line 1 of \(site.variablesFile) was changed by someone else."))
                #expect(end.story.contains("write it as `OWUI_TAG=v0.6.43`"), "\(end.story)")
                #expect(try Files.read(site.variablesFile) == Self.theirs)
                #expect(try await site.complaint() == nil)
                try Files.write("OWUI_TAG=v0.6.43\n", to: site.variablesFile)
                let resumed = try await site.run("resume")
                #expect(resumed.exit == 3, "\(resumed.story)")
                try await site.expectEnd("0.6.43")
            }
        }
    }

    @Test(arguments: ["before apply #1", "after judged oneLeft #1"])
    func `is seen while instances serve`(moment: String) async throws {
        try await Workshop.inTurn {
            try await ComposeSite.play(ComposeSite.Shape(replicas: 2)) { site in
                try await site.up()
                let run = try site.start(
                    try Self.words(site), environment: ["OWUI_UPGRADE_STOP_AT": moment])
                #expect(try await run.standsStill())
                try Files.write(Self.theirs, to: site.variablesFile)
                run.signal(SIGCONT)
                let end = try await run.end()
                #expect(end.exit == 4, "\(end.story)")
                #expect(try await !site.serving().isEmpty)
                #expect(try Files.read(site.variablesFile) == Self.theirs)
                try Files.write("OWUI_TAG=v0.6.43\n", to: site.variablesFile)
                let resumed = try await site.run("resume")
                #expect(resumed.exit == 0, "\(resumed.story)")
                try await site.expectEnd("0.12.4")
            }
        }
    }
}
