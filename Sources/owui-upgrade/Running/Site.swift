import Backends
import JournalFile
import UpgradeCore

/// A deployment as the command line reaches it: its platform, its database, and the place of its journals and its lock.
///
/// One that was opened can only be looked at. Whoever has taken the deployment's lock may change what `held` gives.
struct Site: Sendable {
    /// What people call it.
    let name: String
    let store: any RunStore
    /// Where backups go that the plan does not send elsewhere.
    let backups: String
    let backend: any Backend
    let database: any Database
    /// What would have had to be said for nothing to be asked; nil where nothing was.
    var answered: ComposeWishes?
    private let reach: Reach
    /// Takes away what was made only to look at the deployment.
    let farewell: Farewell

    /// Reaches platform and database with every effect behind a fence.
    typealias Reach = @Sendable (any Fence) throws(Fault) -> (backend: any Backend, database: any Database)

    typealias Hear = @Sendable (PullProgress) -> Void
    typealias Warn = @Sendable (Fault) -> Void
    typealias Farewell = @Sendable () async -> Void

    /// One that keeps everything in a folder.
    init(name: String, folder: StateFolder, farewell: @escaping Farewell = {}, reach: @escaping Reach) throws(Fault) {
        try self.init(
            name: name, store: folder, backups: folder.path + "/backups", farewell: farewell, reach: reach)
    }

    init(
        name: String, store: any RunStore, backups: String, farewell: @escaping Farewell = {},
        fence: any Fence = NoLock(), reach: @escaping Reach
    ) throws(Fault) {
        let (backend, database) = try reach(fence)
        self.init(
            name: name, store: store, backups: backups, backend: backend, database: database, farewell: farewell,
            reach: reach)
    }

    private init(
        name: String, store: any RunStore, backups: String, backend: any Backend, database: any Database,
        farewell: @escaping Farewell, reach: @escaping Reach
    ) {
        self.name = name
        self.store = store
        self.backups = backups
        self.backend = backend
        self.database = database
        self.farewell = farewell
        self.reach = reach
    }

    /// The same deployment for the holder of its lock, who may change it for as long as the lock is held.
    func held(by lock: any DeploymentLock) throws(Fault) -> Site {
        try Site(name: name, store: store, backups: backups, farewell: farewell, fence: lock, reach: reach)
    }

    var runs: Runs { Runs(store: store) }

    /// The same site with kill points at its effects, in a debug build.
    var killable: Site {
        #if KILL_POINTS
            Site(
                name: name, store: store, backups: backups, backend: KillableBackend(backend: backend),
                database: KillableDatabase(database: database), farewell: farewell, reach: reach)
        #else
            self
        #endif
    }
}

/// The fence of a process that has not taken the deployment's lock.
struct NoLock: Fence {
    func check() throws(Fault) { throw .noLock() }
}
