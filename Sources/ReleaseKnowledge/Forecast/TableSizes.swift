/// How large the tables are that decide how long a migration takes.
package struct TableSizes: Codable, Equatable, Sendable {
    package let chats: Int
    /// Messages in all chats; nil where they are not rows yet (before 0.8.0) and nobody has counted them.
    package let messages: Int?
    /// The size of the database on disk.
    package let bytes: Int

    package init(chats: Int, messages: Int?, bytes: Int) {
        self.chats = chats
        self.messages = messages
        self.bytes = bytes
    }

    /// One row: chats, messages (or NULL), bytes. It reads PostgreSQL's own estimates and touches no table of the app.
    ///
    /// Table names are looked up by the session's `search_path`. An estimate is missing until a table was analysed.
    package static let sql = """
        SELECT
          (SELECT CASE WHEN reltuples < 0 THEN NULL ELSE reltuples::bigint END
             FROM pg_catalog.pg_class WHERE oid = to_regclass('chat')) AS chats,
          (SELECT CASE WHEN reltuples < 0 THEN NULL ELSE reltuples::bigint END
             FROM pg_catalog.pg_class WHERE oid = to_regclass('chat_message')) AS messages,
          pg_catalog.pg_database_size(current_database()) AS bytes
        """
}

/// How long the migrations may take and what disk they may need. A range, because machines and messages differ.
package struct MigrationEstimate: Codable, Equatable, Sendable {
    /// Seconds, at the best and at the worst that is worth planning for.
    package let seconds: ClosedRange<Int>
    /// False when a pending revision is not in the table: what it adds is not counted.
    package let isComplete: Bool
    /// Bytes that should be free on the database's disk, beside a backup.
    package let freeBytes: Int

    /// Measured on two busy cores: a second for all small steps, a thousand chats and five thousand messages a second;
    /// a chat held ten messages. The range is half to four times that, and at the worst the text is read at 4 MB/s.
    /// A database grew to ten times its size where messages became rows, because chats are kept compressed.
    init(_ pending: [SchemaForecast.Pending], _ sizes: TableSizes) {
        let costs = Set(pending.compactMap(\.known?.cost))
        let messages = sizes.messages ?? sizes.chats * 10
        let isLong = costs.contains(.messages) || costs.contains(.chats)
        var likely = pending.isEmpty ? 0.0 : 1.0
        if costs.contains(.messages) { likely += Double(messages) / 5_000 }
        if costs.contains(.chats) { likely += Double(sizes.chats) / 1_000 }
        if costs.contains(.chatTable) { likely += Double(sizes.chats) / 10_000 }
        let reading = isLong ? Double(sizes.bytes) / 4_000_000 : 0
        let worst = likely * 4 + reading
        seconds = Int(likely / 2)...Int(worst.rounded(.up))
        isComplete = pending.allSatisfy { $0.known.map { !$0.effects.contains(.unread) } ?? false }
        if costs.contains(.messages) {
            freeBytes = sizes.bytes * 10
        } else {
            freeBytes = pending.isEmpty ? 0 : sizes.bytes
        }
    }
}
