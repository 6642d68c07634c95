/// The traces that are known, the most telling first: where several match, the first is the cause.
extension Signature {
    package static let known = schema + rows + migrators + server + installation + consequences

    private static let status = "`owui-upgrade status`"
    private static let retry = "then run the same `owui-upgrade` command again"

    private static let schema = [
        Signature(
            "unknown-revision", [["Can't locate revision"]],
            "The database is at a revision that this version does not have: it was migrated by a newer one.",
            remedy: "Start the version that migrated it or a later one, or restore a backup with "
                + "`owui-upgrade rollback --restore`. Do not change alembic_version by hand: that loses data."),
        Signature(
            "duplicate-emails", [["Cannot add unique normalized user email index"]],
            "Two users have the same e-mail address up to upper and lower case; nothing was migrated.",
            remedy: "Merge or remove the duplicate users, \(retry)."),
    ]

    private static let rows = [
        Signature(
            "invalid-json", [["invalid input syntax for type json"]],
            "A user's info or settings is not JSON, so the migration b10670c03dd5 cannot convert the column.",
            remedy: "Find the rows with `owui-upgrade plan --to VERSION`, correct them, \(retry)."),
        Signature(
            "channel-members", [["joined_at", "channel_member", "contains null values"]],
            "The table channel_member holds rows, which the migration 2f1211949ecc does not expect.",
            remedy: "Look where the rows come from, keep a copy, delete them, \(retry)."),
        Signature(
            "duplicate-ids", [["could not create unique index", "\"pk_"], ["null values", "column \"id\""]],
            "Ids are duplicate or missing in a table that gets its primary key (461111b60977).",
            remedy: "Find the rows with `owui-upgrade plan --to VERSION`, correct them, \(retry)."),
    ]

    private static let migrators = [
        Signature(
            "two-migrators", [["UniqueViolation", "pg_type_typname"], ["duplicate key value", "pg_type_typname"]],
            "Two processes migrated the database at the same time; this one lost.",
            remedy: "Make sure that one instance with one worker runs and look at the revision with \(status): "
                + "at the head a restart is enough."),
        Signature(
            "already-there", [["DuplicateColumn"], ["DuplicateTable"]],
            "A migration found its own column or table: another process migrated at the same time, "
                + "or something is left of a repair by hand.",
            remedy: "Look at the revision with \(status): at the head a restart is enough; "
                + "otherwise restore the backup from before the repair."),
        Signature(
            "deadlock", [["DeadlockDetected"], ["deadlock detected"]],
            "Two processes waited for each other's locks, as two migrators do; the server ended this one.",
            remedy: "Make sure that one instance with one worker runs and look at the revision with \(status): "
                + "at the head a restart is enough."),
        Signature(
            "lock-timeout", [["LockNotAvailable"], ["canceling statement due to lock timeout"]],
            "The migration waited too long for a lock that another session holds; nothing was migrated.",
            remedy: "Find the session with `SELECT pid, application_name, state, query FROM pg_stat_activity`, "
                + "let it finish or end it, \(retry)."),
    ]

    private static let server = [
        Signature(
            "statement-cancelled",
            [["canceling statement due to user request"], ["canceling statement due to statement timeout"]],
            "A statement of the migration was cancelled, by a person or by a statement timeout; nothing was migrated.",
            remedy: "Remove the statement_timeout of the database's role if it has one, \(retry)."),
        Signature(
            "idle-timeout", [["idle-in-transaction timeout"], ["IdleInTransactionSessionTimeout"]],
            "The server ended the migration because its transaction was idle between statements.",
            remedy: "Set idle_in_transaction_session_timeout to 0 for the database's role, \(retry)."),
        Signature(
            "disk-full", [["No space left on device"], ["DiskFull"]],
            "The disk is full; nothing was migrated.",
            remedy: "Make room (`owui-upgrade plan --to VERSION` says how much is advised), \(retry)."),
        Signature(
            "too-many-connections", [["too many clients already"], ["remaining connection slots"]],
            "The database takes no more connections.",
            remedy: "Close connections or raise max_connections, \(retry)."),
        Signature(
            "connection-lost",
            [
                ["server closed the connection"], ["due to administrator command"],
                ["Can't reconnect until invalid transaction"],
            ],
            "The connection to the database ended during the work; the migration, if one ran, was rolled back.",
            remedy: "Look why in the server's log, wait until it answers, \(retry)."),
        Signature(
            "permission", [["InsufficientPrivilege"], ["must be owner of"], ["permission denied for"]],
            "The database's role may not do what the migration needs.",
            remedy: "Let the role own the application's tables and create in their schema, \(retry)."),
        Signature(
            "password", [["password authentication failed"]],
            "The database does not accept the password.",
            remedy: "Correct DATABASE_URL or DATABASE_PASSWORD of the instance, \(retry)."),
        Signature(
            "no-database", [["FATAL", "database \"", "does not exist"]],
            "The database that the address names does not exist.",
            remedy: "Correct DATABASE_URL or DATABASE_NAME of the instance, \(retry)."),
        Signature(
            "no-server", [["Connection refused"], ["could not translate host name"]],
            "The instance does not reach a server that it needs.",
            remedy: "Check the address in the line and that the server runs, \(retry)."),
    ]

    private static let installation = [
        Signature(
            "secret-key", [["WEBUI_SECRET_KEY is not set"]],
            "The instance has no WEBUI_SECRET_KEY, which is required from 0.9.6 on.",
            remedy: "Set WEBUI_SECRET_KEY to the key that the instances used until now, \(retry)."),
        Signature(
            "no-driver",
            [["No module named", "psycopg"], ["No module named", "asyncpg"], ["No module named", "aiosqlite"]],
            "The Python package for PostgreSQL is not installed.",
            remedy: "Install the extra with `pip install 'open-webui[postgres]'` (0.9.0 lacks others: "
                + "choose 0.9.2 or later), \(retry)."),
        Signature(
            "static-assets", [["Static asset source directory not found"]],
            "The instance was started through bare uvicorn; the database may have been migrated all the same.",
            remedy: "Start it with `open-webui serve`, or set FROM_INIT_PY=true; look at the revision with \(status)."),
        Signature(
            "database-url", [["Unrecognized or unsupported scheme"]],
            "This version does not understand the form of DATABASE_URL.",
            remedy: "Write the address as `postgresql://…`, which every version understands, \(retry)."),
        Signature(
            "port-in-use", [["address already in use"], ["Address already in use"]],
            "The port is taken by another process.",
            remedy: "Stop it or give the instance another port, \(retry)."),
        Signature(
            "memory", [["MemoryError"], ["Cannot allocate memory"], ["out of memory"]],
            "The memory is used up.",
            remedy: "Give the migrating instance more memory, or choose 0.8.9 or later, \(retry)."),
    ]

    private static let consequences = [
        Signature(
            "code-and-schema", [["UndefinedColumn"], ["UndefinedTable"]],
            "The version and the schema do not fit each other: old code on a new schema, or a migration not made.",
            remedy: "Compare revision and head with \(status)."),
        Signature(
            "aborted-transaction", [["InFailedSqlTransaction"]],
            "An earlier statement of the same transaction failed; the real cause stands in the server's log.",
            remedy: "Look at the server's log for the first error, and at the revision with \(status): "
                + "the loser of two migrators at the head only needs a restart."),
        Signature(
            "migration-failed", [["Error running migrations"]],
            "A migration failed. Releases up to 0.11.2 serve on after it.",
            remedy: "Look at the line and at the revision with \(status)."),
    ]
}
