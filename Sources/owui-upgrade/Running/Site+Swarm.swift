import Backends
import Glibc
import JournalFile
import UpgradeCore
import Wire

extension Site {
    /// Reaches a service of a swarm.
    static func open(
        swarm wishes: SwarmWishes, clock: RunClock, hear: @escaping Hear
    ) async throws(Fault) -> Site {
        let ground = try await SwarmGround.find(wishes) { clock.interruption != nil }
        let folder = StateFolder(ground.stateFolder)
        let (road, form) = try await ground.database()
        return try Site(name: ground.name, folder: folder, farewell: { await road.close() }) { (fence) throws(Fault) in
            let backend = ground.backend(fence: fence, bell: clock.bell, hear: hear) { point throws(Fault) in
                #if KILL_POINTS
                    KillPoints.pass(point.label)
                #endif
            }
            let database = PostgresDatabase(
                road, form: form, fence: fence, owner: { backend.addresses.owner(name: $0, client: $1) },
                isInterrupted: { clock.interruption != nil })
            return (backend, database)
        }
    }
}
