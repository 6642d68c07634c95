import Glibc
import Testing

@testable import open_webui_stand_in

/// Each exit code once, with the state of things that it promises.
@Suite(.onStage) struct `The exit code of an upgrade` {
    @Test func `is 0 when it is done, and 0 again when it was already so`() throws {
        let scene = try Scene()
        try scene.up("0.6.43", replicas: 3)
        let rows = try scene.rows()
        let first = try scene.upgrade(to: "v0.12.4")
        first.expect(0, saying: "3 instances serve 0.12.4; the database is at 0bd252b206fb.")
        try Golden.check("ending-upgraded", first.out)
        try scene.expect("0.12.4", times: 3)
        #expect(try scene.rows() == rows)
        let lives = try scene.account().lives.count
        let second = try scene.upgrade()
        second.expect(0, saying: "Everything is already as asked: 0.12.4 serves.")
        try Golden.check("ending-already", second.out)
        #expect(try scene.account().lives.count == lives)
    }

    @Test func `is 1 when the journal cannot be written any more`() throws {
        let scene = try Scene(["STAND_IN_SLOW_MIGRATION": "0.12.4:3"])
        try scene.up("0.6.43", replicas: 1)
        let run = try scene.start(["--to", "0.12.4", "--yes"])
        try scene.waitForMigration()
        let size = scene.journal.flatMap(Files.bytes)?.count ?? 0
        let limited = try Spawned(
            ["/usr/bin/prlimit", "--pid", "\(run.pid)", "--fsize=\(size):\(size)"], [:],
            streams: "\(scene.folder)/limit")
        #expect(try limited.end().exit == 0)
        let ended = try run.end()
        ended.expect(1, what: "Cannot write to", why: "File too large", remedy: "ulimit -f unlimited")
        ended.expect(1, saying: "await-migrated", scene.journal ?? "?")
        try Golden.check("ending-tool-failed", scene.masked(ended.out))
        try scene.upgrade().expect(0, saying: "One instance serves 0.12.4")
        try scene.expect("0.12.4", times: 1)
    }

    @Test func `is 2 when it is refused`() throws {
        let scene = try Scene()
        try scene.up("0.12.4", replicas: 1, to: "0.6.43")
        let ended = try scene.upgrade(to: "0.6.43")
        ended.expect(
            2, what: "0.6.43 does not know the schema that this database has.", why: "0bd252b206fb",
            remedy: "at least as new")
        try Golden.check("ending-refused", scene.masked(ended.out))
        try scene.expect("0.12.4", times: 1)
    }

    @Test func `is 3 when it went back`() throws {
        let scene = try Scene(["STAND_IN_EXIT_AT_ONCE": "0.12.4:1"])
        try scene.up("0.6.43")
        let ended = try scene.upgrade()
        ended.expect(3, what: "The upgrade failed and went back. 0.6.43 serves again", why: "exit", remedy: "log")
        try Golden.check("ending-went-back", scene.masked(ended.out))
        try scene.expect("0.6.43", times: 2)
    }

    @Test func `is 4 when it holds`() throws {
        let scene = try Scene(["STAND_IN_NEVER_READY": "0.12.4:1"])
        try scene.up("0.6.43")
        let plan = try scene.plan("deadlines:", "  healthy: 10")
        let ended = try scene.upgrade(to: "0.12.4", "--plan", plan)
        ended.expect(
            4, what: "The run holds at await-healthy and needs a person. Nothing is lost.", why: "", remedy: "resume")
        try Golden.check("ending-held", scene.masked(ended.out))
        #expect(try scene.revision == scene.head("0.12.4"))
        #expect(try scene.violations() == [])
    }

    @Test func `is 5 when an unfinished run goes elsewhere`() throws {
        let scene = try Scene(["STAND_IN_SLOW_MIGRATION": "0.12.4:2"])
        try scene.up("0.6.43", replicas: 1)
        let run = try scene.start(["--to", "0.12.4", "--yes"])
        try scene.waitForMigration()
        run.signal(SIGTERM)
        try run.end().expect(6)
        let other = try scene.upgrade(to: "0.12.3")
        other.expect(
            5, what: "The deployment belongs to run \(scene.run ?? "?"), which is not finished.",
            why: "it goes to 0.12.4, and 0.12.3 was asked for", remedy: "owui-upgrade resume")
        try Golden.check("ending-owned", scene.masked(other.error))
        try scene.tool(["resume"]).expect(0)
        try scene.expect("0.12.4", times: 1)
    }

    @Test(arguments: [SIGTERM, SIGINT, SIGHUP]) func `is 6 after a signal, and the same command goes on`(
        number: Int32
    ) throws {
        let scene = try Scene(["STAND_IN_SLOW_MIGRATION": "0.12.4:2"])
        try scene.up("0.6.43")
        let run = try scene.start(["--to", "0.12.4", "--yes"])
        try scene.waitForMigration()
        run.signal(number)
        let ended = try run.end()
        ended.expect(6, saying: "at a durable point. The same command goes on from here.")
        if number == SIGTERM { try Golden.check("ending-interrupted", ended.out) }
        #expect(!scene.instances().isEmpty, "the migrating instance lives on")
        try scene.upgrade().expect(0, saying: "2 instances serve 0.12.4")
        try scene.expect("0.12.4", times: 2)
    }

    @Test(
        arguments: [
            ["--to"], ["--nonsense"], ["run"], ["--to", "0.12.4", "--strategy", "hope"],
            ["--to", "0.12.4", "--replicas", "0"], ["unlock"], ["local", "up", "--replicas", "none"],
        ])
    func `is 64 when the command line is wrong`(words: [String]) throws {
        let scene = try Scene(ports: 1)
        let ended = try scene.tool(words)
        ended.expect(64, saying: "Usage: owui-upgrade")
        #expect(Files.names(in: scene.state) == [])
    }
}
