/// The rows of a small installation, so that migrations have something to move and tests something to lose.
///
/// How many chats there are, and messages in each, is taken from two settings of the session
/// (`STAND_IN_CHATS`, `STAND_IN_MESSAGES`).
enum Seed {
    /// The one person of a seeded installation, an administrator.
    static let administrator = "00000000-0000-4000-8000-000000000001"
    /// What the administrator signs in with.
    static let address = "admin@example.com"
    /// A password that guards nothing: it is the same in every stand-in.
    static let password = "stand-in"

    static let people = """
        INSERT INTO "user" (id, name, email, role, profile_image_url, created_at, updated_at, last_active_at,
                settings, info, oauth_sub, api_key)
            VALUES ('\(administrator)', 'Admin', '\(address)', 'admin', '/user.png', 1700000000, 1700000000,
                1700000000, '{"ui":{}}', '{}', NULL, 'sk-stand-in'); \
        INSERT INTO auth (id, email, password, active)
            VALUES ('\(administrator)', '\(address)', md5('\(password)'), true); \
        INSERT INTO "group" (id, user_id, name, user_ids, created_at, updated_at)
            VALUES ('group-1', '\(administrator)', 'Everyone', '["\(administrator)"]', 1700000000, 1700000000); \
        INSERT INTO config (data, version) VALUES ('{"version":0,"ui":{"enable_signup":false}}', 0)
        """

    static let chats = """
        INSERT INTO chat (id, user_id, title, chat, created_at, updated_at)
            SELECT 'chat-' || c, '\(administrator)', 'Chat ' || c, json_build_object('title', 'Chat ' || c, 'history',
                json_build_object('currentId', 'message-' || c || '-' || m.many, 'messages', (
                    SELECT json_object_agg('message-' || c || '-' || i, json_build_object(
                        'id', 'message-' || c || '-' || i,
                        'parentId', CASE WHEN i > 1 THEN 'message-' || c || '-' || (i - 1) END,
                        'role', CASE WHEN i % 2 = 1 THEN 'user' ELSE 'assistant' END,
                        'content', 'Message ' || i || ' of chat ' || c, 'timestamp', 1700000000 + i))
                    FROM generate_series(1, m.many) AS i))), 1700000000 + c, 1700000000 + c
            FROM generate_series(1, coalesce(nullif(current_setting('stand_in.chats', true), ''), '3')::int) AS c,
                (SELECT coalesce(nullif(current_setting('stand_in.messages', true), ''), '4')::int AS many) AS m
        """

    static let works = """
        INSERT INTO prompt (command, user_id, title, content, timestamp) VALUES
            ('/summary', '\(administrator)', 'Summary', 'Sum it up.', 1700000000),
            ('/translate', '\(administrator)', 'Translate', 'Translate it.', 1700000001); \
        INSERT INTO file (id, user_id, filename, meta, created_at, updated_at)
            VALUES ('file-1', '\(administrator)', 'manual.txt', '{}', 1700000000, 1700000000); \
        INSERT INTO knowledge (id, user_id, name, description, data, created_at, updated_at)
            VALUES ('knowledge-1', '\(administrator)', 'Manual', '', '{"file_ids":["file-1"]}', 1700000000, 1700000000); \
        INSERT INTO tool (id, user_id, name, content, specs, meta, created_at, updated_at)
            VALUES ('tool_1', '\(administrator)', 'Clock', 'class Tools: pass', '[]', '{}', 1700000000, 1700000000); \
        INSERT INTO function (id, user_id, name, type, content, meta, is_active, is_global, created_at, updated_at)
            VALUES ('function_1', '\(administrator)', 'Filter', 'filter', 'class Filter: pass', '{}', true, false,
                1700000000, 1700000000); \
        INSERT INTO model (id, user_id, name, params, meta, created_at, updated_at)
            VALUES ('model-1', '\(administrator)', 'Assistant', '{}', '{}', 1700000000, 1700000000); \
        INSERT INTO memory (id, user_id, content, created_at, updated_at)
            VALUES ('memory-1', '\(administrator)', 'Likes short answers.', 1700000000, 1700000000)
        """

    static let note = """
        INSERT INTO note (id, user_id, title, data, created_at, updated_at)
            VALUES ('note-1', '\(administrator)', 'To do', '{"content":{"md":"Upgrade."}}', 1700000000, 1700000000)
        """
}
