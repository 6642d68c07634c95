import Glibc
import Testing

@testable import open_webui_stand_in

@Suite(.onStage) struct `The backup` {
    @Test func `is a dump that only its owner may read`() throws {
        let scene = try Scene()
        try scene.up("0.6.43", replicas: 1)
        try scene.upgrade().expect(0, saying: "backup of")
        let dumps = Files.names(in: "\(scene.state)/backups")
        #expect(dumps == ["\(scene.run ?? "").dump"])
        let dump = "\(scene.state)/backups/\(dumps.first ?? "")"
        #expect(Files.mode(dump) == 0o600)
        #expect(Files.mode("\(scene.state)/backups") == 0o700)
        let listed = try Spawned(
            ["\(try Self.tools())/pg_restore", "--list", dump], [:], streams: "\(scene.folder)/list"
        ).end()
        #expect(listed.exit == 0)
        #expect(listed.out.contains("TABLE DATA public chat "))
    }

    @Test func `goes where the plan says`() throws {
        let scene = try Scene()
        try scene.up("0.6.43", replicas: 1)
        let plan = try scene.plan("backup:", "  pg_dump:", "    folder: kept")
        try scene.upgrade(to: "0.12.4", "--plan", plan).expect(0)
        #expect(Files.names(in: "\(scene.folder)/kept") == ["\(scene.run ?? "").dump"])
    }

    @Test func `may be a command, and its restore another`() throws {
        let scene = try Scene()
        try scene.up("0.6.43")
        let rows = try scene.rows()
        let tools = try Self.tools()
        try Files.write(
            """
            #!/bin/sh
            set -e
            . \(scene.folder)/secrets.env
            case $1 in
            make) \(tools)/pg_dump --clean --if-exists "$DATABASE_URL" > \(scene.folder)/own.sql
                  echo "at zero: $OWUI_UPGRADE_RUN"; echo \(scene.folder)/own.sql ;;
            restore) \(tools)/psql -q "$DATABASE_URL" -c 'DROP OWNED BY CURRENT_USER' -c 'GRANT ALL ON SCHEMA public TO PUBLIC' || true
                  \(tools)/psql -q "$DATABASE_URL" -f "$OWUI_UPGRADE_BACKUP" ;;
            esac

            """, to: "\(scene.folder)/snapshot", mode: 0o700)
        let plan = try scene.plan(
            "backup:", "  command:", "    make: \(scene.folder)/snapshot make",
            "    restore: \(scene.folder)/snapshot restore")
        try scene.upgrade(to: "0.12.4", "--plan", plan).expect(0, saying: "\(scene.folder)/own.sql")
        try scene.tool(["rollback", "--restore", "--yes"]).expect(0, saying: "0.6.43 serves again")
        try scene.expect("0.6.43", times: 2)
        #expect(try scene.rows() == rows)
    }

    @Test func `that a person has put back by hand leads back without --restore`() throws {
        let scene = try Scene()
        try scene.up("0.6.43")
        let rows = try scene.rows()
        try scene.upgrade().expect(0)
        try scene.tool(["rollback", "--yes"]).expect(2, saying: "The schema has moved")
        let tools = try Self.tools()
        try Files.write(
            """
            #!/bin/sh
            set -e
            . \(scene.folder)/secrets.env
            \(tools)/psql -q "$DATABASE_URL" -c 'DROP OWNED BY CURRENT_USER' -c 'GRANT ALL ON SCHEMA public TO PUBLIC'
            \(tools)/pg_restore --no-owner --dbname "$DATABASE_URL" \(scene.state)/backups/\(scene.run ?? "").dump \
              || true  # it also complains of what is there already

            """, to: "\(scene.folder)/by-hand", mode: 0o700)
        let restored = try Spawned(
            ["/bin/sh", "\(scene.folder)/by-hand"], [:], streams: "\(scene.folder)/by-hand-said"
        ).end()
        #expect(try scene.revision == scene.head("0.6.43"), "\(restored.story)")
        try scene.tool(["rollback", "--yes"]).expect(0, saying: "0.6.43 serves again, as before the run.")
        try scene.expect("0.6.43", times: 2)
        #expect(try scene.rows() == rows)
    }

    @Test func `that fails leads back before the target ever starts`() throws {
        let scene = try Scene()
        try scene.up("0.6.43")
        let plan = try scene.plan("backup:", "  command:", "    make: \"echo the disk is full >&2; exit 3\"")
        try scene.upgrade(to: "0.12.4", "--plan", plan).expect(
            3, what: "The upgrade failed and went back. 0.6.43 serves again", why: "the disk is full",
            remedy: "give the same command again")
        try scene.expect("0.6.43", times: 2)
        #expect(try !scene.account().lives.contains { $0.version == "0.12.4" })
    }

    @Test func `by a command that nobody can put back is planned with a warning, and never costs an outage`() throws {
        let scene = try Scene()
        try scene.up("0.6.43")
        let plan = try scene.plan("backup:", "  command:", "    make: echo S3CRET-store")
        let planned = try scene.tool(["plan", "--to", "0.12.4", "--plan", plan])
        planned.expect(0, saying: "the backup: `echo …`, from backup.command", "`rollback --restore` would be refused")
        planned.expect(0, saying: "add backup.command.verify", "The journal keeps the commands")
        #expect(!planned.story.contains("S3CRET"))
        try scene.upgrade(to: "0.12.4", "--plan", plan).expect(0)
        try scene.tool(["rollback", "--restore", "--yes"]).expect(
            2, what: "The plan does not say how to restore S3CRET-store.", why: "backup.command has no `restore`",
            remedy: "restore it by hand")
        try scene.expect("0.12.4", times: 2)
        #expect(try scene.account().lives.count { $0.version == "0.12.4" && $0.isAlive } == 2, "nothing was stopped")
    }

    @Test func `that is gone or damaged is refused before anything is stopped`() throws {
        let scene = try Scene()
        try scene.up("0.6.43")
        let rows = try scene.rows()
        try scene.upgrade().expect(0)
        let living = scene.instances()
        let dump = "\(scene.state)/backups/\(scene.run ?? "").dump"
        #expect(rename(dump, dump + ".away") == 0)
        let back = ["rollback", "--restore", "--yes"]
        try scene.tool(back).expect(
            2, what: "\(dump) cannot be read.", why: "No such file", remedy: "`owui-upgrade rollback --restore")
        let bytes = try #require(Files.bytes(dump + ".away"))
        let half = open(dump, O_WRONLY | O_CREAT | O_TRUNC, 0o600)
        #expect(write(half, Array(bytes), bytes.count / 2) == bytes.count / 2)
        close(half)
        try scene.tool(back).expect(
            2, what: "it is damaged", why: "and had \(bytes.count)", remedy: "bring the file back")
        #expect(scene.instances() == living)
        #expect(rename(dump + ".away", dump) == 0)
        try scene.tool(back).expect(0, saying: "0.6.43 serves again")
        try scene.expect("0.6.43", times: 2)
        #expect(try scene.rows() == rows)
    }

    @Test func `may be none only where that is acknowledged or the schema stays`() throws {
        let scene = try Scene()
        try scene.up("0.6.43")
        try scene.upgrade(to: "0.12.4", "--backup", "none").expect(
            2, what: "This upgrade changes the schema, and no backup was asked for.",
            why: "after a migration only a backup leads back", remedy: "--backup none --acknowledge-no-backup")
        try scene.expect("0.6.43", times: 2)
        try scene.upgrade(to: "0.12.4", "--backup", "none", "--acknowledge-no-backup").expect(0)
        try scene.expect("0.12.4", times: 2)
        let same = try Scene()
        try same.up("0.12.1")
        try same.upgrade(to: "0.12.4", "--backup", "none").expect(0)
        try same.expect("0.12.4", times: 2)
    }

    private static func tools() throws -> String {
        guard let folder = getenv("OWUI_TEST_POSTGRES_BIN") else { throw Trouble("OWUI_TEST_POSTGRES_BIN is not set") }
        return String(cString: folder)
    }
}
