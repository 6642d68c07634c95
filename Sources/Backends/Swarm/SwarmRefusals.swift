/// Since when nodes refuse the tasks of a place.
///
/// The swarm itself remembers a few tasks only. A node whose engine has been started again takes tasks before it can make
/// them a network of the swarm (seen with 20.10): what it refuses then is no end of the application.
struct SwarmRefusals {
    /// How long a node may take to come up.
    static let settling = Duration.seconds(30)

    private var since: [EngineTask.Place: ContinuousClock.Instant] = [:]

    /// The places in which nothing has run since the first of the refusals that were seen, for longer than a node takes.
    mutating func lasting(
        in look: SwarmLook, at now: ContinuousClock.Instant = .now
    ) -> Set<EngineTask.Place> {
        let running = Set(look.tasks.filter { $0.state == "running" }.map(\.place))
        let refused = Set(look.tasks.filter { $0.state == "rejected" }.map(\.place)).subtracting(running)
        since = since.filter { refused.contains($0.key) }
        for place in refused where since[place] == nil { since[place] = now }
        return Set(since.filter { now - $0.value > Self.settling }.keys)
    }
}
