import Backends
import Glibc
import UpgradeCore
import Wire

extension Site {
    /// Reaches a service of a swarm.
    static func open(
        swarm wishes: SwarmWishes, clock: RunClock, hear: @escaping Hear, warn: @escaping Warn
    ) async throws(Fault) -> Site {
        let ground = try await SwarmGround.find(wishes, complain: warn) { clock.interruption != nil }
        let (road, form) = try await ground.database(hear: hear)
        return try Site(
            name: ground.name, store: ground.store, backups: ground.backups,
            farewell: { await clock.heed.parting { await road.close() } }
        ) { (fence) throws(Fault) in
            let backend = try ground.backend(fence: fence, bell: clock.bell, hear: hear) { point throws(Fault) in
                #if KILL_POINTS
                    KillPoints.pass(point.label)
                #endif
            }
            let database = PostgresDatabase(
                road, form: form, fence: fence, owner: { backend.addresses.owner(name: $0, client: $1) },
                isInterrupted: { clock.interruption != nil }, here: ground.here)
            return (HeedfulBackend(backend, clock.heed), database)
        }
    }
}
