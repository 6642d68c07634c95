package import UpgradeCore

/// What in a group speaks against an upgrade. Pure: it judges what was read.
struct LocalFindings {
    var group: LocalGroup
    var template: CommandTemplate
    /// The application's settings by workload.
    var settings: [String: [String: String]]
    /// How many instances each workload has.
    var replicas: [String: Int]
    /// Ports of the lists that a stranger listens on, with a description of the stranger.
    var takenPorts: [Int: String?] = [:]
    /// Workloads that run, or were to run, and that the file does not describe, each in a fault's words.
    var strangers: [Fault] = []
    /// What the workloads run with of which something runs.
    var running: [String: Settings] = [:]
    /// What the file says that they should run with.
    var written: [String: Settings] = [:]
    /// nil where the folder of the logs can be written.
    var logsObjection: String?
    var freeBytes: UInt64?

    /// Less than this is not enough for the logs of a failing start.
    static let leastFreeBytes: UInt64 = 64 << 20
    /// Less than this is told.
    static let comfortableFreeBytes: UInt64 = 1 << 30

    var all: [Finding] {
        strangers.map(refusal) + kept + command + environment + database + ports + stopping + disk
    }

    private func refusal(_ fault: Fault) -> Finding { Finding(refuses: true, fault: fault) }
    private func advice(_ fault: Fault) -> Finding { Finding(refuses: false, fault: fault) }

    /// What has been changed in the file since the instances were started, and has no effect while they run.
    private var kept: [Finding] {
        running.sorted { $0.key < $1.key }.flatMap { workload, settings -> [Finding] in
            guard let written = written[workload] else { return [] }
            var findings: [Finding] = []
            let (now, then) = (written.workers ?? "1", settings.workers ?? "1")
            if now != then { findings.append(advice(.otherWorkers(workload, running: then, written: now))) }
            if written.migrates != settings.migrates {
                findings.append(advice(.otherMigrations(workload, running: settings.migrates)))
            }
            return findings
        }
    }

    private var command: [Finding] {
        var findings: [Finding] = []
        for placeholder in [CommandTemplate.Placeholder.version, .port] where !template.has(placeholder) {
            findings.append(refusal(.noPlaceholder(placeholder)))
        }
        if let workers = template.fixedWorkers, workers != "1" {
            findings.append(refusal(.fixedWorkers("--workers \(workers) in the command")))
        }
        // uvicorn itself reads it; `open-webui serve` tells uvicorn a number of its own.
        if !template.words.contains("serve") {
            let counts = Set(settings.values.compactMap { $0["WEB_CONCURRENCY"] }).subtracting(["1"])
            findings += counts.sorted().map { refusal(.fixedWorkers("WEB_CONCURRENCY=\($0) in the environment")) }
        }
        return findings
    }

    private var environment: [Finding] {
        settings.sorted { $0.key < $1.key }.flatMap { workload, settings in
            var findings: [Finding] = []
            let value = { (name: String) in settings[name].flatMap { $0.isEmpty ? nil : $0 } }
            if value("WEBUI_SECRET_KEY") == nil, value("WEBUI_SECRET_KEY_FILE") == nil {
                findings.append(refusal(.noSecretKey(workload)))
            }
            if let folder = value("DATA_DIR") {
                if !folder.hasPrefix("/") { findings.append(advice(.relativeDataFolder(workload, folder))) }
            } else {
                findings.append(refusal(.noDataFolder(workload)))
            }
            let places = ["DATABASE_URL", "PGOPTIONS"].filter { value($0)?.contains("application_name") ?? false }
            return findings + places.map { refusal(.namedSessions(workload, $0)) }
        }
    }

    private var database: [Finding] {
        settings.sorted { $0.key < $1.key }.compactMap { workload, settings in
            let replicas = replicas[workload] ?? 0
            return switch LocalDatabaseKind(settings) {
            case .postgres: nil
            case .sqlite: refusal(.databaseIsSQLite(workload, replicas: replicas))
            case .mariadb: refusal(.databaseIsMariaDB(workload))
            case .other: refusal(.databaseIsOther(workload))
            }
        }
    }

    private var ports: [Finding] {
        let lists = [(group.name, group.ports.ports)] + group.companions.map { ($0.name, $0.ports.ports) }
        return lists.flatMap { name, ports -> [Finding] in
            let wanted = replicas[name] ?? 0
            let taken = ports.filter { takenPorts[$0] != nil }
            guard ports.count >= wanted else { return [refusal(.fewPorts(name, ports.count, replicas: wanted))] }
            if ports.count - taken.count < wanted {
                return [refusal(.noPort(name, used: taken.map { ($0, takenPorts[$0] ?? nil) }))]
            }
            // The migrating instance is replaced when all others serve: a spare port lets that happen at once.
            return ports.count == wanted && wanted > 0 ? [advice(.noSparePort(name))] : []
        }
    }

    private var stopping: [Finding] { group.stopGrace > 0 ? [] : [refusal(.noStopGrace())] }

    private var disk: [Finding] {
        if let logsObjection { return [refusal(.logsUnwritable(group.logs, why: logsObjection))] }
        guard let freeBytes, freeBytes < Self.comfortableFreeBytes else { return [] }
        let fault = Fault.diskNearlyFull(group.logs, megabytes: freeBytes >> 20)
        return [freeBytes < Self.leastFreeBytes ? refusal(fault) : advice(fault)]
    }
}

extension LocalBackend {
    /// What in the group speaks against an upgrade of it, with the instances that it has and those that are asked for.
    package func findings(for plan: Plan) throws(Fault) -> [Finding] {
        var replicas = (try store.state()?.workloads ?? [:]).mapValues(\.replicas)
        replicas[group.name] = max(replicas[group.name] ?? 0, plan.replicas ?? 0)
        return try findings(replicas: replicas)
    }

    /// What speaks against so many instances.
    func findings(replicas: [String: Int]) throws(Fault) -> [Finding] {
        var settings: [String: [String: String]] = [:]
        var written: [String: Settings] = [:]
        for name in described {
            settings[name] = try group.settings(of: name, in: store.folder)
            written[name] = try self.written(for: name)
        }
        let living = Set(try store.known().filter { $0.exit == nil }.map(\.workload))
        let folder = existing(logFolder)
        return LocalFindings(
            group: group, template: template, settings: settings,
            replicas: replicas, takenPorts: try takenPorts(), strangers: try strangers(),
            running: (try store.state()?.workloads ?? [:]).filter { living.contains($0.key) }, written: written,
            logsObjection: LocalFile.isFolder(folder) && LocalFile.isWritable(folder)
                ? nil : "\(folder) is no folder that this user may write to",
            freeBytes: LocalFile.space(at: folder)?.free
        ).all
    }

    /// The workloads that group.yaml describes; the group itself first.
    var described: [String] { [group.name] + group.companions.map(\.name) }

    /// Workloads of the state that group.yaml does not describe, of which something runs or was to run. Throws where
    /// the group itself is among them: it has been renamed, and nothing of what it is about can be said.
    func strangers() throws(Fault) -> [Fault] {
        guard let state = try store.state() else { return [] }
        let known = try look(at: store.known()).filter { $0.exit == nil }
        let others = state.workloads.filter { !described.contains($0.key) }.sorted { $0.key < $1.key }
            .map { name, settings in (name: name, settings: settings, living: known.count { $0.workload == name }) }
            .filter { $0.living > 0 || $0.settings.replicas > 0 }
        if let first = others.first, state.workloads[group.name] == nil {
            throw .renamed(group.name, before: first.name, version: first.settings.image, living: first.living)
        }
        return others.map { .notDescribed($0.name, version: $0.settings.image, living: $0.living) }
    }

    /// The folder itself, or the nearest one above it that exists.
    private func existing(_ folder: String) -> String {
        LocalFile.exists(folder) || folder == "/" || folder == "."
            ? folder : existing(LocalFile.folder(of: folder))
    }

    private func takenPorts() throws(Fault) -> [Int: String?] {
        let ours = Set(try store.known().filter { $0.exit == nil }.map(\.port))
        var taken: [Int: String?] = [:]
        for port in group.ports.ports + group.companions.flatMap(\.ports.ports)
        where !ours.contains(port) && !LocalSocket.isFree(host: group.host, port: port) {
            taken[port] = .some(LocalSocket.listener(on: port))
        }
        return taken
    }
}
