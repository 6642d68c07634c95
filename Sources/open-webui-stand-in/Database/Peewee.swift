/// The migrations that came before Alembic and are still run first up to 0.9.5.
struct Peewee {
    let session: Session

    private static let names = [
        "001_initial_schema", "002_add_local_sharing", "003_add_auth_api_key", "004_add_archived",
        "005_add_updated_at", "006_migrate_timestamps_and_charfields", "007_add_user_last_active_at",
        "008_add_memory", "009_add_models", "010_migrate_modelfiles_to_models", "011_add_user_settings",
        "012_add_tools", "013_add_user_info", "014_add_files", "015_add_functions",
        "016_add_valves_and_is_active", "017_add_user_oauth_sub", "018_add_function_is_global",
    ]

    /// Makes the legacy tables and `migratehistory` where they are missing; does nothing on later starts.
    func run() throws(DatabaseFailure) {
        guard try session.value("SELECT to_regclass('migratehistory')") == nil else { return }
        for name in Self.names {
            Log.app("open_webui.internal.db", "Migrate \"\(name)\"")
            Log.app("open_webui.internal.db", "Done \(name)")
        }
        let tables = LegacySchema.tables(key: "UNIQUE").compactMap { step in
            if case .sql(let statement) = step { statement } else { nil }
        }
        let history = Self.names.map { "('\($0)', now())" }.joined(separator: ", ")
        try session.run(
            """
            BEGIN;
            CREATE TABLE migratehistory
                (id SERIAL PRIMARY KEY, name VARCHAR(255) NOT NULL, migrated_at TIMESTAMP NOT NULL);
            INSERT INTO migratehistory (name, migrated_at) VALUES \(history);
            \(tables.joined(separator: ";\n"));
            COMMIT
            """)
    }
}
