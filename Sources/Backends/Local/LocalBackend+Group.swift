package import UpgradeCore

/// What `owui-upgrade local up` and `down` do.
extension LocalBackend {
    /// How long nothing may move while instances start or stop, in milliseconds.
    private static let patience: Int64 = 600_000
    /// Between two looks, in milliseconds.
    private static let pause: Int64 = 50

    /// Brings the group up and returns when every instance serves. One instance starts alone: the first start of a
    /// version migrates the database, and two that migrate at once spoil it for each other.
    ///
    /// - Parameters:
    ///   - version: nil for the one that the group had before
    ///   - replicas: of the group itself; nil for as many as before, or one
    ///   - owner: the unfinished run that the group belongs to, if there is one
    package func up(version: String?, replicas: Int?, owner: String?, clock: any Clock) async throws(Fault) {
        if let owner { throw .groupIsOwned(group.name, by: owner) }
        let before = try store.state()
        seen = before?.writes ?? 0
        let had = before?.workloads[group.name]
        guard let image = version ?? had?.image else { throw .noVersion(group.name) }
        if let had, had.image != image { throw .otherVersion(group.name, has: had.image, asked: image) }
        let facts = try read(image: image)
        let wanted = try wanted(image: image, replicas: replicas, before)
        if let finding = try findings(replicas: wanted.mapValues(\.replicas)).first(where: \.refuses) {
            throw finding.fault
        }
        let run = "up\((before?.writes ?? 0) + 1)"
        var accepts: [Generation]?
        if let main = wanted[group.name], try await !isServing(facts.version) {
            let first = main.forMigrating(image: image)
            let alone = wanted.mapValues { $0.with(replicas: 0) }.merging([group.name: first]) { $1 }
            try await reach(alone, Generation(run: run, number: 1), nil, facts.version, clock)
            // The first instance is replaced where it had to differ from what it is to be.
            if first != main.with(replicas: 1) { accepts = [Generation(run: run, number: 2)] }
        }
        try await reach(wanted, Generation(run: run, number: 2), accepts, facts.version, clock)
    }

    /// Stops every instance and returns when all have ended.
    package func down(owner: String?, clock: any Clock) async throws(Fault) {
        if let owner { throw .groupIsOwned(group.name, by: owner) }
        guard let state = try store.state() else { return }
        seen = state.writes
        try await reach(
            state.workloads.mapValues { $0.with(replicas: 0) }, Generation(run: "down\(state.writes + 1)", number: 1),
            [], "", clock)
    }

    private func isServing(_ version: String) async throws(Fault) -> Bool {
        guard try store.state() != nil else { return false }
        return try await observe().main?.living.contains { $0.serves(version) } ?? false
    }

    private func wanted(image: String, replicas: Int?, _ before: LocalState?) throws(Fault) -> [String: Settings] {
        var wanted: [String: Settings] = [:]
        for name in [group.name] + group.companions.map(\.name) {
            let companion = group.companions.first { $0.name == name }
            let had = before?.workloads[name]
            let environment = try group.settings(of: name, in: store.folder)
            let count = companion?.replicas ?? replicas ?? max(had?.replicas ?? 1, 1)
            wanted[name] =
                had?.with(image: image, replicas: count)
                ?? Settings(
                    image: image, replicas: count, workers: environment["UVICORN_WORKERS"] ?? group.workers,
                    migrations: environment["ENABLE_DB_MIGRATIONS"] ?? group.migrations)
        }
        return wanted
    }

    /// Asks for these settings and waits until every instance is as they say.
    private func reach(
        _ wanted: [String: Settings], _ naming: Generation, _ accepts: [Generation]?, _ version: String,
        _ clock: any Clock
    ) async throws(Fault) {
        let change = Change(
            workloads: wanted.sorted { $0.key < $1.key }.map { name, settings in
                Change.Desired(
                    workload: name, settings: settings, naming: naming,
                    accepts: name == group.name || settings.replicas == 0 ? accepts : nil)
            })
        var isAsked = false
        var last: Deployment?
        var since = clock.now
        while true {
            if !isAsked { isAsked = try asked(change) }
            let deployment = try await observe()
            if isAsked, change.isReached(by: deployment, version: version) { return }
            if let ended = change.failure(in: deployment) {
                throw .endedAtStart(ended, log: "\(logFolder)/\(ended.id).log")
            }
            if deployment != last {
                last = deployment
                since = clock.now
            }
            if clock.now >= since.advanced(milliseconds: Self.patience) { throw .notReached(deployment.living) }
            if let signal = clock.interruption { throw .localInterrupted(signal) }
            await clock.wait(until: clock.now.advanced(milliseconds: Self.pause))
        }
    }

    /// Whether the change could be made whole; a port may not be free before an instance has ended.
    private func asked(_ change: Change) throws(Fault) -> Bool {
        do throws(Fault) { try apply(change) } catch {
            guard error.kind == .unavailable else { throw error }
            return false
        }
        return true
    }
}

extension Change {
    fileprivate func isReached(by deployment: Deployment, version: String) -> Bool {
        workloads.allSatisfy { desired in
            let living = deployment.workloads.first { $0.name == desired.workload }?.living ?? []
            return living.count == desired.settings.replicas
                && living.allSatisfy { desired.accepts($0) && $0.serves(version) }
        }
    }

    /// An instance of this change that has ended by itself.
    fileprivate func failure(in deployment: Deployment) -> Instance? {
        deployment.workloads.flatMap(\.instances).first { instance in
            instance.hasEnded && workloads.contains { $0.naming == instance.generation && $0.settings.replicas > 0 }
        }
    }
}
