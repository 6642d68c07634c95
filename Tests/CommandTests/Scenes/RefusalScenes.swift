import Glibc
import Testing

@testable import open_webui_stand_in

/// What is found before anything is changed. Each ends with 2, a message of three parts, and everything as it was.
@Suite(.onStage) struct `An upgrade is refused, and nothing is lost,` {
    private func expectUntouched(
        _ scene: Scene, _ version: String = "0.6.43", times: Int = 1, at source: SourceLocation = #_sourceLocation
    ) throws {
        try scene.expect(version, times: times, at: source)
        #expect(
            try scene.account().lives.allSatisfy { "\($0.version)" == version }, "only the old version has lived",
            sourceLocation: source)
    }

    @Test func `when the plan cannot be read`() throws {
        let scene = try Scene(ports: 2)
        try scene.up("0.6.43", replicas: 1)
        try scene.upgrade(to: "0.12.4", "--plan", "\(scene.folder)/none.yaml").expect(
            2, what: "\(scene.folder)/none.yaml cannot be read.", why: "No such file or directory",
            remedy: "check the path")
        let broken = try scene.plan("to: [v0.12.4", "strategy: {")
        try scene.upgrade(to: "0.12.4", "--plan", broken).expect(
            2, what: "plan.yaml is not YAML.", why: "", remedy: "mend")
        let unknown = try scene.plan("to: v0.12.4", "stratgy: stop-all")
        let ended = try scene.tool(["--plan", unknown, "--yes"])
        ended.expect(
            2, what: "plan.yaml, line 2: nothing is known of the key `stratgy`.",
            why: "the nearest known key is `strategy`", remedy: "write `strategy`, or remove the line")
        try Golden.check("refused-unknown-key", scene.masked(ended.error))
        try expectUntouched(scene)
    }

    @Test func `when a head cannot be read`() throws {
        let scene = try Scene(ports: 2)
        try scene.up("0.6.43", replicas: 1)
        let versions = "\(scene.folder)/opt/0.12.4/lib/python3.11/site-packages/open_webui/migrations/versions"
        let file = try #require(Files.names(in: versions).first { $0.hasPrefix("8452d01d26d7") })
        let text = try #require(Files.text("\(versions)/\(file)"))
        try Files.write(
            text.replacing("revision: str = \"8452", with: "revision: str = make() + \"8452"), to: "\(versions)/\(file)"
        )
        let ended = try scene.upgrade()
        ended.expect(2, what: "", why: "", remedy: "")
        ended.expect(2, saying: file)
        try Golden.check("refused-unread-head", scene.masked(ended.out))
        remove("\(versions)/\(file)")
        let gap = try scene.upgrade()
        gap.expect(2, saying: "8452d01d26d7", "why: f1e2d3c4b5a6 follows it.")
        try expectUntouched(scene)
    }

    @Test func `when the target does not exist`() throws {
        let scene = try Scene(ports: 2)
        try scene.up("0.6.43", replicas: 1)
        try scene.upgrade(to: "0.11.0").expect(
            2, what: "The program of version 0.11.0 is not there.", why: "\(scene.folder)/opt/0.11.0/bin/open-webui",
            remedy: "install that version where the command of group.yaml looks for it")
        try scene.upgrade(to: "not a version").expect(
            2, what: "`not a version` is not a version, a tag or a digest.", why: "", remedy: "write it as v0.12.4")
        try expectUntouched(scene)
    }

    @Test func `when the command template leads nowhere`() throws {
        let scene = try Scene(ports: 2)
        try scene.up("0.6.43", replicas: 1)
        try scene.writeGroup(command: "/nowhere/{version}/open-webui serve --port {port}")
        try scene.upgrade().expect(
            2, what: "The program of version", why: "/nowhere/", remedy: "correct the command")
        try scene.writeGroup(command: "\(scene.folder)/opt/0.6.43/bin/open-webui serve --port {port}")
        try scene.upgrade().expect(
            2, what: "The command of the group starts the same version whatever is asked for.",
            why: "it has no {version}", remedy: "write {version} where it belongs")
        try expectUntouched(scene)
    }

    @Test func `when it would be a downgrade`() throws {
        let scene = try Scene(ports: 2)
        try scene.up("0.12.4", replicas: 1, to: "0.6.43")
        try scene.upgrade(to: "0.6.43").expect(
            2, what: "0.6.43 does not know the schema that this database has.", why: "revision 0bd252b206fb",
            remedy: "choose a version that is at least as new")
        try expectUntouched(scene, "0.12.4")
    }

    // The database

    @Test func `when the database is another one`() throws {
        let scene = try Scene(ports: 2)
        try scene.up("0.6.43", replicas: 1)
        try scene.writeGroup(settings: ["DATABASE_URL": scene.witnessURL])
        try scene.upgrade().expect(
            2, what: "The database has no revision", why: "this is not its database", remedy: "check DATABASE_URL")
        try scene.writeGroup()
        try expectUntouched(scene)
    }

    @Test func `when the database cannot be reached or does not let us in`() throws {
        let scene = try Scene(ports: 3)
        try scene.up("0.6.43", replicas: 1)
        let closed = scene.ports[2]
        try scene.writeGroup(settings: ["DATABASE_URL": "postgresql://\(scene.name):x@127.0.0.1:\(closed)/chat"])
        try scene.upgrade().expect(
            2, what: "The database at 127.0.0.1:\(closed) cannot be reached.", why: "Connection refused",
            remedy: "pg_isready")
        let wrong = "not-the-password"
        try scene.writeGroup(settings: ["DATABASE_URL": scene.url(of: scene.name, user: scene.name, password: wrong)])
        let denied = try scene.upgrade()
        denied.expect(
            2, what: "does not let \(scene.name) in.", why: "password authentication failed", remedy: "DATABASE_URL")
        #expect(!denied.story.contains(wrong))
        let missing = scene.url(of: "no_such_database", user: scene.name, password: scene.password)
        try scene.writeGroup(settings: ["DATABASE_URL": missing])
        try scene.upgrade().expect(
            2, what: "There is no database no_such_database", why: "does not exist", remedy: "psql --list")
        try scene.writeGroup()
        try expectUntouched(scene)
    }

    @Test func `when the database has no revision, an empty one or two`() throws {
        let scene = try Scene(ports: 2)
        try scene.up("0.6.43", replicas: 1)
        let session = try scene.session()
        try session.run("ALTER TABLE alembic_version RENAME TO elsewhere")
        try scene.upgrade().expect(2, what: "The database has no revision", why: "", remedy: "check DATABASE_URL")
        try session.run("CREATE TABLE alembic_version (version_num varchar(32) PRIMARY KEY)")
        try scene.upgrade().expect(2, what: "The database has no revision", why: "", remedy: "check DATABASE_URL")
        try session.run("INSERT INTO alembic_version VALUES ('c440947495f3'), ('3781e22d8b01')")
        try scene.upgrade().expect(
            2, what: "The database has more than one revision.", why: "public: 3781e22d8b01, c440947495f3",
            remedy: "find out which")
        try session.run("DROP TABLE alembic_version; ALTER TABLE elsewhere RENAME TO alembic_version")
        try expectUntouched(scene)
    }

    @Test(arguments: [
        ("sqlite:////data/webui.db", "SQLite"), ("mysql+pymysql://u:very-secret@h/d", "MariaDB"),
        ("mssql+pyodbc://u:very-secret@h/d", "mssql"),
    ])
    func `when the database is no PostgreSQL`(url: String, name: String) throws {
        let scene = try Scene(ports: 2)
        try scene.up("0.6.43", replicas: 1)
        try scene.writeGroup(settings: ["DATABASE_URL": url])
        let ended = try scene.upgrade()
        ended.expect(2, what: name, why: "", remedy: "")
        #expect(!ended.story.contains("very-secret"))
        try scene.writeGroup()
        try expectUntouched(scene)
    }

    @Test func `when the revision is not the running version's own`() throws {
        let scene = try Scene(ports: 2)
        try scene.up("0.6.43", replicas: 1)
        try scene.session().run("UPDATE alembic_version SET version_num = '3781e22d8b01'")
        try scene.upgrade().expect(
            2, what: "The schema is not the one of the version that runs.", why: "3781e22d8b01", remedy: "find out")
        try scene.session().run("UPDATE alembic_version SET version_num = 'c440947495f3'")
        try expectUntouched(scene)
    }

    @Test func `when two users share an e-mail address`() throws {
        let scene = try Scene(ports: 2)
        try scene.up("0.6.43", replicas: 1)
        let copy = """
            INSERT INTO "user" (id, name, email, role, profile_image_url, created_at, updated_at, last_active_at)
              SELECT 'twin', name, upper(email), role, profile_image_url, 1, 1, 1 FROM "user" LIMIT 1
            """
        try scene.session().run(copy)
        let ended = try scene.upgrade()
        ended.expect(
            2, what: "The migration f0bd01a18a3d (0.11.0) would fail: users share an e-mail address.", why: "twin",
            remedy: "Merge or remove the duplicate users")
        #expect(!ended.story.lowercased().contains("admin@example.com"), "addresses stay in the database")
        try scene.tool(["plan", "--to", "0.12.4"]).expect(
            2, saying: "would be refused", "users share an e-mail address")
        try expectUntouched(scene)
        try scene.session().run(#"DELETE FROM "user" WHERE id = 'twin'"#)
        try scene.upgrade().expect(0)
    }

    @Test func `when something else that looks like Open WebUI is on the database`() throws {
        let scene = try Scene(ports: 2)
        try scene.up("0.6.43", replicas: 1)
        let stray = try scene.session(named: "")
        let pid = try stray.value("SELECT pg_backend_pid()") ?? "?"
        try scene.upgrade().expect(
            2, what: "Something that looks like Open WebUI is on the database", why: "server process \(pid)",
            remedy: "application_name")
        withExtendedLifetime(stray) {}
        try expectUntouched(scene)
    }

    // The group

    @Test func `when nothing runs`() throws {
        let scene = try Scene(ports: 2)
        try scene.install("0.6.43", "0.12.4")
        let never = try scene.upgrade()
        never.expect(2, what: "was never started.", why: "", remedy: "owui-upgrade local up")
        try scene.up("0.6.43", replicas: 1)
        try scene.tool(["local", "down"]).expect(0)
        try scene.upgrade().expect(2, what: "No instance of chat runs.", why: "", remedy: "owui-upgrade local up")
        #expect(try scene.revision == scene.head("0.6.43"))
        try scene.tool(["local", "up"]).expect(0)
        try expectUntouched(scene)
    }

    @Test func `when two versions run`() throws {
        let scene = try Scene(ports: 6)
        try scene.up("0.12.1", replicas: 2)
        // One of them says that it runs another version, as after a change by hand.
        let instances = "\(scene.state)/instances"
        let file = try #require(Files.names(in: instances).first)
        let text = try #require(Files.text("\(instances)/\(file)"))
        try Files.write(
            text.replacing(#""image" : "0.12.1""#, with: #""image" : "0.12.4""#), to: "\(instances)/\(file)")
        try scene.upgrade().expect(
            2, what: "Two versions run at once: 0.12.1, 0.12.4.", why: "", remedy: "stop the instances of one of them")
        try Files.write(text, to: "\(instances)/\(file)")
        try expectUntouched(scene, "0.12.1", times: 2)
    }

    @Test func `when an instance does not serve`() throws {
        let scene = try Scene()
        try scene.up("0.6.43")
        let victim = try #require(scene.instances().last)
        kill(victim, SIGSTOP)
        let ended = try scene.upgrade()
        kill(victim, SIGCONT)
        ended.expect(2, what: "Not every instance serves", why: "", remedy: "logs")
        try expectUntouched(scene, times: 2)
    }

    @Test func `when the command fixes the workers`() throws {
        let scene = try Scene(ports: 2)
        try scene.up("0.6.43", replicas: 1)
        let command = "\(scene.folder)/opt/{version}/bin/open-webui serve --host {host} --port {port} --workers 2"
        try scene.writeGroup(command: command)
        try scene.upgrade().expect(
            2, what: "The number of workers cannot be reduced for the migration.", why: "--workers 2",
            remedy: "set `workers` in group.yaml")
        try scene.writeGroup()
        try expectUntouched(scene)
    }

    @Test func `when the secret key or the data's folder is not explicit`() throws {
        let scene = try Scene(ports: 2)
        try scene.up("0.6.43", replicas: 1)
        try scene.writeGroup(settings: ["WEBUI_SECRET_KEY": nil])
        try scene.upgrade().expect(
            2, what: "would log everyone out.", why: "WEBUI_SECRET_KEY", remedy: "copy the key from .webui_secret_key")
        try scene.writeGroup(settings: ["DATA_DIR": nil])
        try scene.upgrade().expect(2, what: "would lose uploads.", why: "DATA_DIR is not set", remedy: "set DATA_DIR")
        try scene.writeGroup()
        try expectUntouched(scene)
    }

    @Test func `when the group's folder is none, or its file is wrong`() throws {
        let scene = try Scene(ports: 2)
        try scene.up("0.6.43", replicas: 1)
        let lost = try scene.start(["status"], ["OWUI_UPGRADE_GROUP": "/nowhere"], inFolder: true).end()
        lost.expect(2, what: "There is no local group in /nowhere.", why: "it has no group.yaml", remedy: "--group")
        try scene.writeGroup(lines: ["stopgrace: 3"])
        try scene.upgrade().expect(
            2, what: "nothing is known of the key `stopgrace`.", why: "the nearest known key is `stopGrace`",
            remedy: "write `stopGrace`")
        try scene.writeGroup(lines: [])
        try expectUntouched(scene)
    }

    // The folder of journals

    @Test func `when the folder can only be read`() throws {
        let scene = try Scene(ports: 2)
        try scene.up("0.6.43", replicas: 1)
        let steps = [["--bind", scene.state, scene.state], ["-o", "remount,ro,bind", scene.state]]
        try scene.withMount(steps) {
            try scene.upgrade().expect(2, what: scene.state, why: "Read-only file system", remedy: "")
            try scene.tool(["status"]).expect(0, saying: "serves 0.6.43")
        }
        try expectUntouched(scene)
    }

    @Test func `when the disk is full before it begins`() throws {
        let scene = try Scene(ports: 2)
        try Files.makeFolder(scene.state)
        let disk = ["-t", "tmpfs", "-o", "size=1m,mode=700,uid=\(getuid())", "tmpfs", scene.state]
        try scene.withMount([disk]) {
            try scene.up("0.6.43", replicas: 1)
            let filler = "\(scene.state)/filler"
            let full = try Spawned(
                ["/bin/dd", "if=/dev/zero", "of=\(filler)", "bs=4096"], [:], streams: "\(scene.folder)/dd"
            ).end()
            #expect(full.exit != 0)
            try scene.upgrade().expect(2, what: scene.state, why: "No space left on device", remedy: "space")
            try expectUntouched(scene)
            remove(filler)
            try scene.upgrade().expect(0)
        }
    }

    @Test func `when the journal is of a newer release, or damaged`() throws {
        let scene = try Scene(ports: 2, ["STAND_IN_EXIT_AT_ONCE": "0.12.4:1"])
        try scene.up("0.6.43", replicas: 1)
        try scene.upgrade().expect(3)
        let journal = try #require(scene.journal)
        let bytes = try #require(Files.bytes(journal))
        var flipped = bytes
        flipped[bytes.count / 2] ^= 1
        try Files.write(bytes: flipped, to: journal)
        for words in [["--to", "0.12.4", "--yes"], ["resume"], ["rollback", "--yes"], ["log"]] {
            try scene.tool(words).expect(
                2, what: "is damaged in line", why: "", remedy: "Bring the file back from a copy")
        }
        try scene.tool(["history"]).expect(0, saying: "cannot be read")
        try Files.write(bytes: Self.newer(bytes), to: journal)
        try scene.upgrade().expect(
            2, what: "was written by a newer owui-upgrade.", why: "format 99", remedy: "Use owui-upgrade")
        try Files.write(bytes: bytes, to: journal)
        try scene.tool(["log"]).expect(0, saying: "0.6.43 serves again")
        #expect(try scene.revision == scene.head("0.6.43"))
    }

    /// The journal's first line as a later format would have it.
    private static func newer(_ bytes: [UInt8]) -> [UInt8] {
        let line = bytes.prefix { $0 != 10 }
        let header = String(decoding: line.dropFirst(44), as: UTF8.self).replacing(
            "\"format\":1", with: "\"format\":99")
        return JournalText.line(sequence: 0, json: header)
    }
}
