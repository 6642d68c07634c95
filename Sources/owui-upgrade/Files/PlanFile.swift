import Backends
import UpgradeCore

/// What may be asked of a run, from a plan file and the command line; the command line wins.
struct Wishes: Equatable {
    var to: String?
    var strategy: Plan.Strategy?
    var replicas: Int?
    var backup: Plan.Backup?
    var acknowledgesNoBackup: Bool?
    var deadlines: Deadlines?
    var restarts: Int?
    /// The folder of a local group.
    var group: String?
    /// A Compose project.
    var compose: ComposeWishes?
    /// A service of a swarm.
    var swarm: SwarmWishes?

    /// What they name, where that is no Compose project.
    var otherPlatform: String? { swarm != nil ? "a service of a swarm" : group != nil ? "a local group" : nil }

    /// Whether they name a deployment.
    private var hasPlace: Bool { group != nil || compose != nil || swarm != nil }

    /// These wishes where they say something, the others elsewhere.
    func over(_ other: Wishes) -> Wishes {
        Wishes(
            to: to ?? other.to, strategy: strategy ?? other.strategy, replicas: replicas ?? other.replicas,
            backup: backup ?? other.backup, acknowledgesNoBackup: acknowledgesNoBackup ?? other.acknowledgesNoBackup,
            deadlines: deadlines ?? other.deadlines, restarts: restarts ?? other.restarts,
            group: hasPlace ? group : other.group, compose: hasPlace ? compose : other.compose,
            swarm: hasPlace ? swarm : other.swarm)
    }

    /// The plan that they make, with a backup by `pg_dump` into this folder where none is chosen.
    func plan(backups folder: String) throws(Fault) -> Plan {
        guard let to else { throw .noTarget() }
        guard Release(to) != nil else { throw .notARelease(to) }
        var backup = backup ?? .pgDump(folder: folder)
        if case .pgDump(let chosen) = backup, chosen.isEmpty { backup = .pgDump(folder: folder) }
        if case .none = backup { backup = .none(acknowledged: acknowledgesNoBackup ?? false) }
        return Plan(
            target: to, strategy: strategy ?? .scaleToOne, replicas: replicas, backup: backup,
            deadlines: deadlines ?? Deadlines(), restarts: restarts ?? 1)
    }
}

extension Wishes {
    /// What a plan file may say.
    static let keys = [
        "to", "strategy", "replicas", "backup", "acknowledgeNoBackup", "restarts", "deadlines", "local", "compose",
        "swarm",
    ]

    /// Reads a plan file. Paths in it are taken from the file's own folder.
    init(planFile path: String) throws(Fault) {
        var file = try YAMLMapping(text: TextFile.read(path), file: path, keys: Wishes.keys)
        let folder = path.folder
        to = try file.text("to")
        strategy = try Wishes.strategy(&file)
        replicas = try file.integer("replicas", in: 1...1000)
        backup = try Wishes.backup(&file, folder: folder)
        acknowledgesNoBackup = try file.flag("acknowledgeNoBackup")
        restarts = try file.integer("restarts", in: 0...10)
        if var seconds = try file.mapping("deadlines") {
            var deadlines = Deadlines()
            let range = 1...604_800
            deadlines.stop = try seconds.integer("stop", in: range) ?? deadlines.stop
            deadlines.migration = try seconds.integer("migration", in: range) ?? deadlines.migration
            deadlines.healthy = try seconds.integer("healthy", in: range) ?? deadlines.healthy
            deadlines.database = try seconds.integer("database", in: range) ?? deadlines.database
            try seconds.finish()
            self.deadlines = deadlines
        }
        if var local = try file.mapping("local") {
            group = try local.text("group").map { $0.from(folder: folder) }
            try local.finish()
        }
        if var compose = try file.mapping("compose") {
            self.compose = try Wishes.compose(&compose, folder: folder)
            try compose.finish()
        }
        if var swarm = try file.mapping("swarm") {
            self.swarm = SwarmWishes(service: try swarm.text("service"))
            try swarm.finish()
        }
        if group != nil, compose != nil {
            throw file.wrong("compose", "`local` is there too", remedy: "keep one of the two")
        }
        if swarm != nil, group != nil || compose != nil {
            let other = group == nil ? "compose" : "local"
            throw file.wrong("swarm", "`\(other)` is there too", remedy: "keep one of the two")
        }
        try file.finish()
    }

    private static func compose(_ file: inout YAMLMapping, folder: String) throws(Fault) -> ComposeWishes {
        let path = { (text: String) in text.from(folder: folder) }
        return ComposeWishes(
            folder: try file.text("folder").map(path) ?? folder, files: (try file.texts("files") ?? []).map(path),
            projectDirectory: try file.text("projectDirectory").map(path), projectName: try file.text("projectName"),
            profiles: try file.texts("profiles") ?? [], envFiles: (try file.texts("envFiles") ?? []).map(path),
            service: try file.text("service"))
    }

    private static func strategy(_ file: inout YAMLMapping) throws(Fault) -> Plan.Strategy? {
        guard let text = try file.text("strategy") else { return nil }
        guard let strategy = Plan.Strategy(rawValue: text) else {
            let choices = Plan.Strategy.allCases.map(\.rawValue).joined(separator: " or ")
            throw file.wrong("strategy", "`\(text)` is no strategy", remedy: "write \(choices)")
        }
        return strategy
    }

    private static func backup(_ file: inout YAMLMapping, folder: String) throws(Fault) -> Plan.Backup? {
        if file.isText("backup") {
            guard let text = try file.text("backup") else { return nil }
            guard let backup = backup(named: text) else {
                throw file.wrong("backup", "`\(text)` is no way to make a backup", remedy: waysToBackUp)
            }
            return backup
        }
        guard var backup = try file.mapping("backup") else { return nil }
        let (asksDump, asksCommand) = (backup.has("pg_dump"), backup.has("command"))
        let dump = try backup.mapping("pg_dump")
        let command = try backup.mapping("command")
        try backup.finish()
        switch (asksDump, asksCommand) {
        case (true, true): throw backup.wrong("command", "backup.pg_dump is there too", remedy: "keep one of the two")
        case (true, false):
            return try dump.map { (dump) throws(Fault) in try pgDump(dump, folder) } ?? .pgDump(folder: "")
        case (false, true): return try self.command(command, backup)
        case (false, false): throw file.wrong("backup", "backup does not say how", remedy: waysToBackUp)
        }
    }

    static let waysToBackUp = "write `backup: pg_dump`, `backup: none`, or a command of your own as backup.command.make"

    private static func pgDump(_ dump: YAMLMapping, _ folder: String) throws(Fault) -> Plan.Backup {
        var dump = dump
        let place = try dump.text("folder") ?? ""
        try dump.finish()
        return .pgDump(folder: place.isEmpty ? "" : place.from(folder: folder))
    }

    private static func command(_ command: YAMLMapping?, _ backup: YAMLMapping) throws(Fault) -> Plan.Backup {
        guard var command else { throw backup.wrong("command", "backup.command lacks `make`", remedy: "add it") }
        let make = try command.words("make")
        let (restore, verify) = (try command.words("restore"), try command.words("verify"))
        try command.finish()
        guard let make else { throw backup.wrong("command", "backup.command lacks `make`", remedy: "add it") }
        return .command(make: make, restore: restore, verify: verify)
    }

    /// A backup as `--backup` names it; nil for what is none.
    static func backup(named text: String) -> Plan.Backup? {
        switch text {
        case "pg_dump": .pgDump(folder: "")
        case "none": .none(acknowledged: false)
        default: nil
        }
    }
}
