import UpgradeCore

/// Rows that a migration cannot carry over.
extension Precheck {
    static let channelMembers = Precheck(
        "channel-members", "2f1211949ecc", tables: ["channel_member"],
        sql: "SELECT count(*) FROM channel_member HAVING count(*) > 0",
        finding: { rows in .channelMembers(count: rows.first?.first.flatMap { $0 } ?? "some") })

    /// Up to 0.6.40 these are text, and the migration casts them to json, so that one bad text ends it.
    ///
    /// PostgreSQL 16 has `pg_input_is_valid`; 15 has nothing that does not raise. So the text is reduced in SQL by
    /// JSON's own grammar until nothing changes: strings to S, numbers and words to V, then the innermost lists and
    /// objects to V (U+0001 and U+0002 here, which JSON cannot hold). What ends as S or V was JSON. No user's settings leave the database.
    /// It was compared with the cast itself on some thousand texts, and reads about 2 MB a second.
    static let userJSON = ["info", "settings"].map { column in
        Precheck(
            "user-\(column)-json", "b10670c03dd5", tables: ["user"], sql: invalidJSON(in: column),
            finding: { rows in .invalidJSON(column: column, users: first(rows)) })
    }

    private static func invalidJSON(in column: String) -> String {
        #"""
        WITH RECURSIVE written AS (
          SELECT id, "\#(column)"::text AS whole FROM "user" WHERE "\#(column)" IS NOT NULL
        ), reduced AS (
          SELECT id, regexp_replace(regexp_replace(regexp_replace(whole,
              E'"(?:[^"\\\\\\u0001-\\u001f]|\\\\(?:["\\\\/bfnrt]|u[0-9a-fA-F]{4}))*"', E'\u0001', 'g'),
              E'-?(?:0|[1-9][0-9]*)(?:\\.[0-9]+)?(?:[eE][+-]?[0-9]+)?|true|false|null', E'\u0002', 'g'),
              E'[ \\t\\n\\r]+', '', 'g') AS rest
            FROM written WHERE whole !~ E'[\\u0001-\\u0008\\u000b\\u000c\\u000e-\\u001f]'
          UNION
          SELECT id, regexp_replace(rest,
              E'\\[(?:[\u0001\u0002](?:,[\u0001\u0002])*)?\\]|\\{(?:\u0001:[\u0001\u0002](?:,\u0001:[\u0001\u0002])*)?\\}',
              E'\u0002', 'g')
            FROM reduced
        )
        SELECT id FROM written
          WHERE NOT EXISTS (
            SELECT FROM reduced WHERE reduced.id = written.id AND rest IN (E'\u0001', E'\u0002'))
          ORDER BY id LIMIT \#(limit)
        """#
    }

    /// The migration strips a leading slash and makes the rest unique, and a name, content and time required.
    static let promptCommands = [
        Precheck(
            "prompt-commands", "374d2f66af06", tables: ["prompt"],
            sql: """
                SELECT regexp_replace(command, '^/', '') AS name, count(*) FROM prompt
                  WHERE command IS NOT NULL GROUP BY 1 HAVING count(*) > 1 ORDER BY 1 LIMIT \(limit)
                """,
            finding: { rows in .duplicatePrompts(first(rows)) }),
        Precheck(
            "prompt-fields", "374d2f66af06", tables: ["prompt"],
            sql: """
                SELECT coalesce(command, '(no command)') FROM prompt
                  WHERE title IS NULL OR content IS NULL OR user_id IS NULL OR "timestamp" IS NULL
                  ORDER BY 1 LIMIT \(limit)
                """,
            finding: { rows in .incompletePrompts(first(rows)) }),
    ]

    /// The oldest tables may have UNIQUE(id) and no primary key. `tag` is keyed by two columns. The migration also names
    /// `document`, whose key is the collection's name and which has an id at most as a primary key.
    static let primaryKeys = [
        "auth", "chat", "chatidtag", "file", "function", "memory", "model", "prompt", "tag", "tool", "user",
    ].map { table in
        let key = table == "tag" ? "id, user_id" : "id"
        let missing = table == "tag" ? "id IS NULL OR user_id IS NULL" : "id IS NULL"
        return Precheck(
            "primary-key-\(table)", "461111b60977", tables: [table],
            sql: """
                SELECT coalesce(id::text, '(none)'), count(*) FROM "\(table)"
                  GROUP BY \(key) HAVING count(*) > 1 OR \(missing) ORDER BY 1 LIMIT \(limit)
                """,
            finding: { rows in .duplicateIDs(table: table, ids: first(rows)) })
    }

    /// The users are named by their ids; addresses stay in the database.
    static let duplicateEmails = Precheck(
        "duplicate-emails", "f0bd01a18a3d", tables: ["user"],
        sql: """
            SELECT string_agg(id, ', ' ORDER BY id), count(*) FROM "user"
              WHERE email IS NOT NULL GROUP BY lower(email) HAVING count(*) > 1 ORDER BY 1 LIMIT \(limit)
            """,
        finding: { rows in .duplicateEmails(users: first(rows)) })

    private static func first(_ rows: [[String?]]) -> [String] { rows.map { $0.first.flatMap { $0 } ?? "(none)" } }
}
