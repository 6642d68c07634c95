import UpgradeCore

/// A service as an upgrade sees it. What is not named here is written back as it was read.
extension EngineService {
    private static let (workers, migrations) = ("UVICORN_WORKERS", "ENABLE_DB_MIGRATIONS")
    /// What this tool itself writes into the environment of a service.
    static let ownVariables = [workers, migrations]

    var template: EngineValue {
        get { spec["TaskTemplate"] }
        set { spec["TaskTemplate"] = newValue }
    }

    var image: String { template["ContainerSpec"]["Image"].text ?? "" }
    /// nil for a service in another mode than the replicated one.
    var replicas: Int? {
        let mode = spec["Mode"]["Replicated"]
        return mode.isNull ? nil : mode["Replicas"].integer ?? 1
    }
    var environment: [String: String] { EngineSettings.environment(template["ContainerSpec"]["Env"].texts) }
    /// Which write of the template this is, as its tasks carry it. It has no other meaning than to differ.
    var counter: Int { template["ForceUpdate"].integer ?? 0 }
    var labels: [String: String] { spec["Labels"].labels }

    var settings: Settings {
        let environment = environment
        return Settings(
            image: image, replicas: replicas ?? 0, workers: environment[Self.workers],
            migrations: environment[Self.migrations], grace: grace)
    }

    private var grace: Settings.Grace? {
        writtenHealthCheck != nil && healthCheck.waitsForMigration ? .forMigration : nil
    }

    /// Whether the swarm ends a task that is not well within half an hour, and may be told to wait for a migration. A task
    /// that has another health check for that is replaced, which takes a place more for a moment: where there may be none,
    /// the health check stays.
    var endsUnwell: Bool {
        // What the service leaves out is its image's, which is not known here.
        let check = HealthCheck(writtenHealthCheck ?? healthCheck, of: .object(["Test": .list([.text("CMD")])]))
        return check?.window != nil && !hasCountedPlaces && !reservesRoom
    }

    /// Where a run keeps the health check as it was written, until it is put back: longer than its notes, where the run is
    /// given up.
    static let healthLabel = "owui-upgrade.health"

    private var writtenHealthCheck: EngineValue? {
        labels[Self.healthLabel].flatMap { EngineJSON.label($0, as: EngineValue.self) }?["Healthcheck"]
    }

    var healthCheck: EngineValue { template["ContainerSpec"]["Healthcheck"] }

    // What may be changed

    /// Whether its tasks would be others with these settings.
    func differs(from settings: Settings) -> Bool { self.settings.with(replicas: settings.replicas) != settings }

    mutating func take(_ settings: Settings) throws(Fault) {
        if image != settings.image { spec["TaskTemplate"]["ContainerSpec"]["Image"] = .text(settings.image) }
        set(Self.workers, to: settings.workers)
        set(Self.migrations, to: settings.migrations)
        try give(settings.grace)
        if replicas != settings.replicas { spec["Mode"]["Replicated"]["Replicas"] = .integer(Int64(settings.replicas)) }
    }

    /// Lets the health check wait for a migration, or puts it back where it still is what a run has made of it.
    private mutating func give(_ grace: Settings.Grace?) throws(Fault) {
        if grace == .forMigration, self.grace != grace {
            // An object, for there may be none.
            let note = try EngineJSON.write(EngineValue.object(["Healthcheck": healthCheck]))
            spec["Labels"][Self.healthLabel] = .text(String(decoding: note, as: UTF8.self))
            spec["TaskTemplate"]["ContainerSpec"]["Healthcheck"] = healthCheck.waitingForMigration
        } else if grace == nil, let written = writtenHealthCheck {
            spec["Labels"][Self.healthLabel] = .null
            guard healthCheck.waitsForMigration else { return }
            var check = healthCheck
            check["StartPeriod"] = written["StartPeriod"]
            spec["TaskTemplate"]["ContainerSpec"]["Healthcheck"] = check.object == written.object ? written : check
        }
    }

    /// The last of a name counts, as in the container.
    private mutating func set(_ name: String, to value: String?) {
        guard environment[name] != value else { return }
        var lines = template["ContainerSpec"]["Env"].list
        let places = lines.indices.filter { lines[$0].text?.hasPrefix("\(name)=") ?? false }
        if let value {
            let line = EngineValue.text("\(name)=\(value)")
            if let last = places.last { lines[last] = line } else { lines.append(line) }
        } else {
            for place in places.reversed() { lines.remove(at: place) }
        }
        spec["TaskTemplate"]["ContainerSpec"]["Env"] = .list(lines)
    }

    mutating func count(to counter: Int) { spec["TaskTemplate"]["ForceUpdate"] = .integer(Int64(counter)) }

    // Who updates

    /// What the run under way notes; nil where none is.
    var notes: SwarmNotes? { labels[SwarmNotes.label].flatMap(SwarmNotes.init) }

    /// The same, and after a run what its last note was.
    var lastNotes: SwarmNotes? { notes ?? previous["Labels"][SwarmNotes.label].text.flatMap(SwarmNotes.init) }

    /// The write that a task came from, where a run made it.
    func generation(of task: EngineTask) -> Generation? {
        lastNotes?.generation(counter: task.spec["ForceUpdate"].integer ?? 0, template: task.spec.templateMark)
    }

    mutating func write(_ notes: SwarmNotes?) throws(Fault) {
        let text = try notes.map { (notes) throws(Fault) in EngineValue.text(try notes.text()) }
        spec["Labels"][SwarmNotes.label] = text ?? .null
    }

    /// How the swarm updates during a run. The image changes only where there is no task, so that nothing is left to
    /// decide, and somebody's own update in the middle stops before it starts. Only what this run `replaces` for its
    /// settings alone is ended when its successor serves. That takes a place more than there are replicas, and where
    /// places are counted the old one goes first.
    func runsUpdateConfig(replaces: Bool = false) -> EngineValue {
        .object([
            "Parallelism": .integer(0), "FailureAction": .text("continue"), "MaxFailureRatio": .integer(0),
            "Order": .text(replaces && !hasCountedPlaces ? "start-first" : "stop-first"),
        ])
    }

    /// Whether a task may find no place while another one still has it: so many for a node, its ports, or devices that it has
    /// so many of.
    var hasCountedPlaces: Bool {
        (template["Placement"]["MaxReplicas"].integer ?? 0) > 0
            || spec["EndpointSpec"]["Ports"].list.contains { $0["PublishMode"].text == "host" }
            || !template["Resources"]["Reservations"]["GenericResources"].list.isEmpty
    }

    /// Whether memory or processors are set aside for each task, of which a node may have no more.
    private var reservesRoom: Bool {
        ["MemoryBytes", "NanoCPUs"].contains { (template["Resources"]["Reservations"][$0].integer ?? 0) > 0 }
    }

    /// Whether the swarm updates as a run has asked it to, and nobody has set anything else since.
    private var updatesForRun: Bool {
        [false, true].contains { spec["UpdateConfig"].meaning == runsUpdateConfig(replaces: $0).meaning }
    }

    /// Lets the swarm end what it replaces before or after it starts its successor, where a run has its updates.
    mutating func update(replacing: Bool, _ notes: inout SwarmNotes) {
        guard self.notes != nil, updatesForRun else { return }
        spec["UpdateConfig"] = runsUpdateConfig(replaces: replacing)
        notes.order = spec["UpdateConfig"]["Order"].text
    }

    /// Hands updates over to the run whose lock this is: the swarm decides nothing.
    mutating func pause(for holder: String? = nil) throws(Fault) {
        guard notes == nil else { return try bear(holder) }
        try write(firstNotes(holder))
        spec["UpdateConfig"] = runsUpdateConfig()
    }

    /// What is noted where no run has it yet.
    func firstNotes(_ holder: String?) -> SwarmNotes {
        var notes = SwarmNotes(updateConfig: spec["UpdateConfig"], writes: lastNotes?.writes ?? [:], holder: holder)
        notes.templates = lastNotes?.templates
        return notes
    }

    /// Notes in whose hands it is; nothing where no run has it, or nobody holds a lock.
    mutating func bear(_ holder: String?) throws(Fault) {
        guard var notes, let holder, notes.holder != holder else { return }
        notes.holder = holder
        try write(notes)
    }

    /// Whether the run that has it is the one that holds this lock.
    func isInHands(of holder: String?) -> Bool { holder != nil && notes?.holder == holder }

    /// Hands them back. What someone has changed since stays as they want it, each setting by itself.
    mutating func resume() throws(Fault) {
        guard let notes else { return }
        let (now, before) = (spec["UpdateConfig"], notes.updateConfig)
        var own = runsUpdateConfig().meaning
        if let order = notes.order { own["Order"] = .text(order) }
        var config: [String: EngineValue] = [:]
        for name in Set(now.object.keys).union(before.object.keys) {
            let isOwn = own[name] == now.meaning[name]
            config[name] = isOwn ? before.object[name] : now.object[name]
        }
        spec["UpdateConfig"] = config.isEmpty && before.isNull ? .null : .object(config)
        try write(nil)
    }
}

extension EngineValue {
    /// How long the swarm watches a task that an update has made, where nobody says it: in nanoseconds.
    private static let usualMonitor = EngineValue.integer(5_000_000_000)

    /// The same without what engines leave out or add by themselves.
    fileprivate var meaning: EngineValue {
        .object(
            object.filter { name, value in
                value != .integer(0) && value != .number(0) && !(name == "Monitor" && value == Self.usualMonitor)
            })
    }
}
