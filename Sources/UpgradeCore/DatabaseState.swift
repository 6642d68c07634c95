/// What the database behind a deployment says of itself at one moment.
///
/// No application table is read for it: a migration may hold locks on all of them.
package struct DatabaseState: Codable, Equatable, Sendable {
    /// The schema's revision, by PostgreSQL schema that has an `alembic_version`; usually one entry with one row.
    package var revisions: [SchemaRevision]
    /// The sessions that belong to the application.
    package var sessions: [Session]
    /// Changes whenever the server does work: the position of its log and the size of the database.
    package var activity: String

    package init(revisions: [SchemaRevision], sessions: [Session] = [], activity: String = "") {
        self.revisions = revisions
        self.sessions = sessions
        self.activity = activity
    }

    /// The one revision, where there is exactly one.
    package var revision: String? {
        guard revisions.count == 1, revisions[0].rows.count == 1 else { return nil }
        return revisions[0].rows[0]
    }

    /// The sessions that hold a transaction which has written something.
    package var writers: [Session] { sessions.filter(\.hasWritten) }
}

/// The rows of `alembic_version` in one schema.
package struct SchemaRevision: Codable, Equatable, Sendable {
    package var schema: String
    package var rows: [String]

    package init(schema: String, rows: [String]) {
        self.schema = schema
        self.rows = rows
    }
}

/// A session that looks like the application's: it is named as this tool names its instances, or has no name.
package struct Session: Codable, Hashable, Sendable {
    /// The server's process.
    package var pid: Int
    /// The instance that it says it belongs to; nil for one without a name.
    package var instance: String?
    /// Where it comes from, as the server sees it.
    package var client: String
    /// Whether its transaction has written.
    package var hasWritten: Bool
    /// Whether the server is working for it and it does not wait for a lock.
    package var isWorking: Bool
    /// Changes with each statement that it begins or ends.
    package var mark: String
    /// The sessions whose locks it waits for, each described for a person.
    package var waitsFor: [String]

    package init(
        pid: Int, instance: String? = nil, client: String = "", hasWritten: Bool = false, isWorking: Bool = false,
        mark: String = "", waitsFor: [String] = []
    ) {
        self.pid = pid
        self.instance = instance
        self.client = client
        self.hasWritten = hasWritten
        self.isWorking = isWorking
        self.mark = mark
        self.waitsFor = waitsFor
    }
}
