import Glibc
import Testing

@testable import open_webui_stand_in

@Suite(.onStage) struct `Going back from an upgrade that ended well` {
    @Test func `needs nothing more where the schema is the same`() throws {
        let scene = try Scene()
        try scene.up("0.12.1")
        try scene.upgrade().expect(0, saying: "2 instances serve 0.12.4")
        try scene.expect("0.12.4", times: 2)
        let back = try scene.tool(["rollback", "--yes"])
        back.expect(0, saying: "0.12.1 serves again, as before the run.")
        try Golden.check("ending-rolled-back", back.out)
        try scene.expect("0.12.1", times: 2)
    }

    @Test func `needs the backup where the schema moved, and what was written since is lost`() throws {
        let scene = try Scene()
        try scene.up("0.6.43")
        let rows = try scene.rows()
        try scene.upgrade().expect(0)
        try scene.session().run(#"DELETE FROM chat"#)
        let refused = try scene.tool(["rollback", "--yes"])
        refused.expect(
            2, what: "The schema has moved, and the old version must not start on it.",
            why: "the database is at 0bd252b206fb", remedy: "owui-upgrade rollback --restore")
        try scene.expect("0.12.4", times: 2)
        try scene.tool(["rollback", "--restore", "--yes"]).expect(0, saying: "0.6.43 serves again")
        try scene.expect("0.6.43", times: 2)
        #expect(try scene.rows() == rows)
    }

    @Test func `is refused where nothing was changed`() throws {
        let scene = try Scene(ports: 2)
        try scene.up("0.12.4", replicas: 1)
        try scene.tool(["rollback", "--yes"]).expect(
            2, what: "This deployment has no run.", why: "nothing was ever upgraded", remedy: "owui-upgrade plan")
        try scene.upgrade().expect(0, saying: "Everything is already as asked")
        try scene.tool(["rollback", "--yes"]).expect(
            2, what: "has changed nothing", why: "", remedy: "owui-upgrade history")
        try scene.expect("0.12.4", times: 1)
    }

    @Test func `is refused where a restore is asked for and there is no backup`() throws {
        let scene = try Scene()
        try scene.up("0.6.43")
        try scene.upgrade(to: "0.12.4", "--backup", "none", "--acknowledge-no-backup").expect(0)
        try scene.tool(["rollback", "--restore", "--yes"]).expect(
            2, what: "made no backup that could be restored.", why: "", remedy: "restore a backup of your own")
        try scene.tool(["rollback", "--yes"]).expect(
            2, what: "The schema has moved", why: "the database is at", remedy: "restore a backup by hand, then")
        try scene.expect("0.12.4", times: 2)
    }

    @Test func `can be followed by the same upgrade`() throws {
        let scene = try Scene()
        try scene.up("0.6.43", replicas: 1)
        try scene.upgrade().expect(0)
        try scene.tool(["rollback", "--restore", "--yes"]).expect(0)
        try scene.upgrade().expect(0, saying: "One instance serves 0.12.4")
        try scene.expect("0.12.4", times: 1)
        try scene.tool(["history"]).expect(
            0, saying: "went back to the old version, as a person asked", "ended as asked")
    }
}
