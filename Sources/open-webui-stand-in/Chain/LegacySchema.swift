/// The tables that peewee made before Alembic came.
///
/// Peewee gave most of them UNIQUE(id) and no primary key, which 0.9.6 has to repair (`Revision.Step.promoteKeys`).
enum LegacySchema {
    /// The tables that 0.9.6 promotes from UNIQUE(id) to PRIMARY KEY(id).
    static let keyless = ["auth", "chat", "chatidtag", "file", "function", "memory", "model", "tool"]

    /// The statements that make what is missing; `key` is what peewee or Alembic puts on the id.
    static func tables(key: String) -> [Revision.Step] {
        [
            table("auth", "id VARCHAR(255) NOT NULL \(key), email VARCHAR(255), password TEXT, active BOOLEAN"),
            table(
                "chat",
                """
                id VARCHAR(255) NOT NULL \(key), user_id VARCHAR(255), title TEXT, chat TEXT, created_at BIGINT,
                updated_at BIGINT, share_id VARCHAR(255) UNIQUE, archived BOOLEAN NOT NULL DEFAULT false
                """),
            table(
                "chatidtag",
                """
                id VARCHAR(255) NOT NULL \(key), tag_name VARCHAR(255), chat_id VARCHAR(255), user_id VARCHAR(255),
                timestamp BIGINT
                """),
            table(
                "document",
                """
                collection_name VARCHAR(255) PRIMARY KEY, name VARCHAR(255) UNIQUE, title TEXT, filename TEXT,
                content TEXT, user_id VARCHAR(255), timestamp BIGINT
                """),
            table(
                "file",
                "id VARCHAR(255) NOT NULL \(key), user_id VARCHAR(255), filename TEXT, meta TEXT, created_at BIGINT"),
            table(
                "function",
                """
                id VARCHAR(255) NOT NULL \(key), user_id VARCHAR(255), name TEXT, type TEXT, content TEXT, meta TEXT,
                valves TEXT, is_active BOOLEAN, is_global BOOLEAN, updated_at BIGINT, created_at BIGINT
                """),
            table(
                "memory",
                "id VARCHAR(255) NOT NULL \(key), user_id VARCHAR(255), content TEXT, updated_at BIGINT, created_at BIGINT"
            ),
            table(
                "model",
                """
                id TEXT NOT NULL \(key), user_id TEXT, base_model_id TEXT, name TEXT, params TEXT, meta TEXT,
                updated_at BIGINT, created_at BIGINT
                """),
            table(
                "prompt",
                """
                id SERIAL PRIMARY KEY, command VARCHAR(255) UNIQUE, user_id VARCHAR(255), title TEXT, content TEXT,
                timestamp BIGINT
                """),
            table("tag", "id VARCHAR(255) NOT NULL PRIMARY KEY, name VARCHAR(255), user_id VARCHAR(255), data TEXT"),
            table(
                "tool",
                """
                id TEXT NOT NULL \(key), user_id TEXT, name TEXT, content TEXT, specs TEXT, meta TEXT, valves TEXT,
                updated_at BIGINT, created_at BIGINT
                """),
            table(
                "\"user\"",
                """
                id VARCHAR(255) NOT NULL PRIMARY KEY, name VARCHAR(255), email VARCHAR(255), role VARCHAR(255),
                profile_image_url TEXT, api_key VARCHAR(255) UNIQUE, created_at BIGINT, updated_at BIGINT,
                last_active_at BIGINT, settings TEXT, info TEXT, oauth_sub TEXT UNIQUE
                """),
        ]
    }

    private static func table(_ name: String, _ columns: String) -> Revision.Step {
        .sql("CREATE TABLE IF NOT EXISTS \(name) (\(columns))")
    }
}
