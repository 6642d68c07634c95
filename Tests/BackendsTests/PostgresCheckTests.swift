import ReleaseKnowledge
import Testing
import UpgradeCore
import Wire

@testable import Backends

/// Something in a database that one migration cannot carry over.
struct SchemaDefect: Sendable, CustomTestStringConvertible {
    let testDescription: String
    let revision: String
    let sql: String
    let said: String

    init(_ name: String, _ revision: String, _ sql: String, said: String) {
        (testDescription, self.revision, self.sql, self.said) = (name, revision, sql, said)
    }

    private static let prompts =
        "CREATE TABLE prompt (command TEXT, title TEXT, content TEXT, user_id TEXT, \"timestamp\" BIGINT);"

    static let rows = [
        SchemaDefect(
            "a member of a channel", "2f1211949ecc",
            "CREATE TABLE channel_member (id TEXT); INSERT INTO channel_member VALUES ('m')", said: "1"),
        SchemaDefect(
            "a user's info that is no JSON", "b10670c03dd5",
            "CREATE TABLE \"user\" (id TEXT, info TEXT, settings TEXT); INSERT INTO \"user\" VALUES ('u1', '{bad', '{}'), ('u2', '{}', NULL)",
            said: "u1"),
        SchemaDefect(
            "a user's settings that are no JSON", "b10670c03dd5",
            "CREATE TABLE \"user\" (id TEXT, info TEXT, settings TEXT); INSERT INTO \"user\" VALUES ('u1', '{}', '[1,]'), ('u2', '{}', '[{\"a\":[]}]')",
            said: "u1"),
        SchemaDefect(
            "two commands up to a slash", "374d2f66af06",
            prompts + "INSERT INTO prompt VALUES ('/sum', 't', 'c', 'u', 1), ('sum', 't', 'c', 'u', 1)", said: "sum"),
        SchemaDefect(
            "a prompt without a title", "374d2f66af06", prompts + "INSERT INTO prompt VALUES ('/x', NULL, 'c', 'u', 1)",
            said: "/x"),
        SchemaDefect(
            "two users of one address", "f0bd01a18a3d",
            "CREATE TABLE \"user\" (id TEXT, email TEXT); INSERT INTO \"user\" VALUES ('u1', 'a@b.c'), ('u2', 'A@b.C'), ('u3', NULL), ('u4', NULL)",
            said: "u1, u2"),
    ]
    static let keys = ["auth", "chat", "file", "user"].map { table in
        SchemaDefect(
            "two rows of one id in \(table)", "461111b60977",
            "CREATE TABLE \"\(table)\" (id TEXT); INSERT INTO \"\(table)\" VALUES ('twice'), ('twice'), ('once')",
            said: "twice")
    }
    static let leftovers = [
        SchemaDefect("a column", "a7d3e9f2b641", "CREATE TABLE auth (mfa JSON)", said: "auth.mfa"),
        SchemaDefect(
            "a column of a quoted table", "b8e4f0a3c752", "CREATE TABLE \"group\" (parent_group_id TEXT)",
            said: "group.parent_group_id"),
        SchemaDefect("a table", "d6a8c3f912ab", "CREATE TABLE skill_history (id TEXT)", said: "skill_history"),
    ]
    static let all = rows + keys + leftovers
}

@Suite(.tags(.postgres)) struct `The checks of the database` {
    @Test func `all run on the schema of 0.6.43, and find nothing`() async throws {
        try await PostgresSite.with { site in
            try await site.migrate("0.6.43", head: "c440947495f3")
            let findings = try await site.database().check(pending: Precheck.known.map(\.revision))
            #expect(findings.isEmpty)
            #expect(Precheck.known.count > 20)
        }
    }

    @Test(arguments: SchemaDefect.all) func `find what would end a migration`(_ defect: SchemaDefect) async throws {
        try await PostgresSite.with { site in
            try await site.run(defect.sql)
            let findings = try await site.database().check(pending: [defect.revision])
            #expect(findings.map(\.refuses) == [true])
            let fault = try #require(findings.first?.fault)
            #expect(fault.what.contains(defect.revision))
            #expect([fault.what, fault.why, fault.remedy].contains { $0.contains(defect.said) })
            #expect(try await site.database().check(pending: ["no such revision"]).isEmpty)
        }
    }

    @Test func `warn of a column that is missing, and pass over a table that is`() async throws {
        try await PostgresSite.with { site in
            let database = site.database()
            #expect(try await database.check(pending: Precheck.known.map(\.revision)).isEmpty)
            try await site.run("CREATE TABLE \"user\" (id TEXT)")
            let findings = try await database.check(pending: ["f0bd01a18a3d"])
            #expect(findings.map(\.refuses) == [false])
            #expect(findings.first?.fault.why.contains("email") == true)
        }
    }

    @Test func `warn of a table that is locked, and go on`() async throws {
        try await PostgresSite.with { site in
            try await site.run("CREATE TABLE \"user\" (id TEXT, email TEXT); CREATE TABLE skill_history (id TEXT)")
            let other = try await site.session("psql")
            _ = try await other.script("BEGIN; LOCK TABLE \"user\" IN ACCESS EXCLUSIVE MODE")
            let findings = try await site.database().check(pending: ["f0bd01a18a3d", "d6a8c3f912ab"])
            #expect(findings.map(\.refuses) == [false, true])
            #expect(findings.first?.fault.why.contains("lock") == true)
            _ = try await other.query("COMMIT")
        }
    }

    @Test func `look into DATABASE_SCHEMA first, also after the session was lost`() async throws {
        try await PostgresSite.with { site in
            let table = "\"user\" (id TEXT, email TEXT)"
            try await site.run(
                "CREATE TABLE \(table); CREATE SCHEMA \"my team\"; CREATE TABLE \"my team\".\(table);"
                    + "INSERT INTO \"my team\".\"user\" VALUES ('u1', 'a@b'), ('u2', 'A@b')")
            let database = site.database(schema: "my team")
            #expect(try await database.check(pending: ["f0bd01a18a3d"]).map(\.refuses) == [true])
            #expect(try await site.database().check(pending: ["f0bd01a18a3d"]).isEmpty)
            try await site.run(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'owui-upgrade' "
                    + "AND datname = current_database()")
            await #expect(throws: Fault.self) { try await database.check(pending: ["f0bd01a18a3d"]) }
            #expect(try await database.check(pending: ["f0bd01a18a3d"]).map(\.refuses) == [true])
        }
    }

    @Test func `warn of sessions that the server does not show to an ordinary role`() async throws {
        try await PostgresSite.with { site in
            let role = "ordinary_\(UInt64.random(in: 0...UInt64.max))"
            try await site.run("CREATE ROLE \(role) LOGIN PASSWORD '\(role)'")
            let database = site.database(as: role)
            #expect(try await database.check(pending: []).isEmpty)
            let named = try await site.session("psql")
            #expect(try await database.check(pending: []).isEmpty)
            let unnamed = try await site.session()
            let finding = try #require(try await database.check(pending: []).first)
            #expect(!finding.refuses)
            #expect(finding.fault.what.contains("1 of "))
            #expect(finding.fault.remedy.contains("TO \(role)`"))
            try await site.run("GRANT pg_read_all_stats TO \(role)")
            #expect(try await database.check(pending: []).isEmpty)
            #expect(try await database.look().sessions.count == 1)
            await named.close()
            await unnamed.close()
            try await site.run("REVOKE pg_read_all_stats FROM \(role); DROP ROLE \(role)")
        }
    }

    @Test func `can only read`() async throws {
        try await PostgresSite.with { site in
            let inquiry = PostgresInquiry(DatabaseRoad(site.target))
            await #expect { try await inquiry.ask("CREATE TABLE chat (id INT)") } throws: { error in
                (error as? PostgresFault)?.sqlstate == SQLState("25006")
            }
            let found = try await inquiry.ask("SELECT to_regclass('chat') AS chat").first
            #expect(try found?.string("chat") == nil)
        }
    }

    @Test func `end when a signal comes`() async throws {
        try await PostgresSite.with { site in
            try await site.run("CREATE TABLE \"user\" (id TEXT, email TEXT)")
            await #expect {
                try await site.database(isInterrupted: { true }).check(pending: ["f0bd01a18a3d"])
            } throws: {
                ($0 as? Fault)?.kind == .interrupted
            }
        }
    }
}

@Suite(.tags(.postgres)) struct `The sizes of the tables` {
    @Test func `are counted where nobody has analysed them, and estimated where somebody has`() async throws {
        try await PostgresSite.with { site in
            let database = site.database()
            #expect(try await database.sizes() == nil)
            try await site.run(
                "CREATE TABLE chat (id INT) WITH (autovacuum_enabled = off); INSERT INTO chat SELECT generate_series(1, 1234)"
            )
            let counted = try #require(try await database.sizes())
            #expect(counted.chats == 1234)
            #expect(counted.messages == nil)
            #expect(counted.bytes > 1_000_000)
            try await site.run("ANALYZE chat; DELETE FROM chat; CREATE TABLE chat_message (id INT)")
            let estimated = try #require(try await database.sizes())
            #expect(estimated.chats == 1234)
            #expect(estimated.messages == 0)
        }
    }

    @Test func `are those of DATABASE_SCHEMA`() async throws {
        try await PostgresSite.with { site in
            try await site.run(
                "CREATE TABLE chat (id INT); CREATE SCHEMA team; CREATE TABLE team.chat (id INT); INSERT INTO team.chat VALUES (1)"
            )
            #expect(try await site.database(schema: "team").sizes()?.chats == 1)
            #expect(try await site.database().sizes()?.chats == 0)
        }
    }

    @Test func `are not known while the table is locked`() async throws {
        try await PostgresSite.with { site in
            try await site.run("CREATE TABLE chat (id INT)")
            let migrator = try await site.session()
            _ = try await migrator.script("BEGIN; LOCK TABLE chat IN ACCESS EXCLUSIVE MODE")
            #expect(try await site.database().sizes() == nil)
            _ = try await migrator.query("COMMIT")
        }
    }
}
