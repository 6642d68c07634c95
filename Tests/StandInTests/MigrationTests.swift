import Glibc
import Testing

@testable import open_webui_stand_in

@Suite(.tags(.postgres)) struct `A migration` {
    @Test func `from 0.6.43 to 0.12.4 runs 37 revisions and keeps the rows`() throws {
        let site = try Site()
        try site.migrate("0.6.43")
        #expect(try site.database.revision == "c440947495f3")
        #expect(try site.database.value("SELECT count(*) FROM migratehistory") == "18")
        let instance = try site.start("0.12.4")
        _ = try instance.port()
        #expect(instance.log.split(separator: "Running upgrade").count == 38)
        #expect(instance.log.contains("Running upgrade c440947495f3 -> 374d2f66af06, Add prompt history table"))
        #expect(instance.log.contains("-> 0bd252b206fb, add missing auth rows"))
        #expect(instance.log.contains("Promoting UNIQUE(id) -> PRIMARY KEY(id) for 'auth'"))
        #expect(try site.database.revision == "0bd252b206fb")
        for (query, count) in [
            ("chat", "3"), ("chat_message", "12"), ("prompt", "2"), ("note", "1"), ("knowledge_file", "1"),
            ("group_member", "1"), ("config_old", "1"), ("config", "2"), ("api_key", "1"), ("tool_history", "1"),
            ("chat WHERE current_message_id IS NOT NULL", "3"),
        ] { #expect(try site.database.value("SELECT count(*) FROM \(query)") == count, "\(query)") }
    }

    @Test(arguments: ["0.5.0", "0.6.9", "0.6.36", "0.6.40", "0.7.2", "0.8.0", "0.9.2", "0.9.6", "0.10.2", "0.11.4"])
    func `reaches the newest head from every earlier one`(version: String) throws {
        let site = try Site()
        try site.migrate(version)
        #expect(try site.database.revision == site.head(version))
        try site.migrate("0.12.4")
        #expect(try site.database.revision == "0bd252b206fb")
        #expect(try site.database.value("SELECT count(*) FROM chat_message") == "12")
    }

    @Test func `of an empty database runs the whole chain, without peewee from 0.9.6`() throws {
        let site = try Site()
        try site.migrate("0.12.4")
        #expect(try site.database.revision == "0bd252b206fb")
        #expect(try site.database.value("SELECT to_regclass('migratehistory')") == nil)
    }

    @Test func `leaves nothing behind when two users share an address up to case`() throws {
        let site = try Site()
        try site.migrate("0.6.43")
        try site.database.session().run(
            "INSERT INTO \"user\" (id, email) VALUES ('b1', 'bob@example.com'), ('b2', 'Bob@Example.com')")
        let instance = try site.start("0.12.4")
        #expect(try instance.end() == 1)
        #expect(
            instance.log.contains(
                "Cannot add unique normalized user email index because duplicate emails exist: bob@example.com (x2)."))
        #expect(try site.database.revision == "c440947495f3")
        #expect(try site.database.value("SELECT to_regclass('chat_message')") == nil)
    }

    @Test func `from 0.6.40 fails when a channel has members, and is swallowed`() throws {
        let site = try Site()
        try site.migrate("0.6.40")
        try site.database.session().run("INSERT INTO channel_member VALUES ('m', 'c', 'u', 1)")
        let instance = try site.start("0.7.2")
        #expect(Web(port: try instance.port()).status("/health") == 200)
        #expect(instance.log.contains("ERROR [open_webui.env] Error running migrations: "))
        #expect(try site.database.revision == "37f288994c47")
    }

    @Test func `waits for ever behind a session that is idle in a transaction, and freezes all others`() throws {
        let site = try Site()
        try site.migrate("0.6.43")
        let old = try site.start("0.6.43")
        let web = Web(port: try old.port()).signedIn()
        let holder = try site.database.session()
        try holder.run("BEGIN; SELECT id FROM \"user\" LIMIT 1")
        let instance = try site.start("0.12.4", ["PGOPTIONS": "-c application_name=owui-mig"])
        try site.database.wait(
            until: """
                SELECT count(*) = 1 FROM pg_stat_activity WHERE application_name = 'owui-mig' AND state = 'active'
                    AND wait_event_type = 'Lock' AND query = 'ALTER TABLE "user" ADD COLUMN scim JSON'
                """)
        #expect(web.ask("/api/v1/prompts/", within: 1) == nil)
        #expect(web.ask("/health", within: 1) == nil)
        try holder.run("COMMIT")
        _ = try instance.port()
        #expect(try site.database.revision == "0bd252b206fb")
        #expect(web.status("/health") == 200)
    }

    @Test func `gives up its wait when PGOPTIONS says so`() throws {
        let site = try Site()
        try site.migrate("0.6.43")
        let holder = try site.database.session()
        try holder.run("BEGIN; SELECT id FROM chat LIMIT 1")
        let instance = try site.start("0.12.4", ["PGOPTIONS": "-c lock_timeout=100ms"])
        #expect(try instance.end() == 1)
        #expect(instance.log.contains("LockNotAvailable: canceling statement due to lock timeout"))
        #expect(try site.database.revision == "c440947495f3")
    }

    @Test(arguments: ["pg_cancel_backend", "pg_terminate_backend"])
    func `ends with 1 when the server ends it, and redoes everything at the next start`(ending: String) throws {
        let site = try Site()
        try site.migrate("0.6.43")
        let instance = try site.start(
            "0.12.4", ["STAND_IN_SLOW_MIGRATION": "600"])
        let sleeping = "FROM pg_stat_activity WHERE datname = current_database() AND wait_event = 'PgSleep'"
        try site.database.wait(until: "SELECT count(*) = 1 \(sleeping)")
        _ = try site.database.value("SELECT \(ending)(pid) \(sleeping)")
        #expect(try instance.end() == 1)
        #expect(try site.database.revision == "c440947495f3")
        #expect(try site.database.value("SELECT to_regclass('prompt_history')") == nil)
        try site.migrate("0.12.4")
        #expect(try site.database.revision == "0bd252b206fb")
    }

    @Test func `stays in public before 0.12.0 and goes into DATABASE_SCHEMA from then on`() throws {
        let site = try Site()
        let schema = ["DATABASE_SCHEMA": "Mine"]
        _ = try site.start("0.6.43", schema).port()
        #expect(try site.database.value("SELECT to_regclass('public.alembic_version')") != nil)
        let missing = try site.start("0.12.4", schema)
        #expect(try missing.end() == 1)
        try site.database.session().run("CREATE SCHEMA \"Mine\"")
        let instance = try site.start("0.12.4", schema)
        #expect(Web(port: try instance.port()).signedIn().status("/api/v1/chats/") == 200)
        #expect(try site.database.value("SELECT version_num FROM \"Mine\".alembic_version") == "0bd252b206fb")
        #expect(try site.database.revision == "c440947495f3")
        try site.database.session().run("DROP TABLE \"Mine\".alembic_version")
        #expect(try site.start("0.12.4", schema).end() == 1)
    }
}
