import Glibc
import Testing
import UpgradeCore
import Wire

@testable import Backends

/// Where a revision may be, and what is read of it.
struct Layout: Sendable, CustomTestStringConvertible {
    let testDescription: String
    let sql: String
    var schema: String?
    let revisions: [SchemaRevision]

    init(_ name: String, _ sql: String, schema: String? = nil, _ revisions: [SchemaRevision]) {
        (testDescription, self.sql, self.schema, self.revisions) = (name, sql, schema, revisions)
    }

    private static func table(_ schema: String, _ rows: String...) -> String {
        let values = rows.map { "INSERT INTO \(schema).alembic_version VALUES ('\($0)');" }.joined()
        return "CREATE SCHEMA IF NOT EXISTS \(schema);"
            + "CREATE TABLE \(schema).alembic_version (version_num VARCHAR(32) PRIMARY KEY);" + values
    }

    static let all = [
        Layout("nothing at all", "SELECT 1", []),
        Layout("a table without rows", table("public"), [SchemaRevision(schema: "public", rows: [])]),
        Layout("public", table("public", "one"), [SchemaRevision(schema: "public", rows: ["one"])]),
        Layout(
            "public, whatever DATABASE_SCHEMA says", table("public", "one"), schema: "team",
            [SchemaRevision(schema: "public", rows: ["one"])]),
        Layout(
            "DATABASE_SCHEMA", table("\"Team's\"", "one"), schema: "Team's",
            [SchemaRevision(schema: "Team's", rows: ["one"])]),
        Layout(
            "both", table("public", "one") + table("team", "two"), schema: "team",
            [SchemaRevision(schema: "public", rows: ["one"]), SchemaRevision(schema: "team", rows: ["two"])]),
        Layout("two rows", table("public", "two", "one"), [SchemaRevision(schema: "public", rows: ["one", "two"])]),
        Layout("a schema that nobody names", table("other", "one"), []),
        Layout(
            "a schema of the search path",
            table("other", "one") + "DO $$BEGIN EXECUTE format('ALTER DATABASE %I SET search_path TO other, public', "
                + "current_database()); END$$", [SchemaRevision(schema: "other", rows: ["one"])]),
        Layout("a view of that name", "CREATE VIEW alembic_version AS SELECT 'one' AS version_num", []),
    ]
}

@Suite(.tags(.postgres)) struct `A look at the database` {
    @Test(arguments: Layout.all) func `finds every revision where Open WebUI may have put one`(
        _ layout: Layout
    ) async throws {
        try await PostgresSite.with { site in
            try await site.run(layout.sql)
            let state = try await site.database(schema: layout.schema).look()
            #expect(state.revisions == layout.revisions)
        }
    }

    @Test func `reads no table of the application`() async throws {
        try await PostgresSite.with { site in
            try await site.migrate("0.6.43", head: "c440947495f3")
            let tables = try await site.run(
                "SELECT string_agg(quote_ident(tablename), ', ') AS names FROM pg_tables "
                    + "WHERE schemaname = 'public' AND tablename <> 'alembic_version'")
            let names = try #require(try tables.first?.string("names"))
            let migrator = try await site.session()
            _ = try await migrator.script("BEGIN; LOCK TABLE \(names) IN ACCESS EXCLUSIVE MODE")
            let state = try await site.database().look()
            #expect(state.revision == "c440947495f3")
            #expect(names.contains("chat"))
            _ = try await migrator.query("COMMIT")
        }
    }

    @Test func `does not wait for a lock on the revision itself`() async throws {
        try await PostgresSite.with { site in
            try await site.run("CREATE TABLE alembic_version (version_num TEXT)")
            let other = try await site.session("psql")
            _ = try await other.script("BEGIN; LOCK TABLE alembic_version IN ACCESS EXCLUSIVE MODE")
            let database = site.database()
            await #expect { try await database.look() } throws: { ($0 as? Fault)?.kind == .unavailable }
            _ = try await other.query("COMMIT")
            #expect(try await database.look().revisions.count == 1)
        }
    }

    @Test func `waits for no migration's uncommitted revision`() async throws {
        try await PostgresSite.with { site in
            try await site.run(
                "CREATE TABLE alembic_version (version_num TEXT); INSERT INTO alembic_version VALUES ('one')")
            let migrator = try await site.session()
            _ = try await migrator.script("BEGIN; UPDATE alembic_version SET version_num = 'two'")
            let database = site.database()
            let state = try await database.look()
            #expect(state.revision == "one")
            #expect(state.writers.count == 1)
            _ = try await migrator.query("COMMIT")
            let after = try await database.look()
            #expect(after.revision == "two")
            #expect(after.writers.isEmpty)
        }
    }

    @Test func `says what the server says of a right that is missing`() async throws {
        try await PostgresSite.with { site in
            let role = "reader_\(UInt32.random(in: 0...UInt32.max))"
            try await site.run(
                "CREATE TABLE alembic_version (version_num TEXT); CREATE ROLE \(role) LOGIN PASSWORD '\(role)'")
            await #expect { try await site.database(as: role).look() } throws: { error in
                guard let fault = error as? Fault else { return false }
                return fault.kind == .denied && fault.why.contains("alembic_version") && !fault.remedy.isEmpty
            }
            try await site.run("DROP ROLE \(role)")
        }
    }

    @Test func `goes on after the server was away`() async throws {
        try await PostgresCluster.with { cluster in
            let database = PostgresDatabase(
                cluster.target, fence: OpenFence(), owner: { name, _ in name.isEmpty ? .stray : .somebodyElse },
                isInterrupted: { false })
            #expect(try await database.look().revisions.isEmpty)
            try await cluster.stop()
            await #expect { try await database.look() } throws: { ($0 as? Fault)?.kind == .unavailable }
            try await cluster.start()
            #expect(try await database.look().revisions.isEmpty)
        }
    }
}
