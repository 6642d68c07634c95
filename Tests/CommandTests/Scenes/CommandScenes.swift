import FoundationEssentials
import Glibc
import Testing
import UpgradeCore

@testable import open_webui_stand_in

/// The commands beside the upgrade itself.
@Suite(.onStage) struct `The command` {
    @Test func `plan says what an upgrade would do and changes nothing`() throws {
        let scene = try Scene()
        try scene.up("0.6.43")
        let before = Files.all(below: scene.state).filter { !$0.hasSuffix("lock.guard") }
        let plan = try scene.tool(["plan", "--to", "v0.12.4"])
        plan.expect(
            0, saying: "From 0.6.43 to 0.12.4", "chat: 2 replicas of 0.6.43, then 2 of 0.12.4",
            "c440947495f3 to 0bd252b206fb: 37 migrations in one transaction", "pg_dump into", "Upstream cautions")
        try Golden.check("plan", scene.masked(plan.out))
        let json = try scene.tool(["plan", "--to", "v0.12.4", "--output", "json"])
        json.expect(0, saying: "\"forecast\"")
        try Self.expectJSON(json.out)
        #expect(Files.all(below: scene.state).filter { !$0.hasSuffix("lock.guard") } == before)
        try scene.expect("0.6.43", times: 2)
        try scene.tool(["plan", "--to", "v0.6.43"]).expect(0, saying: "Nothing to do: everything is already as asked.")
    }

    @Test func `status says where things stand, and what is to be typed next works`() throws {
        let scene = try Scene(["STAND_IN_NEVER_READY": "0.12.4:1"])
        try scene.up("0.6.43", replicas: 1)
        let fresh = try scene.tool(["status"])
        fresh.expect(0, saying: "chat: no run yet", "serves 0.6.43", "database: c440947495f3 in schema public")
        let plan = try scene.plan("deadlines:", "  healthy: 10")
        try scene.upgrade(to: "0.12.4", "--plan", plan, "--replicas", "2").expect(4)
        let held = try scene.tool(["status"])
        held.expect(
            0, saying: "holds and needs a person", "at await-healthy", "database: 0bd252b206fb in schema public",
            "0.6.43 must not be started on it", "Backup: ",
            "`owui-upgrade resume --group \(scene.folder)`")
        try Golden.check("status-held", scene.masked(held.out))
        let json = try scene.tool(["status", "--output", "json"])
        try Self.expectJSON(json.out)
        json.expect(0, saying: #""step":"await-healthy""#)
        try scene.play([:])
        for pid in scene.instances() { kill(pid, SIGKILL) }
        try scene.tool(["resume"]).expect(0)
        try scene.tool(["status"]).expect(0, saying: "ended as asked", "serves 0.12.4")
        try scene.expect("0.12.4", times: 2)
    }

    @Test func `status works while the database does not`() throws {
        let scene = try Scene(ports: 3)
        try scene.up("0.6.43", replicas: 1)
        try scene.writeGroup(settings: ["DATABASE_URL": "postgresql://x:y@127.0.0.1:\(scene.ports[2])/chat"])
        try scene.tool(["status"]).expect(0, saying: "serves 0.6.43", "cannot be reached", "pg_isready")
    }

    @Test func `history and log tell what happened`() throws {
        let scene = try Scene(["STAND_IN_EXIT_AT_ONCE": "0.12.4:1"])
        try scene.install("0.6.43", "0.12.4")
        try scene.tool(["history"]).expect(0, saying: "No run yet.")
        try scene.tool(["log"]).expect(2, what: "This deployment has no run.", why: "", remedy: "owui-upgrade plan")
        try scene.up("0.6.43", replicas: 1)
        try scene.upgrade().expect(3)
        let failed = try #require(scene.run)
        try scene.tool(["status"]).expect(0, saying: "saved: ", "evidence/\(failed)/")
        try scene.play([:])
        try scene.upgrade().expect(0)
        let newest = try #require(scene.run)
        let history = try scene.tool(["history"])
        history.expect(0, saying: "failed and went back to the old version", "ended as asked", "0.6.43 -> 0.12.4")
        let lines = history.out.split(separator: "\n")
        #expect(lines.map { $0.split(separator: " ").first.map(String.init) } == [newest, failed], "newest first")
        try Self.expectJSON(try scene.tool(["history", "--output", "json"]).out)
        try scene.tool(["log"]).expect(0, saying: "the database is at 0bd252b206fb")
        try scene.tool(["log", failed]).expect(0, saying: "0.6.43 serves again")
        try scene.tool(["log", "20200101-000000-0000"]).expect(
            2, what: "There is no run 20200101-000000-0000", why: "", remedy: "owui-upgrade history")
        try scene.tool(["log", "../../etc/passwd"]).expect(
            2, what: "is not the id of a run", why: "", remedy: "history")
    }

    private struct Line: Decodable { let event: Event }

    @Test func `run prints the journal's own events as JSON`() throws {
        let scene = try Scene()
        try scene.up("0.6.43", replicas: 1)
        let ended = try scene.upgrade(to: "0.12.4", "--output", "json")
        ended.expect(0)
        #expect(ended.error == "", "progress is on standard output alone")
        let lines = ended.out.split(separator: "\n")
        let events = try lines.dropLast().map { line in
            try JSONDecoder().decode(Line.self, from: Data(line.utf8)).event
        }
        let upgrade = try Upgrade(replaying: events)
        #expect(upgrade.next == .finish(.upgraded(changed: true)))
        #expect(lines.last?.contains(#""exit":0"#) == true)
        let log = try scene.tool(["log", "--output", "json"])
        let kept = try log.out.split(separator: "\n").map { line in
            try JSONDecoder().decode(Line.self, from: Data(line.utf8)).event
        }
        #expect(kept == events)
        let refused = try scene.tool(["resume", "--output", "json"])
        refused.expect(2, saying: #""exit":2"#, #""remedy""#)
        try Self.expectJSON(refused.out)
    }

    @Test func `without a terminal wants to be told yes`() throws {
        let scene = try Scene()
        try scene.up("0.6.43")
        let asked = try scene.tool(["--to", "0.12.4"])
        asked.expect(
            2, what: "Nobody can be asked whether to change the deployment.", why: "the input is not a terminal",
            remedy: "add --yes")
        try Golden.check("refused-no-terminal", asked.error.split(separator: "\n").suffix(3).joined(separator: "\n"))
        try scene.expect("0.6.43", times: 2)
        #expect(try scene.account().lives.count == 2)
        try scene.tool(["history"]).expect(0, saying: "was not approved and changed nothing")
        try scene.upgrade(to: "0.12.3", "--plan", try scene.plan("restarts: 1")).expect(2, saying: "0.12.3")
        try scene.upgrade().expect(0)
        try scene.tool(["rollback", "--restore"]).expect(2, saying: "Nobody can be asked", "add --yes")
        try scene.expect("0.12.4", times: 2)
    }

    @Test func `releases lists what is known`() throws {
        let scene = try Scene(ports: 1)
        let all = try scene.start(["releases"], inFolder: true).end()
        all.expect(0, saying: "0.12.4", "0bd252b206fb")
        let since = try scene.start(["releases", "--since", "v0.12.0", "--output", "json"], inFolder: true).end()
        since.expect(0)
        try Self.expectJSON(since.out)
        #expect(since.out.split(separator: "\n").count < all.out.split(separator: "\n").count)
        try scene.start(["releases", "--since", "soon"], inFolder: true).end().expect(
            64, saying: "--since wants a version")
    }

    @Test func `of the group's own folder needs no option`() throws {
        let scene = try Scene(ports: 2)
        try scene.up("0.6.43", replicas: 1)
        let ended = try scene.start(["--to", "0.12.4", "--yes"], inFolder: true).end()
        ended.expect(0, saying: "One instance serves 0.12.4")
        try scene.start(["status"], ["OWUI_UPGRADE_GROUP": scene.folder]).end().expect(0, saying: "ended as asked")
    }

    private static func expectJSON(_ text: String, at source: SourceLocation = #_sourceLocation) throws {
        let lines = text.split(separator: "\n")
        #expect(!lines.isEmpty, sourceLocation: source)
        for line in lines {
            _ = try JSONDecoder().decode([String: Anything].self, from: Data(line.utf8))
        }
    }

    /// Any JSON value; only that it is one matters.
    private struct Anything: Decodable {
        init(from decoder: any Decoder) throws { _ = try decoder.singleValueContainer() }
    }
}
