package import ReleaseKnowledge
package import UpgradeCore
import Wire

extension PostgresDatabase {
    /// A check that cannot be made, for a column that is missing or a table that is locked or very large, is a warning.
    /// One whose table is missing has nothing to find: the pending migrations may be those that make it.
    package func check(pending: [String]) async throws(Fault) -> [Finding] {
        try await Tool.interruptible("A check of the database", isInterrupted) { () async throws(Fault) in
            var findings: [Finding] = []
            for check in Precheck.checks(for: pending) {
                if let finding = try await self.finding(check) { findings.append(finding) }
            }
            return findings
        }
    }

    private func finding(_ check: Precheck) async throws(Fault) -> Finding? {
        do throws(PostgresFault) {
            guard try await tablesExist(check.tables) else { return nil }
            let rows = try await inquiry.ask(check.sql, .check)
            return check.judge(rows.map(\.values)).map { Finding(refuses: true, fault: $0) }
        } catch {
            let isOver = error.sqlstate == .queryCanceled || error.sqlstate == .lockNotAvailable
            guard isOver || (error.kind != .unavailable && error.kind != .interrupted) else { throw error.fault }
            return Finding(refuses: false, fault: .notChecked(check.id, of: check.revision, why: error.fault.why))
        }
    }

    private func tablesExist(_ tables: [String]) async throws(PostgresFault) -> Bool {
        guard !tables.isEmpty else { return true }
        let each = tables.map { "to_regclass(\($0.sqlIdentifier.sqlLiteral)) IS NOT NULL" }
        return try await inquiry.ask("SELECT \(each.joined(separator: " AND ")) AS there").first?.bool("there") == true
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

    private func count(_ table: String) async throws(PostgresFault) -> Int? {
        guard try await tablesExist([table]) else { return nil }
        do throws(PostgresFault) {
            return try await inquiry.ask("SELECT count(*) AS rows FROM \(table)", .count).first?.int("rows")
        } catch  where error.sqlstate == .queryCanceled || error.sqlstate == .lockNotAvailable {
            return nil
        }
    }
}
