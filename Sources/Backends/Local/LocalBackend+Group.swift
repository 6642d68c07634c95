package import UpgradeCore

/// What `owui-upgrade local up` and `down` do.
extension LocalBackend {
    /// How long nothing may move while instances start or stop, in milliseconds.
    static let patience: Int64 = 600_000
    /// Between two looks, in milliseconds.
    static let pause: Int64 = 50

    /// Brings the group up and returns when every instance serves. One instance starts alone: the first start of a
    /// version on an empty database makes its schema, and two that do so at once spoil it for each other. No start
    /// migrates a schema that there is already: that is an upgrade, which makes a backup first.
    ///
    /// - Parameters:
    ///   - version: nil for the one that the group had before
    ///   - replicas: of the group itself; nil for as many as before, or one
    ///   - owner: the unfinished run that the group belongs to, if there is one
    ///   - database: what the group's instances will use; it decides what may start
    package func up(
        version: String?, replicas: Int?, owner: String?, database: any Database & StartingPlace, clock: any Clock
    ) async throws(Fault) {
        if let owner { throw .groupIsOwned(group.name, by: owner) }
        if let stranger = try strangers().first { throw stranger }
        let image = try await image(version, database)
        let facts = try read(image: image)
        let living = try await living(version: image, clock)
        let wanted = try wanted(image: image, replicas: replicas, living)
        if let finding = try findings(replicas: wanted.mapValues(\.replicas)).first(where: \.refuses) {
            throw finding.fault
        }
        try await meet(facts, database, isFirst: true, clock)
        try await forgetStrangers(clock)
        let run = "up\((try store.state()?.writes ?? 0) + 1)"
        var accepts: [Generation]?
        let isServing = living.contains { $0.workload == group.name && $0.instance.serves(facts.version) }
        if let main = wanted[group.name], !isServing {
            let first = main.forMigrating(image: image)
            let alone = wanted.mapValues { $0.with(replicas: 0) }.merging([group.name: first]) { $1 }
            try await reach(alone, Generation(run: run, number: 1), nil, facts.version, clock)
            // Some releases serve although their migration failed: nothing is scaled up before the revision is right.
            try await meet(facts, database, isFirst: false, clock)
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
        let running = state.workloads.mapValues(\.replicas).filter { $0.value > 0 }
        try await amendSoon(clock) { $0.stopped = ($0.stopped ?? [:]).merging(running) { $1 } }
        try await reach(
            state.workloads.mapValues { $0.with(replicas: 0) }, Generation(run: "down\(state.writes + 1)", number: 1),
            [], "", clock)
    }

    /// Takes workloads out of the state that group.yaml does not describe any more. None of them runs.
    private func forgetStrangers(_ clock: any Clock) async throws(Fault) {
        guard try store.state() != nil else { return }
        let described = described
        try await amendSoon(clock) { $0.workloads = $0.workloads.filter { described.contains($0.key) } }
    }

    /// Changes what is written of the state as soon as no other process looks at the group or changes it.
    private func amendSoon(_ clock: any Clock, _ edit: (inout LocalState) -> Void) async throws(Fault) {
        let since = clock.now
        while true {
            if let lock = try store.lockIfFree() {
                try amend(edit)
                _ = consume lock
                return
            }
            try await pass(since, [], clock)
        }
    }

    /// The version to start: the one asked for, or the one that the group had.
    private func image(_ version: String?, _ database: any Database) async throws(Fault) -> String {
        if let version { return version }
        if let image = try store.state()?.workloads[group.name]?.image { return image }
        let revision = try await database.look().revision
        throw .noVersion(group.name, fits: revision.flatMap { fitting($0).first })
    }

    /// What of the group lives, when all has ended that was told to.
    private func living(version: String, _ clock: any Clock) async throws(Fault) -> [Living] {
        let state = try store.state()
        seen = state?.writes ?? 0
        if state == nil { return [] }
        let since = clock.now
        while true {
            let living = try await observe().workloads.flatMap { workload in
                workload.living.map { Living(workload: workload.name, instance: $0, settings: workload.settings) }
            }
            let running = living.filter { $0.instance.state == .running }
            if let other = running.first(where: { $0.instance.image != version }) {
                throw .otherVersion(group.name, has: other.instance.image, asked: version)
            }
            if living.count == running.count { return living }
            try await pass(since, living.map(\.instance), clock)
        }
    }

    /// An instance that runs, and what its workload was asked to be.
    private struct Living {
        let workload: String
        let instance: Instance
        let settings: Settings
    }

    /// What is to run. Settings of a workload of which something runs stay; otherwise those of the file are taken anew.
    private func wanted(
        image: String, replicas: Int?, _ living: [Living]
    ) throws(Fault) -> [String: Settings] {
        let state = try store.state()
        var wanted: [String: Settings] = [:]
        for name in described {
            let before = state?.workloads[name]?.replicas ?? 0
            let kept = before > 0 ? before : state?.stopped?[name] ?? 1
            let count = group.companions.first { $0.name == name }?.replicas ?? replicas ?? kept
            let written = try written(for: name)
            let running = living.first { $0.workload == name }?.settings
            wanted[name] = (running ?? written).with(image: image, replicas: count)
        }
        return wanted
    }

    /// What group.yaml says of the workers and the migrations of a workload.
    func written(for workload: String) throws(Fault) -> Settings {
        let environment = try group.settings(of: workload, in: store.folder)
        return Settings(
            image: "", replicas: 0, workers: environment["UVICORN_WORKERS"] ?? group.workers,
            migrations: environment["ENABLE_DB_MIGRATIONS"] ?? group.migrations)
    }

    /// Waits a little, for as long as the patience lasts and no signal comes.
    func pass(_ since: Moment, _ living: [Instance], _ clock: any Clock) async throws(Fault) {
        if clock.now >= since.advanced(milliseconds: Self.patience) { throw .notReached(living) }
        if let signal = clock.interruption { throw .localInterrupted(signal) }
        await clock.wait(until: clock.now.advanced(milliseconds: Self.pause))
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
            try await pass(since, deployment.living, clock)
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
