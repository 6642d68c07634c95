import Glibc
import Testing

@testable import open_webui_stand_in

/// Migrations that do not end well, and instances that do not.
@Suite(.onStage) struct `A target in trouble` {
    @Test func `whose migration fails goes back`() throws {
        let scene = try Scene(["STAND_IN_FAIL_MIGRATION": "0.12.4:1"])
        try scene.up("0.6.43", replicas: 3)
        let rows = try scene.rows()
        try scene.upgrade().expect(3, what: "0.6.43 serves again", why: "exit", remedy: "saved log")
        try scene.expect("0.6.43", times: 3)
        #expect(try scene.rows() == rows)
    }

    @Test func `that swallows a failed migration goes back`() throws {
        let scene = try Scene(["STAND_IN_SWALLOW": "0.11.2:1"])
        try scene.up("0.6.43", to: "0.11.2")
        let ended = try scene.upgrade(to: "0.11.2")
        ended.expect(
            3, what: "The migration failed, and", why: "its port is open while the database is at c440947495f3",
            remedy: "owui-upgrade log")
        try scene.expect("0.6.43", times: 2)
    }

    @Test func `that is blocked says by whom, and ends well when they leave`() throws {
        let scene = try Scene()
        try scene.up("0.6.43")
        let blocker = try scene.administration()
        try blocker.run(#"BEGIN; SELECT id FROM "user" LIMIT 1"#)
        let pid = try blocker.value("SELECT pg_backend_pid()") ?? "?"
        let run = try scene.start(["--to", "0.12.4", "--yes"])
        try scene.wait("the blocker's name") { run.saidToError.contains("the migration waits for locks of") }
        #expect(run.saidToError.contains("server process \(pid) (psql"))
        #expect(run.isAlive)
        try blocker.run("COMMIT")
        try run.end().expect(0, saying: "2 instances serve 0.12.4")
        try scene.expect("0.12.4", times: 2)
    }

    @Test func `that is blocked for too long holds, and goes on when the way is free`() throws {
        let scene = try Scene()
        try scene.up("0.6.43")
        let blocker = try scene.administration()
        try blocker.run(#"BEGIN; SELECT id FROM "user" LIMIT 1"#)
        let pid = try blocker.value("SELECT pg_backend_pid()") ?? "?"
        let plan = try scene.plan("to: v0.12.4", "deadlines:", "  migration: 4")
        let ended = try scene.tool(["--plan", plan, "--yes"])
        ended.expect(
            4, what: "Nothing has moved for 4 s while waiting for the schema to reach the target's head.",
            why: "server process \(pid)", remedy: "the migration was left running")
        #expect(scene.instances().count == 1, "the migrator was not killed")
        #expect(try scene.revision == scene.head("0.6.43"))
        try scene.tool(["status"]).expect(0, saying: "holds and needs a person", "not put back yet", "server process")
        try blocker.run("COMMIT")
        try scene.tool(["resume", "--yes"]).expect(0, saying: "2 instances serve 0.12.4")
        try scene.expect("0.12.4", times: 2)
    }

    @Test func `that hangs holds and is not killed, and a resume outlives its end`() throws {
        let scene = try Scene(["STAND_IN_HANG_MIGRATION": "0.12.4:1"])
        try scene.up("0.6.43")
        let plan = try scene.plan("deadlines:", "  migration: 3")
        try scene.upgrade(to: "0.12.4", "--plan", plan).expect(4, what: "Nothing has moved", why: "", remedy: "resume")
        let hanging = scene.instances()
        #expect(hanging.count == 1)
        try scene.play([:])
        for pid in hanging { kill(pid, SIGKILL) }
        try scene.tool(["resume", "--yes"]).expect(0, saying: "2 instances serve 0.12.4")
        try scene.expect("0.12.4", times: 2)
    }

    @Test(arguments: ["CRASH_BEFORE_COMMIT", "CRASH_AFTER_COMMIT", "EXIT_AT_ONCE"])
    func `that crashes once is excused`(trouble: String) throws {
        let scene = try Scene()
        try scene.play(["STAND_IN_\(trouble)": "0.12.4:once:\(scene.folder)/once:1"])
        try scene.up("0.6.43")
        try scene.upgrade().expect(0, saying: "2 instances serve 0.12.4", "ended by itself")
        try scene.expect("0.12.4", times: 2)
    }

    @Test func `that always crashes before its commit goes back`() throws {
        let scene = try Scene(["STAND_IN_CRASH_BEFORE_COMMIT": "0.12.4:1"])
        try scene.up("0.6.43")
        try scene.upgrade().expect(3, what: "0.6.43 serves again", why: "signal 9", remedy: "saved log")
        try scene.expect("0.6.43", times: 2)
    }

    @Test func `that always crashes after its commit holds, and a restore brings the old version back`() throws {
        let scene = try Scene(["STAND_IN_CRASH_AFTER_COMMIT": "0.12.4:1"])
        try scene.up("0.6.43")
        let rows = try scene.rows()
        let plan = try scene.plan("restarts: 0")
        let ended = try scene.upgrade(to: "0.12.4", "--plan", plan)
        ended.expect(4, what: "and needs a person", why: "signal 9", remedy: "")
        ended.expect(4, saying: "The schema has moved: 0.6.43 must not be started on it.", "rollback --restore")
        #expect(try scene.revision == scene.head("0.12.4"))
        #expect(scene.serving == [])
        try scene.tool(["rollback", "--restore", "--yes"]).expect(0, saying: "0.6.43 serves again")
        try scene.expect("0.6.43", times: 2)
        #expect(try scene.rows() == rows)
    }

    @Test func `that is never ready can only be left with the backup`() throws {
        let scene = try Scene(["STAND_IN_NEVER_READY": "0.12.4:1"])
        try scene.up("0.6.43")
        let rows = try scene.rows()
        let plan = try scene.plan("deadlines:", "  healthy: 10")
        try scene.upgrade(to: "0.12.4", "--plan", plan).expect(4, saying: "0.6.43 must not be started on it")
        try scene.tool(["rollback", "--yes"]).expect(
            2, what: "The schema has moved, and the old version must not start on it.", why: "the database is at",
            remedy: "rollback --restore")
        #expect(try scene.revision == scene.head("0.12.4"))
        try scene.tool(["rollback", "--restore", "--yes"]).expect(0, saying: "0.6.43 serves again, as before the run.")
        try scene.expect("0.6.43", times: 2)
        #expect(try scene.rows() == rows)
    }

    @Test func `that is not ready yet goes on after a resume`() throws {
        let scene = try Scene(["STAND_IN_NEVER_READY": "0.12.4:1"])
        try scene.up("0.6.43")
        let plan = try scene.plan("deadlines:", "  healthy: 10")
        try scene.upgrade(to: "0.12.4", "--plan", plan).expect(4)
        try scene.play([:])
        for pid in scene.instances() { kill(pid, SIGKILL) }
        try scene.upgrade(to: "0.12.4").expect(4, saying: "owui-upgrade resume")
        try scene.tool(["resume"]).expect(0, saying: "2 instances serve 0.12.4")
        try scene.expect("0.12.4", times: 2)
    }

    @Test func `that says another version holds where the schema moved`() throws {
        let scene = try Scene(["STAND_IN_WRONG_VERSION": "0.12.4:0.12.3"])
        try scene.up("0.6.43", replicas: 1)
        try scene.upgrade().expect(
            4, what: "says that it is 0.12.3, not 0.12.4.", why: "/api/version", remedy: "command template")
        #expect(try scene.revision == scene.head("0.12.4"))
    }

    @Test func `that says another version goes back where the schema is the same`() throws {
        let scene = try Scene(["STAND_IN_WRONG_VERSION": "0.12.4:0.12.3"])
        try scene.up("0.12.1", replicas: 1)
        try scene.upgrade().expect(3, what: "says that it is 0.12.3", why: "/api/version", remedy: "template")
        try scene.expect("0.12.1", times: 1)
    }

    @Test(arguments: [
        ["STAND_IN_SLOW_START": "0.12.4:3"], ["STAND_IN_SLOW_STOP": "0.6.43:3"],
        ["STAND_IN_SLOW_MIGRATION": "0.12.4:3"],
    ])
    func `that only takes its time is waited for`(trouble: [String: String]) throws {
        let scene = try Scene(trouble)
        try scene.up("0.6.43")
        try scene.upgrade().expect(0, saying: "2 instances serve 0.12.4")
        try scene.expect("0.12.4", times: 2)
    }

    @Test func `replaces old instances that ignore SIGTERM after their grace`() throws {
        let scene = try Scene(group: ["stopGrace: 1"], ["STAND_IN_IGNORE_TERM": "0.6.43:1"])
        try scene.up("0.6.43")
        try scene.upgrade().expect(0, saying: "2 instances serve 0.12.4")
        try scene.expect("0.12.4", times: 2)
    }
}
