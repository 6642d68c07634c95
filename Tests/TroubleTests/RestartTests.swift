import Glibc
import Testing

/// A run on a deployment whose engine goes away and comes back.
private struct Scene: Sendable, CustomTestStringConvertible {
    /// Where the run is then.
    enum Moment: Sendable {
        /// One of the program's own points.
        case point(String)
        /// In its first call of Compose that makes anything.
        case call
    }

    let testDescription: String
    let moment: Moment
    var environment: [String: String] = [:]

    private static let slow = ["STAND_IN_SLOW_MIGRATION": "0.12.4:4"]

    static let compose = [
        Scene(testDescription: "one instance is left", moment: .point("after judged oneLeft #1")),
        Scene(testDescription: "the call that makes the target", moment: .call),
        Scene(testDescription: "the target migrates", moment: .point("after apply #3"), environment: slow),
        Scene(testDescription: "the others are started", moment: .point("after apply #4")),
    ]
    static let swarm = [
        Scene(testDescription: "the target's task migrates", moment: .point("after apply #3"), environment: slow),
        Scene(testDescription: "the other tasks are started", moment: .point("after apply #4")),
    ]

    /// What the tool says when it finds that the engine is away.
    private static let away = [
        "No Docker engine", "the platform does not answer", "Cannot connect to the Docker daemon",
    ]
    /// What it says where it stood still for so long that its lock is not good any more, as on a busy machine.
    private static let lapsed = "its lock was last renewed"

    /// Starts the tool, stops it at the moment, lets the engine go away and come back, and returns how the run ended.
    func play(
        _ words: [String], in folder: String, _ environment: [String: String], _ meeting: Meeting
    ) async throws -> (exit: Int32, said: String) {
        var environment = environment
        switch moment {
        case .point(let point): environment["OWUI_UPGRADE_STOP_AT"] = point
        case .call:
            let line = "kill -STOP $PPID; until [ -e \"\(folder)/go\" ]; do sleep 0.02; done"
            environment["DOCKER_CONFIG"] = try InterruptedCompose(in: folder, doing: line).configuration
        }
        let run = try Recorded(["--to", "v0.12.4", "--yes"] + words, in: folder, environment)
        guard try await run.process.standsStill() else { throw Trouble("\(self) never came: \(try run.said())") }
        await meeting.come()
        await meeting.come()
        try Files.write("", to: "\(folder)/go")
        run.process.signal(SIGCONT)
        try await run.says(anyOf: Self.away + [Self.lapsed])
        await meeting.come()
        await meeting.come()
        let exit = try await run.end()
        guard exit == 5, try run.said().contains(Self.lapsed) else { return (exit, try run.said()) }
        environment["OWUI_UPGRADE_STOP_AT"] = nil
        let again = try Recorded(["--to", "v0.12.4", "--yes"] + words, in: folder, environment)
        return (try await again.end(), try again.said())
    }
}

extension `With an engine of its own in a swarm` {
    /// Every run stands still at its own moment when the engine goes away; it finds it gone, and the engine comes back.
    @Suite(.tags(.postgres, .engine), .serialized)
    struct `An engine that goes away in the middle of a run and comes back` {
        @Test func `is waited for, and no versions and no migrators meet`() async throws {
            try await RestartableEngine.with { engine in
                try await TestEngine.$other.withValue(engine.address) {
                    try await TestEngine.docker(["swarm", "init", "--advertise-addr", "127.0.0.1"])
                    let meeting = Meeting(Scene.compose.count + Scene.swarm.count + 1)
                    try await Workshop.outOfTurn {
                        try await withThrowingTaskGroup(of: Void.self) { group in
                            for scene in Scene.compose {
                                group.addTask { try await meeting.attended { try await onCompose(scene, meeting) } }
                            }
                            for scene in Scene.swarm {
                                group.addTask { try await meeting.attended { try await onSwarm(scene, meeting) } }
                            }
                            try await meeting.attended {
                                await meeting.come()
                                try await engine.stop()
                                await meeting.come()
                                await meeting.come()
                                try await engine.start()
                                await meeting.come()
                            }
                            try await group.waitForAll()
                        }
                    }
                }
            }
        }

        private func onCompose(_ scene: Scene, _ meeting: Meeting) async throws {
            let shape = ComposeSite.Shape(replicas: 2, environment: scene.environment, restart: "unless-stopped")
            try await ComposeSite.play(shape) { site in
                try await site.up()
                let words = ["--compose", site.folder]
                let environment = ["DOCKER_HOST": try TestEngine.address()]
                let end = try await scene.play(words, in: site.folder, environment, meeting)
                #expect(end.exit == 0, "\(scene.testDescription): \(end.said)")
                try await site.expectEnd("0.12.4")
            }
        }

        private func onSwarm(_ scene: Scene, _ meeting: Meeting) async throws {
            let shape = SwarmSite.Shape(replicas: 2, environment: scene.environment)
            try await SwarmSite.play(shape) { site in
                try await site.up()
                let environment = ["DOCKER_HOST": try TestEngine.address(), "XDG_STATE_HOME": site.folder]
                let words = ["--swarm", site.service]
                let end = try await scene.play(words, in: site.folder, environment, meeting)
                #expect(end.exit == 0, "\(scene.testDescription): \(end.said)")
                #expect(try await site.complaint() == nil, "\(scene.testDescription)")
                #expect(try await site.serving() == ["0.12.4", "0.12.4"], "\(scene.testDescription)")
            }
        }
    }
}
