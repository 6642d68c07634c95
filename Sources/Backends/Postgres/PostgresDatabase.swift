package import UpgradeCore
package import Wire

/// The PostgreSQL database behind a deployment, asked over sessions of its own.
///
/// Its sessions are named, in autocommit and under a statement timeout. `look` reads catalogs and `alembic_version`
/// alone: a migration may hold locks on every other table.
package final class PostgresDatabase: Database {
    /// What the sessions of this tool call themselves.
    package static let applicationName = "owui-upgrade"

    /// As the application's settings have it.
    var target: PostgresTarget { road.target }
    let road: DatabaseRoad
    /// How the database was named; nil where nobody asks what releases make of that.
    let form: DatabaseForm?
    let inquiry: PostgresInquiry
    let permit: Permit
    /// What a folder of the plan is on this machine.
    let here: @Sendable (_ folder: String) -> String
    private let owner: @Sendable (_ name: String, _ client: String) -> SessionOwner

    /// `fence` is asked before every program that is started, while it runs, and before its work counts; `owner`
    /// says whose a session is by its name and the address that it comes from (nothing where that is a local socket);
    /// `isInterrupted` ends long work early with a fault of kind `interrupted`.
    package init(
        _ road: DatabaseRoad, form: DatabaseForm? = nil, fence: any Fence,
        owner: @escaping @Sendable (_ name: String, _ client: String) -> SessionOwner,
        isInterrupted: @escaping @Sendable () -> Bool, here: @escaping @Sendable (_ folder: String) -> String = { $0 }
    ) {
        self.road = road
        self.form = form
        self.owner = owner
        self.here = here
        permit = Permit(fence: fence, isInterrupted: isInterrupted)
        inquiry = PostgresInquiry(road)
    }

    /// The same where the settings hold for this machine as well.
    package convenience init(
        _ target: PostgresTarget, form: DatabaseForm? = nil, fence: any Fence,
        owner: @escaping @Sendable (_ name: String, _ client: String) -> SessionOwner,
        isInterrupted: @escaping @Sendable () -> Bool, here: @escaping @Sendable (_ folder: String) -> String = { $0 }
    ) {
        self.init(
            DatabaseRoad(target), form: form, fence: fence, owner: owner, isInterrupted: isInterrupted, here: here)
    }

    /// The sessions are read before the revision: where no migrator is left, the revision that follows is the last word.
    package func look() async throws(Fault) -> DatabaseState {
        do throws(PostgresFault) {
            let rows = try await inquiry.ask(Self.sessionsSQL)
            var state = DatabaseState(revisions: try await revisions())
            for row in rows {
                if let activity = try row.string("activity") { state.activity = activity }
                if let session = try session(row) { state.sessions.append(session) }
            }
            return state
        } catch { throw error.fault }
    }

    /// The application's session in a row; nil for somebody else's.
    private func session(_ row: PostgresRow) throws(PostgresFault) -> Session? {
        guard let pid = try row.int("pid") else { return nil }
        let address = try row.string("address")
        let name = try row.string("application_name") ?? ""
        var owner = owner(name, address ?? "")
        if owner == .stray, try isOfThisMachine(address, row) { owner = self.owner(name, SessionOwner.machine) }
        guard owner != .somebodyElse else { return nil }
        let instance: String? = if case .instance(let id) = owner { id } else { nil }
        let client = if let address { "\(address):\(try row.string("port") ?? "")" } else { "a local socket" }
        let blockers = try row.string("blockers") ?? ""
        return Session(
            pid: pid, instance: instance, client: client,
            hasWritten: try row.bool("has_written") ?? false, isWorking: try row.bool("is_working") ?? false,
            mark: try row.string("mark") ?? "", waitsFor: blockers.split(separator: "\n").map(String.init))
    }

    /// Whether the server knows this machine by that address, and is on another.
    private func isOfThisMachine(_ address: String?, _ row: PostgresRow) throws(PostgresFault) -> Bool {
        guard let address, address == (try row.string("own")), let server = try row.string("server") else {
            return false
        }
        let interfaces = Interfaces.present()
        return !interfaces.have(server) && !interfaces.isOwn(server)
    }

    /// Every `alembic_version` where Open WebUI may have put one.
    private func revisions() async throws(PostgresFault) -> [SchemaRevision] {
        var revisions: [SchemaRevision] = []
        for schema in try await schemas() where schema.hasRevision {
            let table = "\(schema.name.sqlIdentifier).alembic_version"
            let rows = try await inquiry.ask("SELECT version_num FROM \(table) ORDER BY 1")
            var revision = SchemaRevision(schema: schema.name, rows: [])
            for row in rows { revision.rows.append(try row.string("version_num") ?? "") }
            revisions.append(revision)
        }
        return revisions
    }

    /// A schema in which the application may have tables.
    struct Place {
        let name: String
        let hasRevision: Bool
        /// Whether the application makes its tables here: it is `DATABASE_SCHEMA`, or the first of the search path.
        let isOwn: Bool
    }

    /// `public`, `DATABASE_SCHEMA` and what the role's own search path adds to them, of those that exist.
    func schemas() async throws(PostgresFault) -> [Place] {
        let named = (["public"] + (target.schema.map { [$0] } ?? [])).map(\.sqlLiteral).joined(separator: ", ")
        let rows = try await inquiry.ask(
            """
            SELECT n.nspname AS name, c.oid IS NOT NULL AS has_revision,
              coalesce(n.nspname = \(target.schema?.sqlLiteral ?? "current_schema()"), false) AS is_own
            FROM pg_catalog.pg_namespace n LEFT JOIN pg_catalog.pg_class c
              ON c.relnamespace = n.oid AND c.relname = 'alembic_version' AND c.relkind IN ('r', 'p')
            WHERE n.nspname IN (\(named)) OR n.nspname = ANY (current_schemas(false)) ORDER BY 1
            """)
        var places: [Place] = []
        for row in rows {
            places.append(
                Place(
                    name: try row.string("name") ?? "", hasRevision: try row.bool("has_revision") ?? false,
                    isOwn: try row.bool("is_own") ?? false))
        }
        return places
    }

    /// One row for each client session on this database but our own; every row has the server's log position.
    ///
    /// A prepared transaction, which has no process, is a blocker with the number 0.
    private static let sessionsSQL = """
        SELECT a.pid, a.application_name,
          pg_catalog.host(a.client_addr) AS address, a.client_port::text AS port,
          pg_catalog.host(inet_client_addr()) AS own, pg_catalog.host(inet_server_addr()) AS server,
          a.backend_xid IS NOT NULL AS has_written,
          a.state = 'active' AND a.wait_event_type IS DISTINCT FROM 'Lock' AS is_working,
          a.state || ' ' || coalesce(a.query_start::text, '') || ' ' || coalesce(a.state_change::text, '') AS mark,
          (SELECT string_agg(CASE WHEN blocker = 0 THEN 'a prepared transaction (in pg_prepared_xacts)' ELSE
              format('server process %s (%s)', blocker, concat_ws(', ', coalesce(nullif(b.application_name, ''), b.usename),
                b.state, 'for ' || date_trunc('second', clock_timestamp() - b.state_change)::text)) END,
              chr(10) ORDER BY blocker)
            FROM (SELECT DISTINCT unnest(pg_catalog.pg_blocking_pids(a.pid)) AS blocker
              WHERE a.wait_event_type = 'Lock') waits
            LEFT JOIN pg_catalog.pg_stat_activity b ON b.pid = blocker) AS blockers,
          CASE WHEN pg_catalog.pg_is_in_recovery() THEN 'standby'
            ELSE pg_catalog.pg_current_wal_insert_lsn()::text END || coalesce(
              (SELECT ' ' || sum(blocks_done + tuples_done)::text FROM pg_catalog.pg_stat_progress_create_index), ''
            ) AS activity
        FROM (SELECT 1) one LEFT JOIN pg_catalog.pg_stat_activity a
          ON a.datname = current_database() AND a.backend_type = 'client backend' AND a.pid <> pg_backend_pid()
        ORDER BY a.pid
        """
}
