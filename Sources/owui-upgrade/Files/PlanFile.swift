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

    /// These wishes where they say something, the others elsewhere.
    func over(_ other: Wishes) -> Wishes {
        Wishes(
            to: to ?? other.to, strategy: strategy ?? other.strategy, replicas: replicas ?? other.replicas,
            backup: backup ?? other.backup, acknowledgesNoBackup: acknowledgesNoBackup ?? other.acknowledgesNoBackup,
            deadlines: deadlines ?? other.deadlines, restarts: restarts ?? other.restarts, group: group ?? other.group)
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
    /// Reads a plan file. Paths in it are taken from the file's own folder.
    init(planFile path: String) throws(Fault) {
        var file = try YAMLMapping(text: TextFile.read(path), file: path)
        let folder = path.folder
        to = try file.text("to")
        strategy = try file.text("strategy").map { (text) throws(Fault) in
            guard let strategy = Plan.Strategy(rawValue: text) else { throw .wrongChoice(path, "strategy", text) }
            return strategy
        }
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
        try file.finish()
    }

    private static func backup(_ file: inout YAMLMapping, folder: String) throws(Fault) -> Plan.Backup? {
        if file.isText("backup") {
            return try file.text("backup").map { (text) throws(Fault) in try backup(named: text) }
        }
        guard var backup = try file.mapping("backup") else { return nil }
        defer { _ = backup }
        if var dump = try backup.mapping("pg_dump") {
            let place = try dump.text("folder") ?? ""
            try dump.finish()
            try backup.finish()
            return .pgDump(folder: place.isEmpty ? "" : place.from(folder: folder))
        }
        if var command = try backup.mapping("command") {
            guard let make = try command.text("make") else { throw .missingKey(file.file, "backup.command.make") }
            let restore = try command.text("restore")
            try command.finish()
            try backup.finish()
            return .command(make: make, restore: restore)
        }
        try backup.finish()
        throw .missingKey(file.file, "backup.pg_dump.folder` or `backup.command.make")
    }

    /// A backup as `--backup` names it.
    static func backup(named text: String) throws(Fault) -> Plan.Backup {
        switch text {
        case "pg_dump": return .pgDump(folder: "")
        case "none": return .none(acknowledged: false)
        default: throw .wrongBackup(text)
        }
    }
}
