import Backends
import Glibc
import JournalFile
import UpgradeCore
import Wire

extension Site {
    /// Reaches a Compose project. Nothing is asked of its engine yet.
    static func open(
        compose wishes: ComposeWishes, clock: RunClock, ask: ComposeGround.Ask?, hear: @escaping Hear
    ) async throws(Fault) -> Site {
        let ground = try await ComposeGround.find(wishes.absolute, ask: ask) { clock.interruption != nil }
        let folder = StateFolder(ground.stateFolder)
        let (road, form) = try await ground.database()
        let farewell = { @Sendable () async in await clock.heed.parting { await road.close() } }
        var site = try Site(name: ground.name, folder: folder, farewell: farewell) { (fence) throws(Fault) in
            let backend = ground.backend(fence: fence, bell: clock.bell, hear: hear) { point throws(Fault) in
                #if KILL_POINTS
                    KillPoints.pass(point.label)
                #endif
            }
            let database = PostgresDatabase(
                road, form: form, fence: fence, owner: { backend.addresses.owner(name: $0, client: $1) },
                isInterrupted: { clock.interruption != nil })
            return (HeedfulBackend(backend, clock.heed), database)
        }
        if let asked = ground.asked {
            site.answered = wishes.absolute
            site.answered?.service = asked
        }
        return site
    }
}

extension ComposeWishes {
    /// The same with a folder that does not depend on where this process stands.
    var absolute: ComposeWishes {
        var wishes = self
        wishes.folder = folder.absolute
        return wishes
    }
}
