import UpgradeCore

/// A container of a project as far as it decides about an upgrade.
package struct ComposeContainer: Equatable, Sendable {
    package var service: String
    package var name: String
    /// The image as the container names it.
    package var image: String
    /// The label `com.docker.compose.config-hash`.
    package var configHash: String?
    /// The label `com.docker.compose.version`.
    package var composeVersion: String?
    /// Where volumes without a name are mounted in it, also those that its image asks for.
    package var anonymousVolumes: [String]
    /// The label `com.docker.compose.project.working_dir`, with links followed where it is here.
    package var directory: String?
    /// What it starts: entrypoint and command, those of its image among them.
    package var command: [String]
    /// What it has of these variables: those that decide how many workers it starts.
    package var environment: [String: String]

    package init(
        service: String, name: String, image: String, configHash: String? = nil, composeVersion: String? = nil,
        anonymousVolumes: [String] = [], directory: String? = nil, command: [String] = [],
        environment: [String: String] = [:]
    ) {
        self.command = command
        self.environment = environment
        self.service = service
        self.name = name
        self.image = image
        self.configHash = configHash
        self.composeVersion = composeVersion
        self.anonymousVolumes = anonymousVolumes
        self.directory = directory
    }
}

/// What in a Compose project speaks against an upgrade. Pure: it judges what was read.
struct ComposeFindings {
    var config: ComposeConfig
    var choice: ComposeChoice
    /// Those that run.
    var containers: [ComposeContainer]
    /// How many instances each service is to have in the end.
    var replicas: [String: Int]
    /// What Compose would hash each service to with the images that run.
    var hashes: [String: String] = [:]
    var composeVersion = ""
    /// The project's own, with links followed.
    var directory = ""
    /// How long an old instance may take to end, in seconds, before the run goes back.
    var stopDeadline = Deadlines().stop
    /// What else of the project runs Open WebUI, and is none of the services of its files.
    var others: [ComposeContainer] = []
    /// What is to be written into the files, or why it cannot be; nil where that was not asked.
    var edit: Result<VersionEdit, Fault>?

    var all: [Finding] {
        let judged = [shape, storage, database, workers, sessions, ends, again, number, waiting, drift]
        let services = choice.all.compactMap { config.services[$0] }
        let unlisted = others.map { refusal(.unlisted($0.name, service: $0.service, of: config.name)) }
        return place + unlisted + services.flatMap { service in judged.flatMap { judge in judge(service) } } + writing
    }

    private func refusal(_ fault: Fault) -> Finding { Finding(refuses: true, fault: fault) }
    private func advice(_ fault: Fault) -> Finding { Finding(refuses: false, fault: fault) }
    private func wanted(_ service: ComposeService) -> Int { replicas[service.name] ?? service.replicas }
    private func running(_ service: ComposeService) -> [ComposeContainer] {
        containers.filter { $0.service == service.name }
    }

    /// Journal and lock are in the project's folder: whoever stands in another checkout of it sees neither.
    private var place: [Finding] {
        let others = containers.filter { container in
            choice.all.contains(container.service) && container.directory.map { $0 != directory } ?? false
        }
        guard let other = others.first, let folder = other.directory else { return [] }
        return [refusal(.otherFolder(other.name, folder, here: directory, services: choice.all))]
    }

    /// What lets no more than one instance be.
    private func shape(_ service: ComposeService) -> [Finding] {
        var findings: [Finding] = []
        if service.mode != "replicated" { findings.append(refusal(.globalService(service.name, mode: service.mode))) }
        let wanted = wanted(service)
        guard wanted > 1 else { return findings }
        if let name = service.containerName {
            findings.append(refusal(.fixedContainerName(service.name, name, replicas: wanted)))
        }
        for port in service.ports where port.room < wanted {
            findings.append(refusal(.fixedPort(service.name, port, replicas: wanted)))
        }
        if service.networkMode == "host" { findings.append(refusal(.hostNetwork(service.name, replicas: wanted))) }
        return findings
    }

    /// What would go with a container.
    private func storage(_ service: ComposeService) -> [Finding] {
        let unnamed = service.mounts.filter { $0.type == "volume" && $0.source == nil }.map(\.target)
        let found = Set(unnamed + running(service).flatMap(\.anonymousVolumes)).sorted()
        var findings = found.map { refusal(.anonymousVolume(service.name, $0)) }
        let folder = service.setting("DATA_DIR") ?? "/app/backend/data"
        let isKept = service.mounts.contains { folder == $0.target || folder.hasPrefix($0.target + "/") }
        if !isKept, !found.contains(folder), service.setting("STORAGE_PROVIDER") ?? "local" == "local" {
            findings.append(refusal(.dataInContainer(service.name, folder)))
        }
        if service.setting("WEBUI_SECRET_KEY") == nil, service.setting("WEBUI_SECRET_KEY_FILE") == nil {
            findings.append(refusal(.secretKeyInContainer(service.name)))
        }
        return findings
    }

    private func database(_ service: ComposeService) -> [Finding] {
        switch LocalDatabaseKind(service.environment.compactMapValues { $0 }) {
        case .postgres: []
        case .sqlite: [refusal(.databaseIsSQLite(service.name, replicas: wanted(service)))]
        case .mariadb: [refusal(.databaseIsMariaDB(service.name))]
        case .other: [refusal(.databaseIsOther(service.name))]
        }
    }

    /// Workers that no variable reduces.
    private func workers(_ service: ComposeService) -> [Finding] {
        let written = FixedWorkers.place(service.command, webConcurrency: service.setting("WEB_CONCURRENCY"))
        let own = service.environment["UVICORN_WORKERS"] ?? nil
        let running = running(service).lazy.compactMap { container in
            FixedWorkers.place(container.command, webConcurrency: container.environment["WEB_CONCURRENCY"])
                ?? FixedWorkers.placeInImage(container.environment["UVICORN_WORKERS"], written: own)
        }
        guard let place = written ?? running.first else { return [] }
        return [refusal(.fixedComposeWorkers(service.name, place))]
    }

    private func sessions(_ service: ComposeService) -> [Finding] {
        NamedSessions.places(service.environment.compactMapValues(\.self)).map { name in
            refusal(.sessionsNamed(service.name, by: name))
        }
    }

    /// An end that may take longer than a run waits for.
    private func ends(_ service: ComposeService) -> [Finding] {
        guard let grace = service.stopGrace, grace >= Double(stopDeadline) else { return [] }
        return [refusal(.longStop(service.name, seconds: Int(grace), deadline: stopDeadline))]
    }

    /// What the one instance there is has to be made anew for, after it has migrated.
    private func again(_ service: ComposeService) -> [Finding] {
        let settings = service.settings.with(replicas: 1)
        guard service.name == choice.main, wanted(service) == 1,
            settings.forMigrating(image: settings.image) != settings
        else { return [] }
        return [advice(.downTwice(service.name))]
    }

    /// Numbers that the next plain `up` would undo.
    private func number(_ service: ComposeService) -> [Finding] {
        let count = running(service).count
        if wanted(service) != service.replicas {
            return [advice(.otherReplicasAsked(service.name, wanted: wanted(service), written: service.replicas))]
        }
        guard count > 0, count != service.replicas else { return [] }
        return [advice(.otherReplicasRunning(service.name, running: count, written: service.replicas))]
    }

    /// What Compose does with other services for the sake of this one, and the other way round.
    private func waiting(_ service: ComposeService) -> [Finding] {
        var findings: [Finding] = []
        let needed = config.dependencies(of: service.name)
        if service.name == choice.main {
            findings += choice.companions.filter(needed.contains).map { refusal(.needsCompanion(service.name, $0)) }
        }
        let once = needed.sorted().filter { name in
            config.services.values.contains { $0.dependsOn[name] == "service_completed_successfully" }
        }
        findings += once.map { advice(.runsAgain($0, for: service.name)) }
        let others = config.services.values.filter {
            $0.dependsOn[service.name] == "service_healthy" && !choice.all.contains($0.name)
        }
        findings += others.sorted { $0.name < $1.name }.map { advice(.waitedFor(service.name, by: $0.name)) }
        if service.isWatched { findings.append(advice(.watched(service.name))) }
        if service.isBuilt { findings.append(advice(.builtImage(service.name))) }
        if service.pullPolicy == "always" { findings.append(advice(.alwaysPulled(service.name))) }
        return findings
    }

    /// What was changed in the files since the containers were made.
    private func drift(_ service: ComposeService) -> [Finding] {
        guard let hash = hashes[service.name] else { return [] }
        let others = running(service).filter { $0.configHash.map { $0 != hash } ?? false }
        guard !others.isEmpty else { return [] }
        // Another Compose may hash the same thing otherwise.
        let isOurs = others.contains { $0.composeVersion.map { composeVersion.hasPrefix($0) } ?? false }
        let fault = Fault.editedSince(service.name, others.map(\.name).sorted(), sameCompose: isOurs)
        return [isOurs ? refusal(fault) : advice(fault)]
    }

    private var writing: [Finding] {
        switch edit {
        case .failure(let fault): return [refusal(fault)]
        case .success(let edit):
            return edit.images.sorted { $0.key < $1.key }.compactMap { service, images in
                let others = containers.filter { $0.service == service && $0.image != images.after }
                if images.before != images.after, others.isEmpty, let line = edit.lines.first {
                    return refusal(.filesBehind(service, images, line))
                }
                guard images.before == images.after, let container = others.first else { return nil }
                return advice(.alreadyWritten(service, images.after, running: container.image))
            }
        case nil: return []
        }
    }
}
