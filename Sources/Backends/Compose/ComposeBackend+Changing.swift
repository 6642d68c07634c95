package import UpgradeCore

extension ComposeBackend {
    /// How long an instance that is replaced in its place may take to end within one call; a longer end is waited for
    /// between calls.
    private static let replacement: Duration = .seconds(4)

    /// Tells what is too much to end, and makes what is missing through Compose. It does not wait for ends.
    package func apply(_ change: Change) async throws(Fault) {
        let lock = try store.lock()
        try await settle()
        try amend { state in
            for desired in change.workloads { state.services[desired.workload] = desired.settings }
        }
        for desired in change.workloads { try await stopSurplus(desired) }
        for desired in change.workloads { try await makeMissing(desired, of: change) }
        try await renewGuards()
        _ = consume lock
    }

    /// Writes down which containers a call of Compose has made, also one that an earlier process began.
    private func settle() async throws(Fault) {
        let look = try await look()
        guard let making = look.state.making else {
            let ids = Set(look.containers.map(\.id))
            return try amend { $0.forget(allBut: ids) }
        }
        let made = look.containers(of: making.service).filter { !making.known.contains($0.id) }
        try amend { state in
            for container in made { state.generations[container.id] = making.generation }
            state.making = nil
            state.forget(allBut: Set(look.containers.map(\.id)))
        }
        try passing(.settled(making.service))
    }

    /// Tells the containers that are too many, or not right, to end. The engine starts none of them again.
    private func stopSurplus(_ desired: Change.Desired) async throws(Fault) {
        let look = try await look()
        let kept = Set(look.kept(desired).map(\.id))
        let surplus = look.living(of: desired.workload).filter { !kept.contains($0.id) }
        guard !surplus.isEmpty else { return }
        // What is replaced keeps its place, and so its name: Compose numbers what it makes anew from the highest number on.
        let isReplaced = desired.settings.replicas > kept.count
        try amend { state in
            state.stopping.formUnion(surplus.map(\.id))
            if isReplaced { state.replacing.formUnion(surplus.map(\.id)) }
        }
        for container in surplus {
            try permit.fence.check()
            try await engine.setRestart(container: container.id, .no)
        }
        for container in surplus {
            try permit.fence.check()
            try await engine.stop(container: container.id)
            try passing(.told(container.name))
        }
    }

    /// Makes and starts what is missing of a service.
    private func makeMissing(_ desired: Change.Desired, of change: Change) async throws(Fault) {
        let service = desired.workload
        var look = try await look()
        let kept = look.kept(desired)
        guard kept.count < desired.settings.replicas else { return }
        look = try await ended(allBut: kept, of: service, look)
        let replaced = look.containers(of: service).filter { look.state.replacing.contains($0.id) }
        for container in look.containers(of: service) where container.state.hasEnded {
            if replaced.contains(where: { $0.id == container.id }) { continue }
            // A plain `up` would start it again, whatever it is.
            try permit.fence.check()
            try await engine.remove(container: container.id)
            try passing(.removed(container.name))
        }
        let config = try await writeVersions(for: change)
        let override = try override(for: desired, config)
        let known = Set(look.containers(of: service).map(\.id))
        try amend {
            $0.making = ComposeState.Making(service: service, generation: desired.naming, known: known)
        }
        let missing = desired.settings.replicas - kept.count - replaced.count
        try await renewGuards(
            but: OwnCall(service: service, added: missing, replaced: Set(replaced.map(\.id))))
        var call = try await call(desired, recreates: !replaced.isEmpty, override: override)
        if override != nil {
            // It is not what the files say, so that a stray `up` would replace it: guarded before it runs.
            call.verb.insert("--no-start", at: 1)
            call.verb.removeAll { $0 == "-d" }
            try await project.run(call, permit: permit)
            try passing(.called(service))
            try await settle()
            try await renewGuards()
            call = try await self.call(desired, recreates: false, override: override)
        }
        try await project.run(call, permit: permit)
        try passing(.called(service))
        try await settle()
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
            let isEdited = all.contains { needed.contains($0.service) && $0.configHash != hashes[$0.service] }
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
