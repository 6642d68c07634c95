import Testing
import UpgradeCore
import Wire

@testable import Backends

@Suite(.tags(.postgres)) struct `The sessions on the database` {
    private func pid(_ session: PostgresSession) async throws -> Int {
        try #require(try await session.query("SELECT pg_backend_pid() AS pid").first?.int("pid"))
    }

    @Test func `are the instances' and the unnamed, nobody else's and not our own`() async throws {
        try await PostgresSite.with { site in
            let instance = try await site.session("owui-team-2-1")
            let unnamed = try await site.session()
            let others = [
                try await site.session("psql"), try await site.session("pg_dump"), try await site.session("Metabase"),
            ]
            let second = site.database()
            _ = try await second.look()
            let state = try await site.database().look()
            #expect(
                state.sessions.map { [$0.pid] }.sorted { $0[0] < $1[0] }
                    == [[try await pid(instance)], [try await pid(unnamed)]].sorted { $0[0] < $1[0] })
            #expect(Set(state.sessions.map(\.instance)) == ["owui-team-2-1", nil])
            #expect(state.sessions.allSatisfy { $0.client.hasPrefix("127.0.0.1") && !$0.hasWritten && !$0.isWorking })
            for session in others { await session.close() }
        }
    }

    @Test func `of another database are not seen`() async throws {
        try await PostgresSite.with { site in
            try await PostgresSite.with { other in
                let session = try await other.session()
                #expect(try await site.database().look().sessions.isEmpty)
                await session.close()
            }
        }
    }

    @Test func `have written once their transaction has`() async throws {
        try await PostgresSite.with { site in
            try await site.run("CREATE TABLE chat (id INT)")
            let session = try await site.session()
            let database = site.database()
            _ = try await session.script("BEGIN; SELECT * FROM chat")
            #expect(try await database.look().writers.isEmpty)
            _ = try await session.query("INSERT INTO chat VALUES (1)")
            #expect(try await database.look().writers.map(\.pid) == [try await pid(session)])
            _ = try await session.query("ROLLBACK")
            #expect(try await database.look().writers.isEmpty)
        }
    }

    @Test func `that wait name each session that they wait for`() async throws {
        try await PostgresSite.with { site in
            try await site.run("CREATE TABLE chat (id INT)")
            let holders = [try await site.session("Metabase"), try await site.session()]
            for holder in holders { _ = try await holder.script("BEGIN; SELECT * FROM chat") }
            let migrator = try await site.session("owui-team-3-1")
            let database = site.database()
            async let migration = migrator.query("ALTER TABLE chat ADD COLUMN tasks JSON")
            try await site.wait(
                until:
                    "EXISTS (SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock')"
            )
            let waiting = try #require(try await database.look().sessions.first { $0.instance != nil })
            #expect(waiting.waitsFor.count == 2)
            #expect(!waiting.isWorking)
            for holder in holders {
                let named = "server process \(try await pid(holder)) ("
                #expect(
                    waiting.waitsFor.contains { $0.hasPrefix(named) && $0.contains("idle in transaction, for 00:00") })
            }
            #expect(waiting.waitsFor.contains { $0.contains("(Metabase, ") })
            for holder in holders { _ = try await holder.query("COMMIT") }
            _ = try await migration
            #expect(try await database.look().sessions.allSatisfy(\.waitsFor.isEmpty))
        }
    }

    @Test func `work while a statement runs that waits for no lock`() async throws {
        try await PostgresSite.with { site in
            let migrator = try await site.session("owui-team-3-1")
            let database = site.database()
            let statement = Task { try await migrator.query("SELECT pg_sleep(600)") }
            try await site.wait(
                until:
                    "EXISTS (SELECT FROM pg_stat_activity WHERE query = 'SELECT pg_sleep(600)' AND datname = current_database())"
            )
            #expect(try await database.look().sessions.map(\.isWorking) == [true])
            try await site.run(
                "SELECT pg_cancel_backend(pid) FROM pg_stat_activity "
                    + "WHERE application_name = 'owui-team-3-1' AND datname = current_database()")
            await #expect(throws: PostgresFault.self) { _ = try await statement.value }
            #expect(try await database.look().sessions.map(\.isWorking) == [false])
        }
    }

    @Test func `leave a new mark with each statement, and activity moves with what is written`() async throws {
        try await PostgresSite.with { site in
            try await site.run("CREATE TABLE chat (id INT)")
            let session = try await site.session()
            let database = site.database()
            let first = try await database.look()
            let again = try await database.look()
            #expect(first.sessions == again.sessions)
            _ = try await session.query("INSERT INTO chat SELECT generate_series(1, 1000)")
            let after = try await database.look()
            #expect(after.sessions.map(\.mark) != first.sessions.map(\.mark))
            #expect(after.activity != again.activity)
            #expect(!after.activity.isEmpty)
        }
    }
}
