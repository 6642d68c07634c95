import JournalFile
import UpgradeCore

/// A deployment as the command line reaches it: its platform, its database, and the folder that holds journal and lock.
struct Site {
    /// What people call it.
    let name: String
    let folder: StateFolder
    let backend: any Backend
    let database: any Database

    var runs: Runs { Runs(folder: folder) }
    /// Where backups go that the plan does not send elsewhere.
    var backups: String { folder.path + "/backups" }

    /// The same site with kill points at its effects, in a debug build.
    var killable: Site {
        #if KILL_POINTS
            Site(
                name: name, folder: folder, backend: KillableBackend(backend: backend),
                database: KillableDatabase(database: database))
        #else
            self
        #endif
    }
}
