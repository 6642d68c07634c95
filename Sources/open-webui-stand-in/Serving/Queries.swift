/// The SQL of one release: the columns that its code names are what a newer schema breaks.
struct Queries {
    /// One endpoint's query, which makes the JSON that is answered.
    struct Query {
        let sql: String
        var takesUser = false
        var takesBody = false
        /// What the endpoint says when its query fails; nil is a 500.
        var whenItFails: Response?

        func parameters(_ user: String, _ body: String) -> [String?] {
            (takesUser ? [user] : []) + (takesBody ? [body] : [])
        }
    }

    let version: Version

    private var hasAccessControl: Bool { version < "0.8.0" }

    let signIn = """
        SELECT auth.id FROM auth JOIN "user" USING (id)
            WHERE lower(auth.email) = lower($1::json ->> 'email') AND auth.password = md5($1::json ->> 'password')
        """

    /// What is asked while the program is imported; a failure ends it with 1.
    var whileImported: [String] {
        version < "0.10.0" ? ["SELECT config.id, config.data FROM config ORDER BY config.id DESC LIMIT 1"] : []
    }

    /// What is asked in uvicorn's lifespan; a failure ends the process with 3.
    var inLifespan: [String] {
        var all = ["SELECT tool.id\(hasAccessControl ? ", tool.access_control" : "") FROM tool LIMIT 1"]
        if version >= "0.10.0" { all.insert("SELECT config.key, config.value FROM config", at: 0) }
        if version >= "0.12.0" { all.append("SELECT function.id, function.version_id FROM function LIMIT 1") }
        return all
    }

    /// By path below /api/v1/.
    var resources: [String: Query] {
        [
            "auths/": Query(
                sql: """
                    SELECT json_build_object('id', id, 'email', email, 'name', name, 'role', role)::text
                        FROM "user" WHERE id = $1
                    """, takesUser: true),
            "users/": Query(sql: Self.list("id, name, email, role", of: "\"user\"")),
            "groups/": Query(sql: Self.list("id, name", of: "\"group\"")),
            "chats/": Query(
                sql: """
                    SELECT coalesce(json_agg(json_build_object('id', chat.id, 'title', chat.title, 'updated_at',
                        chat.updated_at, 'created_at', chat.created_at) ORDER BY chat.updated_at DESC), '[]')::text
                        FROM chat WHERE chat.user_id = $1
                    """, takesUser: true),
            "chats/new": newChat,
            "prompts/": Query(sql: Self.list(promptColumns, of: "prompt")),
            "prompts/create": newPrompt,
            "notes/": Query(sql: Self.list(noteColumns, of: "note")),
            "tools/": Query(sql: Self.list("tool.id, tool.name" + accessControl("tool"), of: "tool")),
            "configs/export": Query(
                sql: version < "0.10.0"
                    ? "SELECT config.data::text FROM config ORDER BY config.id DESC LIMIT 1"
                    : "SELECT coalesce(json_object_agg(config.key, config.value), '{}')::text FROM config"),
            "knowledge/": knowledge,
        ]
    }

    private var promptColumns: String {
        hasAccessControl
            ? "prompt.command, prompt.title, prompt.content, prompt.timestamp, prompt.access_control"
            : "prompt.id, prompt.command, prompt.name, prompt.content, prompt.created_at"
    }

    private var noteColumns: String {
        let pinned = ("0.9.0"..<"0.9.3").contains(version) ? ", note.is_pinned" : ""
        return "note.id, note.title, note.data" + accessControl("note") + pinned
    }

    /// Up to 0.7.2 a knowledge query that fails is answered with an empty list, which is a lie.
    private var knowledge: Query {
        let columns = "knowledge.id, knowledge.name, knowledge.description" + accessControl("knowledge")
        return Query(
            sql: """
                SELECT json_build_object('items', coalesce(json_agg(found), '[]'), 'total', count(*))::text
                    FROM (SELECT \(columns) FROM knowledge) AS found
                """,
            whenItFails: hasAccessControl ? .json("{\"items\":[],\"total\":0}") : nil)
    }

    /// From 0.8.0 on the messages are written beside the chat; before, nobody knows of chat_message.
    private var newChat: Query {
        let messages = """
            , copied AS (INSERT INTO chat_message (id, chat_id, user_id, role, parent_id, content)
                SELECT made.id || '-' || message.key, made.id, $1, coalesce(message.value ->> 'role', 'user'),
                    message.value ->> 'parentId', message.value -> 'content'
                FROM made, json_each(made.chat -> 'history' -> 'messages') AS message)
            """
        return Query(
            sql: """
                WITH made AS (INSERT INTO chat (id, user_id, title, chat, created_at, updated_at)
                    SELECT gen_random_uuid()::text, $1, coalesce($2::json -> 'chat' ->> 'title', 'New Chat'),
                        $2::json -> 'chat', extract(epoch FROM now())::bigint, extract(epoch FROM now())::bigint
                    RETURNING id, title, chat)\(version >= "0.8.0" ? messages : "")
                SELECT json_build_object('id', id, 'title', title)::text FROM made
                """, takesUser: true, takesBody: true)
    }

    private var newPrompt: Query {
        let (columns, values) =
            hasAccessControl
            ? ("title, timestamp", "$2::json ->> 'title', extract(epoch FROM now())::bigint")
            : (
                "id, name, created_at, updated_at",
                """
                gen_random_uuid()::text, $2::json ->> 'name', extract(epoch FROM now())::bigint,
                    extract(epoch FROM now())::bigint
                """
            )
        return Query(
            sql: """
                INSERT INTO prompt (command, user_id, content, \(columns))
                    VALUES ($2::json ->> 'command', $1, $2::json ->> 'content', \(values))
                    RETURNING json_build_object('command', command)::text
                """, takesUser: true, takesBody: true, whenItFails: .detail("Something went wrong :/", status: 400))
    }

    private func accessControl(_ table: String) -> String { hasAccessControl ? ", \(table).access_control" : "" }

    private static func list(_ columns: String, of table: String) -> String {
        "SELECT coalesce(json_agg(found), '[]')::text FROM (SELECT \(columns) FROM \(table)) AS found"
    }
}
