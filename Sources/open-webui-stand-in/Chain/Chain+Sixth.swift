extension Chain {
    /// 0.6.6 to 0.7.2.
    static let sixth: [Revision] = [
        Revision(
            "9f0c9cd09105", "add_note_table", "2025-05-03", since: "0.6.6",
            """
            CREATE TABLE note (id TEXT PRIMARY KEY, user_id TEXT, title TEXT, data JSON, meta JSON,
                access_control JSON, created_at BIGINT, updated_at BIGINT)
            """, .seed(Seed.note)),
        Revision(
            "d31026856c01", "update_folder_table_data", "2025-07-13", since: "0.6.16",
            "ALTER TABLE folder ADD COLUMN data JSON"),
        Revision(
            "018012973d35", "add_indexes", "2025-08-13", since: "0.6.23",
            "CREATE INDEX folder_id_idx ON chat (folder_id)",
            "CREATE INDEX user_id_pinned_idx ON chat (user_id, pinned)",
            "CREATE INDEX user_id_archived_idx ON chat (user_id, archived)",
            "CREATE INDEX updated_at_user_id_idx ON chat (updated_at, user_id)",
            "CREATE INDEX user_id_idx ON tag (user_id)", "CREATE INDEX is_global_idx ON function (is_global)"),
        Revision(
            "3af16a1c9fb6", "update_user_table", "2025-08-21", since: "0.6.23",
            "ALTER TABLE \"user\" ADD COLUMN username VARCHAR(50)", "ALTER TABLE \"user\" ADD COLUMN bio TEXT",
            "ALTER TABLE \"user\" ADD COLUMN gender TEXT", "ALTER TABLE \"user\" ADD COLUMN date_of_birth DATE"),
        Revision(
            "38d63c18f30f", "add_oauth_session_table", "2025-09-08", since: "0.6.27",
            """
            CREATE TABLE oauth_session (id TEXT PRIMARY KEY, user_id TEXT NOT NULL, provider TEXT NOT NULL,
                token TEXT NOT NULL, expires_at BIGINT, created_at BIGINT, updated_at BIGINT)
            """,
            "CREATE INDEX idx_oauth_session_user_id ON oauth_session (user_id)"),
        Revision(
            "a5c220713937", "add_reply_to_id_column_to_message", "2025-09-27", since: "0.6.32",
            "ALTER TABLE message ADD COLUMN reply_to_id TEXT"),
        Revision(
            "37f288994c47", "add_group_member_table", "2025-11-17", since: "0.6.37", moving: true,
            """
            CREATE TABLE group_member (id TEXT PRIMARY KEY,
                group_id TEXT NOT NULL REFERENCES "group" (id) ON DELETE CASCADE, user_id TEXT NOT NULL,
                created_at BIGINT, updated_at BIGINT, CONSTRAINT uq_group_member UNIQUE (group_id, user_id))
            """,
            """
            INSERT INTO group_member SELECT gen_random_uuid()::text, "group".id, member, 1700000000, 1700000000
                FROM "group", json_array_elements_text("group".user_ids) AS member
            """,
            "ALTER TABLE \"group\" DROP COLUMN user_ids"),
        Revision(
            "2f1211949ecc", "update_message_and_channel_member_table", "2025-11-27", since: "0.6.41",
            "ALTER TABLE channel_member ADD COLUMN status TEXT",
            "ALTER TABLE channel_member ADD COLUMN is_active BOOLEAN NOT NULL DEFAULT true",
            "ALTER TABLE channel_member ADD COLUMN joined_at BIGINT NOT NULL",
            "ALTER TABLE message ADD COLUMN is_pinned BOOLEAN NOT NULL DEFAULT false",
            "ALTER TABLE message ADD COLUMN pinned_at BIGINT", "ALTER TABLE message ADD COLUMN pinned_by TEXT"),
        Revision(
            "b10670c03dd5", "update_user_table", "2025-11-28", since: "0.6.41", moving: true,
            "ALTER TABLE \"user\" ADD COLUMN timezone TEXT", "ALTER TABLE \"user\" ADD COLUMN status_message TEXT",
            "ALTER TABLE \"user\" ADD COLUMN oauth JSON",
            "ALTER TABLE \"user\" ALTER COLUMN info TYPE JSON USING info::json",
            "ALTER TABLE \"user\" ALTER COLUMN settings TYPE JSON USING settings::json",
            """
            UPDATE "user" SET oauth = json_build_object('oidc', json_build_object('sub', oauth_sub))
                WHERE oauth_sub IS NOT NULL
            """,
            """
            CREATE TABLE api_key (id TEXT PRIMARY KEY, user_id TEXT NOT NULL, key TEXT NOT NULL UNIQUE, data JSON,
                expires_at BIGINT, last_used_at BIGINT, created_at BIGINT NOT NULL, updated_at BIGINT NOT NULL)
            """,
            """
            INSERT INTO api_key (id, user_id, key, created_at, updated_at)
                SELECT 'key_' || id, id, api_key, 1700000000, 1700000000 FROM "user" WHERE api_key IS NOT NULL
            """,
            "ALTER TABLE \"user\" DROP COLUMN api_key", "ALTER TABLE \"user\" DROP COLUMN oauth_sub"),
        Revision(
            "90ef40d4714e", "update_channel_and_channel_members_table", "2025-11-30", since: "0.6.41",
            "ALTER TABLE channel ADD COLUMN is_private BOOLEAN", "ALTER TABLE channel ADD COLUMN archived_at BIGINT",
            "ALTER TABLE channel_member ADD COLUMN role TEXT", "ALTER TABLE channel_member ADD COLUMN data JSON",
            """
            CREATE TABLE channel_webhook (id TEXT PRIMARY KEY, channel_id TEXT NOT NULL, user_id TEXT NOT NULL,
                name TEXT NOT NULL, token TEXT NOT NULL, created_at BIGINT NOT NULL, updated_at BIGINT NOT NULL)
            """),
        Revision(
            "3e0e00844bb0", "add_knowledge_file_table", "2025-12-02", since: "0.6.41", moving: true,
            """
            CREATE TABLE knowledge_file (id TEXT PRIMARY KEY,
                knowledge_id TEXT NOT NULL REFERENCES knowledge (id) ON DELETE CASCADE, file_id TEXT NOT NULL,
                user_id TEXT NOT NULL, created_at BIGINT NOT NULL, updated_at BIGINT NOT NULL,
                UNIQUE (knowledge_id, file_id))
            """,
            """
            INSERT INTO knowledge_file
                SELECT gen_random_uuid()::text, knowledge.id, file, knowledge.user_id, 1700000000, 1700000000
                FROM knowledge, json_array_elements_text(knowledge.data -> 'file_ids') AS file
            """,
            "ALTER TABLE knowledge DROP COLUMN data"),
        Revision(
            "6283dc0e4d8d", "add_channel_file_table", "2025-12-10", since: "0.6.42",
            """
            CREATE TABLE channel_file (id TEXT PRIMARY KEY, user_id TEXT NOT NULL, channel_id TEXT NOT NULL,
                file_id TEXT NOT NULL, created_at BIGINT NOT NULL, updated_at BIGINT NOT NULL)
            """),
        Revision(
            "81cc2ce44d79", "update_channel_file_and_knowledge_table", "2025-12-10", since: "0.6.42",
            "ALTER TABLE channel_file ADD COLUMN message_id TEXT", "ALTER TABLE knowledge ADD COLUMN data JSON"),
        Revision(
            "c440947495f3", "add_chat_file_table", "2025-12-21", since: "0.6.42",
            """
            CREATE TABLE chat_file (id TEXT PRIMARY KEY, user_id TEXT NOT NULL, chat_id TEXT NOT NULL,
                message_id TEXT, file_id TEXT NOT NULL, created_at BIGINT NOT NULL, updated_at BIGINT NOT NULL)
            """),
    ]
}
