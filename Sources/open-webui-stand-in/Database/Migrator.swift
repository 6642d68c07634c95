import Glibc

/// Alembic's `upgrade head` as Open WebUI runs it while it is imported: the whole chain in one transaction.
struct Migrator {
    let session: Session
    let installation: Installation
    let witness: WitnessSession?

    /// What a migration can end with, in the words that are logged.
    enum Stop: Error {
        case database(DatabaseFailure)
        case told(String, swallowed: Bool = false)

        var logged: String {
            switch self {
            case .database(let failure): "(psycopg2.errors.\(failure.name)) \(failure.message)"
            case .told(let text, _): text
            }
        }

        /// Whether it is ordered that the process starts anyway.
        var isSwallowed: Bool {
            if case .told(_, let swallowed) = self { swallowed } else { false }
        }

        var raised: String {
            switch self {
            case .database(let failure): failure.description
            case .told(let text, _): "RuntimeError: \(text)"
            }
        }
    }

    /// `run_migrations()`: its error is swallowed up to 0.11.2 and ends the process from 0.11.3.
    /// Returns whether the process is ordered to start whatever the schema is.
    func run() throws(StartFailure) -> Bool {
        Log.app("open_webui.env", "Running migrations")
        do throws(Stop) {
            try upgrade()
            return false
        } catch {
            // The server may be gone; then there is nothing left to roll back.
            do { try session.run("ROLLBACK") } catch { session.restore() }
            Log.error("open_webui.env", "Error running migrations: \(error.logged)")
            guard installation.version < "0.11.3" || error.isSwallowed else {
                throw StartFailure(exit: 1, lines: error.raised)
            }
            Log.traceback(error.raised)
            return error.isSwallowed
        }
    }

    private func upgrade() throws(Stop) {
        try run("BEGIN")
        Log.alembic("Context impl PostgresqlImpl.")
        Log.alembic("Will assume transactional DDL.")
        let current = try revision()
        guard let pending = installation.chain.pending(after: current) else {
            throw .told("Can't locate revision identified by '\(current ?? "")'")
        }
        guard !pending.isEmpty else { return try run("COMMIT") }
        let trouble = MigrationTrouble(pending: pending)
        let seeding = current == nil ? try wantsSeed() : false
        var parent = current
        for revision in pending {
            Log.alembic("Running upgrade \(parent ?? "") -> \(revision.id), \(revision.title)")
            try trouble.before(revision, in: session)
            for step in revision.steps { try perform(step, seeding: seeding) }
            try trouble.after(revision)
            try move(from: parent, to: revision.id)
            parent = revision.id
        }
        try commit(from: current, to: parent)
    }

    /// The revision in the database, after making the version table where it is missing.
    private func revision() throws(Stop) -> String? {
        guard try value("SELECT to_regclass('alembic_version')") != nil else {
            try run(
                """
                CREATE TABLE alembic_version
                    (version_num VARCHAR(32) NOT NULL, CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num))
                """)
            return nil
        }
        let all = try asStop { () throws(DatabaseFailure) in
            try session.rows("SELECT version_num FROM alembic_version")
        }
        guard all.count < 2 else {
            throw .told("Requested revision head overlaps with other requested revisions")
        }
        return all.first?.first ?? nil
    }

    private func wantsSeed() throws(Stop) -> Bool {
        guard System.setting("STAND_IN_SEED") != "none" else { return false }
        if try value("SELECT to_regclass('\"user\"')") != nil,
            try value("SELECT 1 FROM \"user\" LIMIT 1") != nil
        {
            return false
        }
        for (name, variable) in [("chats", "STAND_IN_CHATS"), ("messages", "STAND_IN_MESSAGES")] {
            _ = try value("SELECT set_config('stand_in.\(name)', $1, true)", [System.setting(variable) ?? ""])
        }
        return true
    }

    private func perform(_ step: Revision.Step, seeding: Bool) throws(Stop) {
        switch step {
        case .sql(let statement): try run(statement)
        case .seed(let statements): if seeding { try run(statements) }
        case .promoteKeys: try promoteKeys()
        case .refuseSharedAddresses: try refuseSharedAddresses()
        }
    }

    private func promoteKeys() throws(Stop) {
        for table in LegacySchema.keyless {
            let key = "SELECT conname FROM pg_constraint WHERE conrelid = $1::regclass AND contype = 'p'"
            guard try value(key, [table]) == nil else { continue }
            Log.plain("Promoting UNIQUE(id) -> PRIMARY KEY(id) for '\(table)'")
            try run("ALTER TABLE \(table) DROP CONSTRAINT IF EXISTS \(table)_id_key")
            try run("ALTER TABLE \(table) ADD PRIMARY KEY (id)")
        }
    }

    private func refuseSharedAddresses() throws(Stop) {
        let shared = try value(
            """
            SELECT string_agg(address || ' (x' || many || ')', ', ' ORDER BY address) FROM (
                SELECT lower(email) AS address, count(*) AS many FROM "user" WHERE email IS NOT NULL
                GROUP BY 1 HAVING count(*) > 1) AS shared
            """)
        guard let shared else { return }
        throw .told(
            "Cannot add unique normalized user email index because duplicate emails exist: \(shared). "
                + "Merge or remove the duplicate users and rerun migrations.")
    }

    private func move(from parent: String?, to id: String) throws(Stop) {
        guard let parent else { return try run("INSERT INTO alembic_version (version_num) VALUES ('\(id)')") }
        let moved = try value(
            "UPDATE alembic_version SET version_num = $1 WHERE version_num = $2 RETURNING 1", [id, parent])
        guard moved != nil else {
            throw .told(
                "Online migration expected to match one row when updating '\(parent)' to '\(id)' in 'alembic_version'; "
                    + "0 found")
        }
    }

    private func commit(from: String?, to: String?) throws(Stop) {
        witness?.mark("committing", from: from, to: to)
        if Trouble.crashBeforeCommit.take() != nil { kill(getpid(), SIGKILL) }
        try run("COMMIT")
        witness?.mark("migrated", from: from, to: to)
        if Trouble.crashAfterCommit.take() != nil { kill(getpid(), SIGKILL) }
    }

    private func run(_ statement: String) throws(Stop) {
        try asStop { () throws(DatabaseFailure) in try session.run(statement) }
    }

    private func value(_ statement: String, _ parameters: [String?] = []) throws(Stop) -> String? {
        try asStop { () throws(DatabaseFailure) in try session.value(statement, parameters) }
    }

    private func asStop<Value>(_ work: () throws(DatabaseFailure) -> Value) throws(Stop) -> Value {
        do { return try work() } catch { throw .database(error) }
    }
}
