import JournalFile
import UpgradeCore

/// A deployment as the command line reaches it: its platform, its database, and the folder that holds journal and lock.
///
/// One that was opened can only be looked at. Whoever has taken the deployment's lock may change what `held` gives.
struct Site {
    /// What people call it.
    let name: String
    let folder: StateFolder
    let backend: any Backend
    let database: any Database
    private let reach: Reach

    /// Reaches platform and database with every effect behind a fence.
    typealias Reach = (any Fence) throws(Fault) -> (backend: any Backend, database: any Database)

    init(name: String, folder: StateFolder, reach: @escaping Reach) throws(Fault) {
        try self.init(name: name, folder: folder, fence: NoLock(), reach: reach)
    }

    private init(name: String, folder: StateFolder, fence: any Fence, reach: @escaping Reach) throws(Fault) {
        let (backend, database) = try reach(fence)
        self.init(name: name, folder: folder, backend: backend, database: database, reach: reach)
    }

    private init(
        name: String, folder: StateFolder, backend: any Backend, database: any Database, reach: @escaping Reach
    ) {
        self.name = name
        self.folder = folder
        self.backend = backend
        self.database = database
        self.reach = reach
    }

    /// The same deployment for the holder of its lock, who may change it for as long as the lock is held.
    func held(by lock: LockFile) throws(Fault) -> Site {
        try Site(name: name, folder: folder, fence: lock, reach: reach)
    }

    var runs: Runs { Runs(folder: folder) }
    /// Where backups go that the plan does not send elsewhere.
    var backups: String { folder.path + "/backups" }

    /// The same site with kill points at its effects, in a debug build.
    var killable: Site {
        #if KILL_POINTS
            Site(
                name: name, folder: folder, backend: KillableBackend(backend: backend),
                database: KillableDatabase(database: database), reach: reach)
        #else
            self
        #endif
    }
}

/// The fence of a process that has not taken the deployment's lock.
private struct NoLock: Fence {
    func check() throws(Fault) { throw .noLock() }
}
