import Backends
import Glibc
import Testing

/// A target whose tasks do not come up, and what comes of its upgrade.
private struct Ending: Sendable, CustomTestStringConvertible {
    let testDescription: String
    var environment: [String: String] = [:]
    var options: [String] = []
    var exit: Int32 = 3
    let reason: String

    static let all = [
        Ending(
            testDescription: "they are killed for memory", environment: ["STAND_IN_EAT_MEMORY": "0.12.4:256"],
            options: ["--limit-memory", "96M"],
            reason: "the last time after: killed by the kernel because memory ran out"),
        Ending(
            testDescription: "their health check never says yes",
            options: ["--health-cmd", "grep -q 0.6.43 /app/package.json", "--health-retries", "2"], exit: 4,
            reason: "its health check said unhealthy"),
    ]
}

/// What somebody does to a service in the middle of a run, and how the run goes on.
private struct Hand: Sendable, CustomTestStringConvertible {
    let testDescription: String
    let moment: String
    let words: [String]
    var reason = "Someone else has changed"
    var wayOn = WayOn.undone

    enum WayOn: Sendable {
        /// They roll it back, and the run is resumed.
        case undone
        /// The run is resumed, and ends what they have started.
        case cleared
        /// They end all, and the run is resumed.
        case ended
        /// What they started has migrated: the run is given up.
        case givenUp
    }

    static let all = [
        Hand(
            testDescription: "forces an update", moment: "after apply #3", words: ["--force"],
            reason: "beside the target", wayOn: .cleared),
        Hand(
            testDescription: "forces an update, and ends all", moment: "after apply #3", words: ["--force"],
            reason: "beside the target", wayOn: .ended),
        Hand(
            testDescription: "adds a variable", moment: "after apply #3", words: ["--env-add", "X=1"],
            reason: "beside the target", wayOn: .cleared),
        Hand(
            testDescription: "asks for the new image when one is left", moment: "after judged oneLeft #1",
            words: ["--no-resolve-image", "--image", "\(SwarmSite.repository):v0.12.4"], wayOn: .givenUp),
        Hand(testDescription: "rolls back", moment: "after apply #3", words: ["--rollback"]),
        Hand(testDescription: "scales at zero tasks", moment: "after judged noneLeft #1", words: ["--replicas", "3"]),
    ]
}

/// What goes wrong with a service of a real swarm.
@Suite(.tags(.postgres, .engine))
struct `An upgrade of a service in trouble` {
    @Test(arguments: Ending.all)
    fileprivate func `tells what the swarm says of a target that does not come up, and ends in a safe state`(
        _ ending: Ending
    ) async throws {
        let shape = SwarmSite.Shape(
            replicas: 1, environment: ending.environment, startPeriod: "0s", options: ending.options)
        try await Workshop.inTurn {
            try await SwarmSite.play(shape) { site in
                try await site.up()
                let before = try await site.spec()
                let run = try await site.run("--to", "0.12.4", "--yes")
                #expect(run.exit == ending.exit, "\(run.story)")
                #expect(run.story.contains(ending.reason), "\(run.story)")
                #expect(!run.story.contains("a key that nobody may see"))
                #expect(try await site.complaint() == nil)
                if ending.exit == 3 {
                    #expect(try await site.serving() == ["0.6.43"])
                    #expect(try await site.spec().asBefore(before) == before)
                }
            }
        }
    }

    @Test(arguments: Hand.all)
    fileprivate func `holds when somebody changes the service, and goes on as it says`(
        _ hand: Hand
    ) async throws {
        let shape = SwarmSite.Shape(replicas: 2, environment: ["STAND_IN_SLOW_MIGRATION": "0.12.4:2"])
        try await Workshop.inTurn {
            try await SwarmSite.play(shape) { site in
                try await site.up()
                let tool = try site.start(
                    ["--to", "0.12.4", "--yes"], environment: ["OWUI_UPGRADE_STOP_AT": hand.moment])
                #expect(try await tool.standsStill(), "\(hand)")
                let update = ["service", "update", "--detach", "--quiet"]
                try await TestEngine.docker(update + hand.words + [site.service])
                tool.signal(SIGCONT)
                let held = try await tool.end()
                #expect(held.exit == 4, "\(hand): \(held.story)")
                #expect(held.story.contains(hand.reason), "\(hand): \(held.story)")
                let status = try await site.run("status")
                #expect(status.story.contains("`owui-upgrade resume --swarm \(site.service)`"), "\(status.story)")
                #expect(try await site.complaint() == nil, "\(hand)")
                switch hand.wayOn {
                case .undone:
                    // Nothing of before may be left: going back may start a target again.
                    try await site.settle()
                    try await site.change(["rollback", site.service])
                case .ended: try await site.change(["scale", "\(site.service)=0"])
                case .cleared: break
                case .givenUp: return try await giveUp(site)
                }
                let resumed = try await site.run("resume")
                #expect(resumed.exit == 0, "\(hand): \(resumed.story)")
                #expect(try await site.complaint() == nil, "\(hand)")
                #expect(try await site.serving() == ["0.12.4", "0.12.4"], "\(hand)")
            }
        }
    }

    /// Somebody's own target has migrated: no command brings the old version back on its schema, and the last one leaves
    /// the service to them.
    private func giveUp(_ site: SwarmSite) async throws {
        while try await site.serving() != ["0.12.4"] {}
        try await site.change(["scale", "\(site.service)=0"])
        let resumed = try await site.run("resume")
        #expect(resumed.exit == 4, "\(resumed.story)")
        #expect(resumed.story.contains("start no old version on it"), "\(resumed.story)")
        let said = resumed.story.split(separator: "`owui-upgrade unlock ").dropFirst().first ?? ""
        let given = try await site.run("unlock", String(said.prefix { $0 != " " }), "--give-up")
        #expect(given.exit == 0, "\(given.story)")
        try await site.change(["scale", "\(site.service)=2"])
        while try await site.serving() != ["0.12.4", "0.12.4"] {}
        let again = try await site.run("--to", "0.12.4", "--yes")
        #expect(again.exit == 0, "\(again.story)")
        #expect(try await site.complaint() == nil)
        #expect(try await site.spec()["UpdateConfig"]["Order"].text == "stop-first")
        #expect(try await site.spec()["Labels"]["owui-upgrade.writes"].isNull)
    }

    /// Somebody takes the image away at zero tasks: nothing of the target ever runs, and nothing of it ends.
    @Test func `goes back where nodes refuse the target for longer than one takes to come up`() async throws {
        let shape = SwarmSite.Shape(repository: "localhost:9/refused/open-webui", replicas: 1)
        try await Workshop.inTurn {
            try await SwarmSite.play(shape) { site in
                for version in ["v0.6.43", "v0.12.4"] {
                    try await TestEngine.docker(
                        ["tag", "\(SwarmSite.repository):\(version)", "\(shape.repository):\(version)"])
                }
                try await site.up()
                let tool = try site.start(
                    ["--to", "0.12.4", "--yes"], environment: ["OWUI_UPGRADE_STOP_AT": "after judged noneLeft #1"])
                #expect(try await tool.standsStill())
                try await TestEngine.docker(["rmi", "\(shape.repository):v0.12.4"])
                tool.signal(SIGCONT)
                let run = try await tool.end()
                #expect(run.exit == 3, "\(run.story)")
                #expect(run.story.contains("No such image"), "\(run.story)")
                #expect(try await site.complaint() == nil)
                #expect(try await site.serving() == ["0.6.43"])
            }
        }
    }

    @Test func `is ended by a signal at a durable point while tasks end, and the same command goes on`() async throws {
        let shape = SwarmSite.Shape(replicas: 2, environment: ["STAND_IN_SLOW_STOP": "0.6.43:4"])
        try await Workshop.inTurn {
            try await SwarmSite.play(shape) { site in
                try await site.up()
                let signal = ChildProcess.Signal(number: SIGTERM, moment: .says("one instance of"))
                let run = try await site.start(["--to", "0.12.4", "--yes"]).end(signal)
                #expect(run.exit == 6, "\(run.story)")
                let again = try await site.run("--to", "0.12.4", "--yes")
                #expect(again.exit == 0, "\(again.story)")
                #expect(try await site.complaint() == nil)
            }
        }
    }
}
