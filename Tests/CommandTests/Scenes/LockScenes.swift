import Glibc
import Testing

@testable import open_webui_stand_in

/// Who may change a deployment.
@Suite(.onStage) struct `A deployment that belongs to a run` {
    @Test func `is not given to a second run at the same time`() throws {
        let scene = try Scene()
        try scene.up("0.6.43")
        let blocker = try scene.administration()
        try blocker.run(#"BEGIN; SELECT id FROM "user" LIMIT 1"#)
        let first = try scene.start(["--to", "0.12.4", "--yes"])
        try scene.waitForMigration()
        for words in [["--to", "0.12.4", "--yes"], ["resume"], ["rollback", "--yes"], ["local", "down"]] {
            let second = try scene.tool(words)
            second.expect(
                5, what: "The deployment belongs to another run.", why: "(process \(first.pid) on",
                remedy: "owui-upgrade status")
        }
        try scene.tool(["status"]).expect(0, saying: "lock: ", "process \(first.pid) on", "is not finished")
        #expect(first.isAlive)
        try blocker.run("COMMIT")
        try first.end().expect(0)
        try scene.expect("0.12.4", times: 2)
    }

    @Test func `is taken over at once from a process that was killed`() throws {
        let scene = try Scene(["STAND_IN_SLOW_MIGRATION": "0.12.4:3"])
        try scene.up("0.6.43")
        let first = try scene.start(["--to", "0.12.4", "--yes"])
        try scene.waitForMigration()
        first.signal(SIGKILL)
        try first.end().expect(128 + SIGKILL)
        try scene.upgrade().expect(0, saying: "2 instances serve 0.12.4")
        try scene.expect("0.12.4", times: 2)
    }

    @Test func `that another machine began is left alone for as long as that one renews its lock`() throws {
        let scene = try Scene(["STAND_IN_SLOW_MIGRATION": "0.12.4:3"])
        try scene.up("0.6.43")
        let first = try scene.start(["--to", "0.12.4", "--yes"])
        try scene.waitForMigration()
        first.signal(SIGKILL)
        _ = try first.end()
        let path = "\(scene.state)/lock"
        let record = try #require(Files.text(path))
        let host = try #require(record.firstMatch(of: #/"host":"([^"]*)"/#)?.1)
        let elsewhere = record.replacing("\"host\":\"\(host)\"", with: "\"host\":\"deploy-9\"")
            .replacing("@\(host)", with: "@deploy-9").replacing(#/"lease":\d+/#, with: "\"lease\":2")
        try Files.write(elsewhere, to: path)
        let second = try scene.start(["--to", "0.12.4", "--yes"])
        var renewal = 1_000
        while !AnyProcess.ends(second.pid, within: 100) {
            renewal += 1
            try Files.write(elsewhere.replacing(#/"renewal":\d+/#, with: "\"renewal\":\(renewal)"), to: path + ".test")
            rename(path + ".test", path)
        }
        try second.end().expect(
            5, what: "The deployment belongs to another run.", why: "on deploy-9, since", remedy: "owui-upgrade unlock")
        // Now it is silent for a whole lease.
        try scene.upgrade().expect(0, saying: "2 instances serve 0.12.4")
        try scene.expect("0.12.4", times: 2)
    }

    @Test func `is freed and given up by its id only`() throws {
        let scene = try Scene(["STAND_IN_SLOW_MIGRATION": "0.12.4:2"])
        try scene.up("0.6.43", replicas: 1)
        let first = try scene.start(["--to", "0.12.4", "--yes"])
        try scene.waitForMigration()
        first.signal(SIGKILL)
        _ = try first.end()
        let run = try #require(scene.run)
        try scene.tool(["unlock", "20200101-000000-0000"]).expect(
            5, what: "The deployment belongs to another run.", why: "for run \(run)", remedy: "owui-upgrade status")
        try scene.tool(["unlock", run]).expect(0, saying: "The lock is free")
        try scene.tool(["unlock", run]).expect(0, saying: "There is no lock.")
        try scene.upgrade(to: "0.12.3").expect(
            5, saying: "which is not finished", "owui-upgrade unlock \(run) --give-up")
        try scene.tool(["local", "down"]).expect(
            5, what: "belongs to the run \(run)", why: "", remedy: "owui-upgrade resume")
        try scene.tool(["unlock", run, "--give-up"]).expect(0, saying: "Run \(run) was given up")
        try scene.tool(["unlock", run, "--give-up"]).expect(
            2, what: "There is nothing to go on with.", why: "was given up", remedy: "")
        try scene.tool(["history"]).expect(0, saying: "was given up")
        // The instance that migrates lives on by itself; from then on the deployment is nobody's.
        try scene.wait("the migrated instance") { scene.serving == ["0.12.4"] }
        try scene.upgrade().expect(0, saying: "Everything is already as asked")
    }

    @Test func `that lost its lock stops changing`() throws {
        let scene = try Scene()
        try scene.up("0.6.43")
        let blocker = try scene.administration()
        try blocker.run(#"BEGIN; SELECT id FROM "user" LIMIT 1"#)
        let first = try scene.start(["--to", "0.12.4", "--yes"])
        try scene.waitForMigration()
        try scene.tool(["unlock", scene.run ?? ""]).expect(0)
        try blocker.run("COMMIT")
        try first.end().expect(
            5, what: "has lost the deployment and stops.", why: "removed", remedy: "owui-upgrade status")
        try scene.tool(["resume"]).expect(0)
        try scene.expect("0.12.4", times: 2)
    }
}
