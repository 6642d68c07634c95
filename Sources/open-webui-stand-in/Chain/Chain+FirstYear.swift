extension Chain {
    /// 0.5.0 to 0.5.20: what peewee left behind is taken over, and the first tables of Alembic's own are made.
    static let firstYear: [Revision] =
        [
            Revision(
                "7e5b5dc7342b", "init", "2024-06-24", since: "0.5.0", steps: LegacySchema.tables(key: "PRIMARY KEY")),
            Revision(
                "ca81bd47c050", "add_config_table", "2024-08-25", since: "0.5.0",
                """
                CREATE TABLE config (id SERIAL PRIMARY KEY, data JSON NOT NULL, version INTEGER NOT NULL,
                    created_at TIMESTAMP NOT NULL DEFAULT now(), updated_at TIMESTAMP DEFAULT now())
                """),
            Revision(
                "c0fbf31ca0db", "update_file_table", "2024-09-20", since: "0.5.0",
                "ALTER TABLE file ADD COLUMN hash TEXT", "ALTER TABLE file ADD COLUMN data JSON",
                "ALTER TABLE file ADD COLUMN updated_at BIGINT"),
            Revision(
                "6a39f3d8e55c", "add_knowledge_table", "2024-10-01", since: "0.5.0", moving: true,
                """
                CREATE TABLE knowledge (id TEXT PRIMARY KEY, user_id TEXT NOT NULL, name TEXT NOT NULL,
                    description TEXT, data JSON, meta JSON, created_at BIGINT NOT NULL, updated_at BIGINT)
                """,
                """
                INSERT INTO knowledge SELECT collection_name, user_id, title, name, '{}', '{}', timestamp, timestamp
                    FROM document
                """),
            Revision(
                "242a2047eae0", "update_chat_table", "2024-10-09", since: "0.5.0", moving: true,
                "ALTER TABLE chat RENAME COLUMN chat TO old_chat", "ALTER TABLE chat ADD COLUMN chat JSON",
                "UPDATE chat SET chat = old_chat::json", "ALTER TABLE chat DROP COLUMN old_chat"),
            Revision(
                "1af9b942657b", "migrate_tags", "2024-10-09", since: "0.5.0", moving: true,
                "ALTER TABLE chat ADD COLUMN pinned BOOLEAN",
                "ALTER TABLE chat ADD COLUMN meta JSON NOT NULL DEFAULT '{}'",
                """
                UPDATE chat SET meta = json_build_object('tags', named.tags) FROM (
                    SELECT chat_id, json_agg(tag_name) AS tags FROM chatidtag GROUP BY chat_id
                ) AS named WHERE named.chat_id = chat.id
                """),
            Revision(
                "3ab32c4b8f59", "update_tags", "2024-10-09", since: "0.5.0",
                "ALTER TABLE tag DROP CONSTRAINT tag_pkey",
                "ALTER TABLE tag ADD CONSTRAINT pk_id_user_id PRIMARY KEY (id, user_id)",
                "ALTER TABLE tag ADD COLUMN meta JSON"),
            Revision(
                "c69f45358db4", "add_folder_table", "2024-10-16", since: "0.5.0",
                """
                CREATE TABLE folder (id TEXT NOT NULL, parent_id TEXT, user_id TEXT NOT NULL, name TEXT NOT NULL,
                    items JSON, meta JSON, is_expanded BOOLEAN NOT NULL DEFAULT false,
                    created_at TIMESTAMP NOT NULL DEFAULT now(), updated_at TIMESTAMP NOT NULL DEFAULT now(),
                    PRIMARY KEY (id, user_id))
                """,
                "ALTER TABLE chat ADD COLUMN folder_id TEXT"),
            Revision(
                "c29facfe716b", "update_file_table_path", "2024-10-20", since: "0.5.0", moving: true,
                "ALTER TABLE file ADD COLUMN path TEXT",
                "ALTER TABLE file ALTER COLUMN meta TYPE JSON USING meta::json"),
            Revision(
                "af906e964978", "add_feedback_table", "2024-10-20", since: "0.5.0",
                """
                CREATE TABLE feedback (id TEXT PRIMARY KEY, user_id TEXT, version BIGINT DEFAULT 0, type TEXT,
                    data JSON, meta JSON, snapshot JSON,
                    created_at TIMESTAMP NOT NULL DEFAULT now(), updated_at TIMESTAMP NOT NULL DEFAULT now())
                """),
            Revision(
                "4ace53fd72c8", "update_folder_table_datetime", "2024-10-23", since: "0.5.0",
                seconds("folder", "created_at"), seconds("folder", "updated_at"),
                seconds("feedback", "created_at"), seconds("feedback", "updated_at")),
            Revision(
                "922e7a387820", "add_group_table", "2024-11-14", since: "0.5.0",
                """
                CREATE TABLE "group" (id TEXT PRIMARY KEY, user_id TEXT, name TEXT, description TEXT, data JSON,
                    meta JSON, permissions JSON, user_ids JSON, created_at BIGINT, updated_at BIGINT)
                """,
                "ALTER TABLE model ADD COLUMN access_control JSON",
                "ALTER TABLE model ADD COLUMN is_active BOOLEAN NOT NULL DEFAULT true",
                "ALTER TABLE knowledge ADD COLUMN access_control JSON",
                "ALTER TABLE prompt ADD COLUMN access_control JSON",
                "ALTER TABLE tool ADD COLUMN access_control JSON"),
            Revision(
                "57c599a3cb57", "add_channel_table", "2024-12-22", since: "0.5.0",
                """
                CREATE TABLE channel (id TEXT PRIMARY KEY, user_id TEXT, name TEXT, description TEXT, data JSON,
                    meta JSON, access_control JSON, created_at BIGINT, updated_at BIGINT)
                """,
                """
                CREATE TABLE message (id TEXT PRIMARY KEY, user_id TEXT, channel_id TEXT, content TEXT, data JSON,
                    meta JSON, created_at BIGINT, updated_at BIGINT)
                """),
            Revision(
                "7826ab40b532", "update_file_table", "2024-12-23", since: "0.5.0",
                "ALTER TABLE file ADD COLUMN access_control JSON",
                .seed(Seed.people), .seed(Seed.chats), .seed(Seed.works)),
            Revision(
                "3781e22d8b01", "update_message_table", "2024-12-30", since: "0.5.3",
                "ALTER TABLE channel ADD COLUMN type TEXT", "ALTER TABLE message ADD COLUMN parent_id TEXT",
                """
                CREATE TABLE message_reaction (id TEXT PRIMARY KEY, user_id TEXT NOT NULL, message_id TEXT NOT NULL,
                    name TEXT NOT NULL, created_at BIGINT)
                """,
                """
                CREATE TABLE channel_member (id TEXT PRIMARY KEY, channel_id TEXT NOT NULL, user_id TEXT NOT NULL,
                    created_at BIGINT)
                """),
        ]

    private static func seconds(_ table: String, _ column: String) -> Revision.Step {
        .sql(
            """
            ALTER TABLE \(table) ALTER COLUMN \(column) DROP DEFAULT,
                ALTER COLUMN \(column) TYPE BIGINT USING extract(epoch FROM \(column))::bigint
            """)
    }
}
