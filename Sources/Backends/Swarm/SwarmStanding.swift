/// The tasks that stand for the replicas of services, as far as looks have shown: the newest in each place.
///
/// When a service is scaled to none the swarm removes these, also where they have ended long since. What was there before
/// them stays in the list, and does not say whether the swarm has done it yet.
struct SwarmStanding {
    private var newest: [EngineTask.Replica: EngineTask] = [:]

    /// Their ids, some of which may be gone. What only the removal of a newer one has uncovered is none of them.
    mutating func ids(in look: SwarmLook) -> Set<String> {
        var seen: [EngineTask.Replica: EngineTask] = [:]
        for task in look.tasks {
            if let other = seen[task.replica], !other.isBefore(task) { continue }
            seen[task.replica] = task
        }
        for (replica, task) in seen {
            if let known = newest[replica], task.isBefore(known), look.service(of: task)?.replicas == 0 { continue }
            newest[replica] = task
        }
        return Set(newest.values.map(\.id))
    }
}
