extension Chain {
    /// 0.8.0 and 0.8.1: prompts rebuilt, messages copied out of the chats, access control moved to its own table.
    static let eighth: [Revision] = [
        Revision(
            "374d2f66af06", "add_prompt_history_table", "2026-01-23", since: "0.8.0", moving: true,
            """
            CREATE TABLE prompt_new (id TEXT PRIMARY KEY, command VARCHAR UNIQUE, user_id VARCHAR NOT NULL,
                name TEXT NOT NULL, content TEXT NOT NULL, data JSON, meta JSON, access_control JSON,
                is_active BOOLEAN NOT NULL DEFAULT true, version_id TEXT, tags JSON, created_at BIGINT NOT NULL,
                updated_at BIGINT NOT NULL)
            """,
            """
            CREATE TABLE prompt_history (id TEXT PRIMARY KEY, prompt_id TEXT NOT NULL, parent_id TEXT,
                snapshot JSON NOT NULL, user_id TEXT NOT NULL, commit_message TEXT, created_at BIGINT NOT NULL)
            """,
            """
            INSERT INTO prompt_new
                    (id, command, user_id, name, content, access_control, version_id, created_at, updated_at)
                SELECT gen_random_uuid()::text, ltrim(prompt.command, '/'), prompt.user_id, prompt.title,
                    prompt.content, prompt.access_control, gen_random_uuid()::text, prompt.timestamp, prompt.timestamp
                FROM prompt
            """,
            """
            INSERT INTO prompt_history SELECT version_id, id, NULL, json_build_object('name', name, 'content', content),
                user_id, NULL, created_at FROM prompt_new
            """,
            "DROP TABLE prompt", "ALTER TABLE prompt_new RENAME TO prompt"),
        Revision(
            "8452d01d26d7", "add_chat_message_table", "2026-02-01", since: "0.8.0", moving: true,
            """
            CREATE TABLE chat_message (id TEXT PRIMARY KEY, chat_id TEXT NOT NULL, user_id TEXT, role TEXT NOT NULL,
                parent_id TEXT, content JSON, created_at BIGINT, updated_at BIGINT)
            """,
            """
            INSERT INTO chat_message (id, chat_id, user_id, role, parent_id, content, created_at, updated_at)
                SELECT chat.id || '-' || message.key, chat.id, chat.user_id, message.value ->> 'role',
                    message.value ->> 'parentId', message.value -> 'content',
                    (message.value ->> 'timestamp')::bigint, (message.value ->> 'timestamp')::bigint
                FROM chat, json_each(chat.chat -> 'history' -> 'messages') AS message
            """,
            "CREATE INDEX chat_message_chat_parent_idx ON chat_message (chat_id, parent_id)"),
        Revision(
            "f1e2d3c4b5a6", "add_access_grant_table", "2026-02-05", since: "0.8.0", moving: true,
            steps: [
                """
                CREATE TABLE access_grant (id TEXT PRIMARY KEY, resource_type TEXT NOT NULL,
                    resource_id TEXT NOT NULL, principal_type TEXT NOT NULL, principal_id TEXT NOT NULL,
                    permission TEXT NOT NULL, created_at BIGINT NOT NULL)
                """
            ] + ["knowledge", "prompt", "tool", "model", "note", "channel", "file"].flatMap(granting)),
        Revision(
            "a1b2c3d4e5f6", "add_skill_table", "2026-02-11", since: "0.8.0",
            """
            CREATE TABLE skill (id VARCHAR PRIMARY KEY, user_id VARCHAR NOT NULL, name TEXT NOT NULL UNIQUE,
                description TEXT, content TEXT NOT NULL, meta JSON, is_active BOOLEAN NOT NULL DEFAULT true,
                updated_at BIGINT NOT NULL, created_at BIGINT NOT NULL)
            """),
        Revision(
            "b2c3d4e5f6a7", "add_scim_column_to_user_table", "2026-02-13", since: "0.8.1",
            "ALTER TABLE \"user\" ADD COLUMN scim JSON"),
    ]

    /// No access control meant "everyone may read".
    private static func granting(_ table: String) -> [Revision.Step] {
        [
            .sql(
                """
                INSERT INTO access_grant SELECT gen_random_uuid()::text, '\(table)', \(table).id::text, 'user', '*',
                    'read', 1700000000 FROM \(table) WHERE \(table).access_control IS NULL
                """),
            .sql("ALTER TABLE \(table) DROP COLUMN access_control"),
        ]
    }
}
