/// The tasks that stand for the replicas of services, as far as looks have shown: the newest in each place.
///
/// When a service is scaled to none the swarm removes these, also where they have ended long since. What was there before
/// them stays in the list, and does not say whether the swarm has done it yet.
struct SwarmStanding {
    private struct Slot: Hashable {
        let service: String
        let number: Int?
        let node: String
    }

    private var newest: [Slot: EngineTask] = [:]

    /// Their ids, some of which may be gone. What only the removal of a newer one has uncovered is none of them.
    mutating func ids(in look: SwarmLook) -> Set<String> {
        var seen: [Slot: EngineTask] = [:]
        for task in look.tasks {
            let slot = Slot(service: task.serviceID, number: task.slot, node: task.slot == nil ? task.nodeID : "")
            if let other = seen[slot], !other.isBefore(task) { continue }
            seen[slot] = task
        }
        for (slot, task) in seen {
            if let known = newest[slot], task.isBefore(known), look.service(of: task)?.replicas == 0 { continue }
            newest[slot] = task
        }
        return Set(newest.values.map(\.id))
    }
}
