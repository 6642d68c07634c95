import Testing

@testable import open_webui_stand_in

/// What keeps migrators from being done before another one has come: two that start together meet for certain.
struct Gate {
    private let session: Session
    private let database: TestDatabase

    /// Shuts it: whoever comes may read the revision, and nobody may move it.
    init(
        _ database: TestDatabase, closedBy statement: String = "LOCK TABLE alembic_version IN SHARE MODE"
    ) throws {
        self.database = database
        session = try database.session()
        try session.run("BEGIN; \(statement)")
    }

    /// Waits until two stand before it, or one before it and one behind that, and lets them go.
    func open() throws {
        try database.wait(
            until: """
                SELECT count(*) = 2 FROM pg_stat_activity
                    WHERE datname = current_database() AND wait_event_type = 'Lock'
                """)
        try session.run("ROLLBACK")
    }
}
