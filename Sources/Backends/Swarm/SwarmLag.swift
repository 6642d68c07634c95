/// Since when the swarm wants tasks of a service in more places than the service says.
///
/// A task whose state changes at the very moment at which the service is scaled down may be left as it is ("failed to
/// update task to REMOVE: update out of sequence" in the engine's log, seen with 20.10). The swarm then looks at it again
/// only when somebody writes the service again, in the same words if need be; until then it even starts it again.
struct SwarmLag {
    /// How long a swarm may take to do what a service says. More than a busy one takes; to be too early costs a write.
    static let patience = Duration.seconds(5)

    private var since: [Version: ContinuousClock.Instant] = [:]

    private struct Version: Hashable {
        let service: String
        let index: Int
    }

    /// The services that have stood so, unchanged, for longer than that.
    mutating func lasting(in look: SwarmLook, at now: ContinuousClock.Instant = .now) -> [EngineService] {
        let late = look.services.filter(look.isLate)
        let before = since
        since = [:]
        for service in late {
            let version = Version(service: service.id, index: service.index)
            since[version] = before[version] ?? now
        }
        return late.filter { now - (since[Version(service: $0.id, index: $0.index)] ?? now) > Self.patience }
    }
}

extension SwarmLook {
    /// A place in which one task follows another, or replaces it, counts once; one that is held for a replica counts too.
    fileprivate func isLate(_ service: EngineService) -> Bool {
        guard let replicas = service.replicas else { return false }
        let counted = tasks(of: service).filter { $0.isWanted || (isHeld($0) && $0.desired != "remove") }
        return Set(counted.map(\.slot)).count > replicas
    }
}
