package import ReleaseKnowledge
package import UpgradeCore
package import Wire

/// The PostgreSQL database behind a deployment, asked over sessions of its own.
///
/// Its sessions are named, in autocommit and under a statement timeout. `look` reads catalogs and `alembic_version`
/// alone: a migration may hold locks on every other table.
package final class PostgresDatabase: Database {
    /// What the sessions of this tool call themselves.
    package static let applicationName = "owui-upgrade"

    private let target: PostgresTarget
    private let session: SessionHolder
    private let isInterrupted: @Sendable () -> Bool
    /// Tells an application's session by its name; nil for a session of something else.
    private let instance: @Sendable (String) -> String?

    /// `instance` recognises the names that this tool's backends give to the sessions of their instances, and
    /// `isInterrupted` ends long work early with a fault of kind `interrupted`.
    package init(
        _ target: PostgresTarget, instance: @escaping @Sendable (String) -> String?,
        isInterrupted: @escaping @Sendable () -> Bool
    ) {
        self.target = target
        self.instance = instance
        self.isInterrupted = isInterrupted
        session = SessionHolder(target)
    }

    package func look() async throws(Fault) -> DatabaseState {
        let rows = try await session.query(Self.sessionsSQL)
        var state = DatabaseState(revisions: try await revisions())
        do throws(PostgresFault) {
            for row in rows {
                if let activity = try row.string("activity") { state.activity = activity }
                guard let pid = try row.int("pid") else { continue }
                let name = try row.string("application_name") ?? ""
                let owner = name.isEmpty ? nil : instance(name)
                guard name.isEmpty || owner != nil else { continue }
                state.sessions.append(
                    Session(
                        pid: pid, instance: owner, client: try row.string("client") ?? "",
                        hasWritten: try row.bool("has_written") ?? false,
                        isWorking: try row.bool("is_working") ?? false,
                        mark: try row.string("mark") ?? "", waitsFor: try row.string("blockers").map { [$0] } ?? []))
            }
        } catch { throw error.fault }
        return state
    }

    /// Every `alembic_version` where Open WebUI may have put one.
    private func revisions() async throws(Fault) -> [SchemaRevision] {
        let schemas = target.schema.map { $0 == "public" ? ["public"] : ["public", $0] } ?? ["public"]
        let list = schemas.map(\.sqlLiteral).joined(separator: ", ")
        let found = try await session.query(
            """
            SELECT n.nspname AS name FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
            WHERE c.relname = 'alembic_version' AND c.relkind IN ('r', 'p') AND n.nspname IN (\(list)) ORDER BY 1
            """)
        var revisions: [SchemaRevision] = []
        do throws(PostgresFault) {
            for row in found {
                guard let schema = try row.string("name") else { continue }
                revisions.append(SchemaRevision(schema: schema, rows: []))
            }
        } catch { throw error.fault }
        for index in revisions.indices {
            let table = "\(revisions[index].schema.sqlIdentifier).alembic_version"
            let rows = try await session.query("SELECT version_num FROM \(table) ORDER BY 1")
            do throws(PostgresFault) {
                for row in rows { revisions[index].rows.append(try row.string("version_num") ?? "") }
            } catch { throw error.fault }
        }
        return revisions
    }

    /// One row for each client session on this database but our own; the first also has the server's log position.
    private static let sessionsSQL = """
        SELECT a.pid, a.application_name,
          coalesce(a.client_addr::text || ':' || a.client_port::text, 'a local socket') AS client,
          a.backend_xid IS NOT NULL AS has_written,
          a.state = 'active' AND a.wait_event_type IS DISTINCT FROM 'Lock' AS is_working,
          a.state || ' ' || coalesce(a.query_start::text, '') || ' ' || coalesce(a.state_change::text, '') AS mark,
          CASE WHEN a.wait_event_type = 'Lock' THEN (
            SELECT string_agg(
              format('server process %s (%s, %s, for %s)', b.pid, coalesce(nullif(b.application_name, ''), b.usename),
                b.state, date_trunc('second', clock_timestamp() - b.state_change)), '; ' ORDER BY b.pid)
            FROM pg_catalog.pg_stat_activity b WHERE b.pid = ANY (pg_catalog.pg_blocking_pids(a.pid))) END AS blockers,
          CASE WHEN pg_catalog.pg_is_in_recovery() THEN 'standby'
            ELSE pg_catalog.pg_current_wal_insert_lsn()::text END || coalesce(
              (SELECT ' ' || sum(blocks_done + tuples_done)::text FROM pg_catalog.pg_stat_progress_create_index), ''
            ) AS activity
        FROM (SELECT 1) one LEFT JOIN pg_catalog.pg_stat_activity a
          ON a.datname = current_database() AND a.backend_type = 'client backend' AND a.pid <> pg_backend_pid()
        ORDER BY a.pid
        """

    package func check(pending: [String]) async throws(Fault) -> [Finding] {
        try await session.useSchema(target.schema)
        var findings: [Finding] = []
        for check in Precheck.checks(for: pending) {
            guard try await tablesExist(check.tables) else { continue }
            do throws(Fault) {
                let rows = try await session.query(check.sql)
                if let fault = check.judge(rows.map(\.values)) { findings.append(Finding(refuses: true, fault: fault)) }
            } catch where error.kind != .unavailable && error.kind != .interrupted {
                findings.append(Finding(refuses: false, fault: .notChecked(check.id, of: check.revision, why: error.why)))
            }
        }
        return findings
    }

    private func tablesExist(_ tables: [String]) async throws(Fault) -> Bool {
        for table in tables {
            let rows = try await session.query(
                "SELECT to_regclass(quote_ident(\(table.sqlLiteral))) IS NOT NULL AS there")
            do throws(PostgresFault) { if try rows.first?.bool("there") != true { return false } } catch {
                throw error.fault
            }
        }
        return true
    }

    /// How large the tables are that decide how long a migration takes.
    package func sizes() async throws(Fault) -> TableSizes? {
        try await session.useSchema(target.schema)
        let rows = try await session.query(TableSizes.sql)
        do throws(PostgresFault) {
            guard let row = rows.first, let chats = try row.int("chats"), let bytes = try row.int("bytes") else {
                return nil
            }
            return TableSizes(chats: chats, messages: try row.int("messages"), bytes: bytes)
        } catch { throw error.fault }
    }

    package func backUp(_ backup: Plan.Backup, of run: String) async throws(Fault) -> BackupRecord {
        let state = try await look()
        let revision = state.revision ?? ""
        switch backup {
        case .none: throw .noBackupAsked()
        case .command(let make, let restore):
            let output = try await Tool.shell(
                make, environment: ["OWUI_UPGRADE_RUN": run], isInterrupted: isInterrupted)
            let location = output.split(separator: "\n").last.map(String.init) ?? make
            return BackupRecord(location: location, bytes: 0, revision: revision, restore: restore)
        case .pgDump(let folder):
            let dump = try Dump(target: target, folder: folder, isInterrupted: isInterrupted)
            let schemas = state.revisions.map(\.schema)
            let (path, bytes) = try await dump.make(named: run, schemas: schemas.isEmpty ? ["public"] : schemas)
            return BackupRecord(location: path, bytes: bytes, revision: revision)
        }
    }

    package func restore(_ backup: BackupRecord, _ plan: Plan.Backup) async throws(Fault) {
        switch plan {
        case .none: throw .noBackupAsked()
        case .command(_, let restore):
            guard let restore else { throw .noRestoreCommand(backup.location) }
            _ = try await Tool.shell(
                restore, environment: ["OWUI_UPGRADE_BACKUP": backup.location], isInterrupted: isInterrupted)
        case .pgDump(let folder):
            let schemas = try await look().revisions.map(\.schema)
            let dump = try Dump(target: target, folder: folder, isInterrupted: isInterrupted)
            try await dump.restore(backup.location, schemas: schemas.isEmpty ? ["public"] : schemas)
        }
    }
}

/// The one session that a database is asked over; a lost one is replaced by the next question.
private actor SessionHolder {
    private let target: PostgresTarget
    private var session: PostgresSession?

    init(_ target: PostgresTarget) { self.target = target }

    func query(_ sql: String) async throws(Fault) -> [PostgresRow] {
        do throws(PostgresFault) {
            return try await open().query(sql)
        } catch {
            if error.kind == .unavailable { session = nil }
            throw error.fault
        }
    }

    func useSchema(_ schema: String?) async throws(Fault) {
        guard let schema else { return }
        _ = try await query(
            "SELECT set_config('search_path', \((schema.sqlIdentifier + ", public").sqlLiteral), false)")
    }

    private func open() async throws(PostgresFault) -> PostgresSession {
        if let session, await session.isOpen { return session }
        let limits = PostgresLimits(connect: .seconds(5), query: .seconds(60), statement: .seconds(60))
        let fresh = try await PostgresSession.connect(to: target, as: PostgresDatabase.applicationName, limits: limits)
        session = fresh
        return fresh
    }
}

extension String {
    /// This text as a literal of standard SQL; the server runs with `standard_conforming_strings`, its default since 9.1.
    var sqlLiteral: String { "'" + replacing("'", by: "''") + "'" }
    /// This text as a quoted identifier.
    var sqlIdentifier: String { "\"" + replacing("\"", by: "\"\"") + "\"" }

    private func replacing(_ mark: Character, by other: String) -> String {
        reduce(into: "") { text, character in
            if character == mark { text += other } else { text.append(character) }
        }
    }
}
