import Glibc
import Testing
import UpgradeCore
import Wire

@testable import Backends

@Suite(.tags(.postgres)) struct `A restore` {
    /// A schema with one of everything that has a name of its own.
    private static func furnished(_ schema: String) -> String {
        """
        CREATE SCHEMA IF NOT EXISTS \(schema);
        SET search_path TO \(schema);
        CREATE TYPE role AS ENUM ('admin', 'user');
        CREATE DOMAIN address AS TEXT CHECK (VALUE LIKE '%@%');
        CREATE TYPE pair AS (one INT, two TEXT);
        CREATE FUNCTION shout(text) RETURNS text LANGUAGE sql IMMUTABLE AS 'SELECT upper($1)';
        CREATE FUNCTION touch() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
        CREATE TABLE "user" (id SERIAL PRIMARY KEY, email address UNIQUE, kind role DEFAULT 'user', whole pair,
            loud TEXT GENERATED ALWAYS AS (\(schema).shout('x')) STORED);
        CREATE TABLE chat (id INT GENERATED ALWAYS AS IDENTITY PRIMARY KEY, owner INT REFERENCES "user", body JSON);
        CREATE TABLE tree (id INT PRIMARY KEY, parent INT REFERENCES tree);
        CREATE TABLE logged (day DATE) PARTITION BY RANGE (day);
        CREATE TABLE logged_2026 PARTITION OF logged FOR VALUES FROM ('2026-01-01') TO ('2027-01-01');
        CREATE INDEX ON chat (owner) WHERE body IS NOT NULL;
        CREATE TRIGGER touched BEFORE UPDATE ON chat FOR EACH ROW EXECUTE FUNCTION touch();
        CREATE VIEW loud_users AS SELECT loud FROM "user";
        CREATE MATERIALIZED VIEW counted AS SELECT count(*) FROM chat;
        CREATE SEQUENCE tickets START 7;
        SELECT nextval('tickets');
        INSERT INTO "user" (email, whole) VALUES ('a@b', (1, 'x')), ('c@d', NULL);
        INSERT INTO chat (owner, body) SELECT 1 + i % 2, '{"n":1}' FROM generate_series(1, 50) i;
        INSERT INTO tree VALUES (1, 2), (2, 1);
        INSERT INTO logged VALUES ('2026-11-22');
        COMMENT ON TABLE chat IS 'It''s the chats';
        RESET search_path;
        """.replacing("INSERT INTO tree VALUES (1, 2), (2, 1)", with: "INSERT INTO tree VALUES (1, NULL), (2, 1)")
    }

    private static let revision =
        "CREATE TABLE alembic_version (version_num TEXT); INSERT INTO alembic_version VALUES ('one');"

    /// What a migration may do to a schema.
    private static func migrated(_ schema: String) -> String {
        """
        SET search_path TO \(schema);
        CREATE TYPE fresh_type AS ENUM ('new');
        CREATE FUNCTION fresh_function(fresh_type) RETURNS int LANGUAGE sql AS 'SELECT 1';
        CREATE TABLE chat_message (id SERIAL PRIMARY KEY, chat INT REFERENCES chat, kind fresh_type);
        CREATE VIEW fresh_view AS SELECT * FROM chat_message;
        INSERT INTO chat_message (chat) SELECT id FROM chat;
        DROP VIEW loud_users;
        ALTER TABLE "user" DROP COLUMN loud;
        DROP FUNCTION shout(text);
        ALTER TABLE chat RENAME COLUMN owner TO user_id;
        ALTER TYPE role ADD VALUE 'guest';
        DELETE FROM tree;
        SELECT nextval('tickets');
        RESET search_path;
        """
    }

    @Test func `undoes what 0.12.4 does to the database of 0.6.43`() async throws {
        try await PostgresSite.with { site in
            try await site.migrate("0.6.43", head: "c440947495f3")
            try await site.run("ANALYZE")
            let before = try await site.content()
            let plan = Plan.Backup.pgDump(folder: "\(site.folder)/backups")
            let record = try await site.database().backUp(plan, of: "run-1")
            #expect(record.revision == "c440947495f3")
            try await site.migrate("0.12.4", head: "0bd252b206fb")
            #expect(try await site.content() != before)
            try await site.database().restore(record, plan)
            #expect(try await site.content() == before)
            try await site.database().restore(record, plan)
            #expect(try await site.content() == before)
            try await site.migrate("0.12.4", head: "0bd252b206fb")
        }
    }

    @Test(arguments: [["public"], ["public", "team"]]) func `brings everything back, and takes away what is newer`(
        _ schemas: [String]
    ) async throws {
        try await PostgresSite.with { site in
            try await site.run(
                "CREATE EXTENSION pg_trgm;" + Self.revision + schemas.map(Self.furnished).joined()
                    + "CREATE SCHEMA other; CREATE TABLE other.kept AS SELECT 1 AS id")
            let before = try await site.content()
            let plan = Plan.Backup.pgDump(folder: site.folder)
            let database = site.database(schema: schemas.count > 1 ? "team" : nil)
            let record = try await database.backUp(plan, of: "run-1")
            for schema in schemas { try await site.run(Self.migrated(schema)) }
            try await site.run("INSERT INTO other.kept VALUES (2)")
            try await database.restore(record, plan)
            try await site.run("DELETE FROM other.kept WHERE id = 2")
            #expect(try await site.content() == before)
            #expect(try await site.run("SELECT similarity('a', 'a') AS same").first?.string("same") == "1")
            let left = try await Tool.shell("ls \(site.folder)", named: "ls", environment: [:], permit: .always)
            #expect(left == "run-1.dump\n")
        }
    }

    @Test func `that fails leaves the database as it was, and names what is in its way`() async throws {
        try await PostgresSite.with { site in
            try await site.run(Self.revision + Self.furnished("public") + "CREATE SCHEMA report")
            let plan = Plan.Backup.pgDump(folder: site.folder)
            let record = try await site.database().backUp(plan, of: "run-1")
            try await site.run("CREATE VIEW report.chats AS SELECT id FROM public.chat; CREATE TABLE newer (id INT)")
            let before = try await site.content()
            await #expect { try await site.database().restore(record, plan) } throws: { error in
                (error as? Fault)?.kind == .failed && (error as? Fault)?.why.contains("report.chats") == true
            }
            #expect(try await site.content() == before)
            try await site.run("DROP VIEW report.chats")
            try await site.database().restore(record, plan)
            #expect(try await site.run("SELECT to_regclass('newer') AS newer").first?.string("newer") == nil)
        }
    }

    @Test(arguments: [0, 1, 3, 10]) func `of a dump that is cut short changes nothing`(_ tenth: Int) async throws {
        try await PostgresSite.with { site in
            try await site.run(Self.revision + Self.furnished("public"))
            let plan = Plan.Backup.pgDump(folder: site.folder)
            let record = try await site.database().backUp(plan, of: "run-1")
            try await site.run("CREATE TABLE newer (id INT)")
            let before = try await site.content()
            #expect(truncate(record.location, off_t(min(record.bytes - 1, record.bytes * tenth / 10))) == 0)
            await #expect { try await site.database().restore(record, plan) } throws: {
                ($0 as? Fault)?.kind == .failed
            }
            #expect(try await site.content() == before)
        }
    }

    @Test func `is known to be impossible without touching the database`() async throws {
        try await PostgresSite.with { site in
            try await site.run(Self.revision + Self.furnished("public"))
            let plan = Plan.Backup.pgDump(folder: site.folder)
            let database = site.database()
            let record = try await database.backUp(plan, of: "run-1")
            try await database.checkRestore(record, plan)
            let spoilt = [
                ("printf XXXX | dd of=$DUMP conv=notrunc status=none", "damaged", Fault.Kind.invalid),
                ("truncate --size=-1 $DUMP", "damaged", .invalid), ("rm $DUMP", "cannot be read", .missing),
            ]
            for (spoil, word, kind) in spoilt {
                _ = try await Tool.shell(
                    "cp $DUMP $DUMP.kept; \(spoil)", named: "spoil", environment: ["DUMP": record.location],
                    permit: .always)
                let fault = await #expect(throws: Fault.self) { try await database.checkRestore(record, plan) }
                #expect(fault?.kind == kind)
                #expect(fault?.what.contains(word) == true)
                #expect(fault?.remedy.contains("`owui-upgrade rollback --restore`") == true)
                _ = try await Tool.shell(
                    "mv $DUMP.kept $DUMP", named: "mv", environment: ["DUMP": record.location],
                    permit: .always)
            }
            try await database.checkRestore(record, plan)
        }
    }

    @Test func `of a file that is gone says so`() async throws {
        try await PostgresSite.with { site in
            let record = BackupRecord(location: "\(site.folder)/gone.dump", bytes: 1, revision: "one")
            await #expect { try await site.database().restore(record, .pgDump(folder: site.folder)) } throws: {
                ($0 as? Fault)?.kind == .missing
            }
        }
    }

    @Test func `touches neither schemas nor extensions themselves`() {
        let kept = [
            "215; 1259 16385 TABLE public chat app", "216; 1259 16390 ACL public TABLE chat app",
            "3; 1259 5 TABLE public SCHEMA app",
        ]
        let left = [
            "7; 2615 2200 SCHEMA - public pg_database_owner", "8; 0 0 ACL - SCHEMA public pg_database_owner",
            "9; 0 0 COMMENT - SCHEMA public app", "2; 3079 16384 EXTENSION - vector ",
            "10; 0 0 COMMENT - EXTENSION vector ",
            "11; 0 0 SECURITY LABEL - SCHEMA public app",
        ]
        #expect(Dump.restorable((kept + left).joined(separator: "\n")) == kept.joined(separator: "\n") + "\n")
    }

    @Test func `leaves out what servers before 17 do not know`() async throws {
        try await PostgresSite.with { site in
            let script = "\(site.folder)/restore.sql"
            try FileSync.write("SET lock_timeout = 0;\nSET transaction_timeout = 0;\nSELECT 1;\n", to: script)
            try Dump.forOlderServers(script)
            let text = try await Tool.shell("cat \(script)", named: "cat", environment: [:], permit: .always)
            #expect(text == "SET lock_timeout = 0;\n\(String(repeating: " ", count: 28))\nSELECT 1;\n")
        }
    }
}
