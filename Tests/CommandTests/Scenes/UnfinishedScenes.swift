import Glibc
import Testing

@testable import open_webui_stand_in

/// What becomes of a run that is not finished when somebody types the next command.
@Suite(.onStage) struct `An unfinished run` {
    /// Begins an upgrade, kills it while it migrates, and gives its id.
    private func killed(_ scene: Scene, to target: String) throws -> String {
        let run = try scene.start(["--to", target, "--yes"])
        try scene.waitForMigration()
        run.signal(SIGKILL)
        _ = try run.end()
        return try #require(scene.run)
    }

    @Test func `goes on for its target in another spelling, by the plan that it was begun with`() throws {
        let scene = try Scene(["STAND_IN_SLOW_MIGRATION": "0.12.4:2"])
        try scene.up("0.6.43", replicas: 1)
        let id = try killed(scene, to: "v0.12.4")
        try scene.upgrade(to: "0.12.1").expect(
            5, what: "belongs to run \(id)", why: "it goes to v0.12.4, and 0.12.1 was asked for", remedy: "resume")
        let again = try scene.upgrade(to: "0.12.4", "--strategy", "stop-all", "--replicas", "2")
        again.expect(
            0, saying: "by the plan that it was begun with: strategy scale-to-one, as many replicas as before.",
            "One instance serves 0.12.4")
        #expect(scene.run == id)
        try scene.expect("0.12.4", times: 1)
    }

    @Test func `is not given up while its process is at work`() throws {
        let scene = try Scene(["STAND_IN_SLOW_MIGRATION": "0.12.4:3"])
        try scene.up("0.6.43", replicas: 1)
        let run = try scene.start(["--to", "0.12.4", "--yes"])
        try scene.waitForMigration()
        let id = try #require(scene.run)
        try scene.tool(["unlock", id, "--give-up"]).expect(
            5, what: "Run \(id) is at work.", why: "holds it for run \(id)", remedy: "kill \(run.pid)")
        try run.end().expect(0, saying: "One instance serves 0.12.4")
        try scene.expect("0.12.4", times: 1)
    }

    @Test func `that is given up still shows what it has not put back`() throws {
        let scene = try Scene(["STAND_IN_SLOW_MIGRATION": "0.12.4:3"])
        try scene.up("0.6.43", replicas: 2)
        let id = try killed(scene, to: "0.12.4")
        try scene.tool(["unlock", id, "--give-up"]).expect(0, saying: "Run \(id) was given up")
        try scene.tool(["status"]).expect(
            0, saying: "was given up", "not put back yet:", "chat: replicas was 2, is 1")
    }
}
