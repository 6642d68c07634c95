import Testing
import UpgradeCore

@testable import Wire

@Suite(.tags(.postgres)) struct `A database session` {
    @Test func `reads text, numbers, truth and NULL by the name of the column`() async throws {
        let (session, _) = try await TestPostgres.freshDatabase()
        let rows = try await session.query("SELECT 'ä' AS s, 7 AS i, 1.5 AS d, true AS yes, false AS no, NULL AS n")
        let row = try #require(rows.first)
        #expect(rows.count == 1)
        #expect(try row.string("s") == "ä")
        #expect(try row.int("i") == 7)
        #expect(try row.double("d") == 1.5)
        #expect(try row.bool("yes") == true)
        #expect(try row.bool("no") == false)
        #expect(try row.int("n") == nil)
        #expect(throws: PostgresFault(.noColumn("x"))) { try row.string("x") }
        #expect(throws: PostgresFault(.wrongColumn("s", wanted: "a whole number"))) { try row.int("s") }
    }

    @Test(arguments: ["it's", "\"; DROP TABLE chat; --", "", "日本", "a\\b\n"])
    func `hands a parameter over as it is`(text: String) async throws {
        let (session, _) = try await TestPostgres.freshDatabase()
        let row = try #require(try await session.query("SELECT $1::text AS a, $2::text AS b", [text, nil]).first)
        #expect(try row.string("a") == text)
        #expect(try row.string("b") == nil)
    }

    @Test func `is named, bounded by the server, and commits by itself`() async throws {
        let (_, target) = try await TestPostgres.freshDatabase()
        let limits = PostgresLimits(statement: .milliseconds(4321))
        let session = try await PostgresSession.connect(to: target, as: "a name", limits: limits)
        _ = try await session.query("CREATE TABLE kept AS SELECT 1 AS one")
        let other = try await PostgresSession.connect(to: target, as: "another")
        #expect(try await other.query("SELECT one FROM kept").count == 1)
        #expect(
            try await other.query("SELECT 1 FROM pg_stat_activity WHERE application_name = 'a name'").count == 1)
        #expect(
            try await session.query("SHOW statement_timeout").first?.string("statement_timeout") == "4321ms")
    }

    @Test func `runs a script and gives the rows of its last statement`() async throws {
        let (session, _) = try await TestPostgres.freshDatabase()
        let rows = try await session.script("CREATE TABLE t (a int); INSERT INTO t VALUES (1), (2); SELECT a FROM t")
        #expect(try rows.map { try $0.int("a") } == [1, 2])
    }

    @Test func `reads ten thousand wide rows`() async throws {
        let (session, _) = try await TestPostgres.freshDatabase()
        let rows = try await session.query("SELECT repeat('x', 1000) AS x FROM generate_series(1, 10000)")
        #expect(rows.count == 10_000)
        #expect(try rows.last?.string("x")?.utf8.count == 1000)
    }

    @Test(arguments: [
        ("SELECT * FROM nowhere", "42P01", Fault.Kind.missing),
        ("SELECT nothing", "42703", .missing),
        ("CREATE TABLE gone.t (a int)", "3F000", .missing),
        ("SELECT 1/0", "22012", .failed),
        ("SELECT FROM WHERE", "42601", .failed),
        ("DO $$ BEGIN SET ROLE pg_monitor; PERFORM * FROM pg_authid; END $$", "42501", .denied),
        ("SET default_transaction_read_only = on; CREATE TABLE t (a int)", "42601", .failed),
    ])
    func `keeps PostgreSQL's code and goes on after an error`(sql: String, code: String, kind: Fault.Kind) async throws
    {
        let (session, _) = try await TestPostgres.freshDatabase()
        let fault = try #require(await failure { _ = try await session.query(sql) })
        #expect(fault.sqlstate == SQLState(code))
        #expect(fault.kind == kind)
        #expect(!fault.fault.why.isEmpty)
        #expect(!fault.fault.why.contains { $0.isNewline || $0 == "\t" })
        #expect(try await session.query("SELECT 1 AS one").first?.int("one") == 1)
    }

    @Test func `gives up a query that takes too long, and can be used again`() async throws {
        let (session, _) = try await TestPostgres.freshDatabase()
        let fault = try #require(
            await failure { _ = try await session.query("SELECT pg_sleep(600)", timeout: .milliseconds(20)) })
        #expect(fault.kind == .unavailable)
        #expect(fault.sqlstate == nil)
        #expect(try await session.query("SELECT 1 AS one").first?.int("one") == 1)
    }

    @Test func `lets the server end a statement at its own limit`() async throws {
        let (_, target) = try await TestPostgres.freshDatabase()
        let limits = PostgresLimits(statement: .milliseconds(20))
        let session = try await PostgresSession.connect(to: target, as: "short", limits: limits)
        let fault = try #require(await failure { _ = try await session.query("SELECT pg_sleep(600)") })
        #expect(fault.sqlstate == .queryCanceled)
        #expect(fault.kind == .unavailable)
    }

    @Test func `ends a query whose task is cancelled, also on the server`() async throws {
        let (session, target) = try await TestPostgres.freshDatabase()
        let other = try await PostgresSession.connect(to: target, as: "watcher")
        let running = """
            SELECT 1 FROM pg_stat_activity
            WHERE datname = current_database() AND state = 'active' AND query = 'SELECT pg_sleep(600)'
            """
        let task = Task { await failure { _ = try await session.query("SELECT pg_sleep(600)") } }
        while try await other.query(running).isEmpty { await Task.yield() }
        task.cancel()
        let fault = try #require(await task.value)
        #expect(fault.kind == .interrupted)
        #expect(try await other.query(running).isEmpty)
        #expect(try await session.query("SELECT 1 AS one").count == 1)
    }

    @Test func `does not begin a query for a task that is already cancelled`() async throws {
        let (session, _) = try await TestPostgres.freshDatabase()
        let task = Task {
            withUnsafeCurrentTask { $0?.cancel() }
            return await failure { _ = try await session.query("CREATE TABLE never (a int)") }
        }
        #expect(await task.value?.kind == .interrupted)
        #expect(try await session.query("SELECT to_regclass('never') AS t").first?.string("t") == nil)
    }

    @Test func `leaves the pool of tasks free while forty of them wait for a lock`() async throws {
        let (holder, target) = try await TestPostgres.freshDatabase()
        _ = try await holder.query("SELECT pg_advisory_lock(1)")
        let waiting =
            "SELECT 1 FROM pg_locks WHERE locktype = 'advisory' AND NOT granted AND database = "
            + "(SELECT oid FROM pg_database WHERE datname = current_database())"
        let count = try await withThrowingTaskGroup(of: Int.self) { group in
            for number in 0..<40 {
                group.addTask {
                    let session = try await PostgresSession.connect(to: target, as: "waiter \(number)")
                    return try await session.query("SELECT pg_advisory_lock_shared(1)").count
                }
            }
            while try await holder.query(waiting).count < 40 { await Task.yield() }
            _ = try await holder.query("SELECT pg_advisory_unlock(1)")
            return try await group.reduce(0, +)
        }
        #expect(count == 40)
    }

    @Test func `that an administrator ended says so and stays ended`() async throws {
        let (session, target) = try await TestPostgres.freshDatabase()
        let other = try await PostgresSession.connect(to: target, as: "administrator")
        _ = try await other.query(
            "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE application_name = 'owui-upgrade test'"
                + " AND datname = current_database()")
        let fault = try #require(await failure { _ = try await session.query("SELECT 1") })
        #expect(fault.kind == .unavailable)
        #expect(await !session.isOpen)
        #expect(await self.secondQuery(of: session) == .unavailable)
    }

    private func secondQuery(of session: PostgresSession) async -> Fault.Kind? {
        await failure { _ = try await session.query("SELECT 1") }?.kind
    }

    @Test func `says that it was closed`() async throws {
        let (session, _) = try await TestPostgres.freshDatabase()
        await session.close()
        await session.close()
        #expect(await secondQuery(of: session) == .unavailable)
    }

    @Test func `refuses to copy and is then closed`() async throws {
        let (session, _) = try await TestPostgres.freshDatabase()
        #expect(await failure { _ = try await session.query("COPY (SELECT 1) TO STDOUT") }?.kind == .unavailable)
        #expect(await !session.isOpen)
    }
}

@Suite(.tags(.postgres)) struct `A database server that restarts` {
    @Test func `loses its sessions, is unavailable meanwhile, and takes new ones`() async throws {
        let cluster = try OwnCluster()
        let target = cluster.target
        let session = try await PostgresSession.connect(to: target, as: "before")
        try await cluster.stop()
        let lost = try #require(await failure { _ = try await session.query("SELECT 1") })
        #expect(lost.kind == .unavailable)
        let refused = try #require(await failure { _ = try await PostgresSession.connect(to: target, as: "during") })
        #expect(refused.kind == .unavailable)
        #expect(refused.sqlstate == nil)
        try await cluster.start()
        let after = try await PostgresSession.connect(to: target, as: "after")
        #expect(try await after.query("SELECT 1 AS one").first?.int("one") == 1)
        #expect(await failure { _ = try await session.query("SELECT 1") }?.kind == .unavailable)
    }
}
