import Glibc
import Testing

@testable import open_webui_stand_in

/// That what is said is true, and that what is to be typed works.
@Suite(.onStage) struct `What the program says` {
    /// The first command of a message that begins so.
    private static func command(_ begin: String, in text: String) -> String? {
        text.split(separator: "`").map(String.init).first { $0.hasPrefix("owui-upgrade \(begin)") }
    }

    @Test func `to type works from elsewhere, also for a folder with a blank in its name`() throws {
        let scene = try Scene(ports: 2, ["STAND_IN_EXIT_AT_ONCE": "0.12.4:1"])
        try scene.up("0.6.43", replicas: 1)
        let link = "\(scene.folder)/a group's folder"
        try #require(symlink(scene.folder, link) == 0)
        func type(_ command: String?) throws -> Finished {
            let line = try #require(command).replacing("owui-upgrade ", with: "\(Workshop.tool) ", maxReplacements: 1)
            return try Spawned(
                ["/usr/bin/env", "-C", "/", "/bin/sh", "-c", line], scene.environment([:]),
                streams: "\(scene.folder)/typed"
            ).end()
        }
        func tool(_ words: String...) throws -> Finished {
            try Spawned(
                [Workshop.tool] + words + ["--group", link], scene.environment([:]), streams: "\(scene.folder)/there"
            ).end()
        }
        let unknown = try tool("log", "20200101-000000-0000")
        try type(Self.command("history", in: unknown.error)).expect(0, saying: "No run yet.")
        let failed = try tool("--to", "0.12.4", "--yes")
        failed.expect(3, saying: "0.6.43 serves again")
        try type(Self.command("status", in: failed.out)).expect(0, saying: "failed and went back")
        let over = try tool("resume")
        over.expect(
            2, what: "There is nothing to go on with.", why: "", remedy: #"--group '\#(scene.folder)/a group'\''s"#)
        let status = try tool("status")
        let next = try #require(Self.command("--to", in: status.out))
        try scene.play([:])
        try type(next.replacing("VERSION", with: "0.12.4 --yes")).expect(0, saying: "One instance serves 0.12.4")
        let machine = try tool("resume", "--output", "json")
        machine.expect(2, saying: "--group '\(scene.folder)/a group")
        try scene.expect("0.12.4", times: 1)
    }

    @Test func `of too few ports for the replicas comes before any change`() throws {
        let scene = try Scene(ports: 3)
        try scene.up("0.6.43")
        for words in [["plan", "--to", "0.12.4"], ["--to", "0.12.4", "--yes"]] {
            try scene.tool(words + ["--replicas", "4"]).expect(
                2, what: "chat would have more instances than ports.", why: "4 instances, 3 ports",
                remedy: "add ports to group.yaml, or ask for fewer replicas")
        }
        try scene.expect("0.6.43", times: 2)
        #expect(try scene.account().lives.count == 2)
    }

    @Test func `when a run cannot be gone on with is that the tool failed`() throws {
        let scene = try Scene(["STAND_IN_SLOW_MIGRATION": "0.12.4:2"])
        try scene.up("0.6.43", replicas: 1)
        let run = try scene.start(["--to", "0.12.4", "--yes"])
        try scene.waitForMigration()
        run.signal(SIGTERM)
        try run.end().expect(6)
        let journal = try #require(scene.journal)
        func expectFailure(_ ended: Finished, why: String, remedy: String) {
            ended.expect(1, what: "Cannot ", why: why, remedy: remedy)
            ended.expect(
                1, saying: "The run stopped at await-migrated; the deployment is as it was then.",
                "Written in \(journal)")
        }
        let size = Files.bytes(journal)?.count ?? 0
        for words in [["--to", "0.12.4", "--yes"], ["resume"]] {
            let ended = try scene.start(words, prefix: ["/usr/bin/prlimit", "--fsize=\(size)"]).end()
            expectFailure(ended, why: "File too large", remedy: "ulimit -f unlimited")
        }
        let steps = [["--bind", scene.state, scene.state], ["-o", "remount,ro,bind", scene.state]]
        try scene.withMount(steps) {
            expectFailure(
                try scene.tool(["resume"]), why: "Read-only file system", remedy: "Mount it for writing")
        }
        try scene.tool(["resume"]).expect(0, saying: "One instance serves 0.12.4")
        try scene.expect("0.12.4", times: 1)
    }

    @Test func `of a lock tells whether its holder lives`() throws {
        let scene = try Scene(["STAND_IN_SLOW_MIGRATION": "0.12.4:10"])
        try scene.up("0.6.43", replicas: 1)
        let run = try scene.start(["--to", "0.12.4", "--yes"])
        try scene.waitForMigration()
        let living = try scene.tool(["status"])
        living.expect(0, saying: "  lock: ", "holds it for run")
        try scene.tool(["status", "--output", "json"]).expect(0, saying: #""lockIsLeftOver":false"#)
        run.signal(SIGKILL)
        _ = try run.end()
        let dead = try scene.tool(["status"])
        dead.expect(0, saying: "lock: left over by a process that is dead, the next run takes it over:", "held it for")
        #expect(!dead.out.contains("holds it"))
        try scene.tool(["status", "--output", "json"]).expect(0, saying: #""lockIsLeftOver":true"#)
        try scene.upgrade().expect(0)
    }

    @Test func `of evidence fits a run that went well`() throws {
        let scene = try Scene()
        try scene.up("0.12.1", replicas: 1)
        let run = try scene.upgrade()
        run.expect(0)
        let back = try scene.tool(["rollback", "--yes"])
        back.expect(0, saying: "saving how things are before going back")
        #expect(!back.story.contains("what failed"))
        let again = try scene.upgrade(to: "0.12.1")
        again.expect(0, saying: "reading the files of 0.12.1\n", "it is 0.12.1 already (")
        #expect(!again.story.contains("0.12.1 and 0.12.1"))
    }

    @Test func `of a group that is down is that nothing runs`() throws {
        let scene = try Scene(ports: 2)
        try scene.up("0.6.43", replicas: 1)
        try scene.tool(["local", "down"]).expect(0)
        try scene.tool(["local", "ps"]).expect(0, saying: "chat", "no instance of 0.6.43 runs")
    }

    @Test func `of time is why it cannot be told`() throws {
        let scene = try Scene(ports: 2)
        try scene.up("0.6.43", replicas: 1)
        let session = try scene.administration()
        try session.run("ALTER TABLE chat RENAME TO elsewhere")
        let plan = try scene.tool(["plan", "--to", "0.12.4"])
        plan.expect(
            0, saying: "how long it takes cannot be estimated: there is no table chat, or it was never analysed")
        try scene.tool(["plan", "--to", "0.12.4", "--output", "json"]).expect(0, saying: #""noEstimate":"there is no"#)
        try session.run("ALTER TABLE elsewhere RENAME TO chat")
        try scene.tool(["plan", "--to", "0.12.4"]).expect(0, saying: "s by the size of the tables")
    }

    @Test func `to do with mended settings makes them take effect`() throws {
        let scene = try Scene(["STAND_IN_NEVER_READY": "0.12.4:1"])
        try scene.up("0.6.43", replicas: 1)
        try scene.tool(["resume", "--restart"]).expect(
            2, what: "This deployment has no run.", why: "", remedy: "")
        let plan = try scene.plan("deadlines:", "  healthy: 10", "restarts: 0")
        let held = try scene.upgrade(to: "0.12.4", "--plan", plan)
        held.expect(4, what: "Nothing has moved", why: "not well", remedy: "owui-upgrade resume --restart")
        let first = scene.instances()
        try scene.play([:])
        // Waiting on waits for the same instance, whose settings are still the old ones.
        try scene.tool(["resume"]).expect(4, what: "Nothing has moved", why: "not well", remedy: "")
        #expect(scene.instances() == first)
        let command = try #require(Self.command("resume --restart", in: held.out))
        #expect(command.hasSuffix("--group \(scene.folder)"))
        try scene.tool(["resume", "--restart"]).expect(0, saying: "go on, with the instance started anew")
        #expect(Set(scene.instances()).isDisjoint(with: first))
        try scene.expect("0.12.4", times: 1)
        try scene.tool(["resume", "--restart"]).expect(
            2, what: "does not wait for an instance that could be started anew.", why: "await-healthy",
            remedy: "owui-upgrade status")
    }
}
