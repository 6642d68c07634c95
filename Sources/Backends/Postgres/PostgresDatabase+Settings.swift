import ReleaseKnowledge
import UpgradeCore
import Wire

/// What the settings of the deployment mean for both versions of an upgrade.
extension PostgresDatabase {
    /// What the two releases refuse or overlook in how the database is named. What keeps the source from starting speaks
    /// against an upgrade too: it could not go back.
    func findings(from source: String, to target: String) -> [Finding] {
        guard let form else { return [] }
        let ofSource = form.lints(version: source)
        let ofTarget = form.lints(version: target).filter { !ofSource.contains($0) }
        return ofSource.map { Self.finding($0, source, "runs now, and an upgrade that goes back starts it again") }
            + ofTarget.map { Self.finding($0, target, "is what this upgrade goes to") }
    }

    private static func finding(_ lint: DatabaseForm.Lint, _ version: String, _ role: String) -> Finding {
        Finding(
            refuses: lint.isRefused,
            fault: Fault(
                lint.isRefused ? .refused : .missing, lint.sentence, why: "\(version) \(role)", remedy: lint.remedy))
    }

    /// Refuses where the target would look for its tables elsewhere than they are: it would not start, or begin anew on
    /// an empty schema. Nil as well where there is not one place of theirs, for which the preflight has its words.
    func misplacement(for version: String) async throws(Fault) -> Finding? {
        do throws(PostgresFault) {
            let places = try await schemas()
            let revised = places.filter(\.hasRevision).map(\.name)
            guard let tables = revised.first, revised.count == 1 else { return nil }
            let inPath = try await schemaOfOwnPath() == tables
            guard let schema = target.schema, Self.honoursSchema(version) else {
                guard !inPath else { return nil }
                return Finding(refuses: true, fault: .outsidePath(version, tables: tables))
            }
            guard schema != tables else { return nil }
            let state = try await state(of: schema, among: places)
            return Finding(
                refuses: true,
                fault: .otherSchema(version, uses: schema, state, tables: tables, inPath: inPath))
        } catch { throw error.fault }
    }

    /// From 0.12.0 on everything, the version table too, is in `DATABASE_SCHEMA`; before, migrations work where the
    /// role's own search path leads. What is no release is taken for a newer one.
    private static func honoursSchema(_ version: String) -> Bool {
        ReleaseNumber(version).map { $0 >= ReleaseNumber(0, 12, 0) } ?? true
    }

    /// Where Alembic finds its table with the search path that a new session of this role begins with.
    private func schemaOfOwnPath() async throws(PostgresFault) -> String? {
        let rows = try await inquiry.ask(
            """
            SELECT set_config('search_path', reset_val, true) FROM pg_catalog.pg_settings WHERE name = 'search_path';
            SELECT n.nspname AS name FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
            WHERE c.oid = pg_catalog.to_regclass('alembic_version')
            """)
        return try rows.first?.string("name")
    }

    private func state(of schema: String, among places: [Place]) async throws(PostgresFault) -> String {
        guard places.contains(where: { $0.name == schema }) else { return "does not exist, so it would not start" }
        let rows = try await inquiry.ask(
            "SELECT FROM pg_catalog.pg_tables WHERE schemaname = \(schema.sqlLiteral) LIMIT 1")
        return rows.isEmpty
            ? "is empty, so it would begin anew there, without users and chats"
            : "has other tables and no alembic_version, so it would not start"
    }
}
