/// One look at a deployment while a goal is waited for, and what it means.
struct Look {
    let upgrade: Upgrade
    let goal: Goal
    let deployment: Deployment
    let database: DatabaseState

    private var head: String? { upgrade.target?.head }

    /// The verdict that this look allows; nil where only time can tell.
    var verdict: Verdict? {
        switch goal {
        case .quiet: deployment.automation.contains(where: \.isActive) ? nil : .reached
        case .oneLeft: deployment.living.count <= 1 && companionsAreGone ? .reached : nil
        case .noneLeft: deployment.living.isEmpty && database.sessions.isEmpty ? .reached : nil
        case .migrated: migratedVerdict
        case .healthy: healthyVerdict
        case .fleetServing, .allServing: servingVerdict(version: upgrade.target?.version)
        case .sourceServing: servingVerdict(version: upgrade.source?.version)
        case .automated: automationIsBack ? .reached : nil
        case .verified: verifiedVerdict
        }
    }

    private var automationIsBack: Bool {
        upgrade.paused.allSatisfy { before in
            !before.isActive || deployment.automation.contains { $0.name == before.name && $0.isActive }
        }
    }

    private var companionsAreGone: Bool {
        deployment.workloads.allSatisfy { $0.role == .main || $0.living.isEmpty }
    }

    private var migratedVerdict: Verdict? {
        if upgrade.clearsStrangers, let fault = versionsMet ?? scaledDown {
            // Whatever migrates is let end; then all begins anew where nothing lives.
            return database.writers.isEmpty ? .crashed(fault: fault, revision: database.revision) : nil
        }
        if let crash { return crash }
        if database.revision == head { return database.writers.isEmpty ? .reached : nil }
        guard let open = deployment.living.first(where: { $0.answer != .none }) else { return nil }
        // Migrations come before the port, so that whoever writes now is the application and no migrator.
        let fault = Fault.migrationSwallowed(open, revision: database.revision, head: head ?? "")
        return .missed(fault: fault, revision: database.revision, migrating: false)
    }

    private var healthyVerdict: Verdict? {
        if let crash { return crash }
        if let wrong = wrongVersion(upgrade.target?.version) { return wrong }
        let serves = targets.contains { instance in upgrade.target.map { instance.serves($0.version) } ?? false }
        return serves && database.revision == head ? .reached : nil
    }

    /// Instances that the last change asked for.
    private var targets: [Instance] { deployment.workloads.flatMap { accepted($0).filter { !$0.hasEnded } } }

    private func accepted(_ workload: Workload) -> [Instance] {
        guard let desired = upgrade.lastChange?[workload.name] else { return [] }
        guard goal == .migrated || goal == .healthy else { return workload.instances.filter(desired.accepts) }
        return workload.instances.filter { isOfTheTarget($0, in: desired) }
    }

    /// Whether this run started it as the target. Before the target is known to serve, that alone counts: a resumed run
    /// looks again at what an earlier change left, of which the last one may accept only a part.
    private func isOfTheTarget(_ instance: Instance, in desired: Change.Desired) -> Bool {
        guard let generation = instance.generation, instance.image == desired.settings.image else { return false }
        return upgrade.targetGenerations.contains(generation)
    }

    private func servingVerdict(version: String?) -> Verdict? {
        guard let version, let change = upgrade.lastChange else { return nil }
        var isServing = true
        for desired in change.workloads {
            guard let workload = deployment.workloads.first(where: { $0.name == desired.workload }) else { return nil }
            let living = accepted(workload).filter { !$0.hasEnded }
            let own = workload.instances.filter { desired.accepts($0) && isJudged($0, in: desired) }
            if let looping = own.first(where: { !$0.hasEnded && $0.restarts > upgrade.plan.restarts }) {
                return missed(.crashed(looping))
            }
            let replicas = scalesByItself ? workload.settings.replicas : desired.settings.replicas
            if living.count < replicas, let ended = own.first(where: \.hasEnded) {
                return .crashed(fault: .crashed(ended), revision: database.revision)
            }
            let serving = living.filter { $0.serves(version) }
            let isWhole = serving.count == replicas && workload.living.count == serving.count
            isServing = isServing && isWhole
        }
        if let wrong = wrongVersion(version) { return wrong }
        return isServing ? .reached : nil
    }

    /// Whether an instance's end is news: what ended before this write was asked for has been judged already, or was
    /// never this run's.
    private func isJudged(_ instance: Instance, in desired: Change.Desired) -> Bool {
        instance.generation == desired.naming || (instance.generation == upgrade.migrator && !upgrade.fleetHasCrashed)
    }

    private var verifiedVerdict: Verdict? {
        if database.revision != head {
            return missed(.revisionChanged(database.revision, expected: head ?? ""))
        }
        return servingVerdict(version: upgrade.target?.version)
    }

    private func wrongVersion(_ version: String?) -> Verdict? {
        guard let version else { return nil }
        for instance in targets {
            if case .serving(let said) = instance.answer, said != version, instance.state == .running {
                return missed(.wrongVersion(instance, says: said, expected: version))
            }
        }
        return nil
    }

    /// The target ended by itself and nothing of it is left, or its platform starts it again and again.
    private var crash: Verdict? {
        if let looping = targets.first(where: { $0.restarts > upgrade.plan.restarts }) {
            return missed(.crashed(looping))
        }
        guard targets.isEmpty else { return nil }
        let ended = deployment.workloads.flatMap(accepted).first(where: \.hasEnded)
        return ended.map { .crashed(fault: .crashed($0), revision: database.revision) }
    }

    private func missed(_ fault: Fault) -> Verdict {
        .missed(fault: fault, revision: database.revision, migrating: !database.writers.isEmpty && !upgrade.migrated)
    }

    /// What it means that nothing has moved for too long.
    func overdue(after seconds: Int) -> Verdict {
        let waits = database.sessions.flatMap(\.waitsFor)
        let fault = Fault.overdue(goal, seconds: seconds, living: deployment.living, waitsFor: waits)
        let migrating = goal == .migrated && !deployment.living.isEmpty
        return .missed(fault: fault, revision: database.revision, migrating: migrating)
    }

    /// One revision may work for an hour without a new line or a new row: the server's own word is enough.
    var migrationWorks: Bool { goal == .migrated && database.writers.contains(where: \.isWorking) }

    // Someone else's hands

    /// What someone else has changed since this run's last change; nil where all is as the run asked.
    ///
    /// A run that goes back from its end finds what automation and persons have rightly changed since; it stops all of it.
    var interference: Fault? {
        if upgrade.stage == .awaitQuietAgain { return nil }
        if upgrade.clearsStrangers, goal == .migrated {
            return (scaledDown == nil ? settingsChanged : nil) ?? automationCameBack
        }
        return migratedByOthers ?? settingsChanged ?? automationCameBack ?? versionsMet ?? schemaChanged
    }

    /// Whoever was told to end what others started may have ended all there was.
    private var scaledDown: Fault? {
        guard let change = upgrade.lastChange, let fault = changed(since: change) else { return nil }
        let isLess = change.workloads.allSatisfy { desired in
            guard let now = deployment.workloads.first(where: { $0.name == desired.workload })?.settings else {
                return false
            }
            return now.replicas <= desired.settings.replicas
                && now == desired.settings.with(replicas: now.replicas)
        }
        return isLess ? fault : nil
    }

    private var settingsChanged: Fault? {
        guard let change = upgrade.lastChange else { return baselineChanged }
        guard let fault = changed(since: change), !upgrade.lastChangeIsTaken else { return changed(since: change) }
        let isAsBefore = (upgrade.changeBefore.map { changed(since: $0) } ?? baselineChanged) == nil
        return isAsBefore ? nil : fault
    }

    private func changed(since change: Change) -> Fault? {
        for desired in change.workloads {
            let settings = deployment.workloads.first { $0.name == desired.workload }?.settings
            let replicas = scalesByItself ? settings?.replicas : nil
            if settings != desired.settings.with(replicas: replicas) {
                return .settingsChanged(desired, now: settings, mayMigrate: !upgrade.targetStarted)
            }
        }
        return nil
    }

    /// Before the first change the settings are those that were found; only their replicas may have been scaled since.
    private var baselineChanged: Fault? {
        for before in upgrade.baseline {
            let settings = deployment.workloads.first { $0.name == before.name }?.settings
            guard settings != before.settings.with(replicas: settings?.replicas) else { continue }
            let found = Change.Desired(
                workload: before.name, settings: before.settings, naming: Generation(run: upgrade.run, number: 0))
            return .settingsChanged(found, now: settings)
        }
        return nil
    }

    /// Whether what was paused has been put back and may have scaled since.
    private var scalesByItself: Bool { upgrade.automationIsBack && deployment.automation.contains(where: \.isActive) }

    private var automationCameBack: Fault? {
        guard goal != .quiet, !upgrade.automationIsBack else { return nil }
        let names = Set(upgrade.paused.map(\.name))
        let back = deployment.automation.first { $0.isActive && names.contains($0.name) }
        return back.map { .automationCameBack($0.name, run: upgrade.run) }
    }

    /// P1 and P2, as far as they can be seen from outside.
    private var versionsMet: Fault? {
        guard let stranger = strangers.first else { return goal == .migrated ? migratorsMet : nil }
        return .stranger(stranger)
    }

    /// Instances that must not live beside the target: before it serves, whatever this run did not start as the target;
    /// afterwards, whatever runs another image.
    private var strangers: [Instance] {
        deployment.workloads.flatMap { workload in
            workload.started.filter { instance in
                guard let desired = upgrade.lastChange?[workload.name] else { return false }
                switch goal {
                case .migrated, .healthy: return !isOfTheTarget(instance, in: desired)
                case .fleetServing, .allServing, .verified, .sourceServing, .automated:
                    return instance.image != desired.settings.image
                case .quiet, .oneLeft, .noneLeft: return false
                }
            }
        }
    }

    private var migratorsMet: Fault? {
        let migrators = targets.filter { $0.state != .withdrawn }
        return migrators.count > 1 && database.revision != head ? .manyMigrators(migrators.map(\.id)) : nil
    }

    /// What others have started may have migrated, before this run was to.
    private var migratedByOthers: Fault? {
        guard !upgrade.targetStarted, let source = upgrade.source, let head, head != source.head,
            database.revision == head, [.quiet, .oneLeft, .noneLeft, .sourceServing].contains(goal)
        else { return nil }
        return .migratedByOthers(head, source, run: upgrade.run)
    }

    /// At zero instances the schema is the source's, or, after a first start of the target, the target's.
    private var schemaChanged: Fault? {
        let isSources = goal == .quiet || goal == .oneLeft || goal == .sourceServing
        if isSources, let source = upgrade.source, database.revision != source.head {
            return .revisionChanged(database.revision, expected: source.head)
        }
        guard goal == .noneLeft, upgrade.stage == .awaitNoneLeft, let source = upgrade.source else { return nil }
        let revision = database.revision
        if revision == source.head || (upgrade.targetStarted && revision == head) { return nil }
        return .revisionChanged(revision, expected: source.head)
    }
}
