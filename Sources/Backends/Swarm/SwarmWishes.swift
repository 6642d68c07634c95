/// What a person says about a service of a swarm.
package struct SwarmWishes: Equatable, Sendable {
    /// Its name, as `docker service ls` shows it; nil for the one that is Open WebUI by its image.
    package var service: String?

    package init(service: String? = nil) { self.service = service }
}
