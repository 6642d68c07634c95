import Glibc
import Testing

@testable import open_webui_stand_in

/// What a group is started on. A refusal starts nothing, and every way that it names is gone.
@Suite(.onStage) struct `A local group` {
    @Test func `under a new name is not started beside what runs under the old one`() throws {
        let scene = try Scene(ports: 4)
        try scene.up("0.6.43")
        try scene.writeGroup(name: "team")
        for version in ["0.12.4", "0.6.43"] {
            try scene.tool(["local", "up", "--version", version, "--replicas", "1"]).expect(
                2, what: "group.yaml calls this group team, and what was started here is called chat.",
                why: "2 instances of chat run 0.6.43", remedy: "write `name: chat` in group.yaml again")
        }
        let plan = try scene.tool(["plan", "--to", "0.12.4"])
        plan.expect(2, what: "what was started here is called chat.", why: "", remedy: "owui-upgrade local down")
        #expect(!plan.story.contains("No instance"))
        try scene.expect("0.6.43", times: 2)
        try scene.tool(["local", "down"]).expect(0)
        #expect(scene.instances() == [])
        try scene.tool(["local", "up", "--version", "0.6.43"]).expect(0, saying: "team")
        try scene.upgrade().expect(0, saying: "One instance serves 0.12.4")
        try scene.expect("0.12.4", times: 1)
    }

    @Test func `is not started on the database of another group`() throws {
        let scene = try Scene(ports: 4)
        try scene.up("0.6.43", replicas: 1)
        let second = try scene.secondGroup(port: scene.ports[3])
        for version in ["0.12.4", "0.6.43"] {
            try scene.start(["local", "up", "--version", version, "--group", second], inFolder: true).end().expect(
                2, what: "Something that looks like Open WebUI is on the database", why: "of owui-chat-up1.",
                remedy: "owui-upgrade local down --group FOLDER")
        }
        try scene.expect("0.6.43", times: 1)
        try scene.tool(["local", "down"]).expect(0)
        let up = try scene.start(["local", "up", "--version", "0.12.4", "--group", second], inFolder: true).end()
        up.expect(
            2, what: "0.12.4 would migrate this database, and `local up` makes no backup.",
            why: "the database is at c440947495f3, and 0.12.4 ends at 0bd252b206fb",
            remedy: "start 0.6.43, whose schema this is, with `owui-upgrade local up --version 0.6.43 "
                + "--group \(second)`, then upgrade it with `owui-upgrade --to 0.12.4 --group \(second)`")
        #expect(try scene.revision == scene.head("0.6.43"))
    }

    @Test func `is not started with a version that its database has left behind`() throws {
        let scene = try Scene(ports: 2)
        try scene.up("0.12.4", replicas: 1, to: "0.6.43")
        try scene.tool(["local", "down"]).expect(0)
        try scene.tool(["local", "up", "--version", "0.6.43"]).expect(
            2, what: "0.6.43 does not know the schema that this database has.", why: "revision 0bd252b206fb",
            remedy: "start 0.12.4, whose schema this is, with `owui-upgrade local up --version 0.12.4")
        #expect(scene.instances() == [])
        try scene.tool(["local", "up", "--version", "0.12.4"]).expect(0)
        try scene.expect("0.12.4", times: 1)
    }

    @Test func `whose database was put back is started with the version that fits`() throws {
        let scene = try Scene(ports: 2)
        try scene.up("0.6.43", replicas: 1)
        try scene.tool(["local", "down"]).expect(0)
        // As after a run that was given up at zero instances of its target.
        let path = "\(scene.state)/state.json"
        let state = try #require(Files.text(path))
        try Files.write(state.replacing(#""image" : "0.6.43""#, with: #""image" : "0.12.4""#), to: path)
        try scene.tool(["local", "up"]).expect(
            2, what: "0.12.4 would migrate this database", why: "c440947495f3",
            remedy: "start 0.6.43, whose schema this is, with `owui-upgrade local up --version 0.6.43")
        #expect(scene.instances() == [])
        try scene.tool(["local", "up", "--version", "0.6.43"]).expect(0)
        try scene.expect("0.6.43", times: 1)
        try scene.upgrade().expect(0)
        try scene.tool(["rollback", "--restore", "--yes"]).expect(0, saying: "0.6.43 serves again")
        try scene.expect("0.6.43", times: 1)
    }

    @Test func `is not started where the database cannot be asked or has users without a revision`() throws {
        let scene = try Scene(ports: 3)
        try scene.install("0.6.43")
        let closed = "postgresql://\(scene.name):x@127.0.0.1:\(scene.ports[2])/chat"
        try scene.writeGroup(settings: ["DATABASE_URL": closed])
        try scene.tool(["local", "up", "--version", "0.6.43"]).expect(
            2, what: "cannot be reached.", why: "Connection refused", remedy: "pg_isready")
        try scene.writeGroup()
        try scene.session().run(#"CREATE TABLE "user" (id text); INSERT INTO "user" VALUES ('a')"#)
        try scene.tool(["local", "up", "--version", "0.6.43"]).expect(
            2, what: "The database has users but no revision", why: "there is no alembic_version",
            remedy: "check DATABASE_URL")
        #expect(scene.instances() == [])
        #expect(try scene.revision == nil)
    }

    @Test func `is not upgraded while a companion runs that its file has lost`() throws {
        let scene = try Scene(ports: 5)
        let lines = ["companions:", "  - name: pool", "    ports: [\(scene.ports[3]), \(scene.ports[4])]"]
        try scene.writeGroup(lines: lines, ports: Array(scene.ports[..<3]))
        try scene.up("0.6.43", replicas: 1)
        try scene.writeGroup(lines: [], ports: Array(scene.ports[..<3]))
        for words in [["plan", "--to", "0.12.4"], ["--to", "0.12.4", "--yes"], ["local", "up"]] {
            try scene.tool(words).expect(
                2, what: "pool belongs to this deployment, and group.yaml does not describe it.",
                why: "1 of its instances run 0.6.43", remedy: "put pool back into `companions` of group.yaml")
        }
        try scene.expect("0.6.43", times: 2)
        try scene.tool(["local", "down"]).expect(0)
        try scene.tool(["local", "up"]).expect(0)
        try scene.upgrade().expect(0, saying: "One instance serves 0.12.4")
        try scene.expect("0.12.4", times: 1)
    }

    @Test func `takes the workers of its file when it is started anew, and says where they differ`() throws {
        let scene = try Scene(ports: 3, group: ["workers: 2"])
        try scene.up("0.6.43")
        try scene.writeGroup(lines: ["workers: 3"])
        try scene.tool(["plan", "--to", "0.12.4"]).expect(
            0, saying: "The instances of chat have 2 workers each, and group.yaml says 3.", "owui-upgrade local down")
        try scene.tool(["local", "down"]).expect(0)
        try scene.tool(["local", "up"]).expect(0)
        let workers = try scene.account().lives.count { $0.isAlive && $0.role == .worker }
        #expect(workers == 6, "two instances of three workers")
        #expect(!(try scene.tool(["plan", "--to", "0.12.4"]).story.contains("workers each")))
    }
}

extension Scene {
    /// A second group on the same database, in a folder of its own, under the same name.
    func secondGroup(port: Int) throws -> String {
        let second = "\(folder)/second"
        try Files.makeFolder(second)
        let text = try #require(Files.text("\(folder)/group.yaml"))
        let lines = text.split(separator: "\n").map { $0.hasPrefix("ports:") ? "ports: [\(port)]" : String($0) }
        try Files.write(lines.joined(separator: "\n") + "\n", to: "\(second)/group.yaml")
        try Files.write(try #require(Files.text("\(folder)/secrets.env")), to: "\(second)/secrets.env")
        return second
    }
}
