import UpgradeCore

/// The services of a swarm that are Open WebUI: the one that is upgraded, and those on the same database.
struct SwarmChoice: Equatable, Sendable {
    let main: String
    let companions: [String]

    /// All of them, the main one first.
    var all: [String] { [main] + companions }

    /// Chooses by image; a wish decides, and of several on one database the one that migrates is the main one.
    init(_ services: [EngineService], wish: String? = nil) throws(Fault) {
        let names = services.map(\.name)
        let wished = services.first { $0.name == wish || $0.id == wish }
        if let wish, wished == nil { throw .noSwarmService(wish, services: names) }
        let repository = wished.map { ImageName($0.image).repository }
        let candidates = services.filter { !$0.isOfThisTool }.filter {
            ComposeChoice.isOpenWebUI($0.image) || ImageName($0.image).repository == repository
        }
        let found = if let wished { Optional(wished) } else { try Self.main(candidates) }
        guard let chosen = found else { throw .noOpenWebUIService(services: names) }
        main = chosen.name
        let database = Self.database(chosen)
        let companions = candidates.filter {
            $0.id != chosen.id && database != nil && Self.database($0) == database
        }
        self.companions = companions.map(\.name)
        for service in [chosen] + companions where service.replicas == nil { throw .notReplicated(service) }
    }

    private static func main(_ candidates: [EngineService]) throws(Fault) -> EngineService? {
        guard candidates.count > 1 else { return candidates.first }
        let names = candidates.map(\.name)
        let databases = Set(candidates.map(database))
        guard databases.count == 1, databases.first != .some(nil) else {
            throw .manyOpenWebUIServices(
                names, why: "they do not share one database: each is an installation of its own")
        }
        let migrating = candidates.filter(\.settings.migrates)
        guard migrating.count == 1 else {
            throw .manyOpenWebUIServices(
                names,
                why: "they share a database, and \(migrating.isEmpty ? "none" : "more than one") of them migrates it")
        }
        return migrating[0]
    }

    /// What tells one database from another; nil for SQLite, which lies in each installation's own volume.
    private static func database(_ service: EngineService) -> [String: String]? {
        let environment = service.environment.filter { !$0.value.isEmpty }
        let isSQLite = environment["DATABASE_URL"].map { $0.hasPrefix("sqlite") }
        guard !(isSQLite ?? (environment["DATABASE_HOST"] == nil)) else { return nil }
        let names = ["DATABASE_URL", "DATABASE_TYPE", "DATABASE_HOST", "DATABASE_PORT", "DATABASE_NAME"]
        return environment.filter { names.contains($0.key) }
    }
}
