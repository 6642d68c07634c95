import Glibc
import Testing

/// What somebody does to a project in the middle of a run.
private struct Hand: Sendable, CustomTestStringConvertible {
    let testDescription: String
    /// Where the run is then.
    let moment: String
    /// Words of `docker compose`, or of `docker` itself for its instances.
    var compose: [String] = []
    var docker: [String] = []

    static let all = [
        Hand(testDescription: "restarts it while it migrates", moment: "after apply #3", compose: ["restart"]),
        Hand(testDescription: "takes it down while it migrates", moment: "after apply #3", compose: ["down"]),
        Hand(testDescription: "kills the migrating instance", moment: "after apply #3", docker: ["kill"]),
        Hand(testDescription: "takes it down when one is left", moment: "after judged oneLeft #1", compose: ["down"]),
        Hand(testDescription: "takes it down when others start", moment: "after apply #4", compose: ["down"]),
        Hand(
            testDescription: "asks for more at zero instances", moment: "after judged noneLeft #1",
            compose: ["up", "--detach", "--scale", "open-webui=4"]),
        Hand(testDescription: "starts what was told to end", moment: "after apply #2", docker: ["restart"]),
    ]
}

@Suite(.tags(.postgres, .engine))
struct `A run on Compose in the middle of which somebody does something` {
    @Test(arguments: Hand.all)
    fileprivate func `ends as asked, and no versions and no migrators meet`(_ hand: Hand) async throws {
        let shape = ComposeSite.Shape(replicas: 2, environment: ["STAND_IN_SLOW_MIGRATION": "0.12.4:2"])
        try await Workshop.inTurn {
            try await ComposeSite.play(shape) { site in
                try await site.up()
                let run = try site.start(
                    ["--to", "v0.12.4", "--yes"], environment: ["OWUI_UPGRADE_STOP_AT": hand.moment])
                #expect(try await run.standsStill(), "\(hand)")
                try await act(hand, on: site)
                run.signal(SIGCONT)
                let end = try await run.end()
                #expect(end.exit == 0, "\(hand): \(end.story)")
                let again = try await site.run("--to", "v0.12.4", "--yes")
                #expect(again.exit == 0, "\(again.story)")
                try await site.expectEnd("0.12.4")
            }
        }
    }

    private func act(_ hand: Hand, on site: ComposeSite) async throws {
        if !hand.compose.isEmpty {
            _ = try await TestEngine.ask(["compose", "--project-directory", site.folder] + hand.compose)
            return
        }
        let there = try await site.containers().filter { $0.configuration.labels["com.docker.compose.service"] != nil }
        _ = try await TestEngine.ask(hand.docker + there.map(\.id))
    }
}
