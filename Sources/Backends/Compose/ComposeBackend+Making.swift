import UpgradeCore

/// What is missing is made by Compose, one service at a time.
extension ComposeBackend {
    /// How long an instance that is replaced in its place may take to end within one call; a longer end is waited for
    /// between calls.
    private static let replacement: Duration = .seconds(4)

    /// Makes and starts what is missing of a service.
    func makeMissing(_ desired: Change.Desired, of change: Change) async throws(Fault) {
        let service = desired.workload
        let first = try await look()
        let kept = first.kept(desired)
        guard kept.count < desired.settings.replicas else { return }
        let look = try await ended(allBut: kept, of: service, first)
        let config = try await writeVersions(for: change)
        let override = try override(for: desired, config)
        let replaced = try await replaced(in: look, of: service, config)
        let missing = desired.settings.replicas - kept.count - replaced.count
        try await renewGuards(but: OwnCall(service: service, added: missing, replaced: replaced))
        try await begin(desired, replacing: replaced)
        if override != nil {
            // It is not what the files say, so that a stray `up` would replace it: guarded, and judged, before it runs.
            try await run(desired, override: override, starts: false)
            try await renewGuards()
            try await checkMade(missing, desired)
        }
        try await run(desired, recreates: !replaced.isEmpty, override: override)
    }

    /// Removes what is left of the service and must not be started again, and writes down what is about to be made. What a
    /// stray `up` has made meanwhile, and could not start, goes too.
    private func begin(_ desired: Change.Desired, replacing replaced: Set<String>) async throws(Fault) {
        var (known, gone): (Set<String>, Set<String>) = ([], [])
        for container in try await look().containers(of: desired.workload) {
            guard container.state.hasEnded, !replaced.contains(container.id) else {
                known.insert(container.id)
                continue
            }
            try permit.fence.check()
            try await engine.remove(container: container.id)
            gone.insert(container.id)
            try passing(.removed(container.name))
        }
        let making = ComposeState.Making(service: desired.workload, generation: desired.naming, known: known)
        try amend { state in
            state.making = making
            state.forget(gone)
        }
    }

    /// The containers that have ended for Compose to replace them: it does so only with those that differ from the files.
    private func replaced(
        in look: ComposeLook, of service: String, _ config: ComposeConfig
    ) async throws(Fault) -> Set<String> {
        let asked = look.containers(of: service).filter { look.state.replacing.contains($0.id) }
        guard !asked.isEmpty else { return [] }
        let hash = try await project.hashes(of: config, permit: permit)[service]
        return Set(asked.filter { $0.configHash != hash }.map(\.id))
    }

    /// One call of Compose, and what came of it.
    private func run(
        _ desired: Change.Desired, recreates: Bool = false, override: String?, starts: Bool = true
    ) async throws(Fault) {
        var call = try await call(desired, recreates: recreates, override: override)
        if !starts { call.verb = call.verb.map { $0 == "-d" ? "--no-start" : $0 } }
        do throws(Fault) { try await project.run(call, permit: permit) } catch {
            if error.kind == .failed { try await engine.expectThere() }
            throw error
        }
        try passing(.called(desired.workload))
        try await settle()
    }

    /// Throws, with nothing left of it, where what was made is not what was asked for.
    private func checkMade(_ count: Int, _ desired: Change.Desired) async throws(Fault) {
        let look = try await look()
        let made = look.containers(of: desired.workload).filter {
            $0.state.status == .created && look.state.generations[$0.id] == desired.naming
        }
        let settings = desired.settings
        let wrong = made.filter {
            $0.exactImage != settings.image || $0.environment["UVICORN_WORKERS"] != settings.workers
                || $0.environment["ENABLE_DB_MIGRATIONS"] != settings.migrations
        }
        for container in wrong {
            try permit.fence.check()
            try await engine.remove(container: container.id)
        }
        if !wrong.isEmpty || made.count != count { throw .otherContainer(of: desired.workload) }
    }

    /// The one call that makes what is missing. One that recreates must not recreate what the service depends on.
    private func call(
        _ desired: Change.Desired, recreates: Bool, override: String?
    ) async throws(Fault) -> ComposeCommand {
        let (service, scale) = (desired.workload, desired.settings.replicas)
        let all = try await engine.containers(labels: ["com.docker.compose.project=\(project.name)"], all: false)
            .filter { !$0.isOneOff }
        let needed = project.config.dependencies(of: service)
        if recreates, !needed.isEmpty {
            let hashes = try await project.hashes(permit: permit)
            var isEdited = false
            for container in all where needed.contains(container.service) && !isEdited {
                // Compose recreates what was made from another image of the name as well, as after a `docker compose pull`.
                let isMoved = try await engine.imageIfHere(container.image)?.id != container.imageID
                isEdited = isMoved || container.configHash != hashes[container.service]
            }
            let verb = ComposeCommand.up(service, scale: scale, recreates: true)
            if isEdited { return project.command(verb, override: override) }
        }
        let running = Dictionary(grouping: all, by: \.service).mapValues(\.count)
        return project.up(service, scale: scale, running: running, recreates: recreates, override: override)
    }

    /// A look at which all but these have ended. What takes longer is waited for by asking again.
    private func ended(
        allBut kept: [EngineContainer], of service: String, _ first: ComposeLook
    ) async throws(Fault) -> ComposeLook {
        var look = first
        let end = ContinuousClock.now + Self.replacement
        while true {
            let left = look.living(of: service).filter { container in !kept.contains { $0.id == container.id } }
            if left.isEmpty { return look }
            guard ContinuousClock.now < end else { throw .notYetEnded(service, left.map(\.instanceID)) }
            try permit.check("docker compose up")
            do { try await Task.sleep(for: .milliseconds(20)) } catch { throw .toolInterrupted("docker compose up") }
            look = try await self.look()
        }
    }

    /// The file that makes the one instance differ from what the project's own files say; nil where it need not.
    private func override(for desired: Change.Desired, _ config: ComposeConfig) throws(Fault) -> String? {
        let written = config.services[desired.workload]?.settings
        var environment: [String: String] = [:]
        if desired.settings.workers != written?.workers { environment["UVICORN_WORKERS"] = desired.settings.workers }
        if desired.settings.migrations != written?.migrations {
            environment["ENABLE_DB_MIGRATIONS"] = desired.settings.migrations
        }
        guard !environment.isEmpty else { return nil }
        try permit.fence.check()
        // JSON is YAML as well.
        try JSONFile.write(["services": [desired.workload: ["environment": environment]]], store.override)
        return store.override
    }
}
