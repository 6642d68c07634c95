package import ReleaseKnowledge
package import UpgradeCore
import Wire

extension PostgresDatabase: StartingPlace {
    /// A check that cannot be made, for a column that is missing or a table that is locked or very large, is a warning.
    /// One whose table is missing has nothing to find: the pending migrations may be those that make it.
    package func check(
        pending: [String], from source: String, to target: String
    ) async throws(Fault) -> [Finding] {
        // It only reads: no lock is needed for it, and a plan has none.
        let objection: @Sendable () throws(Fault) -> Void = { [permit] () throws(Fault) in
            if permit.isInterrupted() { throw .toolInterrupted("A check of the database") }
        }
        return try await Tool.watched(objection) { () async throws(Fault) in
            var findings = self.findings(from: source, to: target)
            if let finding = await self.way() { findings.append(finding) }
            if let finding = try await self.misplacement(for: target) { findings.append(finding) }
            if let finding = try await self.hiddenSessions() { findings.append(finding) }
            let checks = Precheck.checks(for: pending)
            let there = try await self.existing(checks.flatMap(\.tables))
            for check in checks where there.isSuperset(of: check.tables) {
                if let finding = try await self.finding(check) { findings.append(finding) }
            }
            return findings
        }
    }

    /// By which way the database is asked, where there is more than one.
    private func way() async -> Finding? {
        guard road.hasWays, let way = await road.way else { return nil }
        return Finding(refuses: false, fault: .reached(self.target.place, by: way))
    }

    /// The sessions of other roles, of which the server shows an ordinary role neither what they are nor where they come
    /// from: whether Open WebUI is among them only a person can say.
    /// https://www.postgresql.org/docs/15/monitoring-stats.html#MONITORING-STATS-VIEWS
    private func hiddenSessions() async throws(Fault) -> Finding? {
        do throws(PostgresFault) {
            guard let row = try await inquiry.ask(Self.hiddenSQL).first, let roles = try row.string("roles") else {
                return nil
            }
            return Finding(refuses: false, fault: .hiddenSessions(roles, own: try row.string("own") ?? ""))
        } catch { throw error.fault }
    }

    /// A client of another role shows no `backend_type`; nor does an autovacuum worker, which has no role.
    private static let hiddenSQL = """
        SELECT string_agg(format('%s of %s', sessions, usename), ', ' ORDER BY usename) AS roles, current_user AS own
        FROM (SELECT usename, count(*) AS sessions FROM pg_catalog.pg_stat_activity
          WHERE datname = current_database() AND usename IS NOT NULL AND backend_type IS NULL
            AND coalesce(application_name, '') = ''
          GROUP BY usename) hidden
        """

    private func finding(_ check: Precheck) async throws(Fault) -> Finding? {
        do throws(PostgresFault) {
            let rows = try await inquiry.ask(check.sql, .check)
            return check.judge(rows.map(\.values)).map { Finding(refuses: true, fault: $0) }
        } catch {
            let isOver = error.sqlstate == .queryCanceled || error.sqlstate == .lockNotAvailable
            guard isOver || (error.kind != .unavailable && error.kind != .interrupted) else { throw error.fault }
            return Finding(refuses: false, fault: .notChecked(check.id, of: check.revision, why: error.fault.why))
        }
    }

    /// Those of the tables that there are, by the session's search path.
    private func existing(_ tables: [String]) async throws(Fault) -> Set<String> {
        do throws(PostgresFault) {
            let names = Set(tables).sorted().map(\.sqlLiteral).joined(separator: ", ")
            let rows = try await inquiry.ask(
                """
                SELECT name FROM unnest(ARRAY[\(names)]::text[]) AS name
                WHERE to_regclass(quote_ident(name)) IS NOT NULL
                """)
            var there: Set<String> = []
            for row in rows { if let name = try row.string("name") { there.insert(name) } }
            return there
        } catch { throw error.fault }
    }

    /// How large the tables are that decide how long a migration takes.
    ///
    /// PostgreSQL's own estimate where it has one; a table that was never analysed, such as one that was just restored,
    /// is counted, within ten seconds. Nil where there is no chat table, or it is too large to count.
    package func sizes() async throws(Fault) -> TableSizes? {
        do throws(PostgresFault) {
            guard let row = try await inquiry.ask(TableSizes.sql).first, let bytes = try row.int("bytes") else {
                return nil
            }
            var chats = try row.int("chats")
            var messages = try row.int("messages")
            if chats == nil { chats = try await count("chat") }
            if messages == nil { messages = try await count("chat_message") }
            return chats.map { TableSizes(chats: $0, messages: messages, bytes: bytes) }
        } catch { throw error.fault }
    }

    /// Whether the table of users is there and has a row.
    package func hasUsers() async throws(Fault) -> Bool {
        do throws(PostgresFault) {
            let rows = try await inquiry.ask(#"SELECT EXISTS (SELECT 1 FROM "user") AS has_users"#)
            return try rows.first?.bool("has_users") ?? false
        } catch {
            if error.sqlstate == .undefinedTable { return false }
            throw error.fault
        }
    }

    private func count(_ table: String) async throws(PostgresFault) -> Int? {
        do throws(PostgresFault) {
            return try await inquiry.ask("SELECT count(*) AS rows FROM \(table)", .count).first?.int("rows")
        } catch  where [.queryCanceled, .lockNotAvailable, .undefinedTable].contains(error.sqlstate) {
            return nil
        }
    }
}
