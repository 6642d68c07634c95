package import UpgradeCore

/// The services of a project that are Open WebUI: the one that is upgraded, and those on the same database.
package struct ComposeChoice: Equatable, Sendable {
    package let main: String
    package let companions: [String]

    /// All of them, the main one first.
    package var all: [String] { [main] + companions }

    /// Chooses by image; a wish decides, and of several on one database the one that migrates is the main one.
    package init(_ config: ComposeConfig, wish: String? = nil) throws(Fault) {
        let names = config.services.keys.sorted()
        if let wish, config.services[wish] == nil { throw .noSuchService(wish, config.name, services: names) }
        let repository = wish.flatMap { config.services[$0]?.image }.map { ImageName($0).repository }
        let candidates = Self.candidates(in: config, like: repository, or: wish)
        guard let first = candidates.first else { throw .noOpenWebUI(config.name, services: names) }
        let chosen = if let wish { wish } else { try Self.main(candidates, first) }
        let database = config.services[chosen].flatMap(Self.database)
        main = chosen
        companions = candidates.filter { $0.name != chosen && database != nil && Self.database($0) == database }
            .map(\.name)
    }

    /// The services between which a person has to choose; nil where there is no choice.
    static func rivals(in config: ComposeConfig) -> [String]? {
        let candidates = candidates(in: config)
        guard let first = candidates.first else { return nil }
        do throws(Fault) { _ = try main(candidates, first) } catch { return candidates.map(\.name) }
        return nil
    }

    private static func candidates(
        in config: ComposeConfig, like repository: String? = nil, or wish: String? = nil
    ) -> [ComposeService] {
        config.services.values.filter { service in
            guard let image = service.image else { return service.name == wish }
            return isOpenWebUI(image) || ImageName(image).repository == repository
        }.sorted { $0.name < $1.name }
    }

    private static func main(_ candidates: [ComposeService], _ first: ComposeService) throws(Fault) -> String {
        guard candidates.count > 1 else { return first.name }
        let names = candidates.map(\.name)
        let databases = Set(candidates.map(database))
        guard databases.count == 1, databases.first != .some(nil) else {
            throw .manyOpenWebUI(names, why: "they do not share one database: each is an installation of its own")
        }
        let migrating = candidates.filter(\.settings.migrates)
        guard migrating.count == 1 else {
            throw .manyOpenWebUI(
                names,
                why: "they share a database, and \(migrating.isEmpty ? "none" : "more than one") of them migrates it")
        }
        return migrating[0].name
    }

    /// Whether an image is Open WebUI's, from whatever registry or mirror. The folder of a registry says nothing:
    /// upstream's `open-webui/pipelines` is another program.
    static func isOpenWebUI(_ image: String) -> Bool {
        let last = ImageName(image).repository.split(separator: "/").last ?? ""
        return last.contains("open-webui") || last == "openwebui"
    }

    /// What tells one database from another; nil for SQLite, which lies in each installation's own volume.
    private static func database(_ service: ComposeService) -> [String: String]? {
        let names = ["DATABASE_URL", "DATABASE_TYPE", "DATABASE_HOST", "DATABASE_PORT", "DATABASE_NAME"]
        let settings = names.compactMap { name in service.setting(name).map { (name, $0) } }
        if service.setting("DATABASE_URL")?.hasPrefix("sqlite") ?? (service.setting("DATABASE_HOST") == nil) {
            return nil
        }
        return Dictionary(uniqueKeysWithValues: settings)
    }
}
