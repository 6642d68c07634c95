import Testing

@testable import ReleaseKnowledge

@Suite struct `The traces in a log` {
    @Test(arguments: [
        ("Error running migrations: Can't locate revision identified by '0bd252b206fb'", "unknown-revision"),
        (
            "psycopg2.errors.UniqueViolation: duplicate key value violates unique constraint \"pg_type_typname_nsp_index\"",
            "two-migrators"
        ),
        ("psycopg2.errors.DuplicateColumn: column \"tasks\" of relation \"chat\" already exists", "already-there"),
        ("sqlalchemy.exc.OperationalError: (psycopg2.errors.DeadlockDetected) deadlock detected", "deadlock"),
        (
            "psycopg2.errors.InFailedSqlTransaction: current transaction is aborted, commands ignored",
            "aborted-transaction"
        ),
        ("psycopg2.errors.LockNotAvailable: canceling statement due to lock timeout", "lock-timeout"),
        (
            "RuntimeError: Cannot add unique normalized user email index because duplicate emails exist: bob@example.com (x2).",
            "duplicate-emails"
        ),
        ("ValueError: WEBUI_SECRET_KEY is not set. It is a hard requirement", "secret-key"),
        ("ModuleNotFoundError: No module named 'psycopg2'", "no-driver"),
        ("RuntimeError: Static asset source directory not found", "static-assets"),
        ("psycopg2.errors.QueryCanceled: canceling statement due to user request", "statement-cancelled"),
        ("psycopg2.OperationalError: server closed the connection unexpectedly", "connection-lost"),
        ("FATAL:  database \"x\" does not exist", "no-database"),
        ("psycopg2.errors.UndefinedColumn: column config.id does not exist", "code-and-schema"),
        ("ValueError: Unrecognized or unsupported scheme", "database-url"),
        ("FATAL:  terminating connection due to idle-in-transaction timeout", "idle-timeout"),
        ("psycopg2.errors.DiskFull: could not extend file: No space left on device", "disk-full"),
        ("psycopg2.errors.InvalidTextRepresentation: invalid input syntax for type json", "invalid-json"),
        ("column \"joined_at\" of relation \"channel_member\" contains null values", "channel-members"),
        ("ERROR [open_webui.env] Error running migrations: something new", "migration-failed"),
    ])
    func `are explained by their cause`(line: String, id: String) throws {
        let found = Signature.explain(logLines: ["INFO start", line, "INFO end"])
        let first = try #require(found.first)
        #expect(found.count == (found.last?.id == "migration-failed" && id != "migration-failed" ? 2 : 1))
        #expect(first.id == id)
        #expect(!first.what.isEmpty && !first.remedy.isEmpty)
    }

    @Test func `are passed over where they mean nothing`() {
        let lines = [
            "INFO:open_webui.env:Running migrations", "INFO  [alembic.runtime.migration] Context impl PostgresqlImpl.",
            "INFO  [alembic.runtime.migration] Running upgrade c440947495f3 -> 374d2f66af06, Add prompt history table",
            "Promoting UNIQUE(id) -> PRIMARY KEY(id) for 'auth'", "",
        ]
        #expect(Signature.explain(logLines: lines).isEmpty)
    }

    @Test func `name the cause before its consequences, each once`() {
        let lines = [
            "psycopg2.errors.InFailedSqlTransaction: current transaction is aborted", "DeadlockDetected",
            "psycopg2.errors.DeadlockDetected: deadlock detected", "Error running migrations: x",
        ]
        let found = Signature.explain(logLines: lines)
        #expect(found.map(\.id) == ["deadlock", "aborted-transaction", "migration-failed"])
        #expect(found.first?.why == "psycopg2.errors.DeadlockDetected: deadlock detected")
    }

    @Test(arguments: Signature.known) func `never lead to alembic stamp`(signature: Signature) {
        #expect(!signature.remedy.contains("stamp"))
        #expect(!signature.what.contains("stamp"))
    }

    @Test(arguments: [
        ("at postgresql://me:s3cret@db:5432/chat", "at postgresql://…@db:5432/chat"),
        ("at postgresql://me:s3:/@cret@db/chat", "at postgresql://…@db/chat"),
        ("bob@example.com (x2)", "…@example.com (x2)"),
        ("  connect password=s3cret host=db ", "connect password=… host=db"),
        ("WEBUI_SECRET_KEY=abc API_KEY=abc", "WEBUI_SECRET_KEY=… API_KEY=…"),
    ])
    func `are shown without secrets`(line: String, shown: String) {
        #expect(LogLine.masked(line) == shown)
    }

    @Test func `are cut to what a person reads`() {
        #expect(LogLine.masked(String(repeating: "a", count: 1_000)).count == 300)
    }
}
