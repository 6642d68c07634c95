import UpgradeCore

extension ComposeBackend {
    /// How much of a log is looked at for what it says of migrations, in lines.
    private static let logLines = 100

    /// Asks all that runs at the same time.
    func answers(of containers: [EngineContainer]) async -> [String: Instance.Answer] {
        // What cannot be told is not taken for here.
        var isNear = false
        do throws(Fault) { isNear = try await engine.isNear() } catch {}
        return await withTaskGroup(of: (String, Instance.Answer).self) { [prober, engine, isNear] tasks in
            for container in containers where container.state.status == .running {
                tasks.addTask {
                    let answer = await prober.answer(of: container, engine, isHere: isNear)
                    return (container.id, answer.unless(container.health))
                }
            }
            return await tasks.reduce(into: [:]) { $0[$1.0] = $1.1 }
        }
    }

    /// The newest line about migrations of each container that does not serve, without secrets.
    func migrationLogs(
        of containers: [EngineContainer], _ answers: [String: Instance.Answer]
    ) async -> [String: String] {
        var lines: [String: String] = [:]
        for container in containers where container.state.startedAt != nil {
            if case .serving = answers[container.id] { continue }
            // What cannot be read says nothing; whether the engine answers is seen elsewhere.
            do throws(Fault) {
                let log = try await engine.logs(container: container.id, last: Self.logLines)
                lines[container.id] = log.last(where: MigrationLog.isAboutMigrations).map {
                    redaction(String($0.prefix(300)))
                }
            } catch { continue }
        }
        return lines
    }

    /// The same look without the containers that this tool told to end and that have ended: they are removed, and their
    /// names guarded. What an earlier process told to end is told so again, lest the engine has given up with that process.
    /// What a stray `up` has made goes before another one starts it, and guards that somebody has cleared away come back.
    /// That is for whoever owns the project; a process that has no lock, or has it no more, only looks.
    func cleared(_ look: ComposeLook) async throws(Fault) -> ComposeLook {
        do throws(Fault) { try permit.fence.check() } catch { return look }
        for container in look.containers where look.state.stopping.contains(container.id) && !container.state.hasEnded {
            _ = try await engine.stop(container: container.id)
        }
        let surplus = look.containers.filter { look.isOver($0) || look.isForeign($0) }
        let isGuardedBadly = surplus.isEmpty ? try await needsGuards(look) : true
        guard isGuardedBadly, let lock = try store.lockIfFree() else { return look }
        let gone = try await remove(surplus)
        let left = look.containers.filter { !gone.contains($0.id) }
        if !surplus.isEmpty {
            seen = nil
            try amend { $0.forget(gone) }
        }
        try await renewGuards()
        _ = consume lock
        return ComposeLook(state: try store.state(), containers: left)
    }

    /// Removes containers, and returns which are gone: what somebody has started meanwhile is left, and seen by the next look.
    private func remove(_ containers: [EngineContainer]) async throws(Fault) -> Set<String> {
        let (engine, permit, passing) = (engine, permit, passing)
        let gone = try await Together.all(containers) { (container) async throws(Fault) -> String? in
            try permit.fence.check()
            do throws(Fault) { try await engine.remove(container: container.id) } catch {
                guard error.kind == .conflict else { throw error }
                return nil
            }
            try passing(.removed(container.name))
            return container.id
        }
        return Set(gone.compactMap(\.self))
    }
}

extension Instance.Answer {
    /// What counts of an answer where the container's own health check says no: proxies that follow it send nobody there.
    /// One that has not said anything yet is not waited for.
    fileprivate func unless(_ health: EngineContainer.Health?) -> Instance.Answer {
        guard case .serving = self, let health, health.status == "unhealthy" else { return self }
        return .unwell(reason: "its own health check says that it is unhealthy")
    }
}

extension ComposeLook {
    /// Whether this tool told it to end, it has ended, and nothing is to take its place.
    fileprivate func isOver(_ container: EngineContainer) -> Bool {
        container.state.hasEnded && state.stopping.contains(container.id) && !state.replacing.contains(container.id)
    }

    /// Whether somebody else has made it in the middle of a run, and it was never started.
    fileprivate func isForeign(_ container: EngineContainer) -> Bool {
        state.isGuarded && container.state.status == .created
            && state.generation(of: container.id, in: container.service) == nil
    }
}

extension Prober {
    /// What a container answers at its own address, or, where it does not serve there, at a port of the engine's machine.
    /// That one may be open before the container's own is, so that it counts only where somebody serves behind it.
    /// Where this machine has no way to the address, or is not the engine's, it is asked from inside.
    func answer(of container: EngineContainer, _ engine: Engine, isHere: Bool) async -> Instance.Answer {
        let inside = InsideProber(engine: engine, container: container.id)
        guard isHere else { return await inside.answer(host: "127.0.0.1", port: container.webPort) }
        var answer = Instance.Answer.none
        let isNear = container.address.map { LocalSocket.reach(host: $0, port: container.webPort) != .nowhere } ?? false
        if let address = container.address, isNear {
            answer = await self.answer(host: address, port: container.webPort)
            if case .serving = answer { return answer }
        }
        if let served = await published(of: container) { return served }
        if isNear { return answer }
        return await inside.answer(host: "127.0.0.1", port: container.webPort)
    }

    /// What is served at a port of the engine's machine; nil where that is nothing.
    private func published(of container: EngineContainer) async -> Instance.Answer? {
        let published = container.ports.first { $0.port == container.webPort && $0.transport == "tcp" }
        guard let published else { return nil }
        let answer = await answer(host: published.hostAddress, port: published.hostPort)
        if case .serving = answer { return answer }
        return nil
    }
}
