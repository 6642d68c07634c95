/// A behaviour that some releases have and others lack, as measured in their files and runs.
package enum ReleaseTrait: String, CaseIterable, Sendable {
    /// A failed migration is logged and the instance serves on (until 0.11.3 raised it).
    case swallowsMigrationErrors
    /// `/ready` answers JSON; before it, the path answers 200 with the page of the app.
    case readyEndpoint
    /// `ENABLE_DB_MIGRATIONS` is read.
    case migrationSwitch
    /// `DATABASE_SCHEMA` is read by the application.
    case schemaVariable
    /// Migrations work in `DATABASE_SCHEMA`; before it they made their tables in `public`.
    case schemaHonoured
    /// `open-webui serve` reads `UVICORN_WORKERS`. The image's start script is another matter.
    case workersVariable
    /// An instance without `WEBUI_SECRET_KEY` refuses to start unless its launcher makes one.
    case secretKeyRequired
    /// `DATABASE_TYPE`, `DATABASE_USER` and the like are read and win over `DATABASE_URL`.
    case databaseTypeVariables
    /// `pip install open-webui` brings psycopg2; later it needs the extra `postgres`.
    case psycopg2Bundled
    /// The migrations of the time before Alembic are in the release and run first.
    case peeweeMigrations
    /// `/api/version` also tells a `deployment_id`.
    case deploymentID
    /// `/health/db` asks the database in a thread; before it, a blocked database freezes the instance.
    case healthDatabaseInThread

    /// Whether a release has a trait; `unsure` between two releases that were looked into and differ.
    package enum Answer: String, Sendable {
        case yes, no, unsure
    }

    /// A release newer than the table is taken to be like the newest one in it.
    package func holds(in number: ReleaseNumber) -> Answer {
        let (last, first, before) = change
        if number <= last { return before ? .yes : .no }
        if number >= first { return before ? .no : .yes }
        return .unsure
    }

    /// The last release seen on one side of the change, the first seen on the other, and whether the trait held before.
    private var change: (last: ReleaseNumber, first: ReleaseNumber, before: Bool) {
        switch self {
        case .swallowsMigrationErrors: (ReleaseNumber(0, 11, 2), ReleaseNumber(0, 11, 3), true)
        case .readyEndpoint: (ReleaseNumber(0, 8, 10), ReleaseNumber(0, 8, 11), false)
        case .migrationSwitch: (ReleaseNumber(0, 6, 43), ReleaseNumber(0, 7, 0), false)
        case .schemaVariable: (ReleaseNumber(0, 5, 0), ReleaseNumber(0, 5, 5), false)
        case .schemaHonoured: (ReleaseNumber(0, 11, 4), ReleaseNumber(0, 12, 0), false)
        case .workersVariable: (ReleaseNumber(0, 6, 0), ReleaseNumber(0, 6, 5), false)
        case .secretKeyRequired: (ReleaseNumber(0, 9, 5), ReleaseNumber(0, 9, 6), false)
        case .databaseTypeVariables: (ReleaseNumber(0, 6, 18), ReleaseNumber(0, 6, 19), false)
        case .psycopg2Bundled: (ReleaseNumber(0, 6, 25), ReleaseNumber(0, 6, 27), true)
        case .peeweeMigrations: (ReleaseNumber(0, 9, 5), ReleaseNumber(0, 9, 6), true)
        case .deploymentID: (ReleaseNumber(0, 6, 36), ReleaseNumber(0, 6, 37), false)
        case .healthDatabaseInThread: (ReleaseNumber(0, 9, 2), ReleaseNumber(0, 9, 3), false)
        }
    }
}

/// A Python package through which a release reaches PostgreSQL.
package enum DatabaseDriver: String, CaseIterable, Sendable {
    case psycopg2
    case asyncpg
    case psycopg

    /// What a release needs for a plain `postgresql://` address: psycopg2 migrates, the other one serves.
    package static func needed(by number: ReleaseNumber) -> [DatabaseDriver] {
        if number < ReleaseNumber(0, 9, 0) { return [.psycopg2] }
        if number < ReleaseNumber(0, 9, 2) { return [.psycopg2, .asyncpg] }
        return [.psycopg2, .psycopg]
    }
}
