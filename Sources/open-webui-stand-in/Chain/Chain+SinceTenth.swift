extension Chain {
    /// 0.10.0 to 0.12.4.
    static let sinceTenth: [Revision] =
        [
            Revision(
                "3ff2c63645b8", "reshape_config_to_per_key_rows", "2026-06-17", since: "0.10.0", moving: true,
                "ALTER TABLE config RENAME TO config_old",
                """
                CREATE TABLE config (key TEXT CONSTRAINT config_key_pkey PRIMARY KEY, value JSON, updated_at BIGINT)
                """,
                """
                INSERT INTO config SELECT setting.key, setting.value, 1700000000
                    FROM (SELECT data FROM config_old ORDER BY id DESC LIMIT 1) AS newest, json_each(newest.data) AS setting
                """),
            Revision(
                "4c5ce3d2f27f", "add_context_summary_to_chat_message", "2026-06-18", since: "0.10.0",
                "ALTER TABLE chat_message ADD COLUMN context_summary TEXT"),
            Revision(
                "7b3f2a9c1d4e", "add_memory_type", "2026-06-25", since: "0.10.0",
                "ALTER TABLE memory ADD COLUMN type TEXT NOT NULL DEFAULT 'context'"),
            Revision(
                "42e2978c7933", "add_memory_path_and_meta", "2026-06-29", since: "0.10.0",
                "ALTER TABLE memory ADD COLUMN path TEXT", "ALTER TABLE memory ADD COLUMN meta JSON"),
            Revision(
                "856c5b02fb54", "add_chat_message_meta", "2026-07-16", since: "0.11.0",
                "ALTER TABLE chat_message ADD COLUMN meta JSON"),
            Revision(
                "9a1b2c3d4e5f", "add_current_message_id_to_chat", "2026-07-23", since: "0.11.0", moving: true,
                "ALTER TABLE chat ADD COLUMN current_message_id TEXT",
                "UPDATE chat SET current_message_id = chat.chat -> 'history' ->> 'currentId'"),
            Revision(
                "c49178636c78", "add_chat_variables", "2026-07-23", since: "0.11.0",
                "ALTER TABLE chat ADD COLUMN variables JSON"),
            Revision(
                "b0018471bbbe", "add_user_variables", "2026-07-24", since: "0.11.0",
                "ALTER TABLE \"user\" ADD COLUMN variables JSON"),
            Revision(
                "55f1302ac17c", "add_memory_id_user_id_covering_index", "2026-07-24", since: "0.11.0",
                "CREATE INDEX ix_memory_id_user_id ON memory (id, user_id)"),
            Revision(
                "959eaac8f909", "add_automation_folder_id", "2026-07-26", since: "0.11.0",
                "ALTER TABLE automation ADD COLUMN folder_id TEXT"),
            Revision(
                "f0bd01a18a3d", "add_unique_normalized_user_email_index", "2026-07-27", since: "0.11.0",
                .refuseSharedAddresses, "CREATE UNIQUE INDEX uq_user_email_normalized ON \"user\" (lower(email))"),
            Revision(
                "1ce6ade7d93b", "add_group_member_user_id_index", "2026-07-31", since: "0.11.1",
                "CREATE INDEX ix_group_member_user_id ON group_member (user_id)"),
            Revision(
                "6d09d1bf1f23", "repair_double_encoded_user_oauth", "2026-08-10", since: "0.11.1", moving: true,
                """
                UPDATE "user" SET oauth = (oauth #>> '{}')::json WHERE json_typeof(oauth) = 'string'
                """),
            Revision(
                "d4c1a8e37b62", "add_chat_timer_at_and_chat_indexes", "2026-08-23", since: "0.11.1", moving: true,
                "ALTER TABLE chat ADD COLUMN timer_at BIGINT", "CREATE INDEX ix_chat_timer_at ON chat (timer_at)",
                "CREATE INDEX ix_chat_user_updated ON chat (user_id, updated_at)",
                "CREATE INDEX ix_chat_folder_user ON chat (folder_id, user_id)",
                "CREATE INDEX ix_chat_message_chat_id ON chat_message (chat_id)",
                "CREATE INDEX ix_chat_message_user_id ON chat_message (user_id)"),
        ] + twelfth

    private static let twelfth: [Revision] = [
        Revision(
            "a7d3e9f2b641", "add_mfa_and_session_stamp", "2026-09-08", since: "0.12.0",
            "ALTER TABLE auth ADD COLUMN mfa JSON", "ALTER TABLE auth ADD COLUMN session_stamp TEXT"),
        Revision(
            "b8e4f0a3c752", "add_group_hierarchy", "2026-09-10", since: "0.12.0",
            "ALTER TABLE \"group\" ADD COLUMN parent_group_id TEXT"),
        Revision(
            "d6a8c3f912ab", "add_skill_history", "2026-09-12", since: "0.12.0", moving: true,
            steps: ["ALTER TABLE skill ADD COLUMN data JSON"] + history("skill")),
        Revision(
            "e7b9d4a023bc", "add_model_history", "2026-09-12", since: "0.12.0", moving: true, steps: history("model")),
        Revision(
            "f8c0e5b134cd", "add_tool_history_and_function_history", "2026-09-12", since: "0.12.0", moving: true,
            steps: history("tool") + history("function")),
        Revision(
            "b8f2c6d91a04", "add_postgres_pending_files_index", "2026-09-20", since: "0.12.0",
            "CREATE INDEX ix_file_pending ON file (created_at) WHERE hash IS NULL"),
        Revision(
            "c92da83b017f", "add_apps", "2026-10-02", since: "0.12.1",
            """
            CREATE TABLE app (id TEXT PRIMARY KEY, user_id TEXT NOT NULL, name TEXT NOT NULL, meta JSON,
                created_at BIGINT NOT NULL, updated_at BIGINT NOT NULL)
            """,
            "ALTER TABLE channel_member ADD COLUMN app_id TEXT",
            "ALTER TABLE channel_member ALTER COLUMN user_id DROP NOT NULL",
            """
            ALTER TABLE channel_member ADD CONSTRAINT ck_channel_member CHECK ((user_id IS NULL) <> (app_id IS NULL))
            """,
            "ALTER TABLE message ADD COLUMN app_id TEXT"),
        Revision(
            "0bd252b206fb", "add_missing_auth_rows", "2026-10-05", since: "0.12.1", moving: true,
            """
            INSERT INTO auth (id, email, password, active)
                SELECT id, email, '', true FROM "user" WHERE NOT EXISTS (SELECT 1 FROM auth WHERE auth.id = "user".id)
            """),
    ]

    /// A table of earlier versions of each row, and one entry for every row there is.
    private static func history(_ table: String) -> [Revision.Step] {
        [
            .sql(
                """
                CREATE TABLE \(table)_history (id TEXT PRIMARY KEY, \(table)_id TEXT NOT NULL, snapshot JSON NOT NULL,
                    created_at BIGINT NOT NULL)
                """),
            .sql("ALTER TABLE \(table) ADD COLUMN version_id TEXT"),
            .sql("UPDATE \(table) SET version_id = gen_random_uuid()::text"),
            .sql(
                """
                INSERT INTO \(table)_history SELECT version_id, id, to_json(\(table)), created_at FROM \(table)
                """),
        ]
    }
}
