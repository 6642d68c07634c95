/// Which edition of the procedure a run follows. It is journaled when the run starts: a newer binary that goes on with an
/// older run folds its journal by the rules under which that was written, and an older binary refuses a newer run.
package enum Edition: Int, Codable, Sendable {
    /// Automation is seen to be quiet before a run goes back, and as it was when a run ends; the image of each companion
    /// is read; commands are as patient as waits; a resumed run finds zero instances anew before it backs up or restores, and
    /// excuses a crash also where the plan excuses none.
    case second = 2
}

/// What is asked of a run. It is journaled when the run starts, and alone decides from then on.
package struct Plan: Codable, Equatable, Sendable {
    /// How the old version goes.
    package enum Strategy: String, Codable, CaseIterable, Sendable {
        /// One old instance serves until the swap: the procedure of upstream's multi-replica guide.
        case scaleToOne = "scale-to-one"
        /// All old instances end at once: the procedure of upstream's newest deployment pages.
        case stopAll = "stop-all"
    }

    /// What is kept before the schema changes.
    package enum Backup: Codable, Equatable, Sendable {
        /// `pg_dump` in custom format into this folder.
        case pgDump(folder: String)
        /// A command of the person's own, run through `/bin/sh -c`, the one that restores what it made, and the one that
        /// says whether that could be restored.
        case command(make: String, restore: String?, verify: String? = nil)
        /// None; where the revision will move this must have been acknowledged.
        case none(acknowledged: Bool)

        /// Whether what it makes can be put back by this program.
        package var isRestorable: Bool {
            switch self {
            case .pgDump: true
            case .command(_, let restore, _): restore != nil
            case .none: false
            }
        }
    }

    /// What was typed after `--to`.
    package var target: String
    package var strategy: Strategy
    /// How many replicas to end with; nil for as many as before.
    package var replicas: Int?
    package var backup: Backup
    package var deadlines: Deadlines
    /// How often the target may end by itself before it counts as failed; the loser of two migrators needs one.
    package var restarts: Int
    /// The procedure that the run follows; nil for the first edition, whose runs did not say so.
    package var edition: Edition?

    package init(
        target: String, strategy: Strategy = .scaleToOne, replicas: Int? = nil,
        backup: Backup = .none(acknowledged: false), deadlines: Deadlines = Deadlines(), restarts: Int = 1,
        edition: Edition? = .second
    ) {
        self.target = target
        self.strategy = strategy
        self.replicas = replicas
        self.backup = backup
        self.deadlines = deadlines
        self.restarts = restarts
        self.edition = edition
    }
}

/// How long a run waits, in seconds; each counts time in which nothing moves.
package struct Deadlines: Codable, Equatable, Sendable {
    /// For instances that were told to end, and for their database sessions.
    package var stop: Int
    /// For a migration that makes no progress.
    package var migration: Int
    /// For an instance to become healthy.
    package var healthy: Int
    /// For a database that cannot be asked.
    package var database: Int

    package init(stop: Int = 180, migration: Int = 900, healthy: Int = 600, database: Int = 120) {
        self.stop = stop
        self.migration = migration
        self.healthy = healthy
        self.database = database
    }
}
