import Backends
import Glibc
import Testing

/// Whole upgrades of a service of a real swarm.
@Suite(.tags(.postgres, .engine), .serialized)
struct `A service of a swarm` {
    @Test(arguments: [nil, "2"])
    func `is upgraded with every promise kept, and nothing of its spec changed but the image`(
        workers: String?
    ) async throws {
        try await SwarmSite.play(SwarmSite.Shape(workers: workers)) { site in
            try await site.up()
            let before = try await site.spec()
            let run = try await site.run("--to", "0.12.4", "--yes")
            #expect(run.exit == 0, "\(run.story)")
            #expect(try await site.complaint() == nil, "\(run.story)")
            #expect(try await site.serving() == ["0.12.4", "0.12.4", "0.12.4"])
            #expect(try await site.revision() != "c440947495f3")
            let after = try await site.spec()
            #expect(after["TaskTemplate"]["ContainerSpec"]["Image"].text == "\(SwarmSite.repository):v0.12.4")
            #expect(after.asBefore(before) == before)
            let again = try await site.run("--to", "0.12.4", "--yes")
            #expect(again.exit == 0, "\(again.story)")
            #expect(try await site.spec() == after)
        }
    }

    @Test func `gets companions on the target too, and none of them meets an old one`() async throws {
        try await SwarmSite.play(SwarmSite.Shape(replicas: 2, companion: 2, startPeriod: "20m")) { site in
            try await site.up()
            let run = try await site.run("--to", "0.12.4", "--yes")
            #expect(run.exit == 0, "\(run.story)")
            #expect(try await site.complaint() == nil)
            #expect(try await site.serving() == ["0.12.4", "0.12.4"])
            let pool = try await TestEngine.docker(
                [
                    "service", "inspect", site.companion, "--format",
                    "{{.Spec.TaskTemplate.ContainerSpec.Image}} {{.Spec.Mode.Replicated.Replicas}}",
                ])
            #expect(pool == "\(SwarmSite.repository):v0.12.4 2\n")
        }
    }

    /// Its health check says no for as long as it migrates, and has said it too often after twenty-eight seconds.
    @Test func `may migrate for longer than the swarm waits for a task to be healthy`() async throws {
        let shape = SwarmSite.Shape(
            replicas: 2, environment: ["STAND_IN_SLOW_MIGRATION": "0.12.4:36"], startPeriod: "25s")
        try await SwarmSite.play(shape) { site in
            try await site.up()
            let before = try await site.spec()
            let plan = try await site.run("plan", "--to", "0.12.4")
            #expect(plan.out.contains("is replaced at the end"), "\(plan.out)")
            let run = try await site.run("--to", "0.12.4", "--yes")
            #expect(run.exit == 0, "\(run.story)")
            #expect(try await site.complaint() == nil, "\(run.story)")
            #expect(try await site.serving() == ["0.12.4", "0.12.4"])
            #expect(try await site.spec().asBefore(before) == before)
        }
    }

    @Test func `goes back by itself where the target cannot start`() async throws {
        let shape = SwarmSite.Shape(environment: ["STAND_IN_EXIT_AT_ONCE": "0.12.4:7"], startPeriod: "20s")
        try await SwarmSite.play(shape) { site in
            try await site.up()
            let before = try await site.spec()
            let run = try await site.run("--to", "0.12.4", "--yes")
            #expect(run.exit == 3, "\(run.story)")
            #expect(try await site.complaint() == nil)
            #expect(try await site.serving() == ["0.6.43", "0.6.43", "0.6.43"])
            #expect(try await site.spec().asBefore(before) == before)
        }
    }

    @Test func `that somebody scales in the middle is held, and goes on from there`() async throws {
        try await SwarmSite.play(SwarmSite.Shape(replicas: 2)) { site in
            try await site.up()
            let tool = try site.start(
                ["--to", "0.12.4", "--yes", "--output", "json"],
                environment: ["OWUI_UPGRADE_STOP_AT": "after apply #1"])
            #expect(try await tool.standsStill())
            try await TestEngine.docker(["service", "scale", "--detach", "\(site.service)=3"])
            tool.signal(SIGCONT)
            let held = try await tool.end()
            #expect(held.exit == 4, "\(held.story)")
            #expect(held.out.contains("Someone else has changed"), "\(held.story)")
            try await site.change(["scale", "\(site.service)=1"])
            let resumed = try await site.run("resume")
            #expect(resumed.exit == 0, "\(resumed.story)")
            #expect(try await site.complaint() == nil)
            #expect(try await site.serving() == ["0.12.4", "0.12.4"])
        }
    }

    @Test func `is not upgraded where its last update is not finished`() async throws {
        let shape = SwarmSite.Shape(replicas: 1, options: ["--update-failure-action", "pause"])
        try await SwarmSite.play(shape) { site in
            try await site.up()
            try await TestEngine.docker(
                [
                    "service", "update", "--detach", "--env-add", "STAND_IN_SLOW_START=60", "--update-order",
                    "start-first",
                    site.service,
                ])
            let run = try await site.run("--to", "0.12.4", "--yes")
            #expect(run.exit == 2, "\(run.story)")
            #expect(run.story.contains("has not finished its last update"), "\(run.story)")
        }
    }

    @Test func `is upgraded where its tasks and its database are in their node's own network`() async throws {
        try await SwarmSite.play(SwarmSite.Shape(replicas: 1, isOnHost: true)) { site in
            try await site.up()
            let run = try await site.run("--to", "0.12.4", "--yes")
            #expect(run.exit == 0, "\(run.story)")
            #expect(run.story.contains("is asked directly"), "\(run.story)")
            #expect(try await site.complaint() == nil, "\(run.story)")
            #expect(try await site.serving() == ["0.12.4"])
        }
    }

    @Test func `is refused where every node runs it, and left as it is`() async throws {
        try await SwarmSite.play(SwarmSite.Shape(replicas: 0)) { site in
            let service = "\(site.name)_everywhere"
            try await TestEngine.docker(
                [
                    "service", "create", "--quiet", "--name", service, "--mode", "global", "--no-resolve-image",
                    "--endpoint-mode", "dnsrr", "--network", site.name,
                    "--env", "DATABASE_URL=postgresql://nobody@127.0.0.1:1/none", "--detach",
                    "\(SwarmSite.repository):v0.6.43",
                ])
            let inspect = ["service", "inspect", "--format", "{{json .Spec}} {{.Version}}", service]
            let before = try await TestEngine.docker(inspect)
            for words in [["plan", "--to", "0.12.4"], ["--to", "0.12.4", "--yes"]] {
                let run = try await ChildProcess.run(
                    Workshop.tool, words + ["--swarm", service],
                    ["DOCKER_HOST": try TestEngine.address(), "XDG_STATE_HOME": site.folder])
                #expect(run.exit == 2, "\(run.story)")
                #expect(run.story.contains("--mode replicated"), "\(run.story)")
            }
            #expect(try await TestEngine.docker(inspect) == before)
        }
    }
}
