extension Chain {
    /// 0.9.0 to 0.9.6.
    static let ninth: [Revision] = [
        Revision(
            "a3dd5bedd151", "add_tasks_and_summary_to_chat", "2026-03-29", since: "0.9.0",
            "ALTER TABLE chat ADD COLUMN tasks JSON", "ALTER TABLE chat ADD COLUMN summary TEXT"),
        Revision(
            "d4e5f6a7b8c9", "add_automation_tables", "2026-03-30", since: "0.9.0",
            """
            CREATE TABLE automation (id TEXT PRIMARY KEY, user_id TEXT NOT NULL, name TEXT NOT NULL, data JSON,
                is_active BOOLEAN NOT NULL, next_run_at BIGINT, created_at BIGINT NOT NULL, updated_at BIGINT NOT NULL)
            """,
            """
            CREATE TABLE automation_run (id TEXT PRIMARY KEY, automation_id TEXT NOT NULL, status TEXT NOT NULL,
                error TEXT, created_at BIGINT NOT NULL)
            """),
        Revision(
            "b7c8d9e0f1a2", "add_last_read_at_to_chat", "2026-04-01", since: "0.9.0", moving: true,
            "ALTER TABLE chat ADD COLUMN last_read_at BIGINT", "UPDATE chat SET last_read_at = updated_at"),
        Revision(
            "e1f2a3b4c5d6", "add_is_pinned_to_note", "2026-04-14", since: "0.9.0",
            "ALTER TABLE note ADD COLUMN is_pinned BOOLEAN"),
        Revision(
            "c1d2e3f4a5b6", "add_shared_chat_table", "2026-04-16", since: "0.9.0", moving: true,
            """
            CREATE TABLE shared_chat (id TEXT PRIMARY KEY, chat_id TEXT NOT NULL, user_id TEXT NOT NULL, title TEXT,
                chat JSON, created_at BIGINT, updated_at BIGINT)
            """,
            """
            INSERT INTO shared_chat SELECT id, substr(user_id, 8), '', title, chat, created_at, updated_at
                FROM chat WHERE user_id LIKE 'shared-%'
            """,
            """
            INSERT INTO access_grant SELECT gen_random_uuid()::text, 'shared_chat', id, 'user', '*', 'read', 1700000000
                FROM shared_chat
            """,
            "DELETE FROM chat WHERE user_id LIKE 'shared-%'"),
        Revision(
            "56359461a091", "add_calendar_tables", "2026-04-19", since: "0.9.0",
            """
            CREATE TABLE calendar (id TEXT PRIMARY KEY, user_id TEXT NOT NULL, name TEXT NOT NULL, color TEXT,
                is_default BOOLEAN NOT NULL, created_at BIGINT NOT NULL, updated_at BIGINT NOT NULL)
            """,
            """
            CREATE TABLE calendar_event (id TEXT PRIMARY KEY, calendar_id TEXT NOT NULL, title TEXT NOT NULL,
                start_at BIGINT NOT NULL, end_at BIGINT, created_at BIGINT NOT NULL, updated_at BIGINT NOT NULL)
            """),
        Revision(
            "4de81c2a3af1", "add_pinned_note_table", "2026-05-09", since: "0.9.3", moving: true,
            """
            CREATE TABLE pinned_note (id TEXT PRIMARY KEY, user_id TEXT NOT NULL, note_id TEXT NOT NULL,
                created_at BIGINT NOT NULL, UNIQUE (user_id, note_id))
            """,
            """
            INSERT INTO pinned_note SELECT gen_random_uuid()::text, user_id, id, 1700000000 FROM note WHERE is_pinned
            """,
            "ALTER TABLE note DROP COLUMN is_pinned"),
        Revision(
            "a0b1c2d3e4f5", "add_memory_user_id_index", "2025-09-15", since: "0.9.3",
            "CREATE INDEX ix_memory_user_id ON memory (user_id)"),
        Revision(
            "3c9b0ca343fd", "add_knowledge_directory_table", "2026-05-13", since: "0.9.6",
            """
            CREATE TABLE knowledge_directory (id TEXT PRIMARY KEY, knowledge_id TEXT NOT NULL, parent_id TEXT,
                name TEXT NOT NULL, user_id TEXT NOT NULL, created_at BIGINT NOT NULL, updated_at BIGINT NOT NULL)
            """,
            "ALTER TABLE knowledge_file ADD COLUMN directory_id TEXT"),
        Revision(
            "461111b60977", "add_missing_primary_keys_to_legacy_", "2026-05-14", since: "0.9.6", .promoteKeys),
    ]
}
